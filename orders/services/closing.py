"""What cancelling does to a locked order, whoever wants it: a person, a timer, or money that cannot be taken."""

from datetime import datetime

from catalog import services as catalog
from catalog.models import StockMoveKind
from members import services as members
from members.models import Member
from orders.models import CancelReason, Order, OrderStatus, Payment, RefundCause
from orders.services import refunding, rewarding, scarce, slots
from orders.services.events import step
from orders.signals import order_cancelled


def cancel_locked(order: Order, *, by: Member | None, reason: str, now: datetime, note: str = "") -> None:
    """Cancel a locked order: attempts are to be closed, money goes back, the slot and the stock are free again.

    Units that are being refunded already keep their own refund. Raises IllegalMove.
    """
    label = str(CancelReason(reason).label)
    step(
        order,
        OrderStatus.CANCELLED,
        kind="cancelled",
        by=by,
        now=now,
        note=f"{label}：{note}" if note else label,
        cancel_reason=reason,
        cancelled_at=now,
        pay_before=None,
        pickup_before=None,
    )
    order.payments.filter(status__in=Payment.OPEN).update(to_close=True, next_query_at=now)
    lines = list(order.lines.order_by("pk"))
    stocked = [line for line in lines if line.units_left and scarce.in_stock(line)]
    units = {line.sku_id: line.units_left for line in stocked}
    sources = {line.sku_id: f"order-line:{line.pk}" for line in stocked}
    accepted = order.payments.filter(is_accepted=True).first()
    refund = accepted and refunding.refund_all_left(
        order, accepted, cause=RefundCause.CANCEL, reason=label, by=by, now=now
    )
    if order.paid_at and not refund and any(line.units_refundable for line in lines):
        rewarding.after_free_cancelling(order)
    order_cancelled.send(sender=Order, order=order)
    _tell(order, label, now=now)
    scarce.give_back_all(order, lines, now=now)
    slots.release(order)
    catalog.give_back_stock(units, kind=StockMoveKind.CANCEL, source_by_sku=sources, by=by, now=now)


def _tell(order: Order, label: str, *, now: datetime) -> None:
    refund = "，已付的钱会原路退回" if order.paid_amount else ""
    members.notify(
        member=order.member,
        scene="cancelled",
        key=f"cancelled:{order.pk}",
        title="订单已取消",
        body=f"订单 {order.no} 已取消（{label}）{refund}。",
        link=f"/orders/{order.no}/",
        now=now,
    )
