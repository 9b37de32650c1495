"""Pages made of several rooms: home, goods list, product page, categories, stores, 我的 and the small print."""

from shop.views.about import favicon, manifest, privacy, robots, store_list
from shop.views.goods import goods_list
from shop.views.home import category_list, home
from shop.views.level import level_page
from shop.views.me import me
from shop.views.own_data import erase, my_data
from shop.views.product import product_page, product_share
from shop.views.searching import search, search_forget, suggest

__all__ = [
    "category_list",
    "erase",
    "favicon",
    "goods_list",
    "home",
    "level_page",
    "manifest",
    "me",
    "my_data",
    "privacy",
    "product_page",
    "product_share",
    "robots",
    "search",
    "search_forget",
    "store_list",
    "suggest",
]
