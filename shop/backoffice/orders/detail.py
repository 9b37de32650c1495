"""The page of one order: everything about it, and the buttons that are open now."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from orders.models import Channel, Order, OrderEvent, OrderStatus
from orders.services import pickup_codes
from shop.backoffice.base import ReasonForm, log, posted, staff_of
from shop.backoffice.orders import actions
from shop.backoffice.orders.filters import TERMINALS

EVENT_WORDS = {
    "placed": "下单",
    "paid": "付款",
    "accepted": "接单",
    "shipped": "发货",
    "address_edited": "修改收货信息",
    "completed": "交易完成",
    "redeemed": "核销",
    "redemption_undone": "撤销核销",
    "cancelled": "取消",
    "refund_requested": "申请退款",
    "refunded": "退款到账",
    "refund_failed": "退款失败",
    "remark": "商家备注",
    "pay_at_store": "选择到店付款",
    "late_money": "迟到的付款，自动退回",
    "trashed": "移入回收站",
    "restored": "从回收站恢复",
    "pickup_reminded": "提醒提货",
    "price_changed": "改价",
}


@dataclass(frozen=True)
class Step:
    """One mark of the progress bar."""

    label: str
    at: datetime | None


def order_page(request: HttpRequest, object_id: str, *, revealed: bool = False) -> HttpResponse:
    """Show the order; with `revealed` the receiver stands in clear, for this one answer."""
    if not staff_of(request).has_perm("orders.view_order"):
        raise PermissionDenied
    if not object_id.isdecimal():
        raise Http404
    order = actions.order_of(request, int(object_id))
    context = {
        "title": f"订单 {order.no}",
        "order": order,
        "revealed": revealed,
        "may_reveal": staff_of(request).has_perm("orders.reveal_personal_data") and not revealed,
        "steps": progress(order),
        "pay_words": pay_words(order),
        "terminal": TERMINALS.get(order.terminal, order.terminal),
        "code": pickup_codes.masked(order.pickup_code),
        "lines": list(order.lines.order_by("pk")),
        "payments": list(order.payments.order_by("pk")),
        "refunds": list(order.refunds.select_related("requested_by").order_by("pk")),
        "shipments": list(order.shipments.select_related("shipped_by").order_by("pk")),
        "redemptions": list(order.redemptions.select_related("staff", "store", "undone_by").order_by("pk")),
        "events": [(event, event_words(event)) for event in order.events.select_related("actor").order_by("-pk")],
        "actions": actions.open_actions(order, staff_of(request)),
    }
    response = TemplateResponse(request, "admin/orders/detail.html", {**admin.site.each_context(request), **context})
    response.headers["Cache-Control"] = "no-store, private"
    return response


def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why the receiver shall be seen in clear, write that down, and show it once."""
    if not staff_of(request).has_perm("orders.reveal_personal_data"):
        raise PermissionDenied
    order = actions.order_of(request, pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        log(request, "reveal_order", order, summary=f"查看明文 {order.no}", after={"reason": reason})
        return order_page(request, str(pk), revealed=True)
    context = {
        "title": f"查看明文 · {order.no}",
        "order": order,
        "form": form,
        "hint": "将显示收货人的完整姓名、手机和地址。谁在什么时候为什么查看，会记入操作日志。",
        "button": "查看",
        "back": reverse("admin:orders_order_change", args=[order.pk]),
    }
    return TemplateResponse(request, "admin/orders/action.html", {**admin.site.each_context(request), **context})


def progress(order: Order) -> list[Step]:
    """Return the steps of this kind of order, each with the time it was reached."""
    if order.status == OrderStatus.CANCELLED:
        return [Step("下单", order.created_at), Step("付款", order.paid_at), Step("已取消", order.cancelled_at)]
    middle = Step("可提货", order.accepted_at) if order.is_pickup else Step("发货", order.shipped_at)
    accepted = [] if order.is_pickup else [Step("接单", order.accepted_at)]
    steps = [Step("下单", order.created_at), Step("付款", order.paid_at), *accepted, middle]
    return [*steps, Step("提货" if order.is_pickup else "收货", order.completed_at)]


def pay_words(order: Order) -> str:
    """Say how, and whether, the order is paid."""
    if order.awaits_counter_payment:
        return "到店付款（未付）"
    if order.paid_at is None:
        return "未支付"
    return dict(Channel.choices).get(order.pay_channel, "无需支付")


def event_words(event: OrderEvent) -> str:
    """Say what happened, in the shop's words."""
    return EVENT_WORDS.get(event.kind) or dict(OrderStatus.choices).get(event.to_status, event.kind)
