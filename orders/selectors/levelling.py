"""What a member's level is computed from: completed orders, net of refunds, within the merchant's window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.utils import timezone

from members.models import Member
from orders.models import Order, OrderStatus, RefundedPart
from shop.lib.days import midnight, months_later
from shop.models import LevelMetric, ShopSettings


@dataclass(frozen=True, slots=True)
class LevelValue:
    """What a member has reached: fen or orders. `falls_at` is when the oldest order leaves the window, if it has one."""

    value: int = 0
    falls_at: datetime | None = None


NOTHING_BOUGHT = LevelValue()


def level_value_of(member: Member, shop: ShopSettings, now: datetime) -> int:
    """Return what a member has reached: fen paid, or completed orders, net of refunds, within the window."""
    return level_values([member.pk], shop, now).get(member.pk, NOTHING_BOUGHT).value


def level_values(member_ids: Sequence[int], shop: ShopSettings, now: datetime) -> dict[int, LevelValue]:
    """Return what several members have reached; those without an order that counts are missing. One query."""
    counted = _counted(shop, now).filter(member__in=member_ids)
    rows = (
        counted.values("member")
        .annotate(
            amount=Sum(F("paid_amount") - F("refunded_amount")),
            orders=Count("pk", filter=~Q(refund_status=RefundedPart.FULL)),
            oldest=Min("completed_at"),
        )
        .order_by("member")
    )
    by_amount = shop.level_metric == LevelMetric.AMOUNT
    return {
        row["member"]: LevelValue(row["amount"] if by_amount else row["orders"], _falls_at(row["oldest"], shop))
        for row in rows
    }


def _counted(shop: ShopSettings, now: datetime) -> QuerySet[Order]:
    orders: QuerySet[Order] = Order.objects.filter(status=OrderStatus.COMPLETED, completed_at__lte=now)
    if shop.level_window_months:
        since = midnight(months_later(timezone.localdate(now), -shop.level_window_months))
        orders = orders.filter(completed_at__gte=since)
    return orders


def _falls_at(oldest: datetime, shop: ShopSettings) -> datetime | None:
    """Return the first midnight at which an order completed at `oldest` is out of the window."""
    months = shop.level_window_months
    if not months:
        return None
    first = timezone.localdate(oldest)
    day = months_later(first, months)
    while months_later(day, -months) <= first:
        day += timedelta(days=1)
    return midnight(day)
