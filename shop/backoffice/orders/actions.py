"""What the staff may do with one order: each step has a permission, a small form and one service."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from members.models import Member
from orders import services as orders
from orders.models import CancelReason, Order, OrderStatus
from shop.backoffice.base import log, now, posted, staff_of
from shop.backoffice.orders import address, forms
from shop.lib.money import yuan
from shop.lib.states import IllegalMove

# What services raise when a step is not possible (any more); each carries the sentence to show.
REFUSALS = (
    IllegalMove, orders.AddressFixed, orders.NotReceivable, orders.NotRefundable, orders.NotShippable,
    orders.NotRepriceable, orders.NotTrashable, orders.NotPurgeable,
)  # fmt: skip
Facts = dict[str, Any]
OWNERS_ONLY = "orders.purge_order"  # no such permission can be granted: only an owner, a superuser, has it


@dataclass(frozen=True)
class Action:
    """A button on the page of an order and what it leads to."""

    title: str
    permission: str
    form: Callable[..., BaseForm]
    is_open: Callable[[Order], bool]
    run: Callable[[Order, Facts, Member, datetime], str]  # returns the sentence that says it is done
    hint: str = ""
    tone: str = ""
    in_transaction: bool = True  # False for a step that first asks the gateway
    columns: tuple[str, ...] = ()  # of the order; the log tells what became of them, and not what was typed
    template: str = "admin/orders/action.html"


def accept(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.accept(order=order, by=by, now=at)
    return "已接单"


def ship(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.ship(order=order, company=facts["company"], tracking_no=facts["tracking_no"], by=by, now=at)
    return "已发货"


def receive(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.receive(order=order, by=by, now=at)
    return "已确认收货，交易完成"


def change_price(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    changed = orders.change_price(order=order, goods=facts["goods"], freight=facts["freight"], by=by, now=at)
    return f"改价完成，现在应付 ¥{yuan(changed.payable_amount)}"


def cancel(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.cancel(order=order, by=by, reason=CancelReason.ADMIN, note=facts["note"], now=at)
    order.refresh_from_db(fields=["status"])
    if order.status != OrderStatus.CANCELLED:
        raise orders.NotCancellable("顾客刚刚付了款，订单没有取消。如要取消请退款。")
    return "订单已取消，付过的钱会自动退回"


def refund(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    made = orders.refund_lines(
        order=order,
        units_by_line=facts["units_by_line"],
        by=by,
        now=at,
        reason=facts["reason"],
        restock=facts["restock"],
    )
    return f"已提交退款 ¥{yuan(made.amount)}，到账后会通知顾客"


def remark(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.remark(order=order, text=facts["text"], by=by, now=at)
    return "已保存备注"


def trash(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.trash(order=order, by=by, now=at)
    return "已移入回收站，可以随时恢复"


def restore(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.restore(order=order, by=by, now=at)
    return "已从回收站恢复"


def purge(order: Order, facts: Facts, by: Member, at: datetime) -> str:
    orders.purge(order=order, now=at)
    return "已彻底删除"


def is_forgettable(order: Order) -> bool:
    """Say whether the order has lain in the bin long enough; the service looks again, at money too."""
    ended = order.completed_at or order.cancelled_at
    return order.deleted_at is not None and ended is not None and ended <= now() - orders.KEPT_FOR


def can_refund(order: Order) -> bool:
    early = {OrderStatus.PENDING_PAYMENT, OrderStatus.AWAITING_GROUP, OrderStatus.CANCELLED}
    return (
        order.paid_at is not None and order.status not in early and any(x.units_refundable for x in order.lines.all())
    )


ACTIONS: dict[str, Action] = {
    "accept": Action(
        "接单", "orders.accept_order", forms.ConfirmForm,
        lambda order: order.status == OrderStatus.PENDING_ACCEPTANCE, accept,
        hint="接单后快递订单进入配货；自提订单生成提货码并通知顾客，到店核销后才算完成。", tone="main",
    ),
    "ship": Action(
        "发货", "orders.ship_order", forms.ShipForm,
        lambda order: not order.is_pickup and order.status == OrderStatus.PREPARING, ship,
        hint="填写后整单发出，顾客会收到发货通知。", tone="main", template="admin/orders/ship.html",
    ),
    "edit_address": Action(
        "修改地址", "orders.edit_address", address.AddressEditForm, lambda order: order.can_edit_address,
        address.edit_address, hint="发货以前可以修改。运费不变，顾客会收到通知。",
        template="admin/orders/address.html", columns=address.COLUMNS,
    ),
    "receive": Action(
        "确认收货", "orders.receive_order", forms.ConfirmForm, lambda order: order.can_receive, receive,
        hint="只在顾客告诉您已经收到货时使用。订单马上变成交易完成，不能退回已发货；到了自动收货的日子系统会自己确认。",
    ),
    "change_price": Action(
        "改价", "orders.change_price", forms.PriceForm,
        lambda order: order.status == OrderStatus.PENDING_PAYMENT and not order.pays_at_store, change_price,
        hint="只改这一单，按各商品的金额分摊；顾客正在付的旧金额会作废，按旧金额付的钱自动退回。",
        columns=("payable_amount", "freight_amount", "price_change"),
    ),
    "refund": Action(
        "退款", "orders.refund_order", forms.RefundForm, can_refund, refund,
        hint="金额按顾客实付自动计算。钱原路退回，到账前可在退款单里查看进度。", tone="danger",
        template="admin/orders/refund.html",
    ),
    "cancel": Action(
        "取消订单", "orders.cancel_order", forms.CancelForm,
        lambda order: order.can_cancel or order.status == OrderStatus.PENDING_ACCEPTANCE, cancel,
        hint="取消后不能恢复。库存会退回，已付的钱自动原路退回。", tone="danger", in_transaction=False,
    ),
    "remark": Action("备注", "orders.remark_order", forms.RemarkForm, lambda order: True, remark),
    "trash": Action(
        "移入回收站", "orders.trash_order", forms.ConfirmForm,
        lambda order: order.status in Order.ENDED and order.deleted_at is None, trash,
        hint="订单从列表里移走，数据都保留，可以在回收站恢复。",
    ),
    "restore": Action(
        "从回收站恢复", "orders.trash_order", forms.ConfirmForm, lambda order: order.deleted_at is not None, restore,
    ),
    "purge": Action(
        "彻底删除", OWNERS_ONLY, forms.PurgeForm, is_forgettable, purge,
        hint="订单和它的商品、支付、退款、包裹、核销记录会永远删除，不能恢复。库存流水和操作日志保留。", tone="danger",
    ),
}  # fmt: skip


ON_ROWS = frozenset({"accept", "ship", "remark", "restore"})  # offered in the list too; the page has the rest


def open_actions(order: Order, staff: Any) -> list[tuple[str, Action]]:
    """List what `staff` may do with `order` now."""
    return [(name, one) for name, one in ACTIONS.items() if one.is_open(order) and staff.has_perm(one.permission)]


def order_action(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Show the form of an action; on POST do it, or say why not and keep what was typed."""
    action = ACTIONS.get(name)
    if action is None:
        raise Http404
    if not staff_of(request).has_perm(action.permission):
        raise PermissionDenied
    order = order_of(request, pk)
    form = action.form(posted(request), order=order)
    if request.method == "POST" and form.is_valid():
        try:
            sentence = perform(request, name, order, form.cleaned_data)
        except REFUSALS as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, f"订单 {order.no}：{sentence}")
            if name == "purge":
                return redirect("admin:orders_order_changelist")
            return redirect("admin:orders_order_change", order.pk)
    return form_page(request, order, action, form)


def perform(request: HttpRequest, name: str, order: Order, facts: Facts) -> str:
    """Run an action and log it. Raises one of REFUSALS, and then nothing was written."""
    action = ACTIONS[name]
    columns = ["status", *action.columns]
    before = {column: getattr(order, column) for column in columns}
    with transaction.atomic() if action.in_transaction else nullcontext():
        sentence = action.run(order, facts, staff_of(request), now())
        after = Order.objects.filter(pk=order.pk).values(*columns).first() or {"status": None}
        same = [column for column in action.columns if after[column] == before[column]]
        before, after = ({key: row[key] for key in row if key not in same} for row in (before, after))
        typed = {} if action.columns else typed_of(facts)
        summary = f"{action.title} {order.no}"
        log(request, f"order_{name}", order, summary=summary, before=before, after={**after, **typed})
    return sentence


def typed_of(facts: Facts) -> Facts:
    """Return what was typed, the units of all lines as one fact."""
    return {key: value for key, value in facts.items() if not key.startswith("units_") or key == "units_by_line"}


def form_page(request: HttpRequest, order: Order, action: Action, form: BaseForm) -> HttpResponse:
    context = {
        "title": f"{action.title} · {order.no}",
        "order": order,
        "form": form,
        "hint": action.hint,
        "closed": not action.is_open(order),
        "button": action.title,
        "button_tone": action.tone or "main",
        "back": reverse("admin:orders_order_change", args=[order.pk]),
    }
    return TemplateResponse(request, action.template, {**admin.site.each_context(request), **context})


def order_of(request: HttpRequest, pk: int) -> Order:
    """Return the order with what its pages show; another store's order is a 404."""
    own = Order.objects.of_staff(staff_of(request)).select_related("member", "store", "pickup_slot")
    return get_object_or_404(own.prefetch_related("lines"), pk=pk)
