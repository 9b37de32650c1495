"""Coupons that time brings: birthdays, expiry, and the word before it."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from members import services as members
from members.models import Member, MemberVisitDay
from promotions.models import Coupon, CouponStatus, CouponTemplate, IssueMode
from promotions.services.coupon_masses import issue_to_many
from promotions.services.coupons import GREETINGS, MY_COUPONS, issue_by_mode, words_of
from promotions.services.validity import BIRTHDAY_DAYS, birthday_in, birthday_near
from shop.lib.outbox import each

EXPIRES_SOON = timedelta(days=3)
TOLD_AFTER = timedelta(days=1)  # whoever has just got it knows
MOST_AT_ONCE = 5000


# --- Birthdays --------------------------------------------------------------------------------------------------------


def issue_birthday(*, member: Member, today: date, now: datetime) -> list[Coupon]:
    """Give a member who comes within five days of the birthday the birthday coupons, once per birthday."""
    kept = birthday_near(member.birthday, today) if member.birthday else None
    if kept is None:
        return []
    return issue_by_mode(mode=IssueMode.BIRTHDAY, member=member, source=f"birthday:{member.pk}:{kept.year}", now=now)


def issue_birthdays(*, now: datetime) -> int:
    """Give the birthday coupons to those who came within five days of their birthday and have none yet.

    For templates that began after the visit, and birthdays told after it. Return how many coupons were issued.
    """
    templates = CouponTemplate.objects.handed_out_at(now).with_some_left().filter(issue_mode=IssueMode.BIRTHDAY)
    today = timezone.localdate(now)
    days = [today + timedelta(days=shift) for shift in range(-BIRTHDAY_DAYS, BIRTHDAY_DAYS + 1)]
    pairs = [(template, day) for template in templates.order_by("pk") for day in days]
    return each(pairs, lambda pair: _issue_on(*pair, today=today, now=now))


@transaction.atomic
def _issue_on(template: CouponTemplate, kept: date, *, today: date, now: datetime) -> int:
    """Issue to those whose birthday is kept on the day `kept` and who have come near it."""
    ending = f":{kept.year}"
    came = MemberVisitDay.objects.filter(
        member=OuterRef("pk"), day__gte=kept - timedelta(days=BIRTHDAY_DAYS), day__lte=today
    )  # fmt: skip
    born = Member.objects.shoppers().filter(_born_for(kept), is_active=True)
    wanted = born.filter(Exists(came))
    issued, _ = issue_to_many(template_id=template.pk, members=wanted, source="birthday:", ending=ending, now=now)
    if issued:
        fresh = Coupon.objects.filter(template=template, issued_at=now, source__endswith=ending)
        _tell_all(list(fresh.select_related("member")), now)
    return issued


def _born_for(kept: date) -> Q:
    """Return the condition that a birthday is kept on that day."""
    born = Q(birthday__month=kept.month, birthday__day=kept.day)
    if birthday_in(kept.year, date(2000, 2, 29)) == kept:
        born |= Q(birthday__month=2, birthday__day=29)
    return born


def _tell_all(coupons: list[Coupon], now: datetime) -> None:
    for coupon in coupons:
        members.notify(
            member=coupon.member, scene="coupon", key=f"coupon-{coupon.pk}", title=GREETINGS[IssueMode.BIRTHDAY],
            body=words_of(coupon), link=MY_COUPONS, now=now,
        )  # fmt: skip


# --- Their end --------------------------------------------------------------------------------------------------------


@transaction.atomic
def expire_coupons(*, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Let unused coupons end whose time is over; return how many."""
    due = Coupon.objects.filter(status=CouponStatus.UNUSED, valid_until__lte=now)
    ids = _locked(due, limit)
    return Coupon.objects.filter(pk__in=ids, status=CouponStatus.UNUSED).update(status=CouponStatus.EXPIRED)


@transaction.atomic
def tell_expiring(*, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Tell members of coupons that end within three days, once per coupon; return how many coupons."""
    due = Coupon.objects.filter(
        status=CouponStatus.UNUSED, told_at=None, valid_until__gt=now, valid_until__lte=now + EXPIRES_SOON,
        issued_at__lte=now - TOLD_AFTER,
    )  # fmt: skip
    ids = _locked(due, limit)
    told = list(Coupon.objects.filter(pk__in=ids).order_by("pk"))
    Coupon.objects.filter(pk__in=ids).update(told_at=now)
    alike: dict[tuple[int, datetime], list[Coupon]] = defaultdict(list)
    for coupon in told:
        alike[coupon.template_id, coupon.valid_until].append(coupon)
    for (template_id, until), coupons in alike.items():
        members.notify_members(
            members=Member.objects.filter(pk__in=[coupon.member_id for coupon in coupons]).order_by("pk"),
            scene="coupon_expiring", key=f"coupon-expiring-{template_id}-{until:%Y%m%d%H%M}", title="优惠券快到期了",
            body=words_of(coupons[0]), link=MY_COUPONS, now=now,
        )  # fmt: skip
    return len(told)


def _locked(due: QuerySet[Coupon], limit: int) -> list[int]:
    """Lock up to `limit` rows that no other sweep holds; return their pks."""
    skips = connection.features.has_select_for_update_skip_locked
    rows = due.order_by("valid_until", "pk").select_for_update(skip_locked=skips)
    return [coupon.pk for coupon in rows.only("pk")[:limit]]
