"""What the counter reads: who may stand where, and what was handed over."""

from datetime import datetime, time, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from members.models import Member
from members.selectors import stores_of_staff
from orders.models import Order, Redemption, RedemptionLine
from shop.models import Store

SHOWN_TODAY = 20
LOG_PER_PAGE = 20


def stores_of(staff: Member) -> list[Store]:
    """Return the stores at whose counters `staff` may stand: their own, or all of them for headquarters."""
    stores = stores_of_staff(staff).filter(is_active=True)
    return list(stores.order_by("-is_headquarters", "sort_order", "pk"))


def redemptions_of(staff: Member) -> QuerySet[Redemption]:
    """Redemptions that `staff` may see, newest first, with all that a row shows."""
    return _with_rows(Redemption.objects.of_staff(staff)).order_by("-pk")


def redeemed_today(store_id: int, *, now: datetime) -> list[Redemption]:
    """Return the last redemptions of the Shanghai day at one store. Two queries: redemptions, lines."""
    local = timezone.localtime(now)
    midnight = datetime.combine(local.date(), time.min, tzinfo=local.tzinfo)
    today = Redemption.objects.filter(
        store=store_id, redeemed_at__gte=midnight, redeemed_at__lt=midnight + timedelta(days=1)
    )
    return list(_with_rows(today).order_by("-redeemed_at", "-pk")[:SHOWN_TODAY])


def redemption_log(staff: Member, *, store: int | None, text: str, page: str) -> "Page[Any]":
    """Return a page of the log, of one store if given, of one order or clerk if `text` names them."""
    rows = redemptions_of(staff)
    if store:
        rows = rows.filter(store=store)
    if text:
        rows = rows.filter(Q(order__no=text) | Q(staff__username=text) | Q(staff__nickname=text))
    return Paginator(rows, LOG_PER_PAGE).get_page(page)


def order_by_number(staff: Member, no: str) -> Order | None:
    """Return an order of the clerk's stores by its number, with store and lines."""
    mine = Order.objects.of_staff(staff).select_related("store").prefetch_related("lines")
    return mine.filter(no=no).first()


def _with_rows(rows: QuerySet[Redemption]) -> QuerySet[Redemption]:
    lines = Prefetch("lines", RedemptionLine.objects.select_related("line").order_by("pk"))
    return rows.select_related("order", "store", "staff", "undone_by").prefetch_related(lines)
