"""Home and the categories: where a visit begins."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from catalog.models import BlockKind
from promotions import selectors as promotions
from shop import alike
from shop.lib import fragments
from shop.models import ShopSettings
from shop.views import activities, common

STORES_ON_HOME = 3
COUPONS_ON_HOME = 6


@dataclass(frozen=True, slots=True)
class Front:
    """What stands on the home page. The form whose buttons lie in it is made for each visitor."""

    html: SafeString
    has_coupons: bool


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: settings with the version, categories, blocks, goods, stores, coupons, offers.

    Besides the pieces of the session, tiers and flash prices where there are some.
    """
    shop = ShopSettings.load()
    version = shop.catalogue_version
    front = fragments.fresh("home", version, lambda: _front(version, shop))
    return alike.page(request, "shop/home.html", {"shop": shop, "front": front}, version=version)


def _front(version: str, shop: ShopSettings) -> Front:
    tree, stores = catalog.category_tree(version), common.open_stores()
    blocks = activities.dressed(catalog.home_blocks(tree), now=timezone.now())
    coupons = _coupons() if any(block.kind == BlockKind.COUPONS for block in blocks) else []
    html = render_to_string(
        "shop/home.html#front",
        {
            "coupons": coupons,
            "shop": shop,
            "blocks": blocks,
            "has_goods": any(block.cards for block in blocks),
            "categories": tree,
            "flash": activities.flash_strip(now=timezone.now()),
            "offers": activities.offer_strip(now=timezone.now()),
            "promises": common.promises(shop, stores),
            "stores": stores[:STORES_ON_HOME],
        },
    )
    return Front(html, bool(coupons))


def _coupons() -> list[promotions.Offered]:
    """Return the coupons that everybody may take and that are not gone yet."""
    offered = promotions.claimable(now=timezone.now())
    return [one for one in offered if one.is_for_all and one.state == "claimable"][:COUPONS_ON_HOME]


@require_safe
def category_list(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, categories."""
    version = catalog.catalogue_version()
    return alike.page(request, "shop/category_list.html", {"front": _categories(version)}, version=version)


def _categories(version: str) -> SafeString:
    def draw() -> SafeString:
        return render_to_string("shop/category_list.html#front", {"categories": catalog.category_tree(version)})

    return fragments.fresh("categories", version, draw)
