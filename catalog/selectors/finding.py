"""Goods on sale, found by what a shopper asks for and in the order they like."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from django.db.models import Exists, F, OuterRef, QuerySet

from catalog.models import Product, Sku
from catalog.selectors.cards import Card, cards_of, rows_of

SORTS: dict[str, tuple[Any, ...]] = {  # key in the address -> order; every order ends in a unique column
    "": ("sort_order", "-id"),
    "sales": ((F("sold") + F("virtual_sold")).desc(), F("id").desc()),
    "price": ("price_min", "id"),
    "-price": ("-price_min", "-id"),
    "new": ("-created_at", "-id"),
}


class GoodsFound(Sequence[dict[str, Any]]):
    """Goods in an order, for a Paginator to count and to slice into rows for `cards_of`.

    A slice is one statement that walks an index of ids to the page and reads the goods of the page alone: with
    20,000 goods the last page costs little more than the first.
    """

    ordered = True

    def __init__(self, products: QuerySet[Product], order: tuple[Any, ...]) -> None:
        self.products = products
        self.order = order

    def __len__(self) -> int:
        return self.products.count()

    @overload
    def __getitem__(self, part: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, part: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, part: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(part, int):
            return self[part : part + 1][0]
        ids = self.products.order_by(*self.order).values("pk")[part]
        return list(rows_of(Product.objects.filter(pk__in=ids)).order_by(*self.order))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self[:])


@dataclass(frozen=True, slots=True)
class Wish:
    """What goods have to be: in one of the categories, found by every word, within a price (fen), and so on."""

    category_ids: Sequence[int] = ()
    text: str = ""
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    reduced: bool = False  # cheaper than the market price


def goods_found(*, sort: str = "", **wish: Any) -> GoodsFound:
    """Find goods on sale, in the order `sort` (a key of SORTS); `wish` are the fields of a Wish."""
    return GoodsFound(_fulfil(Wish(**wish)), SORTS.get(sort, SORTS[""]))


def popular(limit: int) -> list[Card]:
    """Return what sells best, in one query."""
    return cards_of(goods_found(sort="sales")[:limit])


def others_like(product_id: int, *, limit: int) -> list[Card]:
    """Return what sells best in the categories of a product, without it, in one query."""
    links = Product.categories.through.objects
    categories = links.filter(product_id=product_id).values("category_id")
    shared = links.filter(product_id=OuterRef("pk"), category_id__in=categories)
    others = Product.objects.on_sale().filter(Exists(shared)).exclude(pk=product_id)
    return cards_of(GoodsFound(others, SORTS["sales"])[:limit])


def names_found(text: str, *, limit: int) -> list[tuple[int, str]]:
    """Return (id, name) of goods that `text` finds, what sells best first, in one query; none for no text."""
    if not words_of(text):
        return []
    return list(_fulfil(Wish(text=text)).order_by(*SORTS["sales"]).values_list("pk", "name")[:limit])


def hot_words(limit: int) -> list[str]:
    """Return the first keyword of what sells best, each once, in one query."""
    told = Product.objects.on_sale().exclude(keywords="").order_by(*SORTS["sales"])
    firsts = [keywords.split()[0] for keywords in told.values_list("keywords", flat=True)[: 3 * limit]]
    return list(dict.fromkeys(firsts))[:limit]


def _fulfil(wish: Wish) -> QuerySet[Product]:
    products: QuerySet[Product] = Product.objects.on_sale()
    if wish.category_ids:
        linked = Product.categories.through.objects.filter(product_id=OuterRef("pk"), category_id__in=wish.category_ids)
        products = products.filter(Exists(linked))
    for word in words_of(wish.text):
        products = products.filter(search_text__contains=word)
    if wish.price_from is not None:
        products = products.filter(price_min__gte=wish.price_from)
    if wish.price_to is not None:
        products = products.filter(price_min__lte=wish.price_to)
    if wish.in_stock:
        products = products.filter(Exists(Sku.objects.active().filter(product=OuterRef("pk"), stock__gt=0)))
    return products.filter(market_price__gt=F("price_min")) if wish.reduced else products


def words_of(text: str) -> list[str]:
    """Split what a shopper typed into at most five lower-case words; full-width letters become plain ones."""
    return unicodedata.normalize("NFKC", text).replace("\0", "").lower().split()[:5]
