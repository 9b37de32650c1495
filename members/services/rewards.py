"""What gives points besides shopping, each once per cause: profile, first review, group, shared link, birthday.

WeChat forbids to reward the act of sharing: that reward is off by default, and it hangs on a friend who opens the
link, signed in. Nothing here is given to somebody twice: see `earn_points`.
"""

from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.utils import timezone

from members.models import Member, PointsKind
from members.services.points import earn_points
from shop.lib import outbox
from shop.lib.days import birthday_near
from shop.models import ShopSettings

BIRTHDAY_DAYS = 5  # before and after
_signer = Signer(sep=".", salt="members.share")


def reward_profile(*, member: Member, now: datetime) -> None:
    """Give the points for a profile that has a nickname and a birthday, once for ever."""
    if member.nickname and member.birthday:
        points = ShopSettings.load().points_profile
        earn_points(member_id=member.pk, points=points, kind=PointsKind.PROFILE, source="profile", now=now)


def reward_review(*, member_id: int, order_no: str, now: datetime) -> None:
    """Give the points for the first review of an order."""
    points = ShopSettings.load().points_review
    source, note = f"order:{order_no}", f"订单 {order_no}"
    earn_points(member_id=member_id, points=points, kind=PointsKind.REVIEW, source=source, now=now, note=note)


def reward_group(*, member_id: int, points: int, group_no: str, now: datetime) -> None:
    """Give what a group-buy promised for its success."""
    source, note = f"group:{group_no}", f"拼团 {group_no}"
    earn_points(member_id=member_id, points=points, kind=PointsKind.GROUP, source=source, now=now, note=note)


# --- A shared link ---------------------------------------------------------------------------------------------------
def share_token(member: Member) -> str:
    """Return the word in a link by which the shop knows who shared it; it names nobody to those who read it."""
    return _signer.sign(member.no)


def reward_share(*, token: str, visitor: Member, now: datetime) -> bool:
    """Give the points of the day to whoever shared the link that `visitor`, another shopper, has opened.

    Returns whether they were given: not when the merchant has left it off, not for the second link of a day.
    """
    try:
        no = _signer.unsign(token)
    except BadSignature:
        return False
    points = ShopSettings.load().points_share
    sharer = Member.objects.shoppers().filter(no=no, is_active=True).exclude(pk=visitor.pk).first()
    if not points or sharer is None:
        return False
    source = f"day:{timezone.localdate(now)}"
    return bool(earn_points(member_id=sharer.pk, points=points, kind=PointsKind.SHARE, source=source, now=now))


# --- Birthdays -------------------------------------------------------------------------------------------------------
def reward_birthdays(*, now: datetime, limit: int = 500) -> int:
    """Give birthday points to members who came today and whose birthday is near; return how many got some.

    Once a year for the level and once for VIPs.
    """
    return outbox.each(list(_birthday_visitors(now)[:limit]), lambda member: reward_birthday(member=member, now=now))


def reward_birthday(*, member: Member, now: datetime) -> bool:
    """Give a member who comes within five days of their birthday what their level and their being VIP promise."""
    year = member.birthday and birthday_near(member.birthday, timezone.localdate(now), within=BIRTHDAY_DAYS)
    if not year:
        return False
    gifts = {
        f"level:{year}": member.level.birthday_points if member.level else 0,
        f"vip:{year}": ShopSettings.load().vip_birthday_points if member.is_vip else 0,
    }
    given = [
        earn_points(member_id=member.pk, points=points, kind=PointsKind.BIRTHDAY, source=source, now=now)
        for source, points in gifts.items()
        if points
    ]
    return any(given)


def _birthday_visitors(now: datetime) -> "QuerySet[Member]":
    """Find who came today, has a birthday within some days and could still get something for it."""
    today = timezone.localdate(now)
    days = [today + timedelta(days=offset) for offset in range(-BIRTHDAY_DAYS - 1, BIRTHDAY_DAYS + 2)]
    near = Q()
    for day in days:
        near |= Q(birthday__month=day.month, birthday__day=day.day)
    near |= Q(birthday__month=2, birthday__day=29) if any(day.month in {2, 3} for day in days) else Q()
    promised = Q(level__birthday_points__gt=0)
    if ShopSettings.load().vip_birthday_points:
        promised |= Q(is_vip=True)
    had = Q(points__kind=PointsKind.BIRTHDAY, points__at__gt=now - timedelta(days=300))
    came = Member.objects.shoppers().filter(near, promised, visit_days__day=today, is_active=True)
    members: QuerySet[Member] = came.exclude(pk__in=Member.objects.filter(had).values("pk")).select_related("level")
    return members.order_by("pk")
