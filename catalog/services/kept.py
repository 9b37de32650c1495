"""What the shop holds of the goods that are about to be saved, read in a handful of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from catalog.models import Product, ProductImage, ProductStatus, Sku
from catalog.services.drafts import ProductDraft, SkuDraft

Item = TypeVar("Item")

CHUNK = 1000


@dataclass
class Kept:
    """Products by id and by code, with all that belongs to them."""

    by_id: dict[int, Product] = field(default_factory=dict)
    by_code: dict[str, Product] = field(default_factory=dict)
    skus: dict[int, list[Sku]] = field(default_factory=dict)  # product id -> SKUs, withdrawn ones too
    category_ids: dict[int, set[int]] = field(default_factory=dict)
    images: dict[int, list[str]] = field(default_factory=dict)
    code_owners: dict[str, tuple[int, str]] = field(default_factory=dict)  # SKU code -> product id and code

    def product_for(self, draft: ProductDraft) -> Product | None:
        """Return the product that a draft is about."""
        return self.by_id.get(draft.id) if draft.id else self.by_code.get(draft.code)

    def image_names(self, product: Product) -> tuple[str, ...]:
        """Return the names of a product's pictures in order."""
        return tuple(self.images.get(product.pk, ()))


def read_kept(drafts: Sequence[ProductDraft], *, lock: bool = False) -> Kept:
    """Read what there is for `drafts`, with the product rows locked in pk order when `lock` is set."""
    sku_codes = [sku.code for draft in drafts for sku in draft.skus if sku.code]
    ids = [draft.id for draft in drafts if draft.id]
    return read_goods(codes=[draft.code for draft in drafts], ids=ids, sku_codes=sku_codes, lock=lock)


def read_goods(
    *, codes: Sequence[str] = (), ids: Sequence[int] = (), sku_codes: Sequence[str] = (), lock: bool = False
) -> Kept:
    """Read products by code or id, and who owns the SKU codes."""
    kept = Kept()
    for chunk in _chunks(sku_codes):
        rows = Sku.objects.filter(code__in=chunk).values_list("code", "product_id", "product__code")
        kept.code_owners |= {str(code): (product_id, product_code) for code, product_id, product_code in rows}
    found = set(ids)
    for chunk in _chunks(codes):
        found |= set(Product.objects.filter(code__in=chunk).values_list("pk", flat=True))
    products = Product.objects.select_for_update(no_key=True) if lock else Product.objects.all()
    for pks in _chunks(sorted(found)):
        kept.by_id |= {product.pk: product for product in products.filter(pk__in=pks).order_by("pk")}
        _read_parts(kept, pks)
    kept.by_code = {product.code: product for product in kept.by_id.values()}
    return kept


def draft_of(product: Product, *, kept: Kept) -> ProductDraft:
    """Return a product as the draft that would save it unchanged; its stock is left alone."""
    return ProductDraft(
        id=product.pk,
        code=product.code,
        name=product.name,
        brand=product.brand,
        selling_point=product.selling_point,
        keywords=product.keywords,
        unit=product.unit,
        status=ProductStatus.OFF_SHELF if product.status == ProductStatus.TRASHED else product.status,
        on_sale_at=product.on_sale_at,
        spec_names=tuple(product.spec_names),
        attributes=tuple((str(name), str(value)) for name, value in product.attributes),
        detail_html=product.detail_html,
        sort_order=product.sort_order,
        virtual_sold=product.virtual_sold,
        limit_kind=product.limit_kind,
        limit_units=product.limit_units,
        min_units=product.min_units,
        member_price_enabled=product.member_price_enabled,
        points_usable=product.points_usable,
        gives_points=product.gives_points,
        category_ids=tuple(sorted(kept.category_ids.get(product.pk, set()))),
        images=kept.image_names(product),
        skus=tuple(draft_of_sku(sku) for sku in kept.skus.get(product.pk, []) if sku.is_active),
    )


def draft_of_sku(sku: Sku) -> SkuDraft:
    """Return a SKU as the draft that would save it unchanged; its stock is left alone."""
    return SkuDraft(
        id=sku.pk,
        code=sku.code or "",
        specs=tuple(str(value) for value in sku.specs),
        price=sku.price,
        market_price=sku.market_price,
        cost_price=sku.cost_price,
        stock_floor=sku.stock_floor,
        daily_stock=sku.daily_stock,
        barcode=sku.barcode,
        weight=sku.weight,
        image=str(sku.image.name or ""),
    )


def _read_parts(kept: Kept, product_ids: Sequence[int]) -> None:
    for sku in Sku.objects.filter(product__in=product_ids).order_by("product", "sort_order", "pk"):
        kept.skus.setdefault(sku.product_id, []).append(sku)
    links = Product.categories.through.objects.filter(product__in=product_ids)
    for product_id, category_id in links.values_list("product_id", "category_id"):
        kept.category_ids.setdefault(product_id, set()).add(category_id)
    images = ProductImage.objects.filter(product__in=product_ids).order_by("product", "sort_order", "pk")
    for product_id, name in images.values_list("product_id", "image"):
        kept.images.setdefault(product_id, []).append(name)


def _chunks(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[at : at + CHUNK] for at in range(0, len(items), CHUNK)]
