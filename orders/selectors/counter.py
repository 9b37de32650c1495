"""What the counter reads: who may stand where, who is still to come, and what was handed over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils import timezone

from members.models import PHONE, Member
from members.selectors import stores_of_staff
from orders.models import DeliveryMethod, Order, OrderLine, OrderStatus, Redemption, RedemptionLine
from shop.lib.crypto import blind_index
from shop.models import PickupSlot, Store

SHOWN_TODAY = 10
SHOWN_WAITING = 8
ROWS_PER_PAGE = 20
DAYS_AHEAD = 7
PHONE_TAIL = 4  # digits


@dataclass(frozen=True, slots=True)
class Wave:
    """The orders that are expected in one window of one day; both are empty where buyers may come at any time."""

    day: date | None
    window: str
    count: int
    is_overdue: bool = False
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that lies ready, and the wave it belongs to."""

    order: Order
    wave: Wave


@dataclass(frozen=True, slots=True)
class Expected:
    """Who is still to come to a store: all waves by time, the one that is on or comes next, and the sums."""

    waves: list[Wave]
    next: Wave | None
    count: int
    overdue: int


def stores_of(staff: Member) -> list[Store]:
    """Return the stores at whose counters `staff` may stand: their own, or all of them for headquarters."""
    stores = stores_of_staff(staff).filter(is_active=True)
    return list(stores.order_by("-is_headquarters", "sort_order", "pk"))


def redemptions_of(staff: Member) -> QuerySet[Redemption]:
    """Redemptions that `staff` may see, newest first, with all that a row shows."""
    return _with_rows(Redemption.objects.of_staff(staff)).order_by("-pk")


def redeemed_today(store_id: int, *, now: datetime) -> tuple[list[Redemption], int]:
    """Return the last redemptions of the Shanghai day at one store, and how many there were that still stand.

    Three queries: count, redemptions, lines.
    """
    local = timezone.localtime(now)
    midnight = datetime.combine(local.date(), time.min, tzinfo=local.tzinfo)
    today = Redemption.objects.filter(
        store=store_id, redeemed_at__gte=midnight, redeemed_at__lt=midnight + timedelta(days=1)
    )
    rows = list(_with_rows(today).order_by("-redeemed_at", "-pk")[:SHOWN_TODAY])
    return rows, today.filter(undone_at=None).count()


def expected_at(store_id: int, *, now: datetime) -> Expected:
    """Return who is still to come to a store. Two queries: a count for each window, the store's slots."""
    local = timezone.localtime(now)
    counts = waiting_at(store_id).order_by().values("pickup_day", "pickup_window").annotate(units=Count("pk"))
    waves = [
        _wave(row["pickup_day"], row["pickup_window"], row["units"], local)
        for row in counts.order_by(F("pickup_day").asc(nulls_last=True), "pickup_window")
    ]
    overdue = sum(wave.count for wave in waves if wave.is_overdue)
    return Expected(waves, _next_wave(store_id, waves, local), sum(wave.count for wave in waves), overdue)


def _wave(day: date | None, window: str, count: int, local: datetime) -> Wave:
    is_over = day is not None and (day, _end_of(window)) <= (local.date(), local.time())
    return Wave(day, window, count, is_overdue=is_over, is_today=day == local.date())


def _end_of(window: str) -> time:
    """Read when a window ends: "14:00–16:00" -> 16:00; one that cannot be read lasts all day."""
    try:
        return time.fromisoformat(window[-5:])
    except ValueError:
        return time.max


def _next_wave(store_id: int, waves: Sequence[Wave], local: datetime) -> Wave | None:
    """Return the window that is open now or opens next, even if nobody comes; None for a store without slots."""
    counts = {(wave.day, wave.window): wave.count for wave in waves}
    slots = list(PickupSlot.objects.filter(store=store_id).order_by("starts", "ends"))
    for day in (local.date() + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)):
        for slot in slots:
            if slot.is_open_on(day) and (day > local.date() or slot.ends > local.time()):
                return _wave(day, str(slot), counts.get((day, str(slot)), 0), local)
    return None


def waiting_at(store_id: int) -> QuerySet[Order]:
    """Orders that lie ready in a store, those that come first at the head; the ones without a day at the end."""
    lines = Prefetch("lines", OrderLine.objects.order_by("pk"))
    ready = Order.objects.kept().filter(
        store=store_id, status=OrderStatus.READY_FOR_PICKUP, delivery_method=DeliveryMethod.PICKUP
    )
    return ready.prefetch_related(lines).order_by(F("pickup_day").asc(nulls_last=True), "pickup_window", "pk")


def waiting_rows(orders: Iterable[Order], *, now: datetime) -> list[Waiting]:
    """Return the orders with the waves they belong to."""
    local = timezone.localtime(now)
    return [Waiting(order, _wave(order.pickup_day, order.pickup_window, 1, local)) for order in orders]


def found_waiting(store_id: int, text: str) -> QuerySet[Order]:
    """Orders that lie ready in a store and answer to a phone, its last four digits, or a part of an order number."""
    rows = waiting_at(store_id)
    if not text:
        return rows
    if PHONE.regex.match(text):  # type: ignore[union-attr]  # a RegexValidator compiles it
        return rows.filter(receiver_phone_index=blind_index(text))
    if len(text) == PHONE_TAIL:  # phones are encrypted, so the tails of one store's orders are read one by one
        phones = rows.order_by("pk").values_list("pk", "receiver_phone")
        return rows.filter(pk__in=[pk for pk, phone in phones if phone.endswith(text)])
    return rows.filter(Q(no__startswith=text) | Q(no__endswith=text))


def redemption_log(staff: Member, *, store: int | None, text: str, page: str) -> "Page[Any]":
    """Return a page of the log, of one store if given, of one order or clerk if `text` names them."""
    rows = redemptions_of(staff)
    if store:
        rows = rows.filter(store=store)
    if text:
        rows = rows.filter(Q(order__no=text) | Q(staff__username=text) | Q(staff__nickname=text))
    return Paginator(rows, ROWS_PER_PAGE).get_page(page)


def order_by_number(staff: Member, no: str) -> Order | None:
    """Return an order of the clerk's stores by its number, with store and lines."""
    mine = Order.objects.of_staff(staff).select_related("store").prefetch_related("lines")
    return mine.filter(no=no).first()


def _with_rows(rows: QuerySet[Redemption]) -> QuerySet[Redemption]:
    lines = Prefetch("lines", RedemptionLine.objects.select_related("line").order_by("pk"))
    return rows.select_related("order", "store", "staff", "undone_by").prefetch_related(lines)
