"""The counter: scan, look, confirm, next. Keyboard only, with or without a script; every change is a POST."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.selectors import unread_count
from orders import services
from orders.forms import HandoverForm, ScanForm, UndoForm, WithoutCodeForm
from orders.models import Order, Redemption, RedemptionWay
from orders.selectors import counter as selectors
from orders.services import pickup_codes
from orders.services.judging import CHECK, STOP, Verdict, judge
from orders.services.redeeming import NOT_HERE, STAYS_PAID, Counter, can_undo
from orders.views.access import ClerkRequest, clerk_required
from orders.views.cart import whole_number
from shop.lib.http import client_ip, network_of, typed_text
from shop.lib.qrcodes import data_uri
from shop.lib.throttle import TooManyTries
from shop.models import Store

STORE = "counter_store"  # key of the session: where the clerk stands
STALE = "页面已过期，请重新扫码"
UNANSWERED = "没有收到结果，请检查网络后再扫一次；总是这样就刷新页面"
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
    """Queries: session, user, 2 permissions, 2 stores, the redemption just done with lines, those of the lists."""
    done = whole_number(request.GET, "done")
    redemption = selectors.redemptions_of(request.user).filter(pk=done).first() if done else None
    return _page(request, desk_of(request), timezone.now(), done=redemption)


@require_POST
@clerk_required
def counter_find(request: ClerkRequest) -> HttpResponse:
    """Answer a scan: with the card of the order that it names, by confirming the card that is open, or why not."""
    now = timezone.now()
    form, card = ScanForm(request.POST, request.FILES), HandoverForm(request.POST)
    is_valid = form.is_valid()
    if card.is_open and form.confirms:
        return _confirm(request, card, now)
    desk = desk_of(request)
    if card.is_open and form.is_blank:
        return _again(request, desk, card, now)
    if form.confirms:
        return _stop(request, desk, now, "没有打开的订单，请先扫顾客的提货码")
    if not is_valid:
        reasons = [str(error) for errors in form.errors.values() for error in errors]
        return _stop(request, desk, now, *reasons, *_typed(request))
    hidden = {"way": form.cleaned_data["way"], "code": form.code}
    try:
        order = services.find_by_code(code=form.code, staff=request.user, counter=desk.counter, now=now)
    except services.NotOfThisStore as refusal:
        return _stop(request, desk, now, refusal.message)
    except TooManyTries:
        return _stop(request, desk, now, TOO_MANY, status=429)
    return _card(request, desk, order, now, hidden)


def _typed(request: ClerkRequest) -> list[str]:
    """Say what was read. It does not stay in the field: the next scan would be typed behind it."""
    typed = request.POST.get("text", "").strip()
    return [f"刚才输入的是「{typed[:LONGEST_ECHO]}」"] if typed else []


def _confirm(request: ClerkRequest, card: HandoverForm, now: datetime) -> HttpResponse:
    """Hand over what the open card says. Statements: session, user, 2 permissions, and those of the service."""
    if not card.is_valid():
        return _stop(request, desk_of(request), now, STALE)
    try:
        redemption = _redeem(request, card, now)
    except (services.NotOfThisStore, services.AlreadyRedeemed) as refusal:
        return _stop(request, desk_of(request), now, refusal.message)
    except services.NotRedeemable as refusal:
        return _again(request, desk_of(request), card, now, problem=refusal.message)
    except TooManyTries:
        return _stop(request, desk_of(request), now, TOO_MANY, status=429)
    return redirect(f"{reverse('counter:index')}?done={redemption.pk}")


def _redeem(request: ClerkRequest, card: HandoverForm, now: datetime) -> Redemption:
    posted = card.cleaned_data
    order = None
    if posted["way"] == RedemptionWay.WITHOUT_CODE:
        order = selectors.order_by_number(request.user, posted["order_no"])
        if order is None:
            raise services.NotOfThisStore
    return services.redeem(
        staff=request.user,
        way=RedemptionWay(posted["way"]),
        submission=posted["submission"],
        code=posted["code"],
        order=order,
        units_by_line=card.units_by_line() or None,
        takes_payment=posted["takes_payment"],
        reason=posted["reason"],
        device=request.META.get("HTTP_USER_AGENT", ""),
        counter=Counter(store_id=request.session.get(STORE) or 0, ip=network_of(client_ip(request))),
        now=now,
    )


def _again(request: ClerkRequest, desk: Desk, card: HandoverForm, now: datetime, *, problem: str = "") -> HttpResponse:
    """Show the open card once more, as the order stands now and with what was typed on it; `problem` comes first."""
    if not card.is_valid():
        return _stop(request, desk, now, STALE)
    posted = card.cleaned_data
    try:
        if posted["way"] == RedemptionWay.WITHOUT_CODE:
            order = selectors.order_by_number(request.user, posted["order_no"])
        else:
            order = services.find_by_code(code=posted["code"], staff=request.user, counter=desk.counter, now=now)
    except services.NotOfThisStore as refusal:
        return _stop(request, desk, now, refusal.message)
    except TooManyTries:
        return _stop(request, desk, now, TOO_MANY, status=429)
    if order is None:
        return _stop(request, desk, now, NOT_HERE)
    hidden = {name: posted[name] for name in ("way", "code", "order_no", "reason") if posted[name]}
    return _card(request, desk, order, now, hidden, typed=card, problem=problem)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@clerk_required
def counter_without_code(request: ClerkRequest) -> HttpResponse:
    """Look up an order by its number, for clerks with the permission for it; the reason goes into the log."""
    if not request.user.has_perm("orders.redeem_without_code"):
        raise PermissionDenied("您没有无码核销的权限")
    desk, now = desk_of(request), timezone.now()
    asked = {"order_no": typed_text(request, "order_no", longest=LONGEST_ECHO)}
    form = WithoutCodeForm(request.POST or None, initial=asked)
    if form.is_valid():
        order = selectors.order_by_number(request.user, form.cleaned_data["order_no"])
        if order:
            hidden = {"way": RedemptionWay.WITHOUT_CODE, "order_no": order.no, "reason": form.cleaned_data["reason"]}
            return _card(request, desk, order, now, hidden)
        form.add_error("order_no", "本店没有这个订单号的订单")
    return render(request, "counter/without_code.html", {"desk": desk, "form": form})


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


@require_safe
@never_cache
@clerk_required
def counter_waiting(request: ClerkRequest) -> HttpResponse:
    """Queries: session, user, 2 permissions, 2 stores, windows, slots, count, orders with lines."""
    desk, now = desk_of(request), timezone.now()
    text = typed_text(request, "q", longest=LONGEST_ECHO)
    found = selectors.found_waiting(desk.store.pk, text)
    page = Paginator(found, selectors.ROWS_PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "desk": desk,
        "expected": selectors.expected_at(desk.store.pk, now=now),
        "page": page,
        "rows": selectors.waiting_rows(page.object_list, now=now),
        "query": f"{urlencode({'q': text})}&" if text else "",
        "text": text,
    }
    return render(request, "counter/waiting.html", context)


@require_safe
@never_cache
@clerk_required
def counter_help(request: ClerkRequest) -> HttpResponse:
    """Show how the counter is worked by keyboard and gun, and the card that confirms, to be printed."""
    word = pickup_codes.CONFIRM_WORD
    return render(request, "counter/help.html", {"desk": desk_of(request), "word": word, "qr": data_uri(word)})


@require_POST
@clerk_required
def counter_store(request: ClerkRequest) -> HttpResponse:
    """Remember at which of their stores the clerk stands."""
    wanted = whole_number(request.POST, "store")
    if any(store.pk == wanted for store in selectors.stores_of(request.user)):
        request.session[STORE] = wanted
    return redirect("counter:index")


def _card(
    request: ClerkRequest,
    desk: Desk,
    order: Order,
    now: datetime,
    hidden: Mapping[str, object],
    *,
    typed: HandoverForm | None = None,
    problem: str = "",
) -> HttpResponse:
    verdict = judge(order, counter=desk.counter, now=now)
    if problem:
        verdict = Verdict(STOP if verdict.kind == STOP else CHECK, [problem, *verdict.reasons])
    units = typed.units_by_line() if typed else {}
    left = [line for line in order.lines.all() if line.units_left]
    card = {
        "order": order,
        "lines": [(line, min(units.get(line.pk, line.units_left), line.units_left)) for line in left],
        "hidden": {f"card-{name}": value for name, value in {**hidden, "submission": uuid.uuid4().hex}.items()},
        "is_paid": bool(typed and typed.cleaned_data["takes_payment"]),
        "may_hand_over": verdict.kind != STOP,
    }
    return _page(request, desk, now, verdict=verdict, card=card)


def _stop(request: ClerkRequest, desk: Desk, now: datetime, *reasons: str, status: int = 200) -> HttpResponse:
    return _page(request, desk, now, verdict=Verdict(STOP, list(reasons)), status=status)


def _page(
    request: ClerkRequest,
    desk: Desk,
    now: datetime,
    *,
    verdict: Verdict | None = None,
    card: Mapping[str, object] | None = None,
    done: Redemption | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the counter. A script that scans takes the answer alone; the lists change when goods went over."""
    context: dict[str, Any] = {
        "desk": desk,
        "verdict": verdict,
        "card": card,
        "done": done,
        "may_undo": done is not None and can_undo(done, request.user, now),
        "confirm_word": pickup_codes.CONFIRM_WORD,
        "unanswered": [UNANSWERED],
    }
    if done or not request.htmx:
        context["lists"] = _lists(desk, now)
    return render(request, "counter/index.html", context, status=status)


def _lists(desk: Desk, now: datetime) -> dict[str, Any]:
    """Queries: count, redemptions, their lines; windows, slots; orders that wait, their lines."""
    today, handed = selectors.redeemed_today(desk.store.pk, now=now)
    expected = selectors.expected_at(desk.store.pk, now=now)
    return {
        "today": today,
        "handed": handed,
        "expected": expected,
        "waiting": selectors.waiting_rows(selectors.waiting_at(desk.store.pk)[: selectors.SHOWN_WAITING], now=now),
    }
