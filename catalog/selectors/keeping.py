"""What a member keeps of the goods, as cards: favourites with what their price did, footprints day by day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from catalog.models import Product, ProductStatus
from catalog.selectors.cards import Card, card_of, rows_of
from members.models import Member
from shop.lib.markup import short_yuan

FOOTPRINTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A favourite; `fall` says what its price fell by since, `is_gone` that it is no longer sold."""

    card: Card
    fall: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class SeenDay:
    """What a member looked at on one day."""

    words: str
    seen: list[Kept]


def is_favourite(*, member: Member, product_id: int) -> bool:
    """Say whether the member keeps that product."""
    return member.favourites.filter(product=product_id).exists()


def favourite_rows(member: Member) -> QuerySet[Product, Any]:
    """Read the member's favourites, the newest first, for a Paginator to slice and `kept_of` to dress."""
    rows = rows_of(Product.objects.filter(favourites__member=member))
    kept = rows.annotate(state=F("status"), price_then=F("favourites__price_then"))
    return kept.order_by("-favourites__id")


def footprint_rows(member: Member, *, limit: int = FOOTPRINTS_SHOWN) -> QuerySet[Product, Any]:
    """Read what the member looked at, the latest first."""
    rows = rows_of(Product.objects.filter(footprints__member=member))
    seen = rows.annotate(state=F("status"), seen_at=F("footprints__seen_at"))
    return seen.order_by("-footprints__seen_at", "-footprints__id")[:limit]


def kept_of(rows: Iterable[Mapping[str, Any]]) -> list[Kept]:
    """Make cards of the rows above."""
    return [_kept(row) for row in rows]


def recently_seen(member: Member, *, limit: int) -> list[Card]:
    """Return cards of what the member looked at last and can still buy, in one query."""
    rows = rows_of(Product.objects.on_sale().filter(footprints__member=member))
    return [card_of(row) for row in rows.order_by("-footprints__seen_at", "-footprints__id")[:limit]]


def footprints_by_day(member: Member, *, now: datetime) -> list[SeenDay]:
    """Return what the member looked at, day by day as Shanghai counts them, in one query."""
    today = timezone.localdate(now)
    days = groupby(list(footprint_rows(member)), key=lambda row: timezone.localdate(row["seen_at"]))
    return [SeenDay(_day_words(day, today), kept_of(rows)) for day, rows in days]


def _kept(row: Mapping[str, Any]) -> Kept:
    fall = row.get("price_then", 0) - row["price_min"]
    is_gone = row["state"] != ProductStatus.ON_SALE
    return Kept(card_of(row), f"比收藏时降 {short_yuan(fall)}" if fall > 0 and not is_gone else "", is_gone)


def _day_words(day: date, today: date) -> str:
    near = {today: "今天", today - timedelta(days=1): "昨天"}
    return near.get(day) or f"{day.month} 月 {day.day} 日"


def personal_data(member: Member) -> dict[str, Any]:
    """Return all that this app holds of a member, for them to take away."""
    return {
        "收藏": list(member.favourites.order_by("pk").values("product__name", "added_at")),
        "浏览足迹": list(member.footprints.order_by("pk").values("product__name", "seen_at")),
    }
