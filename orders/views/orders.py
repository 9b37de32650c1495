"""A buyer's own orders. Somebody else's order does not exist here."""

from contextlib import suppress
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from members.models import Member
from members.views.access import MemberRequest, is_shopper, shopper_required
from orders import services
from orders.models import CancelReason, Order
from orders.selectors import buying
from orders.services import cart, pickup_codes
from orders.views.access import cart_owner
from shop.lib import qrcodes


@require_safe
@never_cache
@shopper_required
def order_list(request: MemberRequest) -> HttpResponse:
    """Queries: session, user, counts, orders, lines."""
    tab = request.GET.get("tab", "")
    shown = buying.order_list(request.user, tab=tab, page=request.GET.get("page", "1"))
    query = f"tab={tab}&" if tab in buying.TABS and tab else ""
    return render(request, "orders/order_list.html", {"shown": shown, "page": shown.page, "query": query})


@require_safe
@never_cache
@shopper_required
def order_detail(request: MemberRequest, no: str) -> HttpResponse:
    """Queries: session, user, order, lines, events, parcels with lines, refunds with lines, redemptions."""
    order = buying.order_page(request.user, no)
    if order is None:
        raise Http404
    qr = qrcodes.data_uri(order.pickup_code) if order.shows_code and order.pickup_code else ""
    context = {
        "order": order,
        "steps": buying.steps_of(order),
        "stages": buying.stages_of(order),
        "seen": next((event.pk for event in order.events.all()), 0),
        "qr": qr,
        "code": pickup_codes.spaced(order.pickup_code).split(),
        "now": timezone.now(),
    }
    return render(request, "orders/order_detail.html", context)


@require_safe
@never_cache
def order_changed(request: HttpRequest, no: str) -> HttpResponse:
    """Tell a page that shows a pickup code to load anew once something happened; whatever goes wrong, leave it alone.

    The code must stay readable at the counter, so a session that ended meanwhile leads nowhere.
    Queries: session, user, order, event.
    """
    order = buying.orders_of(cast(Member, request.user)).filter(no=no).first() if is_shopper(request.user) else None
    if order is None or str(buying.newest_event(order)) == request.GET.get("seen"):
        return HttpResponse(status=204)
    return HttpResponseClientRefresh()


@require_POST
@shopper_required
def order_cancel(request: MemberRequest, no: str) -> HttpResponse:
    """Cancel what is not paid; if a payment came in meanwhile, the order goes on and the page says so."""
    order = own_order(request, no)
    try:
        services.cancel(order=order, by=request.user, reason=CancelReason.MEMBER, now=timezone.now())
    except services.NotCancellable as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "订单已取消")
    return redirect("orders:detail", no)


@require_POST
@shopper_required
def order_receive(request: MemberRequest, no: str) -> HttpResponse:
    order = own_order(request, no)
    try:
        services.receive(order=order, by=request.user, now=timezone.now())
    except services.NotReceivable as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "已确认收货，谢谢惠顾")
    return redirect("orders:detail", no)


@require_POST
@shopper_required
def order_hide(request: MemberRequest, no: str) -> HttpResponse:
    """Take an ended order off the buyer's list; the shop keeps it."""
    if services.hide_from_buyer(order=own_order(request, no), now=timezone.now()):
        messages.success(request, "订单已删除")
        return redirect("orders:list")
    messages.error(request, "进行中的订单不能删除")
    return redirect("orders:detail", no)


@require_POST
@shopper_required
def order_again(request: MemberRequest, no: str) -> HttpResponse:
    """Put the goods of an order into the cart once more, as far as they can still be bought."""
    owner, now = cart_owner(request), timezone.now()
    for line in own_order(request, no).lines.order_by("-pk"):
        with suppress(cart.CartRefused):
            cart.add(owner, sku_id=line.sku_id, units=line.units, now=now)
            continue
        messages.warning(request, f"{line.name} {line.spec_text} 现在买不到这么多，没有加入购物车")
    return redirect("cart:index")


def own_order(request: MemberRequest, no: str) -> Order:
    """Return an order of whoever is signed in; a stranger's is a 404."""
    return get_object_or_404(buying.orders_of(request.user), no=no)
