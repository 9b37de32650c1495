"""Goods: categories, products, their SKUs with stock, pictures, every movement of stock, and what members keep."""

from catalog.models.categories import MAX_CATEGORY_DEPTH, Category
from catalog.models.keeping import Favourite, Footprint
from catalog.models.products import (
    MOST_UNITS,
    Limit,
    LimitKind,
    Product,
    ProductImage,
    ProductQuerySet,
    ProductStatus,
)
from catalog.models.skus import Sku, SkuQuerySet, StockMove, StockMoveKind, spec_text_of

__all__ = [
    "MAX_CATEGORY_DEPTH", "MOST_UNITS", "Category", "Favourite", "Footprint", "Limit", "LimitKind", "Product",
    "ProductImage", "ProductQuerySet", "ProductStatus", "Sku", "SkuQuerySet", "StockMove", "StockMoveKind",
    "spec_text_of",
]  # fmt: skip
