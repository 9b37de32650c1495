"""The buyer's own orders: the list with its tabs, one order with its story, and where an order may be collected."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from members.models import Member
from orders.models import (
    LineKind,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Redemption,
    Refund,
    RefundLine,
    Shipment,
    ShipmentLine,
)
from shop.models import PickupSlot, Store

ORDERS_PER_PAGE = 10
KEY = re.compile("[0-9a-f]{32}")  # of a checkout form
TABS = {  # key in the address -> words, statuses
    "": ("全部", frozenset(OrderStatus.values)),
    "unpaid": ("待付款", {OrderStatus.PENDING_PAYMENT}),
    "working": (
        "备货中",
        {
            OrderStatus.AWAITING_GROUP,
            OrderStatus.PENDING_ACCEPTANCE,
            OrderStatus.PENDING_ASSIGNMENT,
            OrderStatus.PREPARING,
        },
    ),
    "pickup": ("待提货", {OrderStatus.READY_FOR_PICKUP}),
    "shipped": ("待收货", {OrderStatus.PARTLY_SHIPPED, OrderStatus.SHIPPED}),
    "completed": ("已完成", {OrderStatus.COMPLETED}),
    "cancelled": ("已取消", {OrderStatus.CANCELLED}),
}
COUNTED = frozenset({"unpaid", "working", "pickup", "shipped"})  # what waits for something carries a number


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab over the list; `badge` is 0 where a number would not help."""

    key: str
    words: str
    badge: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class OrderList:
    """A page of a buyer's orders under the tab they chose."""

    tabs: list[Tab]
    page: "Page[Any]"


def orders_of(member: Member) -> QuerySet[Order]:
    """Every order the member has not removed from their list."""
    return member.orders.filter(hidden_by_buyer_at__isnull=True)


def order_list(member: Member, *, tab: str, page: str) -> OrderList:
    """Return one page of orders, newest first. Three queries: counts, orders with their store, lines."""
    tab = tab if tab in TABS else ""
    counts = orders_of(member).aggregate(
        **{f"count_{key}": Count("pk", filter=Q(status__in=statuses)) for key, (_, statuses) in TABS.items()}
    )
    rows = orders_of(member).filter(status__in=TABS[tab][1]).order_by("-pk")
    paginator = Paginator(rows.select_related("store").prefetch_related(_lines()), ORDERS_PER_PAGE)
    paginator.count = counts[f"count_{tab}"]
    tabs = [
        Tab(key, words, counts[f"count_{key}"] if key in COUNTED else 0, key == tab) for key, (words, _) in TABS.items()
    ]
    return OrderList(tabs, paginator.get_page(page))


def order_of_key(member: Member, key: str) -> Order | None:
    """Return the order that a checkout form with the hidden `key` has made already."""
    return member.orders.filter(idempotency_key=key).first() if KEY.fullmatch(key) else None


def units_bought(member: Member, product_ids: Sequence[int]) -> dict[int, int]:
    """Return `{product_id: units}` that a member bought ever, without what was cancelled or refunded."""
    rows = (
        OrderLine.objects.filter(order__member=member, product__in=product_ids, kind=LineKind.GOODS)
        .exclude(order__status=OrderStatus.CANCELLED)
        .values("product")
        .annotate(bought=Sum("units") - Sum("units_cancelled") - Sum("units_returned"))
        .order_by("product")
    )
    return {row["product"]: row["bought"] for row in rows}


def order_page(member: Member, no: str) -> Order | None:
    """Return an order of the member with lines, events, parcels, refunds and redemptions; None for a stranger's."""
    parcels = Shipment.objects.order_by("pk").prefetch_related(
        Prefetch("lines", ShipmentLine.objects.select_related("line").order_by("pk"))
    )
    refunds = Refund.objects.order_by("pk").prefetch_related(
        Prefetch("lines", RefundLine.objects.select_related("line").order_by("pk"))
    )
    return (
        orders_of(member)
        .filter(no=no)
        .select_related("store")
        .prefetch_related(
            _lines(),
            Prefetch("events", OrderEvent.objects.order_by("-pk")),
            Prefetch("shipments", parcels),
            Prefetch("refunds", refunds),
            Prefetch("redemptions", Redemption.objects.filter(undone_at=None).select_related("store").order_by("pk")),
        )
        .first()
    )


def _lines() -> "Prefetch[str, QuerySet[OrderLine], str]":
    return Prefetch("lines", OrderLine.objects.order_by("pk"))


def pickup_stores() -> list[Store]:
    """Return the stores in which an order may be collected, with their slots in order of time."""
    slots = Prefetch("slots", PickupSlot.objects.order_by("starts", "pk"))
    return list(Store.objects.for_pickup().order_by("sort_order", "pk").prefetch_related(slots))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order as its buyer reads it."""

    title: str
    text: str
    at: datetime


STEPS = {  # kind of event -> words; what is not listed is the shop's own business
    "placed": "提交订单",
    "paid": "付款成功",
    "pay_at_store": "已为您预留，到店付款",
    "shipped": "已发货",
    "address_edited": "商家修改了收货信息，请核对",
    "redeemed": "提走一部分商品",
    "completed": "交易完成",
    "cancelled": "订单已取消",
    "redemption_undone": "门店撤销了一次核销，提货码恢复可用",
    "refund_requested": "退款处理中",
    "refunded": "退款已到账",
    "refund_failed": "退款遇到问题，商家正在处理",
    "late_money": "付款到得太晚，自动原路退回",
    "price_changed": "商家改了价格",
}
# Whose note is meant for the buyer:
NOTED = frozenset({"shipped", "redeemed", "completed", "late_money", "refund_requested", "refunded", "price_changed"})


def steps_of(order: Order) -> list[Step]:
    """Return what happened to an order of `order_page`, the newest first."""
    return [step for step in (_step(order, event) for event in order.events.all()) if step]


def _step(order: Order, event: OrderEvent) -> Step | None:
    title = STEPS.get(event.kind, "")
    if event.kind == "accepted":
        title = "门店已备好，可以提货" if order.is_pickup else "商家已接单，正在配货"
    text = event.note if event.kind in NOTED else ""
    if event.kind == "cancelled":
        text = order.get_cancel_reason_display()
    return Step(title, text, event.at) if title else None


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the few stages every order goes through, as the buyer sees them at a glance."""

    words: str
    is_done: bool
    is_current: bool


REACHED = {  # how many stages after 付款 an order has come
    OrderStatus.PENDING_PAYMENT: 0,
    OrderStatus.AWAITING_GROUP: 1,
    OrderStatus.PENDING_ACCEPTANCE: 1,
    OrderStatus.PENDING_ASSIGNMENT: 1,
    OrderStatus.PREPARING: 1,
    OrderStatus.READY_FOR_PICKUP: 2,
    OrderStatus.PARTLY_SHIPPED: 2,
    OrderStatus.SHIPPED: 2,
    OrderStatus.COMPLETED: 4,
}


def stages_of(order: Order) -> list[Stage]:
    """Return the stages of an order, done and to come; none of one that was cancelled."""
    if order.status not in REACHED:
        return []
    pay = "到店付款" if order.pays_at_store else "付款"
    words = [pay, "备货", "提货", "完成"] if order.is_pickup else [pay, "配货", "收货", "完成"]
    if order.pays_at_store:
        words = ["备货", pay, "提货", "完成"]
    at = REACHED[OrderStatus(order.status)]
    if order.awaits_counter_payment:
        at = 1
    return [Stage(word, index < at, index == at) for index, word in enumerate(words)]


def newest_event(order: Order) -> int:
    """Return the number of the last step of an order: another one means that its page is out of date."""
    return order.events.order_by("-pk").values_list("pk", flat=True).first() or 0
