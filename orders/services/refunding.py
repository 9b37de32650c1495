"""Asking for money to go back. A refund stands in the database, with its number, before the gateway hears of it."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from members.models import Member
from orders.models import Order, OrderLine, OrderStatus, Payment, Refund, RefundCause, RefundLine, RefundStatus
from orders.services import gifts
from orders.services.events import record_event
from shop.lib.money import share, yuan
from shop.models import ShopSettings

MOST_REFUNDS = 50  # WeChat's limit for one payment
CLAIMS = ["units_cancelled", "units_returned", "refund_amount", "refund_withheld", "refund_points", "refund_earned"]
NOT_YET = "这笔订单还没有付款，可以直接取消"


class NotRefundable(Exception):
    """This cannot be refunded (any more); the message is the sentence to show. Nothing was written."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def refund_order(*, order: Order, by: Member, now: datetime, reason: str, restock: bool = False) -> Refund:
    """Refund all that is left of a paid order. Raises NotRefundable."""
    left = {line.pk: line.units_refundable for line in order.lines.all() if line.units_refundable}
    return refund_lines(order=order, units_by_line=left, by=by, now=now, reason=reason, restock=restock)


@transaction.atomic
def refund_lines(
    *,
    order: Order,
    units_by_line: Mapping[int, int],
    by: Member,
    now: datetime,
    reason: str,
    restock: bool = False,
) -> Refund:
    """Refund `units_by_line` ({line_id: units}); units that have not left the shop come first.

    Freight goes back with the last unit of an order of which nothing was handed over. `restock` puts units
    that come back from the buyer into stock again; the others always return to it. Raises NotRefundable.
    """
    locked = Order.objects.select_for_update(of=("self",)).select_related("member", "store").get(pk=order.pk)
    _check(locked, now)
    payment = locked.payments.select_for_update().filter(is_accepted=True).first()
    if payment is None and locked.payable_amount:
        raise NotRefundable(NOT_YET)
    lines = {line.pk: line for line in locked.lines.order_by("pk")}
    parts = [_take_units(lines, line_id, units) for line_id, units in sorted(units_by_line.items()) if units]
    if not parts:
        raise NotRefundable("请选择要退款的商品和数量")
    parts = gifts.settle(locked, lines, parts)
    freight = _freight_due(locked, list(lines.values()))
    refund = create_refund(
        order=locked,
        payment=payment,
        cause=RefundCause.STAFF,
        amount=sum(part.amount for part in parts) + freight,
        freight=freight,
        reason=reason,
        by=by,
        now=now,
        restock=restock,
    )
    _write_parts(refund, parts)
    return refund


def refund_all_left(
    order: Order, payment: Payment, *, cause: str, reason: str, by: Member | None, now: datetime
) -> Refund | None:
    """Refund whatever a locked order has not refunded yet, freight included; None when there is nothing left."""
    amount = payment.amount - payment.refund_claimed
    if not amount:
        return None
    lines = list(order.lines.order_by("pk"))
    by_pk = {line.pk: line for line in lines}
    parts = [_take_units(by_pk, line.pk, line.units_refundable) for line in lines if line.units_refundable]
    freight = amount - sum(part.amount for part in parts)
    refund = create_refund(
        order=order, payment=payment, cause=cause, amount=amount, freight=freight, reason=reason, by=by, now=now
    )
    _write_parts(refund, parts)
    return refund


def create_refund(
    *,
    order: Order,
    payment: Payment | None,
    cause: str,
    amount: int,
    reason: str,
    by: Member | None,
    now: datetime,
    freight: int = 0,
    restock: bool = False,
) -> Refund:
    """Claim `amount` fen of `payment` and write the refund that a sweep will send. The caller holds the order's lock.

    Raises NotRefundable when the payment has not that much left or took too many refunds.
    """
    if payment:
        _claim(payment, amount)
    refund = Refund.objects.create(
        order=order,
        payment=payment,
        out_refund_no=_new_number(order),
        cause=cause,
        amount=amount,
        freight_amount=freight,
        reason=reason[:80],
        restock=restock,
        requested_by=by,
        created_at=now,
        due_at=now,
    )
    record_event(
        order, kind="refund_requested", from_status=order.status, by=by, now=now, note=f"¥{yuan(amount)} {reason}"
    )
    return refund


def _check(order: Order, now: datetime) -> None:
    if order.status in {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED} or order.awaits_counter_payment:
        raise NotRefundable("订单已取消，不能退款" if order.status == OrderStatus.CANCELLED else NOT_YET)
    if order.status == OrderStatus.AWAITING_GROUP:
        raise NotRefundable("拼团还在进行，不能单独退款")
    until = order.refundable_until(ShopSettings.load().after_sale_days)
    if until and now >= until:
        raise NotRefundable(f"已超过售后时限（{timezone.localtime(until):%Y年%m月%d日 %H:%M}），不能退款")


def _take_units(lines: Mapping[int, OrderLine], line_id: int, units: int) -> RefundLine:
    """Count `units` of a line as refunded and return their share of the money, so that the last unit takes the rest."""
    line = lines.get(line_id)
    if line is None:
        raise NotRefundable("要退款的商品不在这个订单里")
    if units < 1 or units > line.units_refundable:
        raise NotRefundable(f"{line.name}最多还能退 {line.units_refundable} 件")
    cancelled = min(units, line.units_left)
    gone = line.units_refunded + units
    claimed = line.refund_amount + line.refund_withheld
    part = RefundLine(
        line=line,
        units=units,
        units_handed=units - cancelled,
        amount=max(share(line.paid_amount, gone, line.units) - claimed, 0),
        points=max(share(line.points_spent, gone, line.units) - line.refund_points, 0),
        earned=max(share(line.points_to_earn, gone, line.units) - line.refund_earned, 0),
    )
    line.units_cancelled += cancelled
    line.units_returned += units - cancelled
    line.refund_amount += part.amount
    line.refund_points += part.points
    line.refund_earned += part.earned
    line.save(update_fields=CLAIMS)
    return part


def _freight_due(order: Order, lines: list[OrderLine]) -> int:
    """Return the freight that goes back now: all of it with the last unit, if nothing ever left the shop.

    What an earlier refund took of it does not go back again, when a failed one of other units is tried anew.
    """
    if not order.freight_amount or any(line.units_handed or line.units_refundable for line in lines):
        return 0
    taken = order.refunds.exclude(status=RefundStatus.FAILED).aggregate(sum=Sum("freight_amount"))["sum"] or 0
    return order.freight_amount - taken


def _claim(payment: Payment, amount: int) -> None:
    if payment.refunds.count() >= MOST_REFUNDS:
        raise NotRefundable(f"一笔支付最多退款 {MOST_REFUNDS} 次")
    rows = Payment.objects.filter(pk=payment.pk, refund_claimed__lte=F("amount") - amount)
    if not rows.update(refund_claimed=F("refund_claimed") + amount):
        raise NotRefundable("退款金额超过了可退的金额")
    payment.refund_claimed += amount


def _write_parts(refund: Refund, parts: list[RefundLine]) -> None:
    for part in parts:
        part.refund = refund
    RefundLine.objects.bulk_create(parts)


def _new_number(order: Order) -> str:
    return f"R{order.no}-{secrets.token_hex(4)}"


def may_come_back(order: Order, *, besides: Refund | None = None) -> bool:
    """Say whether units of a locked order are in refunds under way, which may fail and free them again."""
    live = order.refunds.filter(status__in=Refund.LIVE).exclude(cause=RefundCause.LATE_MONEY)
    return (live.exclude(pk=besides.pk) if besides else live).exists()


def release(refund: Refund) -> None:
    """Give back what a refund that failed for good had claimed. The caller holds the order's lock and moved it."""
    if refund.payment_id:
        rows = Payment.objects.filter(pk=refund.payment_id)
        rows.update(refund_claimed=F("refund_claimed") - refund.amount)
    for part in refund.lines.select_related("line").order_by("line_id"):
        OrderLine.objects.filter(pk=part.line_id).update(
            units_cancelled=F("units_cancelled") - (part.units - part.units_handed),
            units_returned=F("units_returned") - part.units_handed,
            refund_amount=F("refund_amount") - part.amount,
            refund_withheld=F("refund_withheld") - part.withheld,
            refund_points=F("refund_points") - part.points,
            refund_earned=F("refund_earned") - part.earned,
        )


def claim_again(refund: Refund) -> bool:
    """Take back what `release` gave, when money that had failed arrives after all; False when it is gone meanwhile.

    The caller holds the order's lock, under which all claims are made.
    """
    parts = list(refund.lines.select_related("line").order_by("line_id"))
    payment = Payment.objects.get(pk=refund.payment_id) if refund.payment_id else None
    if payment and payment.refund_claimed + refund.amount > payment.amount:
        return False
    if any(not _fits(part) for part in parts):
        return False
    if payment:
        Payment.objects.filter(pk=payment.pk).update(refund_claimed=F("refund_claimed") + refund.amount)
    for part in parts:
        OrderLine.objects.filter(pk=part.line_id).update(
            units_cancelled=F("units_cancelled") + (part.units - part.units_handed),
            units_returned=F("units_returned") + part.units_handed,
            refund_amount=F("refund_amount") + part.amount,
            refund_withheld=F("refund_withheld") + part.withheld,
            refund_points=F("refund_points") + part.points,
            refund_earned=F("refund_earned") + part.earned,
        )
    return True


def _fits(part: RefundLine) -> bool:
    line = part.line
    kept = line.units_handed - line.units_returned
    money = line.paid_amount - line.refund_amount - line.refund_withheld - part.withheld
    return part.units - part.units_handed <= line.units_left and part.units_handed <= kept and part.amount <= money
