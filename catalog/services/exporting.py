"""Goods as a table: one row per SKU, every value as the import reads it back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from catalog.models import Category, LimitKind, Product, ProductImage, ProductStatus, Sku
from catalog.services.cells import write_pairs, write_paths
from shop.lib.money import FEN_PER_YUAN
from shop.lib.tables import neutralise

Paths = Mapping[int, tuple[str, ...]]
FILE_ORDER = ("product_id", "sort_order", "pk")


def exported_skus(products: QuerySet[Product]) -> QuerySet[Sku]:
    """Return the offered SKUs of `products` outside the recycle bin with all that a row needs, oldest goods first."""
    images = ProductImage.objects.order_by("sort_order", "pk")
    kept = Product.objects.kept().filter(pk__in=products.order_by().values("pk"))
    return (
        Sku.objects.active()
        .filter(product__in=kept)
        .select_related("product")
        .prefetch_related("product__categories", Prefetch("product__images", images))
        .order_by(*FILE_ORDER)
    )


def category_paths() -> dict[int, tuple[str, ...]]:
    """Return the path of every category, from its top one down, in one query."""
    categories = {category.pk: category for category in Category.objects.all()}

    def path_of(pk: int | None) -> tuple[str, ...]:
        category = categories.get(pk or 0)
        return (*path_of(category.parent_id), category.name) if category else ()

    return {pk: path_of(pk) for pk in categories}


def export_row(sku: Sku, *, paths: Paths) -> dict[str, Any]:
    """Return {our key: cell} of one SKU; no text in it is a formula."""
    cells = _product_cells(sku.product, paths) | _sku_cells(sku)
    return {key: neutralise(cell) if isinstance(cell, str) else cell for key, cell in cells.items()}


def _product_cells(product: Product, paths: Paths) -> dict[str, Any]:
    plain = ["code", "name", "brand", "unit", "selling_point", "keywords", "sort_order", "virtual_sold"]
    plain += ["limit_units", "min_units", "detail_html"]
    at = product.on_sale_at
    return {key: getattr(product, key) for key in plain} | {
        "category_path": write_paths(sorted(paths[category.pk] for category in product.categories.all())),
        "status": ProductStatus(product.status).label,
        "on_sale_at": timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else "",
        "limit_kind": LimitKind(product.limit_kind).label,
        "attributes": write_pairs(product.attributes),
        "images": "; ".join(str(image.image.name) for image in product.images.all()),
    }


def _sku_cells(sku: Sku) -> dict[str, Any]:
    names = sku.product.spec_names
    return {
        "sku_code": sku.code or "",
        "spec": write_pairs(zip(names, sku.specs, strict=False)),
        "price": _yuan(sku.price),
        "market_price": _yuan(sku.market_price),
        "cost_price": _yuan(sku.cost_price),
        "stock": sku.stock,
        "stock_floor": sku.stock_floor,
        "daily_stock": "" if sku.daily_stock is None else sku.daily_stock,
        "barcode": sku.barcode,
        "weight": sku.weight,
        "sku_image": str(sku.image.name or ""),
    }


def _yuan(fen: int) -> Decimal:
    return (Decimal(fen) / FEN_PER_YUAN).quantize(Decimal("0.01"))
