"""Goods: categories, products, SKUs with stock and its movements, the home page, and what members keep."""

from catalog.models.categories import MAX_CATEGORY_DEPTH, Category
from catalog.models.home import (
    MOST_BLOCKS,
    MOST_GOODS,
    MOST_PICTURES,
    BlockKind,
    GoodsLayout,
    GoodsSource,
    HomeBlock,
    HomePick,
    HomePicture,
)
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
from catalog.models.skus import (
    BASKET_FIELDS,
    Sku,
    SkuQuerySet,
    StockMove,
    StockMoveKind,
    first_picture_of,
    spec_text_of,
)

__all__ = [
    "BASKET_FIELDS", "MAX_CATEGORY_DEPTH", "MOST_BLOCKS", "MOST_GOODS", "MOST_PICTURES", "MOST_UNITS", "BlockKind",
    "Category", "Favourite", "Footprint", "GoodsLayout", "GoodsSource", "HomeBlock", "HomePick", "HomePicture", "Limit",
    "LimitKind", "Product", "ProductImage", "ProductQuerySet", "ProductStatus", "Sku", "SkuQuerySet", "StockMove",
    "StockMoveKind", "first_picture_of", "spec_text_of",
]  # fmt: skip
