"""The checkout: one page, one form. Every button posts it whole, so nothing that was typed is ever lost."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.services import OutOfStock
from members.models import Address, Member
from members.selectors import addresses_of
from members.views.access import MemberRequest, shopper_required
from orders.forms import CheckoutForm, Options
from orders.models import Channel, DeliveryMethod, Order
from orders.selectors.buying import KEY, order_of_key, pickup_stores
from orders.services import cart, placing
from orders.services import checkout as checkout_service
from orders.services.refusals import CouponRefused, PlacingRefused, PointsRefused, SlotFull
from orders.services.slot_choices import SlotDayChoices, bookable_days
from orders.views import wishing
from orders.views.access import cart_owner
from orders.views.cart import whole_number
from promotions import pricing
from shop.models import ShopSettings, Store

PHONE_OR_TABLET = re.compile(r"Mobi|Android|iPhone|iPad", re.IGNORECASE)
# What survives a trip to the address book:
CARRIED = (
    "sku", "units", "flash", "exchange", "delivery", "store", "slot", "remark", "pay", "coupon", "points",
    *(f"offer-{kind}" for kind in pricing.KINDS),
)  # fmt: skip
FIELD_OF = {SlotFull: "slot", CouponRefused: "coupon", PointsRefused: "points"}  # refusal -> where it is shown


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the page shows as chosen: posted, carried in the address, or proposed."""

    delivery: str
    address: Address | None
    store: Store | None
    slot: str
    phone: str
    remark: str
    pay: str


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@shopper_required
def checkout(request: MemberRequest) -> HttpResponse:
    """Queries: session, user, cart, SKUs, categories, settings, stores, slots, places left, addresses, level, offers,
    tiers, coupons; no more for any choice, and one more for an entry of a sale.
    """
    asked = request.POST if request.method == "POST" else request.GET
    do = asked.get("do", "") if request.method == "POST" else ""
    placed = order_of_key(request.user, asked.get("key", "")) if do == "place" else None
    if placed:  # the same form again: its goods have left the cart
        return _to_order(placed)
    now = timezone.now()
    try:
        bought = wishing.read(request, asked, now)
    except PlacingRefused as refusal:
        messages.error(request, refusal.message)
        return redirect("cart:index")
    if not bought.basket.lines:
        return _nothing_to_buy(request, bought.basket)
    options, chosen = _choices(request.user, asked, now)
    if do in {"address_add", "addresses"}:
        return _to_address_book(do, asked)
    form = CheckoutForm(request.POST if do == "place" else None, options=options)
    if form.is_bound and form.is_valid():
        order = _place(request, form, bought, now)
        if order:
            return _to_order(order)
    return render(request, "orders/checkout.html", _context(request, form, bought, options, chosen, now))


def _to_order(order: Order) -> HttpResponse:
    return redirect("orders:pay" if order.can_pay else "orders:detail", order.no)


def _nothing_to_buy(request: HttpRequest, basket: cart.Cart) -> HttpResponse:
    for _, lines in basket.invalid:
        for line in lines:
            messages.error(request, f"{line.name}：{line.why}")
    if not basket.invalid:
        messages.info(request, "请先选择要购买的商品")
    return redirect("cart:index")


def _choices(member: Member, asked: Mapping[str, Any], now: datetime) -> tuple[Options, Chosen]:
    shop = ShopSettings.load()
    stores = pickup_stores() if shop.pickup_enabled else []
    addresses = list(addresses_of(member)) if shop.express_enabled else []
    store = _picked(stores, whole_number(asked, "store"))
    methods = Options(shop, addresses, stores, [], "").methods
    delivery = asked.get("delivery") if asked.get("delivery") in dict(methods) else methods[0][0] if methods else ""
    is_pickup = delivery == DeliveryMethod.PICKUP
    days = bookable_days(list(store.slots.all()), now=now) if is_pickup and store else []
    chosen = Chosen(
        delivery=delivery or "",
        address=_picked(addresses, whole_number(asked, "address")),
        store=store,
        slot=_slot(days, str(asked.get("slot", ""))),
        phone=str(asked.get("phone", member.phone)),
        remark=str(asked.get("remark", "")),
        pay=Channel.OFFLINE if is_pickup and asked.get("pay") == Channel.OFFLINE else Channel.WECHAT,
    )
    return Options(shop, addresses, stores, days, member.phone), chosen


def _picked(rows: Any, pk: int) -> Any:
    """Return the row that was asked for, else the first, else None."""
    wanted = [row for row in rows if row.pk == pk]
    return (wanted or list(rows) or [None])[0]


def _slot(days: list[SlotDayChoices], wanted: str) -> str:
    """Keep the slot that was asked for while it is offered, else propose the first with a place left."""
    offered = [slot for day in days for slot in day.slots]
    if any(slot.value == wanted for slot in offered):
        return wanted
    return next((slot.value for slot in offered if not slot.is_full), "")


def _to_address_book(do: str, asked: Mapping[str, Any]) -> HttpResponse:
    carried = {name: asked[name] for name in CARRIED if asked.get(name)}
    following = f"{reverse('orders:checkout')}?{urlencode(carried)}"
    return redirect(f"{reverse(f'members:{do}')}?{urlencode({'next': following})}")


def _place(request: MemberRequest, form: CheckoutForm, bought: wishing.Bought, now: datetime) -> Order | None:
    """Place the order; where it is refused, say so in the form and return None."""
    try:
        order = placing.place(
            member=request.user,
            items=cart.selected_items(bought.basket),
            delivery=form.delivery_choice(),
            idempotency_key=form.cleaned_data["key"],
            wish=bought.wish,
            expected_payable=form.cleaned_data["expected"],
            buyer_remark=form.cleaned_data["remark"],
            pay_channel=form.cleaned_data["pay"],
            terminal=terminal_of(request),
            from_cart=not bought.is_direct,
            now=now,
        )
    except PlacingRefused as refusal:
        form.add_error(FIELD_OF.get(type(refusal)), refusal.message)
    except OutOfStock as refusal:
        names = {line.sku_id: line.name for line in bought.basket.lines}
        form.add_error(None, f"{names.get(refusal.sku_id, '商品')}刚刚被别人买走，库存不够了")
    else:
        cart.recount(cart_owner(request))
        return order
    return None


def terminal_of(request: HttpRequest) -> str:
    """Say what the shopper holds in their hands: h5 on a phone, pc at a desk."""
    return "h5" if PHONE_OR_TABLET.search(request.META.get("HTTP_USER_AGENT", "")) else "pc"


def _context(
    request: MemberRequest,
    form: CheckoutForm,
    bought: wishing.Bought,
    options: Options,
    chosen: Chosen,
    now: datetime,
) -> Mapping[str, object]:
    is_pickup = chosen.delivery == DeliveryMethod.PICKUP
    shown = checkout_service.show(
        member=request.user,
        basket=bought.basket,
        shop=options.shop,
        is_pickup=is_pickup,
        wish=bought.wish,
        picks_coupon=bought.picks_coupon,
        deal=bought.deal,
        now=now,
    )
    key = request.POST.get("key", "")
    return {
        "form": form,
        "shown": shown,
        "basket": bought.basket,
        "price": shown.price,
        "options": options,
        "chosen": chosen,
        "is_pickup": is_pickup,
        "may_pay_at_store": is_pickup and options.shop.pay_at_store_enabled,
        "key": key if KEY.fullmatch(key) else uuid.uuid4().hex,
        "carried": bought.carried,
    }
