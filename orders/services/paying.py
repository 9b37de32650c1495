"""Money in: opening an attempt at the gateway, and what a payment does to its order."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from catalog import services as catalog
from members import services as members
from members.models import Member
from orders.channels import channel_of
from orders.models import Channel, LineKind, Order, OrderStatus, Payment, PaymentStatus
from orders.services import accepting, rewarding
from orders.services.pickup_codes import spaced
from orders.signals import order_paid
from shop.lib.money import yuan
from shop.lib.providers import ProviderError, ProviderRejected, ProviderUnknown
from shop.lib.states import IllegalMove

FIRST_QUERY = timedelta(seconds=60)
HANDLE_LIFE = {"h5": timedelta(minutes=5), "native": timedelta(hours=2), "jsapi": timedelta(hours=2)}
HANDLE_MARGIN = timedelta(seconds=30)
ATTEMPT_LIFE = timedelta(hours=2)  # of an attempt whose order has no deadline
REFUSED_NUMBER = frozenset({"OUT_TRADE_NO_USED", "ORDER_CLOSED", "ORDER_PAID"})


class PaymentUnavailable(Exception):
    """No payment can be started now; the message is the sentence the buyer sees. Nothing was paid by this."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PaymentRefused(Exception):
    """A receiver of `order_paid` cannot take this order any more: the money goes back by itself.

    `reason` is the CancelReason that the order gets.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def start_payment(*, order: Order, product: str, client_ip: str, now: datetime, openid: str = "") -> Payment:
    """Return an attempt whose `handle` lets the buyer pay: an H5 address, a code for a QR picture, a prepay id.

    Never inside a transaction: the row is committed, then the gateway is called. A handle that still works
    is reused, and so is the number of an attempt whose answer got lost. Raises PaymentUnavailable.
    """
    payment = _attempt(order, product, now)
    if payment.handle and payment.handle_expires_at and payment.handle_expires_at > now + HANDLE_MARGIN:
        return payment
    try:
        handle = channel_of(payment.channel).prepay(
            payment,
            description=f"订单 {order.no}",
            expires_at=_expires_at(payment),
            openid=openid,
            client_ip=client_ip,
            return_url=f"{settings.SITE_URL}/orders/{order.no}/pay/result/",
        )
    except ProviderError as error:
        _note_failure(payment, error, now)
        raise PaymentUnavailable("支付通道正忙，没有扣款，请稍后再试") from error
    return _opened(payment, handle, now)


@transaction.atomic
def _attempt(order: Order, product: str, now: datetime) -> Payment:
    """Return the open attempt of the same product, or a new one; attempts of other products are to be closed."""
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if not locked.can_pay or locked.pay_channel != Channel.WECHAT:
        raise PaymentUnavailable("订单现在不需要付款，请刷新查看最新状态")
    if locked.pay_before and locked.pay_before <= now:
        raise PaymentUnavailable("订单已超过付款时限，请重新下单")
    open_attempts = locked.payments.filter(status__in=Payment.OPEN, to_close=False)
    same = open_attempts.filter(product=product).order_by("attempt_no").last()
    open_attempts.exclude(product=product).update(to_close=True, next_query_at=now)
    if same and _expires_at(same) > now:
        return same
    last = locked.payments.aggregate(last=Max("attempt_no"))["last"] or 0
    return Payment.objects.create(
        order=locked,
        attempt_no=last + 1,
        channel=locked.pay_channel,
        product=product,
        out_trade_no=f"{locked.no}-{last + 1}",
        amount=locked.payable_amount,
        created_at=now,
        next_query_at=now + FIRST_QUERY,
    )


def _expires_at(payment: Payment) -> datetime:
    """Return when the gateway shall stop taking money; the same for every retry of the attempt."""
    return payment.order.pay_before or payment.created_at + ATTEMPT_LIFE


def _opened(payment: Payment, handle: str, now: datetime) -> Payment:
    changes = {"handle": handle, "handle_expires_at": now + HANDLE_LIFE[payment.product], "last_error": ""}
    if payment.status == PaymentStatus.PENDING or not _moved_to_pending(payment, changes):
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(**changes)
    payment.refresh_from_db()
    return payment


def _moved_to_pending(payment: Payment, changes: dict[str, Any]) -> bool:
    try:
        payment.move(PaymentStatus.PENDING, **changes)
    except IllegalMove:  # paid before the answer arrived, or known to be open by a query
        return False
    return True


def _note_failure(payment: Payment, error: ProviderError, now: datetime) -> None:
    """Keep what went wrong. After an answer that got lost the attempt is unknown until a query tells."""
    changes = {"last_error": str(error)[:200], "next_query_at": now}
    if isinstance(error, ProviderRejected) and error.code in REFUSED_NUMBER:
        changes["to_close"] = True
    if isinstance(error, ProviderUnknown) and payment.status == PaymentStatus.CREATED:
        with suppress(IllegalMove):  # paid meanwhile: then nothing is unknown
            payment.move(PaymentStatus.UNKNOWN, **changes)
    else:
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(**changes)


def take_at_counter(*, order: Order, by: Member, now: datetime) -> Payment:
    """Record that the clerk `by` took the money of `order`. The caller holds the order's lock and redeems it."""
    last = order.payments.aggregate(last=Max("attempt_no"))["last"] or 0
    payment = Payment.objects.create(
        order=order,
        attempt_no=last + 1,
        channel=Channel.OFFLINE,
        out_trade_no=f"{order.no}-{last + 1}",
        amount=order.payable_amount,
        status=PaymentStatus.PAID,
        is_accepted=True,
        created_at=now,
        paid_at=now,
        taken_by=by,
    )
    Order.objects.filter(pk=order.pk).update(paid_at=now, paid_amount=order.payable_amount)
    order.paid_at, order.paid_amount = now, order.payable_amount
    _count_as_paid(order, now)
    return payment


def mark_paid(order: Order, *, now: datetime) -> None:
    """Let a locked order that waits for payment become paid, with everything that follows from it.

    Sends `order_paid`, whose receivers may raise PaymentRefused; the caller's transaction must then end.
    """
    accepting.after_payment(order, now=now, paid_at=now, paid_amount=order.payable_amount, pay_before=None)
    _count_as_paid(order, now)
    _tell(order, now=now)


def _count_as_paid(order: Order, now: datetime) -> None:
    rewarding.after_payment(order, now=now)
    units: dict[int, int] = {}
    for line in order.lines.all():
        if line.kind == LineKind.GOODS:
            units[line.product_id] = units.get(line.product_id, 0) + line.units
    catalog.count_sold(units)
    order_paid.send(sender=Order, order=order)


def _tell(order: Order, *, now: datetime) -> None:
    body = f"订单 {order.no} 已付款 ¥{yuan(order.payable_amount)}。"
    if order.status == OrderStatus.READY_FOR_PICKUP:
        body += f"提货码 {spaced(order.pickup_code)}，请到{order.store.name}出示。"
    members.notify(
        member=order.member,
        scene="paid",
        key=f"paid:{order.pk}",
        title="付款成功",
        body=body,
        link=f"/orders/{order.no}/",
        now=now,
    )
    accepting.tell_staff(order, now=now)
