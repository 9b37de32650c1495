"""Segments: the nightly sweep that says who is 新, 活跃, 普通 or 沉默, finds the VIPs, and wakes up who went silent.

It goes through the members in the order of their ids, batch by batch, and keeps in `SegmentRun` how far it came, so
that it may be killed and goes on. Only rows that change are written. All days are those of Shanghai, and whole: the
last seven are the seven before today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone

from members import services as members
from members.models import Activity, Member, MemberVisitDay, SegmentRun
from orders.models import Order
from promotions import services as promotions
from promotions.models import CouponTemplate, IssueMode
from shop.lib.outbox import Patience

NIGHT = 3  # o'clock, when the sweep begins
BATCH = 5000
NEW_FOR = timedelta(days=7)
ACTIVE_DAYS, ACTIVE_WITHIN = 3, timedelta(days=7)
SILENT_FOR = timedelta(days=30)
YEAR = timedelta(days=365)
SECONDS = 20  # of one round; the next goes on


@dataclass(frozen=True, slots=True)
class Change:
    """A member whose segment is no longer what the row says."""

    pk: int
    activity: str
    to_activity: str
    to_vip: bool
    last_visit_on: date | None


def segment_members(*, now: datetime, batch: int = BATCH, patience: Patience | None = None) -> int:
    """Go on with today's run, which begins at NIGHT, while `patience` lasts; return how many members changed.

    Two workers share the run: each batch is done by one of them. A wake-up that fails stops the run at its batch, and
    the next round tries it again.
    """
    day = timezone.localdate(now)
    if timezone.localtime(now).hour < NIGHT:
        return 0
    patience = patience or Patience(seconds=SECONDS)
    run = SegmentRun.objects.filter(day=day).first() or _begin(day, now)
    changed = 0
    while run.ended_at is None and not patience.is_over:
        changed += _next_batch(run, batch, now)
        run.refresh_from_db()
    return changed


def _begin(day: date, now: datetime) -> SegmentRun:
    """Fix the VIP border of the day; of two workers who begin, one's row stands."""
    run = SegmentRun(day=day, vip_border=vip_border(now=now))
    SegmentRun.objects.bulk_create([run], ignore_conflicts=True)
    return SegmentRun.objects.get(day=day)


def vip_border(*, now: datetime) -> int | None:
    """Return the least spend within a year, in fen, of the top tenth of those who bought; None when nobody is VIP.

    The tenth is rounded up, so the best buyer of a tiny shop is one. Who spent exactly the border is one too, unless
    that would make more than twice as many: then only those above it are, which may be nobody.
    """
    spending = _spending(now).filter(member__is_staff=False, member__erased_at=None)
    buyers = spending.count()
    if not buyers:
        return None
    places = -(-buyers // 10)
    border: int = spending.order_by("-spent").values_list("spent", flat=True)[places - 1]
    return border if spending.filter(spent__gte=border).count() <= 2 * places else border + 1


def _spending(now: datetime) -> QuerySet[Any]:
    """What members paid within a year, net of refunds: rows of `member` and `spent`, for those who paid anything."""
    paid = Order.objects.filter(paid_at__gte=now - YEAR, paid_at__lt=now).order_by().values("member")
    return paid.annotate(spent=Sum(F("paid_amount") - F("refunded_amount"))).filter(spent__gt=0)


def _next_batch(run: SegmentRun, batch: int, now: datetime) -> int:
    """Bring the next members up to date: first the wake-ups, each safe to repeat, then all rows at once."""
    pks = Member.objects.filter(pk__gt=run.last_member).order_by("pk").values_list("pk", flat=True)[:batch]
    members_in_turn = list(pks)
    changes = _changes(run, members_in_turn, now) if members_in_turn else []
    _wake_up([one for one in changes if one.to_activity == Activity.SILENT != one.activity], now)
    with transaction.atomic():
        locked = SegmentRun.objects.select_for_update().get(pk=run.pk)
        if locked.last_member != run.last_member or locked.ended_at:
            return 0  # another worker was quicker
        _write(changes)
        locked.last_member = members_in_turn[-1] if members_in_turn else locked.last_member
        locked.changed += len(changes)
        locked.ended_at = None if len(members_in_turn) == batch else now
        locked.save()
    return len(changes)


def _changes(run: SegmentRun, pks: Sequence[int], now: datetime) -> list[Change]:
    """Compare what the rows of a batch say with what they should. Three queries, each over a range of an index."""
    within = {"pk__gte": pks[0], "pk__lte": pks[-1]}
    active, vips = _active_among(run.day, pks), _vips_among(run.vip_border, pks, now)
    rows = Member.objects.shoppers().filter(**within, erased_at=None).order_by("pk")
    found = []
    for pk, activity, is_vip, last_visit_on, joined in rows.values_list(
        "pk", "activity", "is_vip", "last_visit_on", "created_at"
    ):
        to_activity = _activity(run.day, joined, last_visit_on, is_active=pk in active, now=now)
        if (activity, is_vip) != (to_activity, pk in vips):
            found.append(Change(pk, activity, to_activity, pk in vips, last_visit_on))
    return found


def _active_among(day: date, pks: Sequence[int]) -> set[int]:
    week = MemberVisitDay.objects.filter(day__gte=day - ACTIVE_WITHIN, day__lt=day)
    mine = week.filter(member__gte=pks[0], member__lte=pks[-1]).order_by().values("member")
    return set(mine.annotate(days=Count("pk")).filter(days__gte=ACTIVE_DAYS).values_list("member", flat=True))


def _vips_among(border: int | None, pks: Sequence[int], now: datetime) -> set[int]:
    if border is None:
        return set()
    spending = _spending(now).filter(member__gte=pks[0], member__lte=pks[-1])
    return set(spending.filter(spent__gte=border).values_list("member", flat=True))


def _activity(day: date, joined: datetime, last_visit_on: date | None, *, is_active: bool, now: datetime) -> Activity:
    """Say which segment a member is in. Who never came since visits are noted counts from when they joined."""
    if joined >= now - NEW_FOR:
        return Activity.NEW
    if is_active:
        return Activity.ACTIVE
    is_silent = last_visit_on < day - SILENT_FOR if last_visit_on else joined < now - SILENT_FOR
    return Activity.SILENT if is_silent else Activity.STEADY


def _write(changes: Sequence[Change]) -> None:
    """Write what changed, at most one statement per segment; rows are locked in the order of their ids first."""
    pks = [one.pk for one in changes]
    locked = Member.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    there = set(locked.values_list("pk", flat=True))
    for activity, is_vip in sorted({(one.to_activity, one.to_vip) for one in changes}):
        same = [one.pk for one in changes if (one.to_activity, one.to_vip) == (activity, is_vip) and one.pk in there]
        Member.objects.filter(pk__in=same).update(activity=activity, is_vip=is_vip)


def _wake_up(silent: Sequence[Change], now: datetime) -> None:
    """Give the wake-up coupons to who went silent, if there are any, and say so; once per silence."""
    offered = CouponTemplate.objects.filter(issue_mode=IssueMode.WAKE_UP, is_stopped=False)
    if silent and offered.exists():
        for one in silent:
            _wake_up_one(one, now)


@transaction.atomic
def _wake_up_one(silent: Change, now: datetime) -> None:
    """Name the silence by the day of the last visit: the same one brings nothing twice, the next one does."""
    member = Member.objects.select_for_update(no_key=True).get(pk=silent.pk)
    silence = f"wake-up:{silent.pk}:{silent.last_visit_on or 'never'}"
    coupons = promotions.issue_by_mode(mode=IssueMode.WAKE_UP, member=member, source=silence, now=now)
    if coupons:
        members.notify(
            member=member, scene="wake_up", key=silence, title="好久不见", link="/",
            body=f"送您{'、'.join(f'“{coupon.name}”' for coupon in coupons)[:200]}，已经放进您的优惠券里，回来看看吧。",
            now=now,
        )  # fmt: skip
