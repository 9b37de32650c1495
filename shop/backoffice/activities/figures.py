"""What activities have brought: orders that were paid, what was taken off, what the goods sold for. Amounts are fen."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from orders.models import OrderLine, OrderOffer

DAYS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Figures:
    """Paid orders, what was taken off them, and their payments; refunds are not taken off."""

    orders: int = 0
    discount: int = 0
    sales: int = 0
    units: int = 0

    @property
    def average(self) -> int:
        """What an order was worth."""
        return self.sales // self.orders if self.orders else 0


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of one Shanghai day, by the time of payment."""

    day: date
    figures: Figures


def offer_figures(promotion_ids: Collection[int]) -> dict[int, Figures]:
    """Return {promotion's id: figures} in one query; those that nobody used are left out."""
    return _by("promotion_id", _used(promotion_ids), OFFER_SUMS)


def offer_days(promotion_id: int) -> list[Day]:
    """Return the figures of an offer day by day, the latest first; one query."""
    return _days(_used([promotion_id]), "order__paid_at", OFFER_SUMS)


def flash_figures(sale_ids: Collection[int]) -> dict[int, Figures]:
    """Return {session's id: figures} in one query."""
    return _by("flash_item__sale_id", _sold(sale_ids), FLASH_SUMS)


def item_figures(sale_id: int) -> dict[int, Figures]:
    """Return {flash item's id: figures} of a session in one query."""
    return _by("flash_item_id", _sold([sale_id]), FLASH_SUMS)


OFFER_SUMS: dict[str, Any] = {
    "orders": Count("pk"), "sales": Sum("order__payable_amount"), "discount": Sum("discount"),
}  # fmt: skip
FLASH_SUMS: dict[str, Any] = {
    "orders": Count("order_id", distinct=True), "units": Sum("units"), "sales": Sum("paid_amount"),
}  # fmt: skip


def _used(promotion_ids: Collection[int]) -> QuerySet[OrderOffer]:
    return OrderOffer.objects.filter(promotion__in=promotion_ids, order__paid_at__isnull=False)


def _sold(sale_ids: Collection[int]) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(flash_item__sale__in=sale_ids, order__paid_at__isnull=False)


def _by(column: str, rows: QuerySet[Any], sums: dict[str, Any]) -> dict[int, Figures]:
    """Return {value of the column: figures of its rows}."""
    found: list[Any] = list(rows.values(column).annotate(**sums).order_by(column))
    return {row[column]: Figures(**{name: row[name] for name in sums}) for row in found}


def _days(rows: QuerySet[Any], column: str, sums: dict[str, Any]) -> list[Day]:
    by_day = rows.annotate(day=TruncDate(column, tzinfo=timezone.get_default_timezone())).values("day")
    found: list[Any] = list(by_day.annotate(**sums).order_by("-day")[:DAYS_SHOWN])
    return [Day(row["day"], Figures(**{name: row[name] for name in sums})) for row in found]
