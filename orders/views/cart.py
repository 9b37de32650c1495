"""The cart, for guests and members alike; one form holds all of it, so it works without a script."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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
from orders.services import bargaining, cart
from orders.views.access import cart_owner
from promotions import pricing
from shop.lib import alike
from shop.models import ShopSettings

REMOVED = "cart_removed"  # key of the session: {sku_id: units} that were taken out last, until the next page


@dataclass(frozen=True, slots=True)
class Freight:
    """How far the cart is from free delivery, in fen."""

    missing: int
    free_over: int


@require_safe
@never_cache
def cart_page(request: HttpRequest) -> HttpResponse:
    """Queries: session, user, cart with SKUs, offers; level, categories and what was bought where it matters.

    A guest without a session has nothing in the cart, and all such guests get the same page.
    """
    if not alike.has_session(request):
        context = {"cart": cart.EMPTY, "is_guest": True}
        return alike.page(request, "orders/cart.html", context, version=catalogue_version(), for_members=False)
    owner = cart_owner(request)
    shown = cart.show(owner)
    price = None if shown.is_empty else _price(owner, shown, timezone.now())
    context = {
        "cart": shown,
        "is_guest": owner.member is None,
        "price": price,
        "freight": _freight(price) if price else None,
        "removed": _units(request.session.pop(REMOVED, {})),
    }
    return render(request, "orders/cart.html", context)


@dataclass(frozen=True, slots=True)
class CartPrice:
    """What the selected goods cost by level and offers, before coupon and points, and how near the next offer is."""

    price: pricing.Price
    freight: pricing.FreightRule
    nudge: pricing.Nudge | None
    shop: ShopSettings


def _price(owner: cart.Owner, shown: cart.Cart, now: datetime) -> CartPrice:
    shop = shop_settings()
    freight = pricing.freight_rule(shop, is_pickup=False)
    terms = bargaining.terms_of(member=owner.member, shop=shop, freight=freight, now=now)
    goods = bargaining.with_categories([line.item for line in shown.lines if line.is_selected], terms)
    priced = pricing.price(goods, terms)
    return CartPrice(priced, freight, pricing.nudge(priced.lines, terms.offers), shop)


def _freight(priced: CartPrice) -> Freight | None:
    """Say how far the selected goods are from free delivery; None where that is no question."""
    rule = priced.freight
    offered = priced.shop.express_enabled and rule.free_over and rule.amount
    if not offered or (not priced.price.freight_amount and rule.missing(priced.price.goods_paid)):  # free for them
        return None
    return Freight(missing=rule.missing(priced.price.goods_paid), free_over=rule.free_over)


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
