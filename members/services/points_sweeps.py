"""What time does to points: frozen ones begin to count, old ones end, and their owners are told a week before."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone

from members.models import Member, Message, PointsEntry, PointsKind
from members.services.messages import notify
from members.services.points import count_entries, lock_account, take_points
from shop.lib import outbox

WARNED_BEFORE = timedelta(days=7)


def release_points(*, now: datetime, limit: int = 500) -> int:
    """Let entries count whose time has come, the debt of their member first; return how many members that were."""
    return outbox.each(_members(_frozen_until(now), "available_at", limit), partial(_release, now=now))


@transaction.atomic
def _release(member_id: int, *, now: datetime) -> int:
    member = lock_account(member_id)
    entries = list(_frozen_until(now).filter(member=member).order_by("available_at", "pk"))
    if entries:
        count_entries(member, entries, now=now)
    return bool(entries)


def _frozen_until(now: datetime) -> QuerySet[PointsEntry]:
    return PointsEntry.objects.filter(counted_at__isnull=True, available_at__lte=now)


def expire_points(*, now: datetime, limit: int = 500) -> int:
    """End what is left of lots whose time is over; return how many members lost points."""
    return outbox.each(_members(_ended_by(now), "expires_at", limit), partial(_expire, now=now))


@transaction.atomic
def _expire(member_id: int, *, now: datetime) -> int:
    member = lock_account(member_id)
    lots = list(_ended_by(now).filter(member=member).order_by("expires_at", "pk"))
    for lot in lots:
        take_points(member, lot.left, kind=PointsKind.EXPIRE, source=f"lot:{lot.pk}", now=now, first=lot.pk)
    return bool(lots)


def _ended_by(now: datetime) -> QuerySet[PointsEntry]:
    return PointsEntry.objects.filter(left__gt=0, counted_at__isnull=False, expires_at__lte=now)


def _members(rows: QuerySet[PointsEntry], column: str, limit: int) -> list[int]:
    """Name the members of the `limit` rows that are due the longest, each once."""
    return list(dict.fromkeys(rows.order_by(column, "pk").values_list("member_id", flat=True)[:limit]))


def warn_of_expiry(*, now: datetime, limit: int = 500) -> int:
    """Tell members once for each day on which points of theirs will end within a week; return how many were told."""
    ending = PointsEntry.objects.filter(
        left__gt=0, counted_at__isnull=False, expires_at__gt=now, expires_at__lte=now + WARNED_BEFORE
    )
    moments = ending.order_by("expires_at").values_list("expires_at", flat=True).distinct()
    return sum(_warn(ending.filter(expires_at=moment), moment, now=now, limit=limit) for moment in moments if moment)


def _warn(ending: QuerySet[PointsEntry], moment: datetime, *, now: datetime, limit: int) -> int:
    day = timezone.localdate(moment - timedelta(seconds=1))
    key = f"points-expiring:{day}"
    told = Message.objects.filter(member=OuterRef("member"), dedupe_key=key)
    sums = ending.filter(~Exists(told)).values("member").annotate(points=Sum("left")).order_by("member")[:limit]
    points_by_member = {row["member"]: row["points"] for row in sums}
    for member in Member.objects.filter(pk__in=points_by_member).order_by("pk"):
        notify(
            member=member, scene="points_expiring", key=key, title="有积分快要过期", link="/me/points/", now=now,
            body=f"您有 {points_by_member[member.pk]} 积分在 {day.month} 月 {day.day} 日之后过期，购物或兑换时可以用掉。",
        )  # fmt: skip
    return len(points_by_member)
