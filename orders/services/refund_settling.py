"""What the end of a refund does: its follow-ups happen once, when the money has gone back or surely will not."""

from datetime import datetime

from django.db.models import F

from catalog import services as catalog
from catalog.models import StockMoveKind
from members import services as members
from orders.channels import RefundFact, RefundState
from orders.models import (
    CancelReason,
    LineKind,
    NoticeStatus,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    Refund,
    RefundCause,
    RefundedPart,
    RefundLine,
    RefundStatus,
)
from orders.services import refunding, rewarding, scarce, slots
from orders.services.events import record_event, step
from orders.services.settling import Outcome
from orders.signals import order_cancelled, order_completed, order_refunded
from shop.lib.money import yuan

STATUS_OF = {
    RefundState.SENT: RefundStatus.SENT,
    RefundState.DONE: RefundStatus.DONE,
    RefundState.ABNORMAL: RefundStatus.ABNORMAL,
    RefundState.FAILED: RefundStatus.FAILED,
}


def settle_refund(fact: RefundFact, *, now: datetime) -> Outcome:
    """Apply what the gateway says of a refund, inside the caller's transaction; a repeat changes nothing."""
    known = Refund.objects.filter(out_refund_no=fact.out_refund_no).values_list("order_id").first()
    if known is None:
        return Outcome(NoticeStatus.IGNORED, "没有这个退款单")
    order = Order.objects.select_for_update(of=("self",)).select_related("member", "store").get(pk=known[0])
    refund = (
        Refund.objects.select_for_update(of=("self",)).select_related("payment").get(out_refund_no=fact.out_refund_no)
    )
    if fact.amount != refund.amount:
        return _suspicious(refund, f"退款金额不一致：应为 {yuan(refund.amount)}，通知为 {yuan(fact.amount)}", now)
    to = STATUS_OF[fact.state]
    if to == refund.status or to not in Refund.MOVES[refund.status]:
        return Outcome(NoticeStatus.APPLIED)
    if refund.status == RefundStatus.FAILED and not _claim_again(refund, now):
        return _suspicious(refund, "曾退款失败，现已到账，但这笔钱已由别的退款退回或货已交付", now)
    changes = {"gateway_refund_id": fact.gateway_refund_id or refund.gateway_refund_id, "last_error": ""}
    if to == RefundStatus.SENT:
        refund.move(to, **changes)
    elif to == RefundStatus.DONE:
        refund.move(to, **changes, done_at=fact.done_at or now, due_at=None)
        _finish(order, refund, now)
    else:
        _go_wrong(order, refund, to, changes, now)
    return Outcome(NoticeStatus.APPLIED)


def _claim_again(refund: Refund, now: datetime) -> bool:
    """Claim anew what a failed refund gave back, because its money arrived after all; False when it does not fit.

    A second try that nobody has sent yet is withdrawn first: its money and units are those of this one.
    """
    again = Refund.objects.select_for_update(of=("self",)).filter(retry_of=refund).first()
    if again and again.status == RefundStatus.CREATED and again.sent_at is None:
        again.move(RefundStatus.FAILED, due_at=None, last_error="原退款已到账，本次重试不再提交")
        refunding.release(again)
        again = None
    if (again and again.status != RefundStatus.FAILED) or not refunding.claim_again(refund):
        return False
    _alarm(refund, "曾退款失败，现已到账，系统已重新入账，请核对。", "arrived", now)
    return True


def _suspicious(refund: Refund, why: str, now: datetime) -> Outcome:
    """Change nothing, and let the people who look after the money know, once."""
    _alarm(refund, f"{why}，系统没有入账，请核对。", "suspicious", now)
    return Outcome(NoticeStatus.IGNORED, why)


def _alarm(refund: Refund, why: str, kind: str, now: datetime) -> None:
    members.notify_staff(
        store_id=None,
        scene="refund_suspicious",
        key=f"refund_suspicious:{refund.pk}:{kind}",
        title="退款结果异常",
        body=f"订单 {refund.order.no} 的退款 ¥{yuan(refund.amount)}：{why}",
        link="/admin/orders/refund/",
        now=now,
    )


def _go_wrong(order: Order, refund: Refund, to: str, changes: dict[str, str], now: datetime) -> None:
    """Release what a refund that failed had claimed; an abnormal one may still arrive. Staff must look at both."""
    failed = to == RefundStatus.FAILED
    refund.move(to, **changes, due_at=None if failed else refund.due_at)
    if failed:
        refunding.release(refund)
    label = refund.get_status_display()
    record_event(
        order, kind="refund_failed", from_status=order.status, by=None, now=now, note=f"¥{yuan(refund.amount)} {label}"
    )
    members.notify_staff(
        store_id=None,
        scene="refund_failed",
        key=f"refund_failed:{refund.pk}:{to}",
        title=label,
        body=f"订单 {order.no} 的退款 ¥{yuan(refund.amount)} {label}，请在退款管理中处理。",
        link="/admin/orders/refund/",
        now=now,
    )
    if failed and order.status == OrderStatus.CANCELLED:  # cancelling left these units to the refund
        _restock(refund, list(refund.lines.select_related("line").order_by("line_id")), now)


def _finish(order: Order, refund: Refund, now: datetime) -> None:
    """Everything that follows from money that has gone back, once."""
    if refund.payment_id:
        rows = Payment.objects.filter(pk=refund.payment_id)
        rows.update(refunded_amount=F("refunded_amount") + refund.amount)
    if refund.cause == RefundCause.LATE_MONEY:
        _record_done(order, refund, now)
        _tell(order, refund, now)
        return
    parts = list(refund.lines.select_related("line").order_by("line_id"))
    lines = list(order.lines.order_by("pk"))
    settled = not refunding.may_come_back(order, besides=refund)
    whole = settled and not any(line.units_refundable for line in lines)
    Order.objects.filter(pk=order.pk).update(
        refunded_amount=F("refunded_amount") + refund.amount,
        refund_status=RefundedPart.FULL if whole else RefundedPart.PART,
        updated_at=now,
    )
    order.refresh_from_db(fields=["refunded_amount", "refund_status"])
    _record_done(order, refund, now)
    was_cancelled = order.status == OrderStatus.CANCELLED  # then it holds nothing any more
    rewarding.after_refund(order, refund, parts, whole=whole, now=now)
    if whole and not was_cancelled:
        scarce.give_back_coupon(order, now=now)
    if settled:
        _move_on(order, lines, whole, now)
    catalog.count_sold(_units_by_product(parts))
    order_refunded.send(sender=Order, order=order, refund=refund)
    _tell(order, refund, now)
    _restock(refund, parts, now)


def _record_done(order: Order, refund: Refund, now: datetime) -> None:
    note = f"¥{yuan(refund.amount)} {_way(order)}"
    record_event(order, kind="refunded", from_status=order.status, by=None, now=now, note=note)


def _way(order: Order) -> str:
    return "已由门店退还" if order.pays_at_store else "已原路退回"


def _move_on(order: Order, lines: list[OrderLine], whole: bool, now: datetime) -> None:
    """End an order that has nothing left to hand over: cancelled if nothing ever was, else completed."""
    if order.status not in {OrderStatus.PENDING_ACCEPTANCE, OrderStatus.PREPARING, OrderStatus.READY_FOR_PICKUP}:
        return
    if any(line.units_left for line in lines):
        return
    if whole and not any(line.units_handed for line in lines):
        step(
            order,
            OrderStatus.CANCELLED,
            kind="cancelled",
            by=None,
            now=now,
            note=str(CancelReason.FULL_REFUND.label),
            cancel_reason=CancelReason.FULL_REFUND,
            cancelled_at=now,
            pickup_before=None,
        )
        order_cancelled.send(sender=Order, order=order)
        slots.release(order)
    elif order.status == OrderStatus.READY_FOR_PICKUP and any(line.units_handed for line in lines):
        step(
            order,
            OrderStatus.COMPLETED,
            kind="completed",
            by=None,
            now=now,
            note="其余商品已退款",
            completed_at=now,
            reward_due_at=now,
            pickup_before=None,
        )
        order_completed.send(sender=Order, order=order)


def _units_by_product(parts: list[RefundLine]) -> dict[int, int]:
    units: dict[int, int] = {}
    for part in parts:
        if part.line.kind == LineKind.GOODS:
            units[part.line.product_id] = units.get(part.line.product_id, 0) - part.units
    return units


def _restock(refund: Refund, parts: list[RefundLine], now: datetime) -> None:
    """Put units back into stock: those that never left the shop, and, if ticked, those that came back.

    Cancelling gave the stock back already.
    """
    if refund.cause == RefundCause.CANCEL:
        return
    unsent = {part.line: part.units - part.units_handed for part in parts if part.units > part.units_handed}
    scarce.give_back_units(refund.order, unsent, source=f"refund:{refund.pk}", now=now)
    stocked = [part for part in parts if scarce.in_stock(part.line) or (refund.restock and part.units_handed)]
    units = {part.line.sku_id: 0 for part in stocked}
    for part in stocked:
        units[part.line.sku_id] += _back_to_stock(part, restock=refund.restock)
    sources = {part.line.sku_id: f"refund-line:{part.pk}" for part in stocked}
    catalog.give_back_stock(
        {sku: count for sku, count in units.items() if count},
        kind=StockMoveKind.REFUND,
        source_by_sku=sources,
        by=refund.requested_by,
        now=now,
    )


def _back_to_stock(part: RefundLine, *, restock: bool) -> int:
    """Return the units of a refunded line that go to the SKU's stock: unsent ones only where they came out of it."""
    unsent = part.units - part.units_handed if scarce.in_stock(part.line) else 0
    return unsent + (part.units_handed if restock else 0)


def _tell(order: Order, refund: Refund, now: datetime) -> None:
    members.notify(
        member=order.member,
        scene="refunded",
        key=f"refunded:{refund.pk}",
        title="退款已到账",
        body=f"订单 {order.no} 的退款 ¥{yuan(refund.amount)} {_way(order)}。",
        link=f"/orders/{order.no}/",
        now=now,
    )
