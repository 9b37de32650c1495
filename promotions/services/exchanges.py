"""The points shop: what is taken is counted per entry and per member, each by one conditional UPDATE."""

from datetime import datetime
from importlib import import_module
from typing import Any

from django.db import transaction
from django.db.models import F
from django.shortcuts import get_object_or_404

from members import services as members
from members.models import Member, PointsKind
from promotions.models import Coupon, ExchangeItem, ExchangeTaken


class ExchangeRefused(Exception):
    """Nothing was exchanged; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def take_exchange(*, item_id: int, member: Member, units: int, now: datetime) -> None:
    """Count `units` of an entry as taken by `member`. Points and stock are the caller's. Raises ExchangeRefused."""
    entry = ExchangeItem.objects.filter(pk=item_id)
    if units < 1 or not entry.filter(is_active=True, taken__lte=F("total") - units).update(taken=F("taken") + units):
        raise ExchangeRefused(_why_not(entry.first()))
    taken, _ = ExchangeTaken.objects.get_or_create(item_id=item_id, member=member)
    limit = entry.values_list("per_member", flat=True)[0]
    rows = ExchangeTaken.objects.filter(pk=taken.pk)
    if limit:
        rows = rows.filter(units__lte=limit - units)
    if not rows.update(units=F("units") + units):
        raise ExchangeRefused(f"每人限兑 {limit} 份，您已兑 {taken.units} 份")


def _why_not(entry: ExchangeItem | None) -> str:
    if entry is None or not entry.is_active:
        return "这件已经下架，看看别的吧"
    left = entry.total - entry.taken
    return f"只剩 {left} 份了" if left else "来晚了，已经兑完"


@transaction.atomic
def give_back_exchange(*, item_id: int, member: Member, units: int, now: datetime) -> None:
    """Let `units` that came to nothing be exchanged again; the caller calls it once per cause."""
    if units < 1:
        return
    entry = ExchangeItem.objects.filter(pk=item_id, taken__gte=units)
    if entry.update(taken=F("taken") - units):
        mine = ExchangeTaken.objects.filter(item_id=item_id, member=member, units__gte=units)
        mine.update(units=F("units") - units)


@transaction.atomic
def exchange_for_coupon(*, item_id: int, member: Member, key: str, now: datetime) -> Coupon | None:
    """Spend points for a coupon: both or neither. `key` is the form's own; None when it has brought a coupon before.

    Locks the member, the coupon's quota, then the entry. Raises ExchangeRefused; Http404 for what is no such entry.
    """
    entry = get_object_or_404(ExchangeItem.objects.select_related("coupon"), pk=item_id, coupon__isnull=False)
    source = f"exchange:{member.pk}:{key}"
    try:
        spent = members.spend_points(
            member_id=member.pk, points=entry.points, kind=PointsKind.EXCHANGE, source=source, now=now,
            note=f"兑换 {entry.name}",
        )  # fmt: skip
    except members.PointsShort as short:
        raise ExchangeRefused(short.message) from short
    if spent is None:
        return None
    coupon = _issue(entry, member, source, now)
    take_exchange(item_id=entry.pk, member=member, units=1, now=now)
    return coupon


def _issue(entry: ExchangeItem, member: Member, source: str, now: datetime) -> Coupon:
    coupons: Any = import_module("promotions.services")
    try:
        coupon: Coupon | None = coupons.issue(template=entry.coupon, member=member, source=source, now=now)
    except coupons.CouponNotIssued as refusal:
        raise ExchangeRefused(refusal.message) from refusal
    if coupon is None:
        raise ExchangeRefused("这张券已经兑换过了")
    return coupon
