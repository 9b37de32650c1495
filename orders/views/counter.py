"""The counter: scan, look, confirm, next. Keyboard only, with or without a script; every change is a POST."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.selectors import unread_count
from orders import services
from orders.forms import HandoverForm, ScanForm, UndoForm, WithoutCodeForm
from orders.models import Order, Redemption, RedemptionWay
from orders.selectors import counter as selectors
from orders.services.judging import STOP, Verdict, judge
from orders.services.redeeming import NOT_HERE, STAYS_PAID, Counter, can_undo
from orders.views.access import ClerkRequest, clerk_required
from orders.views.cart import whole_number
from shop.lib.http import client_ip, network_of, typed_text
from shop.lib.throttle import TooManyTries
from shop.models import Store

STORE = "counter_store"  # key of the session: where the clerk stands
TOO_MANY = "输错次数太多，请过 10 分钟再试"
LONGEST_ECHO = 40  # characters of what was typed that the page repeats


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a request comes from: the clerk's stores, the one they stand in, what limits count by, unread notices."""

    stores: list[Store]
    store: Store
    counter: Counter
    unread: int


def desk_of(request: ClerkRequest) -> Desk:
    """Return the desk of this clerk. Raises PermissionDenied for one who works in no store."""
    stores = selectors.stores_of(request.user)
    if not stores:
        raise PermissionDenied("您还没有分配到门店，请联系店主")
    wanted = request.session.get(STORE)
    store = next((store for store in stores if store.pk == wanted), stores[0])
    if store.pk != wanted:
        request.session[STORE] = store.pk
    counter = Counter(store_id=store.pk, ip=network_of(client_ip(request)))
    return Desk(stores, store, counter, unread_count(request.user))


@require_safe
@never_cache
@clerk_required
def counter_page(request: ClerkRequest) -> HttpResponse:
    """Queries: session, user, 2 permissions, 2 stores, the redemption just done with lines, today's with lines."""
    done = whole_number(request.GET, "done")
    redemption = selectors.redemptions_of(request.user).filter(pk=done).first() if done else None
    return _page(request, desk_of(request), timezone.now(), done=redemption)


@require_POST
@clerk_required
def counter_find(request: ClerkRequest) -> HttpResponse:
    """Show the card of the order that answers to a code, or the verdict that none does here."""
    desk, now = desk_of(request), timezone.now()
    form = ScanForm(request.POST, request.FILES)
    if not form.is_valid():
        reasons = [str(error) for errors in form.errors.values() for error in errors]
        return _page(request, desk, now, verdict=Verdict(STOP, [*reasons, *_typed(request)]))
    try:
        order = services.find_by_code(code=form.code, staff=request.user, counter=desk.counter, now=now)
    except services.NotOfThisStore as refusal:
        return _page(request, desk, now, verdict=Verdict(STOP, [refusal.message]))
    except TooManyTries:
        return _page(request, desk, now, verdict=Verdict(STOP, [TOO_MANY]), status=429)
    return _card(request, desk, order, now, {"way": form.cleaned_data["way"], "code": form.code})


def _typed(request: ClerkRequest) -> list[str]:
    """Say what was read. It does not stay in the field: the next scan would be typed behind it."""
    typed = request.POST.get("text", "").strip()
    return [f"刚才输入的是「{typed[:LONGEST_ECHO]}」"] if typed else []


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@clerk_required
def counter_without_code(request: ClerkRequest) -> HttpResponse:
    """Look up an order by its number, for clerks with the permission for it; the reason goes into the log."""
    if not request.user.has_perm("orders.redeem_without_code"):
        raise PermissionDenied("您没有无码核销的权限")
    desk, now = desk_of(request), timezone.now()
    form = WithoutCodeForm(request.POST or None)
    if form.is_valid():
        order = selectors.order_by_number(request.user, form.cleaned_data["order_no"])
        if order:
            hidden = {"way": RedemptionWay.WITHOUT_CODE, "order_no": order.no, "reason": form.cleaned_data["reason"]}
            return _card(request, desk, order, now, hidden)
        form.add_error("order_no", "本店没有这个订单号的订单")
    return render(request, "counter/without_code.html", {"desk": desk, "form": form})


@require_POST
@clerk_required
def counter_redeem(request: ClerkRequest) -> HttpResponse:
    """Hand over what the card said. Statements: session, user, 2 permissions, stores, and those of the service."""
    now = timezone.now()
    form = HandoverForm(request.POST)
    if not form.is_valid():
        return _page(request, desk_of(request), now, verdict=Verdict(STOP, ["页面已过期，请重新扫码"]))
    try:
        redemption = _redeem(request, form, now)
    except services.NotRedeemable as refusal:
        return _page(request, desk_of(request), now, verdict=Verdict(STOP, [refusal.message]))
    except TooManyTries:
        return _page(request, desk_of(request), now, verdict=Verdict(STOP, [TOO_MANY]), status=429)
    return redirect(f"{reverse('counter:index')}?done={redemption.pk}")


def _redeem(request: ClerkRequest, form: HandoverForm, now: datetime) -> Redemption:
    posted = form.cleaned_data
    order = None
    if posted["way"] == RedemptionWay.WITHOUT_CODE:
        order = selectors.order_by_number(request.user, posted["order_no"])
        if order is None:
            raise services.NotRedeemable(NOT_HERE)
    store_id = request.session.get(STORE) or 0
    return services.redeem(
        staff=request.user,
        way=RedemptionWay(posted["way"]),
        submission=posted["submission"],
        code=posted["code"],
        order=order,
        units_by_line=form.units_by_line() or None,
        takes_payment=posted["takes_payment"],
        reason=posted["reason"],
        device=request.META.get("HTTP_USER_AGENT", ""),
        counter=Counter(store_id=store_id, ip=network_of(client_ip(request))),
        now=now,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@clerk_required
def counter_undo(request: ClerkRequest, redemption_id: int) -> HttpResponse:
    """Ask for the reason, then take a redemption back. Another store's is a 404."""
    redemption = get_object_or_404(selectors.redemptions_of(request.user), pk=redemption_id)
    desk, now = desk_of(request), timezone.now()
    form = UndoForm(request.POST or None)
    if form.is_valid():
        try:
            services.undo_redemption(
                redemption=redemption, by=request.user, reason=form.cleaned_data["reason"], now=now
            )
        except services.NotRedeemable as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "核销已撤销，商品和提货码恢复可用")
            if redemption.order.was_paid_at_counter:
                messages.warning(request, STAYS_PAID)
            return redirect("counter:index")
    context = {
        "desk": desk,
        "redemption": redemption,
        "form": form,
        "may_undo": can_undo(redemption, request.user, now),
        "money": STAYS_PAID if redemption.order.was_paid_at_counter else "",
    }
    return render(request, "counter/undo.html", context)


@require_safe
@never_cache
@clerk_required
def counter_log(request: ClerkRequest) -> HttpResponse:
    """Queries: session, user, 2 permissions, 2 stores, scope, count, redemptions, lines."""
    desk = desk_of(request)
    store, text = whole_number(request.GET, "store"), typed_text(request, "q", longest=LONGEST_ECHO)
    page = selectors.redemption_log(request.user, store=store, text=text, page=request.GET.get("page", "1"))
    query = f"store={store}&" if store else ""
    context = {"desk": desk, "page": page, "query": query, "store": store, "text": text}
    return render(request, "counter/log.html", context)


@require_POST
@clerk_required
def counter_store(request: ClerkRequest) -> HttpResponse:
    """Remember at which of their stores the clerk stands."""
    wanted = whole_number(request.POST, "store")
    if any(store.pk == wanted for store in selectors.stores_of(request.user)):
        request.session[STORE] = wanted
    return redirect("counter:index")


def _card(request: ClerkRequest, desk: Desk, order: Order, now: datetime, hidden: Mapping[str, object]) -> HttpResponse:
    verdict = judge(order, counter=desk.counter, now=now)
    lines = [line for line in order.lines.all() if line.units_left]
    context = {
        "desk": desk,
        "order": order,
        "verdict": verdict,
        "lines": lines,
        "hidden": {**hidden, "submission": uuid.uuid4().hex},
        "may_hand_over": verdict.kind != STOP,
    }
    return render(request, "counter/card.html", context)


def _page(
    request: ClerkRequest,
    desk: Desk,
    now: datetime,
    *,
    verdict: Verdict | None = None,
    done: Redemption | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "desk": desk,
        "verdict": verdict,
        "done": done,
        "may_undo": done is not None and can_undo(done, request.user, now),
        "today": selectors.redeemed_today(desk.store.pk, now=now),
    }
    return render(request, "counter/index.html", context, status=status)
