"""How a member buys: what, for how much, how often and when. Read from their paid orders alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from members.models import Member
from orders.models import LineKind, Order, OrderLine

MOST_ORDERS = 500
CATEGORIES_SHOWN = 5
BANDS = [(0, 2000), (2000, 5000), (5000, 10000), (10000, 20000), (20000, None)]  # fen a piece
PARTS = {
    "凌晨（0–6 点）": (0, 6),
    "上午（6–12 点）": (6, 12),
    "下午（12–18 点）": (12, 18),
    "晚上（18–24 点）": (18, 24),
}
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole: its words, how many, and how many per cent."""

    words: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class Habits:
    """What a member's last orders tell; amounts are fen."""

    orders: int
    average: int  # paid per order
    last_90_days: int
    days_between: int | None  # None for fewer than two orders
    categories: list[Share]
    bands: list[Share]
    parts: list[Share]
    weekday: str
    ways: list[Share]


def habits_of(member: Member, *, now: datetime) -> Habits:
    """Read the habits of a member from their last MOST_ORDERS paid orders. Three queries."""
    paid = member.orders.filter(paid_at__isnull=False).order_by("-paid_at", "-pk")
    rows = list(paid.values_list("paid_at", "paid_amount", "delivery_method")[:MOST_ORDERS])
    moments = [timezone.localtime(paid_at) for paid_at, _, _ in rows]
    labels = dict(Order._meta.get_field("delivery_method").flatchoices)
    return Habits(
        orders=len(rows),
        average=sum(amount for _, amount, _ in rows) // len(rows) if rows else 0,
        last_90_days=sum(moment >= now - timedelta(days=90) for moment in moments),
        days_between=(moments[0] - moments[-1]).days // (len(moments) - 1) if len(moments) > 1 else None,
        categories=_categories(member),
        bands=_bands(member),
        parts=_parts(moments),
        weekday=_weekday(moments),
        ways=_shares(Counter(labels[way] for _, _, way in rows)),
    )


def _lines(member: Member) -> "list[tuple[int, int]]":
    lines = OrderLine.objects.filter(order__member=member, order__paid_at__isnull=False, kind=LineKind.GOODS)
    return list(lines.order_by("-pk").values_list("unit_price", "units")[:MOST_ORDERS])


def _categories(member: Member) -> list[Share]:
    """The categories of which most pieces were bought; a piece in two categories counts for both."""
    lines = OrderLine.objects.filter(order__member=member, order__paid_at__isnull=False, kind=LineKind.GOODS)
    named = lines.filter(product__categories__isnull=False).values_list("product__categories__name")
    return _shares(Counter(dict(named.annotate(pieces=Sum("units")).order_by())))[:CATEGORIES_SHOWN]


def _bands(member: Member) -> list[Share]:
    counted: Counter[str] = Counter()
    for price, units in _lines(member):
        counted[_band_words(price)] += units
    return _shares(counted)


def _band_words(price: int) -> str:
    low, high = next((low, high) for low, high in BANDS if high is None or price < high)
    return f"{low // 100}–{high // 100} 元" if high else f"{low // 100} 元以上"


def _parts(moments: list[datetime]) -> list[Share]:
    counted = Counter(
        words for moment in moments for words, (start, end) in PARTS.items() if start <= moment.hour < end
    )
    return _shares(counted)


def _weekday(moments: list[datetime]) -> str:
    counted = Counter(moment.weekday() for moment in moments)
    return f"周{WEEKDAYS[counted.most_common(1)[0][0]]}" if counted else ""


def _shares(counted: "Counter[str]") -> list[Share]:
    """Turn counts into shares, the largest first."""
    whole = sum(counted.values())
    return [Share(words, count, round(100 * count / whole)) for words, count in counted.most_common()]
