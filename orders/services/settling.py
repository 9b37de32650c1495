"""What a payment that really happened does: the order takes it, or it goes back by itself."""

from dataclasses import dataclass
from datetime import datetime

from members import services as members
from orders.channels import PaymentFact, PaymentState
from orders.models import (
    NoticeStatus,
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    RefundCause,
)
from orders.services import paying, refunding
from orders.services.closing import cancel_locked
from orders.services.events import record_event
from shop.lib.money import yuan


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a notice, and what was odd about it."""

    status: str
    error: str = ""


def settle_payment(fact: PaymentFact, *, channel: str, refusal: str, now: datetime) -> Outcome:
    """Apply a payment fact inside the caller's transaction; a repeat changes nothing.

    `refusal` is the CancelReason of an order whose receivers could not take the money: it is then cancelled and
    the money goes back. Raises PaymentRefused when they refuse for the first time.
    """
    if fact.state != PaymentState.PAID:
        return Outcome(NoticeStatus.IGNORED, f"not paid: {fact.state}")
    orders = Order.objects.select_for_update(of=("self",)).select_related("member", "store")
    order = orders.filter(payments__channel=channel, payments__out_trade_no=fact.out_trade_no).first()
    if order is None or not fact.is_ours:
        return _suspicious(fact, "不是本店的支付通知", now)
    attempts = {attempt.out_trade_no: attempt for attempt in order.payments.select_for_update().order_by("pk")}
    payment = attempts.pop(fact.out_trade_no)
    if payment.status == PaymentStatus.PAID:
        return Outcome(NoticeStatus.APPLIED)
    if payment.amount != fact.amount:
        Payment.objects.filter(pk=payment.pk).update(next_query_at=now, last_error="通知金额与支付单不一致")
        return _suspicious(fact, f"金额不一致：应为 {yuan(payment.amount)}，通知为 {yuan(fact.amount)}", now)
    waits = order.status == OrderStatus.PENDING_PAYMENT and payment.amount == order.payable_amount
    takes_it = waits and not refusal
    payment.move(
        PaymentStatus.PAID,
        transaction_id=fact.transaction_id,
        paid_at=fact.paid_at or now,
        is_accepted=takes_it,
        to_close=False,
        next_query_at=None,
        last_error="",
    )
    if takes_it:
        if any(attempt.status in Payment.OPEN for attempt in attempts.values()):
            Payment.objects.filter(order=order, status__in=Payment.OPEN).update(to_close=True, next_query_at=now)
        paying.mark_paid(order, now=now)
        return Outcome(NoticeStatus.APPLIED)
    if refusal and order.status == OrderStatus.PENDING_PAYMENT:
        cancel_locked(order, by=None, reason=refusal, now=now)
    _send_back(order, payment, now)
    return Outcome(NoticeStatus.REFUSED)


def _send_back(order: Order, payment: Payment, now: datetime) -> None:
    """Refund money that the order did not take, and say so."""
    refunding.create_refund(
        order=order,
        payment=payment,
        cause=RefundCause.LATE_MONEY,
        amount=payment.amount,
        reason="订单已不能支付，自动退款",
        by=None,
        now=now,
    )
    record_event(
        order,
        kind="late_money",
        from_status=order.status,
        by=None,
        now=now,
        note=f"收到 ¥{yuan(payment.amount)}，订单{order.get_status_display()}，自动退款",
    )
    members.notify(
        member=order.member,
        scene="late_money",
        key=f"late_money:{payment.pk}",
        title="付款将原路退回",
        body=f"订单 {order.no} 已不能支付，您付的 ¥{yuan(payment.amount)} 会自动原路退回。",
        link=f"/orders/{order.no}/",
        now=now,
    )


def _suspicious(fact: PaymentFact, why: str, now: datetime) -> Outcome:
    """Change nothing, and let the people who look after the money know."""
    members.notify_staff(
        store_id=None,
        scene="payment_suspicious",
        key=f"payment_suspicious:{fact.out_trade_no}:{fact.transaction_id}:{fact.amount}",
        title="支付通知异常",
        body=f"商户单号 {fact.out_trade_no}：{why}，系统没有入账，请核对。",
        link="/admin/orders/payment/",
        now=now,
    )
    return Outcome(NoticeStatus.IGNORED, why)
