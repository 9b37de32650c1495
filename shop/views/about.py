"""What the shop says of itself: its stores, the small print, and what machines ask for."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from members.services import PRIVACY_VERSION
from shop.lib import hours
from shop.views import common

PAPER, BRAND = "#fbfaf7", "#1f6f54"  # of static/css/tokens.css, for what is drawn before the first page


@require_safe
def store_list(request: HttpRequest) -> HttpResponse:
    """The stores with a door, and whether somebody is there now, as far as their hours can be read."""
    now = timezone.localtime()
    rows = [(store, hours.is_open(store.hours, at=now)) for store in common.open_stores()]
    return render(request, "shop/store_list.html", {"rows": rows, "shop": common.shop_settings()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/privacy.html", {"shop": common.shop_settings(), "version": PRIVACY_VERSION})


@require_safe
@cache_control(max_age=86400, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    private = ["admin", "counter", "cart", "checkout", "orders", "me", "login", "pay"]
    lines = ["User-agent: *", *(f"Disallow: /{path}/" for path in private)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("img/icon-192.png"))


@require_safe
@cache_control(max_age=3600, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """Tell a phone how the shop looks on its home screen."""
    name = catalog.shop_name()
    icons = [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    facts = {
        "name": name, "short_name": name, "lang": "zh-Hans", "start_url": "/", "scope": "/", "display": "standalone",
        "background_color": PAPER, "theme_color": BRAND, "icons": icons,
    }  # fmt: skip
    return JsonResponse(facts, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
