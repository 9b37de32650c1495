"""Paying: choosing how, the QR picture on a desk screen, the page that waits for the result, the gateway's notices."""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from members.views.access import MemberRequest, shopper_required
from orders import services
from orders.models import Channel, Order, Payment
from orders.services import pickup_codes
from orders.views.checkout import terminal_of
from orders.views.orders import own_order
from shop.lib import qrcodes
from shop.lib.http import client_ip
from shop.lib.providers import ProviderError
from shop.lib.throttle import TooManyTries, hit

LARGEST_NOTICE = 64 * 1024
NOTIFIED_CHANNELS = frozenset({Channel.WECHAT.value})
PRODUCTS = {"h5": "在本机打开微信支付", "native": "用另一台手机扫码支付"}
ASK_EVERY = timedelta(seconds=3)  # how often one payment is asked after, however many pages wait for it


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@shopper_required
def pay(request: MemberRequest, no: str) -> HttpResponse:
    """Offer the ways to pay; a POST starts one. Queries of the page: session, user, order."""
    order = own_order(request, no)
    if not order.can_pay:
        return redirect("orders:pay_result", no)
    here = "h5" if terminal_of(request) == "h5" else "native"
    if request.method == "POST":
        product = request.POST.get("product", here)
        return _start(request, order, product if product in PRODUCTS else here)
    products = sorted(PRODUCTS.items(), key=lambda item: item[0] != here)
    return render(request, "orders/pay.html", {"order": order, "products": products, "now": timezone.now()})


def _start(request: MemberRequest, order: Order, product: str) -> HttpResponse:
    """Hand the buyer over: to the cashier on a phone, to a QR picture on a desk screen."""
    try:
        payment = services.start_payment(order=order, product=product, client_ip=client_ip(request), now=timezone.now())
    except services.PaymentUnavailable as refusal:
        messages.error(request, refusal.message)
        return redirect("orders:pay", order.no)
    return redirect(payment.handle) if product == "h5" else redirect("orders:pay_scan", order.no)


@require_safe
@never_cache
@shopper_required
def pay_scan(request: MemberRequest, no: str) -> HttpResponse:
    """Queries: session, user, order, attempt."""
    order, now = own_order(request, no), timezone.now()
    attempts = order.payments.filter(product="native", status__in=Payment.OPEN, handle_expires_at__gt=now)
    payment = attempts.order_by("attempt_no").last()
    if not order.can_pay:
        return redirect("orders:pay_result", no)
    if payment is None:
        return redirect("orders:pay", no)
    context = {"order": order, "qr": qrcodes.data_uri(payment.handle), "now": now}
    # The sandbox has no phone that could scan: its cashier opens at the address inside the picture.
    return render(request, "orders/pay_scan.html", context | {"cashier": payment.handle if settings.DEMO else ""})


@require_safe
@never_cache
@shopper_required
def pay_result(request: MemberRequest, no: str) -> HttpResponse:
    """Say what became of the payment; while nobody knows, ask the gateway and say that we are asking."""
    order = own_order(request, no)
    if order.can_pay and _ask_gateway(order):
        order = own_order(request, no)
    if request.htmx:  # a page that waits asks every few seconds
        return HttpResponse(status=204) if order.can_pay else HttpResponseClientRedirect(request.path)
    context = {
        "order": order,
        "code": pickup_codes.spaced(order.pickup_code).split() if order.shows_code else [],
        "is_asking": order.can_pay and _newest_attempt(order) is not None,
    }
    return render(request, "orders/pay_result.html", context)


def _newest_attempt(order: Order) -> Payment | None:
    """Return the attempt whose end nobody knows yet."""
    return order.payments.filter(status__in=Payment.OPEN).order_by("attempt_no").last()


def _ask_gateway(order: Order) -> bool:
    """Ask after the newest attempt, at most once in `ASK_EVERY`; say whether an answer came."""
    payment = _newest_attempt(order)
    if payment is None:
        return False
    now = timezone.now()
    with suppress(TooManyTries, ProviderError):
        hit(f"pay-query:{payment.pk}", limit=1, window=ASK_EVERY, now=now)
        services.query_payment(payment, now=now)
        return True
    return False


@csrf_exempt
@require_POST
def pay_notify(request: HttpRequest, channel: str) -> HttpResponse:
    """Take a notice of the gateway: 204 once it is stored, so that it is told again while it is not."""
    if channel not in NOTIFIED_CHANNELS:
        raise Http404
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_NOTICE:
        return _failed("too large", 413)
    outcome = services.receive_notice(channel=channel, headers=request.headers, body=request.body, now=timezone.now())
    return HttpResponse(status=204) if outcome == services.NoticeOutcome.STORED else _failed("signature", 401)


def _failed(message: str, status: int) -> JsonResponse:
    return JsonResponse({"code": "FAIL", "message": message}, status=status)
