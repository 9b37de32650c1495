"""What the shop front shows of the goods: the category tree, cards for lists and the product page, ready to print."""

from catalog.selectors.cards import Card, cards_of, picture_url, sold_words
from catalog.selectors.categories import CategoryNode, category_ids_of, category_named, category_tree
from catalog.selectors.finding import (
    SORTS,
    GoodsFound,
    Wish,
    goods_found,
    hot_words,
    names_found,
    others_like,
    popular,
    words_of,
)
from catalog.selectors.home import Block, Slide, home_blocks
from catalog.selectors.keeping import (
    Kept,
    SeenDay,
    favourite_rows,
    footprints_by_day,
    is_favourite,
    kept_of,
    personal_data,
    recently_seen,
)
from catalog.selectors.product_page import Dimension, ProductPage, SpecValue, product_page
from catalog.selectors.versions import NAME_KEY, NAME_LIFETIME, VERSION_KEY, catalogue_version, shop_name

__all__ = [
    "NAME_KEY",
    "NAME_LIFETIME",
    "SORTS",
    "VERSION_KEY",
    "Block",
    "Card",
    "CategoryNode",
    "Dimension",
    "GoodsFound",
    "Kept",
    "ProductPage",
    "SeenDay",
    "Slide",
    "SpecValue",
    "Wish",
    "cards_of",
    "catalogue_version",
    "category_ids_of",
    "category_named",
    "category_tree",
    "favourite_rows",
    "footprints_by_day",
    "goods_found",
    "home_blocks",
    "hot_words",
    "is_favourite",
    "kept_of",
    "names_found",
    "others_like",
    "personal_data",
    "picture_url",
    "popular",
    "product_page",
    "recently_seen",
    "shop_name",
    "sold_words",
    "words_of",
]
