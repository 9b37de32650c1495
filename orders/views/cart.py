"""The cart, for guests and members alike; one form holds all of it, so it works without a script."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.models import MOST_UNITS
from catalog.selectors import catalogue_version, shop_settings
from orders.services import cart
from orders.views.access import cart_owner
from promotions import pricing
from shop.lib import alike

REMOVED = "cart_removed"  # key of the session: {sku_id: units} that were taken out last, until the next page


@dataclass(frozen=True, slots=True)
class Freight:
    """How far the cart is from free delivery, in fen."""

    missing: int
    free_over: int


@require_safe
@never_cache
def cart_page(request: HttpRequest) -> HttpResponse:
    """Queries: session, user, cart with SKUs, settings, units bought (only with a lifetime limit).

    A guest without a session has nothing in the cart, and all such guests get the same page.
    """
    if not alike.has_session(request):
        context = {"cart": cart.EMPTY, "is_guest": True}
        return alike.page(request, "orders/cart.html", context, version=catalogue_version(), for_members=False)
    owner = cart_owner(request)
    shown = cart.show(owner)
    context = {
        "cart": shown,
        "is_guest": owner.member is None,
        "freight": None if shown.is_empty else _freight(shown),
        "removed": _units(request.session.pop(REMOVED, {})),
    }
    return render(request, "orders/cart.html", context)


def _freight(shown: cart.Cart) -> Freight | None:
    """Say how far the selected goods are from free delivery; None where that is no question."""
    shop = shop_settings()
    rule = pricing.freight_rule(shop, is_pickup=False)
    if not shop.express_enabled or not rule.free_over or not rule.amount:
        return None
    return Freight(missing=rule.missing(shown.goods_amount), free_over=rule.free_over)


@require_POST
def cart_add(request: HttpRequest) -> HttpResponse:
    """Put goods into the cart, or with `then=checkout` go and buy them without it."""
    sku_id, units = whole_number(request.POST, "sku"), whole_number(request.POST, "units", default=1)
    back = _page_before(request)
    if not sku_id or not 1 <= units <= MOST_UNITS:
        messages.error(request, f"请填写 1 到 {MOST_UNITS} 之间的数量")
        return redirect(back)
    if request.POST.get("then") == "checkout":
        return redirect(f"{reverse('orders:checkout')}?{urlencode({'sku': sku_id, 'units': units})}")
    try:
        cart.add(cart_owner(request), sku_id=sku_id, units=units, now=timezone.now())
    except cart.CartRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "已加入购物车")
    return redirect(back)


@require_POST
def cart_update(request: HttpRequest) -> HttpResponse:
    """Save quantities and ticks; then remove one line or go to the checkout, as the button says."""
    owner = cart_owner(request)
    for note in cart.set_units(owner, units_by_sku=_posted_units(request.POST), now=timezone.now()):
        messages.warning(request, note)
    shown = [int(sku) for sku in request.POST.getlist("shown") if sku.isdecimal() and len(sku) < 18]
    ticked = {int(sku) for sku in request.POST.getlist("selected") if sku.isdecimal() and len(sku) < 18}
    if request.POST.get("all"):
        ticked = set(shown) if request.POST["all"] == "on" else set()
    cart.select(owner, sku_ids=ticked, among=shown)
    if removed := whole_number(request.POST, "remove"):
        _remove(request, [removed])
    if request.POST.get("then") == "checkout":
        return redirect("orders:checkout")
    return redirect("cart:index")


@require_POST
def cart_remove(request: HttpRequest) -> HttpResponse:
    """Remove the posted SKUs: one line, or all that cannot be bought."""
    skus = [int(sku) for sku in request.POST.getlist("sku") if sku.isdecimal() and len(sku) < 18]
    _remove(request, skus)
    return redirect("cart:index")


def _remove(request: HttpRequest, sku_ids: list[int]) -> None:
    """Remove goods; the next page offers to put them back."""
    removed = cart.remove(cart_owner(request), sku_ids=sku_ids)
    request.session[REMOVED] = {str(sku_id): units for sku_id, units in removed.items()}


@require_POST
def cart_restore(request: HttpRequest) -> HttpResponse:
    """Put back what was removed a moment ago."""
    for note in cart.restore(cart_owner(request), units_by_sku=_posted_units(request.POST), now=timezone.now()):
        messages.error(request, note)
    return redirect("cart:index")


def _posted_units(posted: QueryDict) -> dict[int, int]:
    """Read the fields units-<sku>; what is no number is left as it was."""
    names = [name for name in posted if name.startswith("units-")]
    return _units({name.removeprefix("units-"): posted[name] for name in names})


def _units(kept: Mapping[str, object]) -> dict[int, int]:
    """Read {sku: units} as forms and sessions hold it; what is no number is left out."""
    pairs = [(sku, str(units)) for sku, units in kept.items()]
    return {
        int(sku): int(units)
        for sku, units in pairs
        if sku.isdecimal() and units.isdecimal() and len(sku) < 18 and len(units) < 6
    }


def whole_number(values: Mapping[str, object], name: str, *, default: int = 0) -> int:
    """Read a number that a form or an address carries; `default` where it is missing, 0 where it is nonsense."""
    text = str(values.get(name, "")).strip()
    if not text:
        return default
    return int(text) if text.isdecimal() and len(text) < 18 else 0


def _page_before(request: HttpRequest) -> str:
    """Return the page that the form stood on, if it is ours."""
    referer = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if ours else reverse("cart:index")
