"""Home and the categories: where a visit begins."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from shop.lib import alike, fragments
from shop.models import ShopSettings
from shop.views import common

STORES_ON_HOME = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, settings, categories, blocks, goods, stores."""
    version = catalog.catalogue_version()
    shop = catalog.shop_settings()
    front = fragments.fresh("home", version, lambda: _front(version, shop))
    return alike.page(request, "shop/home.html", {"shop": shop, "front": front}, version=version)


def _front(version: str, shop: ShopSettings) -> SafeString:
    tree, stores = catalog.category_tree(version), common.open_stores()
    blocks = catalog.home_blocks(tree)
    return render_to_string(
        "shop/home.html#front",
        {
            "shop": shop,
            "blocks": blocks,
            "has_goods": any(block.cards for block in blocks),
            "categories": tree,
            "promises": common.promises(shop, stores),
            "stores": stores[:STORES_ON_HOME],
        },
    )


@require_safe
def category_list(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, categories."""
    version = catalog.catalogue_version()
    return alike.page(request, "shop/category_list.html", {"front": _categories(version)}, version=version)


def _categories(version: str) -> SafeString:
    def draw() -> SafeString:
        return render_to_string("shop/category_list.html#front", {"categories": catalog.category_tree(version)})

    return fragments.fresh("categories", version, draw)
