"""Products in lists: a row of a query made into strings to print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.templatetags.static import static
from django.utils.safestring import SafeString

from catalog.models import Product, ProductImage, Sku
from shop.lib import markup
from shop.lib.money import yuan
from shop.lib.uploads import thumbnail_url


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list. `price` is the content of a `.price`; `was` and `sold` are empty when not worth a word.

    `deal` (a flash price) and `tags` (offers) are put in by the room above, see `promotions.selectors.tagged`.
    """

    id: int
    name: str
    note: str
    picture: str
    price: SafeString
    several_prices: bool
    was: str
    sold: str
    sold_out: bool
    deal: str = ""
    tags: tuple[str, ...] = ()


def cards_of(rows: Iterable[Mapping[str, Any]]) -> list[Card]:
    """Make cards of the rows of `goods_found`."""
    return [card_of(row) for row in rows]


def picture_url(name: str, size: str = "card") -> str:
    """Return the address of a stored picture as small, card or page, or of the drawing that stands in for none."""
    return thumbnail_url(name, size) or static("img/goods.svg")


def sold_words(units: int) -> str:
    """Say how often something was sold: "已售 128", "已售 1.2 万", or nothing."""
    if units >= 10_000:
        return f"已售 {units / 10_000:.1f} 万".replace(".0 ", " ")
    return f"已售 {units}" if units else ""


def rows_of(products: QuerySet[Product]) -> QuerySet[Product, Any]:
    """Read of `products` what `cards_of` wants; the order is the caller's."""
    first_picture = ProductImage.objects.filter(product=OuterRef("pk")).order_by("sort_order", "id").values("image")[:1]
    in_stock = Sku.objects.active().filter(product=OuterRef("pk"), stock__gt=0)
    return products.annotate(picture=Subquery(first_picture), in_stock=Exists(in_stock)).values(
        "pk", "name", "selling_point", "price_min", "price_max", "market_price", "sold", "virtual_sold",
        "sort_order", "created_at", "picture", "in_stock",
    )  # fmt: skip


def card_of(row: Mapping[str, Any]) -> Card:
    """Make a card of one row of `rows_of`."""
    return Card(
        id=row["pk"],
        name=row["name"],
        note=row["selling_point"],
        picture=picture_url(row["picture"] or ""),
        price=markup.price(row["price_min"]),
        several_prices=row["price_max"] > row["price_min"],
        was=was_words(row["price_min"], row["market_price"]),
        sold=sold_words(row["sold"] + row["virtual_sold"]),
        sold_out=not row["in_stock"],
    )


def was_words(price: int, market_price: int) -> str:
    """Return the market price to strike through, or nothing when it is no higher."""
    return f"¥{yuan(market_price)}" if market_price > price else ""
