"""Pages made of several rooms: home, goods list, product page, categories, stores, 我的 and the small print."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from members import selectors as members
from members.models import Member
from members.services import PRIVACY_VERSION
from orders.selectors import buying
from shop.lib import fragments
from shop.lib.http import typed_text
from shop.lib.markup import short_yuan
from shop.models import Banner, ShopSettings, Store

GOODS_PER_PAGE = 20
LONGEST_SEARCH = 50
STORES_ON_HOME = 3
ORDERS = [("", "综合"), ("sales", "销量"), ("new", "新品")]
SHORTCUTS = {"unpaid": "wallet", "working": "box", "pickup": "bag", "shipped": "truck", "completed": "success"}


@dataclass(frozen=True, slots=True)
class Promise:
    """One line about delivery, with its icon."""

    icon: str
    words: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One link of a row of links that narrow or sort the list."""

    words: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A way from 我的 to the orders of one tab, with their number."""

    tab: str
    icon: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a shopper asked the goods list for; nonsense in the address is read as nothing."""

    category: int | None
    text: str
    sort: str
    page: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Wanted":
        category, sort = request.GET.get("category", ""), request.GET.get("sort", "")
        return cls(
            category=int(category) if category.isdecimal() and len(category) < 10 else None,
            text=typed_text(request, "q", longest=LONGEST_SEARCH),
            sort=sort if sort in catalog.SORTS else "",
            page=request.GET.get("page", "1"),
        )

    def query(self, **changes: Any) -> str:
        """Return this wish with `changes` as a query string, from the first page on."""
        wish = {"category": self.category, "q": self.text, "sort": self.sort} | changes
        return urlencode({name: value for name, value in wish.items() if value})


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, settings, banners, categories, goods, stores."""
    version, shop = catalog.catalogue_version(), shop_settings()
    front = fragments.fresh("home", version, lambda: _front(version, shop))
    return render(request, "shop/home.html", {"shop": shop, "front": front})


def _front(version: str, shop: ShopSettings) -> SafeString:
    stores = open_stores()
    return render_to_string(
        "shop/home.html#front",
        {
            "shop": shop,
            "banners": list(Banner.objects.filter(is_active=True).order_by("sort_order", "id")[:5]),
            "categories": catalog.category_tree(version),
            "promises": _promises(shop, stores),
            "shelves": catalog.home_shelves(),
            "stores": stores[:STORES_ON_HOME],
        },
    )


@require_safe
def goods_list(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, categories, count, goods."""
    wanted, version = Wanted.of(request), catalog.catalogue_version()
    path = catalog.category_named(catalog.category_tree(version), wanted.category) if wanted.category else []
    if wanted.category and not path:
        raise Http404
    results = fragments.fresh(f"goods:{wanted}", version, lambda: _results(wanted, version, path))
    context = {"results": results, "text": wanted.text, "path": path, "category": wanted.category}
    return render(request, "shop/goods_list.html", context | {"heading": path[-1].name if path else "全部商品"})


def _results(wanted: Wanted, version: str, path: list[catalog.CategoryNode]) -> SafeString:
    category_ids = path[-1].ids if path else []
    goods = catalog.goods_found(category_ids=category_ids, text=wanted.text, sort=wanted.sort)
    page: Page[Any] = Paginator(goods, GOODS_PER_PAGE).get_page(wanted.page)
    query = wanted.query()
    context = {
        "cards": catalog.cards_of(list(page.object_list)),
        "page": page,
        "query": f"{query}&" if query else "",
        "text": wanted.text,
        "chips": _chips(wanted, catalog.category_tree(version), path),
        "orders": _orders(wanted),
    }
    return render_to_string("shop/goods_list.html#results", context)


def _orders(wanted: Wanted) -> list[Option]:
    """Offer the sort orders; a second touch on the price turns it round."""
    offered = [Option(words, wanted.query(sort=sort), sort == wanted.sort) for sort, words in ORDERS]
    turned = "-price" if wanted.sort == "price" else "price"
    words = {"price": "价格 ↑", "-price": "价格 ↓"}.get(wanted.sort, "价格")
    return [*offered, Option(words, wanted.query(sort=turned), wanted.sort.endswith("price"))]


def _chips(wanted: Wanted, tree: list[catalog.CategoryNode], path: list[catalog.CategoryNode]) -> list[Option]:
    """Offer the categories below the chosen one, or its sisters when it has none, after a way back up."""
    parents = path if not path or path[-1].children else path[:-1]
    level = parents[-1].children if parents else tree
    above = parents[-1].id if parents else None
    everything = Option("全部", wanted.query(category=above), wanted.category == above)
    return [everything] + [
        Option(node.name, wanted.query(category=node.id), node.id == wanted.category) for node in level
    ]


@require_safe
def product_page(request: HttpRequest, product_id: int) -> HttpResponse:
    """Queries when nothing is cached: version, SKUs with product, pictures, settings, stores.

    For a member session, user and, with a limit for life, what they bought, kept or not.
    """
    sku = request.GET.get("sku", "")
    sku_id = int(sku) if sku.isdecimal() and len(sku) < 18 else None
    version = catalog.catalogue_version()
    kept = fragments.fresh(f"product:{product_id}:{sku_id}", version, lambda: _product(product_id, sku_id))
    if kept is None:
        raise Http404
    product, parts = kept
    if product.limit.for_life and isinstance(request.user, Member):
        product = product.for_buyer(bought=buying.units_bought(request.user, [product_id]).get(product_id, 0))
    return render(request, "shop/product.html", {"product": product, "parts": parts})


def _product(product_id: int, sku_id: int | None) -> tuple[catalog.ProductPage, dict[str, SafeString]] | None:
    """Return the page's facts and its rendered parts; the form around them is made for each visitor."""
    product = catalog.product_page(product_id, sku_id=sku_id)
    if product is None:
        return None
    context = {"product": product, "promises": _promises(shop_settings(), open_stores())}
    names = ["gallery", "facts", "delivery", "detail"]
    return product, {name: render_to_string(f"shop/product.html#{name}", context) for name in names}


@require_safe
def category_list(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, categories."""
    return render(request, "shop/category_list.html", {"front": _categories(catalog.catalogue_version())})


def _categories(version: str) -> SafeString:
    def draw() -> SafeString:
        return render_to_string("shop/category_list.html#front", {"categories": catalog.category_tree(version)})

    return fragments.fresh("categories", version, draw)


@require_safe
def store_list(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/store_list.html", {"stores": open_stores(), "shop": shop_settings()})


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Queries for a member: session, member, unread messages, orders by status; for a guest none but settings."""
    member = request.user if isinstance(request.user, Member) else None
    context = {
        "shop": shop_settings(),
        "initial": str(member)[:1].upper() if member else "",
        "unread": members.unread_count(member) if member else 0,
        "shortcuts": _shortcuts(member),
    }
    return render(request, "shop/me.html", context)


def _shortcuts(member: Member | None) -> list[Shortcut]:
    """Lead to the tabs of the order list that matter; what waits for something carries a number."""
    by_status: dict[str, int] = {}
    if member:
        by_status = dict(buying.orders_of(member).values_list("status").annotate(Count("pk")).order_by("status"))
    return [
        Shortcut(
            tab, icon, buying.TABS[tab][0],
            sum(by_status.get(status, 0) for status in buying.TABS[tab][1]) if tab in buying.COUNTED else 0,
        )
        for tab, icon in SHORTCUTS.items()
    ]  # fmt: skip


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/privacy.html", {"shop": shop_settings(), "version": PRIVACY_VERSION})


@require_safe
@cache_control(max_age=86400, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    private = ["admin", "counter", "cart", "checkout", "orders", "me", "login", "pay"]
    lines = ["User-agent: *", *(f"Disallow: /{path}/" for path in private)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("img/favicon.svg"))


# --- What several pages say ----------------------------------------------------------------------------------------
def shop_settings() -> ShopSettings:
    """Return the merchant's settings as they were at most some seconds ago: for words, never for decisions."""
    return fragments.fresh("shop-settings", "", ShopSettings.load)


def open_stores() -> list[Store]:
    return fragments.fresh(
        "stores", "", lambda: list(Store.objects.filter(is_active=True).order_by("sort_order", "id"))
    )


def _promises(shop: ShopSettings, stores: list[Store]) -> list[Promise]:
    """Say what the settings really offer: parcels, their freight, and stores to collect from."""
    found = []
    if shop.express_enabled:
        freight = f"快递 {short_yuan(shop.freight_amount)}" if shop.freight_amount else "快递包邮"
        if shop.freight_amount and shop.freight_free_over:
            found.append(Promise("truck", f"满 {short_yuan(shop.freight_free_over)} 包邮", freight))
        else:
            found.append(Promise("truck", freight))
    pickup = [store for store in stores if store.pickup_enabled] if shop.pickup_enabled else []
    if pickup:
        found.append(Promise("bag", f"{len(pickup)} 家门店可自提", "付款后凭 12 位提货码取货"))
    return found
