"""The product page with one SKU chosen, ready to print."""

from dataclasses import dataclass, replace

from django.core.files.storage import default_storage
from django.utils.safestring import SafeString

from catalog.models import Limit, Product, ProductStatus, Sku
from catalog.selectors.cards import picture_url, sold_words, was_words
from shop.lib import markup, richtext
from shop.lib.money import yuan

FEW_LEFT = 10


@dataclass(frozen=True, slots=True)
class SpecValue:
    """One value of a dimension, and the SKU that choosing it leads to; `note` says why that is not simply the next."""

    text: str
    sku_id: int
    is_chosen: bool
    note: str


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
    originals: list[str]  # as large as they were stored, to look at closely
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
    is_scarce: bool
    can_buy: bool
    min_units: int
    max_units: int
    limits: list[str]
    limit: Limit
    units_in_stock: int
    site_price: int  # fen
    takes_level: bool  # whether members pay less for it

    @property
    def views(self) -> list[tuple[str, str]]:
        """Each picture with its original."""
        return list(zip(self.pictures, self.originals, strict=True))

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
    images = skus[0].product.images.order_by("sort_order", "id")
    return page_of(skus, _chosen(skus, sku_id), [str(image.image.name or "") for image in images])


def page_of(skus: list[Sku], sku: Sku, names: list[str]) -> ProductPage:
    """Return the page of a product with these SKUs, saved or not, `sku` chosen and pictures of these `names`."""
    product = sku.product
    pictures = _pictures(sku, names)
    units = product.limit.most(stock=sku.stock)
    return ProductPage(
        id=product.pk,
        name=product.name,
        note=product.selling_point,
        unit=product.unit,
        brand=product.brand,
        pictures=[picture_url(name, "page") for name in pictures],
        thumbnails=[picture_url(name, "small") for name in pictures],
        originals=[default_storage.url(name) if name else picture_url("") for name in pictures],
        attributes=[(str(name), str(value)) for name, value in product.attributes],
        detail=richtext.safe(product.detail_html),
        sold=sold_words(product.shown_sold),
        dimensions=_dimensions(product, skus, sku),
        sku_id=sku.pk,
        spec=sku.spec_text,
        price=markup.price(sku.price),
        was=was_words(sku.price, sku.market_price),
        saving=f"省 ¥{yuan(sku.market_price - sku.price)}" if sku.market_price > sku.price else "",
        stock=_stock_words(product, sku),
        is_scarce=sku.stock < FEW_LEFT,
        can_buy=units >= product.min_units,
        min_units=product.min_units,
        max_units=units,
        limits=[words for words in (product.limit.too_few(1), product.limit.words) if words],
        limit=product.limit,
        units_in_stock=sku.stock,
        site_price=sku.price,
        takes_level=product.member_price_enabled,
    )


def _chosen(skus: list[Sku], sku_id: int | None) -> Sku:
    wanted = [sku for sku in skus if sku.pk == sku_id]
    in_stock = [sku for sku in skus if sku.stock > 0]
    return (wanted or in_stock or skus)[0]


def _pictures(sku: Sku, names: list[str]) -> list[str]:
    """Name the pictures to show, that of the chosen SKU first."""
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
    return [SpecValue(value, sku.pk, sku.pk == chosen.pk, _value_note(sku, chosen, at)) for value, sku in best.items()]


def _value_note(sku: Sku, chosen: Sku, at: int) -> str:
    """Say that a value is not made together with the other choices, which then change too, or is sold out."""
    if any(sku.specs[i] != chosen.specs[i] for i in range(len(chosen.specs)) if i != at):
        return "需换搭配"
    return "" if sku.stock > 0 else "售罄"


def _stock_words(product: Product, sku: Sku) -> str:
    if sku.stock == 0:
        return "已售罄"
    if sku.stock < product.min_units:
        return f"只剩 {sku.stock} {product.unit}，不够起购数量"
    return f"仅剩 {sku.stock} {product.unit}" if sku.stock < FEW_LEFT else "有货"
