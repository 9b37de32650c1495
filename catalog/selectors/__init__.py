"""What the shop front shows of the goods: the category tree, cards for lists and the product page, ready to print."""

from catalog.selectors.cards import Card, cards_of, picture_url, sold_words
from catalog.selectors.categories import CategoryNode, category_named, category_tree
from catalog.selectors.finding import SORTS, GoodsFound, Shelves, goods_found, home_shelves, words_of
from catalog.selectors.product_page import Dimension, ProductPage, SpecValue, product_page
from catalog.selectors.versions import VERSION_KEY, catalogue_version

__all__ = [
    "SORTS", "VERSION_KEY", "Card", "CategoryNode", "Dimension", "GoodsFound", "ProductPage", "Shelves", "SpecValue",
    "cards_of", "catalogue_version", "category_named", "category_tree", "goods_found", "home_shelves", "picture_url",
    "product_page", "sold_words", "words_of",
]  # fmt: skip
