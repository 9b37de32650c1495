"""What the shop front shows of the goods: the category tree, cards for lists and the product page, ready to print."""

import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.templatetags.static import static
from django.utils.safestring import SafeString

from catalog.models import Category, Limit, Product, ProductImage, ProductStatus, Sku
from shop.lib import fragments, markup, richtext
from shop.lib.money import yuan
from shop.lib.uploads import thumbnail_url

VERSION_KEY = "catalogue-version"
SORTS: dict[str, tuple[Any, ...]] = {  # key in the address -> order; every order ends in a unique column
    "": ("sort_order", "-id"),
    "sales": ((F("sold") + F("virtual_sold")).desc(), F("id").desc()),
    "price": ("price_min", "id"),
    "-price": ("-price_min", "-id"),
    "new": ("-created_at", "-id"),
}
FEW_LEFT = 10


def catalogue_version() -> str:
    """Name the present state of the catalogue; whatever was cached under another name is stale."""
    version: str | None = cache.get(VERSION_KEY)
    if version is None:
        version = uuid.uuid4().hex
        cache.set(VERSION_KEY, version, timeout=None)
    return version


# --- Categories ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A visible category with its visible children; `ids` are its own and all below it."""

    id: int
    name: str
    picture: str
    children: list["CategoryNode"]
    ids: list[int]


def category_tree(version: str) -> list[CategoryNode]:
    """Return the top categories with everything below them, one query at most."""
    return fragments.fresh("category-tree", version, _read_tree)


def category_named(tree: Sequence[CategoryNode], category_id: int) -> list[CategoryNode]:
    """Return the path from a top category down to `category_id`; empty when there is none."""
    for node in tree:
        if node.id == category_id:
            return [node]
        if below := category_named(node.children, category_id):
            return [node, *below]
    return []


def _read_tree() -> list[CategoryNode]:
    rows: dict[int | None, list[Category]] = {}
    for category in Category.objects.filter(is_visible=True).order_by("sort_order", "id"):
        rows.setdefault(category.parent_id, []).append(category)

    def nodes_under(parent_id: int | None) -> list[CategoryNode]:
        return [node_of(category) for category in rows.get(parent_id, [])]

    def node_of(category: Category) -> CategoryNode:
        children = nodes_under(category.pk)
        ids = [category.pk, *(pk for child in children for pk in child.ids)]
        return CategoryNode(category.pk, category.name, picture_url(category.image.name or "", "small"), children, ids)

    return nodes_under(None)


# --- Cards in lists ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list. `price` is the content of a `.price`; `was` and `sold` are empty when not worth a word."""

    id: int
    name: str
    note: str
    picture: str
    price: SafeString
    several_prices: bool
    was: str
    sold: str
    sold_out: bool


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
        return list(_rows(Product.objects.filter(pk__in=ids)).order_by(*self.order))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self[:])


def goods_found(*, category_ids: Sequence[int] = (), text: str = "", sort: str = "") -> GoodsFound:
    """Find goods on sale, in the order `sort` (a key of SORTS)."""
    products = Product.objects.on_sale()
    if category_ids:
        linked = Product.categories.through.objects.filter(product_id=OuterRef("pk"), category_id__in=category_ids)
        products = products.filter(Exists(linked))
    for word in words_of(text):
        products = products.filter(search_text__contains=word)
    return GoodsFound(products, SORTS.get(sort, SORTS[""]))


def words_of(text: str) -> list[str]:
    """Split what a shopper typed into at most five lower-case words; full-width letters become plain ones."""
    return unicodedata.normalize("NFKC", text).replace("\0", "").lower().split()[:5]


def cards_of(rows: Iterable[Mapping[str, Any]]) -> list[Card]:
    """Make cards of the rows of `goods_found`."""
    return [_card(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Shelves:
    """The goods of the home page."""

    recommended: list[Card]
    newest: list[Card]


def home_shelves(*, recommended: int = 12, newest: int = 6) -> Shelves:
    """Return the first goods by the merchant's sort number and the newest others, in one query."""
    on_sale = Product.objects.on_sale()
    best = on_sale.order_by(*SORTS[""]).values("pk")[:recommended]
    new = on_sale.order_by(*SORTS["new"]).values("pk")[: recommended + newest]
    rows = list(_rows(on_sale.filter(Q(pk__in=best) | Q(pk__in=new))))
    by_sort = sorted(rows, key=lambda row: (row["sort_order"], -row["pk"]))[:recommended]
    shown = {row["pk"] for row in by_sort}
    by_age = sorted(rows, key=lambda row: (row["created_at"], row["pk"]), reverse=True)
    return Shelves(cards_of(by_sort), cards_of([row for row in by_age if row["pk"] not in shown][:newest]))


def picture_url(name: str, size: str = "card") -> str:
    """Return the address of a stored picture as small, card or page, or of the drawing that stands in for none."""
    return thumbnail_url(name, size) or static("img/goods.svg")


def sold_words(units: int) -> str:
    """Say how often something was sold: "已售 128", "已售 1.2 万", or nothing."""
    if units >= 10_000:
        return f"已售 {units / 10_000:.1f} 万".replace(".0 ", " ")
    return f"已售 {units}" if units else ""


def _rows(products: QuerySet[Product]) -> QuerySet[Product, Any]:
    first_picture = ProductImage.objects.filter(product=OuterRef("pk")).order_by("sort_order", "id").values("image")[:1]
    in_stock = Sku.objects.active().filter(product=OuterRef("pk"), stock__gt=0)
    return products.annotate(picture=Subquery(first_picture), in_stock=Exists(in_stock)).values(
        "pk", "name", "selling_point", "price_min", "price_max", "market_price", "sold", "virtual_sold",
        "sort_order", "created_at", "picture", "in_stock",
    )  # fmt: skip


def _card(row: Mapping[str, Any]) -> Card:
    return Card(
        id=row["pk"],
        name=row["name"],
        note=row["selling_point"],
        picture=picture_url(row["picture"] or ""),
        price=markup.price(row["price_min"]),
        several_prices=row["price_max"] > row["price_min"],
        was=_was(row["price_min"], row["market_price"]),
        sold=sold_words(row["sold"] + row["virtual_sold"]),
        sold_out=not row["in_stock"],
    )


def _was(price: int, market_price: int) -> str:
    return f"¥{yuan(market_price)}" if market_price > price else ""


# --- The product page ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SpecValue:
    """One value of a dimension, and the SKU that choosing it leads to."""

    text: str
    sku_id: int
    is_chosen: bool
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Dimension:
    """One row of the spec picker."""

    name: str
    values: list[SpecValue]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product with one SKU chosen, as strings to print."""

    id: int
    name: str
    note: str
    unit: str
    brand: str
    pictures: list[str]
    thumbnails: list[str]
    attributes: list[tuple[str, str]]
    detail: SafeString
    sold: str
    dimensions: list[Dimension]
    sku_id: int
    spec: str
    price: SafeString
    was: str
    saving: str
    stock: str
    can_buy: bool
    min_units: int
    max_units: int
    limits: list[str]
    limit: Limit
    units_in_stock: int

    def for_buyer(self, *, bought: int) -> "ProductPage":
        """Return the page as it is for a member who has `bought` so many units of the product before."""
        most = self.limit.most(stock=self.units_in_stock, bought=bought)
        can_buy = most >= self.min_units
        words = [self.limit.too_few(1), self.limit.too_many(self.limit.units + 1, bought=bought)]
        return replace(
            self,
            max_units=most,
            can_buy=can_buy,
            limits=[sentence for sentence in words if sentence],
            stock=self.stock if can_buy or not self.can_buy else "已达限购数量",
        )


def product_page(product_id: int, *, sku_id: int | None = None) -> ProductPage | None:
    """Return the page of a product on sale with `sku_id`, or the first SKU in stock, chosen; None when there is none.

    Two queries: SKUs with their product, pictures.
    """
    offered = Sku.objects.active().filter(product_id=product_id, product__status=ProductStatus.ON_SALE)
    skus = list(offered.select_related("product").order_by("sort_order", "id"))
    if not skus:
        return None
    product, sku = skus[0].product, _chosen(skus, sku_id)
    pictures = _pictures(product, sku)
    units = product.limit.most(stock=sku.stock)
    return ProductPage(
        id=product.pk,
        name=product.name,
        note=product.selling_point,
        unit=product.unit,
        brand=product.brand,
        pictures=[picture_url(name, "page") for name in pictures],
        thumbnails=[picture_url(name, "small") for name in pictures],
        attributes=[(str(name), str(value)) for name, value in product.attributes],
        detail=richtext.safe(product.detail_html),
        sold=sold_words(product.shown_sold),
        dimensions=_dimensions(product, skus, sku),
        sku_id=sku.pk,
        spec=sku.spec_text,
        price=markup.price(sku.price),
        was=_was(sku.price, sku.market_price),
        saving=f"省 ¥{yuan(sku.market_price - sku.price)}" if sku.market_price > sku.price else "",
        stock=_stock_words(product, sku),
        can_buy=units >= product.min_units,
        min_units=product.min_units,
        max_units=units,
        limits=[words for words in (product.limit.too_few(1), product.limit.words) if words],
        limit=product.limit,
        units_in_stock=sku.stock,
    )


def _chosen(skus: list[Sku], sku_id: int | None) -> Sku:
    wanted = [sku for sku in skus if sku.pk == sku_id]
    in_stock = [sku for sku in skus if sku.stock > 0]
    return (wanted or in_stock or skus)[0]


def _pictures(product: Product, sku: Sku) -> list[str]:
    """Name the pictures to show, that of the chosen SKU first."""
    names = [image.image.name or "" for image in product.images.order_by("sort_order", "id")]
    if sku.image:
        names = [str(sku.image.name), *(name for name in names if name != sku.image.name)]
    return names or [""]


def _dimensions(product: Product, skus: list[Sku], chosen: Sku) -> list[Dimension]:
    complete = [sku for sku in skus if len(sku.specs) == len(product.spec_names)]
    if chosen not in complete:
        return []
    return [Dimension(name, _values(complete, chosen, at)) for at, name in enumerate(product.spec_names)]


def _values(skus: list[Sku], chosen: Sku, at: int) -> list[SpecValue]:
    """List the values of dimension `at`; each leads to the SKU that differs least from the chosen one."""

    def nearness(sku: Sku) -> tuple[int, bool]:
        return sum(mine == theirs for mine, theirs in zip(sku.specs, chosen.specs, strict=True)), sku.stock > 0

    best: dict[str, Sku] = {}
    for sku in skus:
        value = str(sku.specs[at])
        if value not in best or nearness(sku) > nearness(best[value]):
            best[value] = sku
    return [SpecValue(value, sku.pk, sku.pk == chosen.pk, sku.stock > 0) for value, sku in best.items()]


def _stock_words(product: Product, sku: Sku) -> str:
    if sku.stock == 0:
        return "已售罄"
    if sku.stock < product.min_units:
        return f"只剩 {sku.stock} {product.unit}，不够起购数量"
    return f"仅剩 {sku.stock} {product.unit}" if sku.stock < FEW_LEFT else "有货"
