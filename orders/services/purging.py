"""Forgetting an order for good, when the law no longer asks to keep it. What it moved in stock stays written."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from members.models import Message
from orders.models import GatewayNotice, Order, OrderStatus, Payment, PaymentStatus, Refund
from orders.services import slots

KEPT_FOR = timedelta(days=3 * 366)  # 电子商务法 §31: three years from the end of the trade


class NotPurgeable(Exception):
    """The order has to be kept; the message is the sentence to show."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def purge(*, order: Order, now: datetime) -> None:
    """Delete a binned order that ended three years ago, with all that hangs on it. Raises NotPurgeable.

    Lines, events, payments, refunds, parcels, redemptions, the gateway's notices about them and the buyer's
    messages go; stock moves and the operation log stay. A place in a pickup slot is given back, so that booked
    places and orders still agree. Whether the one who asks owns the shop is the caller's to check.
    """
    locked = Order.objects.select_for_update().filter(pk=order.pk).first()
    if locked is None:
        return
    check_purge(locked, now=now)
    if locked.status != OrderStatus.CANCELLED:  # cancelling has given it back
        slots.release(locked)
    _forget_messages(locked)
    locked.redemptions.all().delete()
    locked.shipments.all().delete()
    locked.refunds.update(retry_of=None)
    locked.refunds.all().delete()
    locked.payments.all().delete()
    locked.delete()


def check_purge(order: Order, *, now: datetime) -> None:
    """Raise NotPurgeable unless `order` lies in the bin, ended long ago, and no money of it is on its way."""
    ended = order.completed_at or order.cancelled_at
    if order.deleted_at is None or ended is None:
        raise NotPurgeable("只有回收站里的订单可以彻底删除")
    if ended > now - KEPT_FOR:
        raise NotPurgeable("交易结束满三年的订单才能彻底删除，法律要求保存交易记录")
    if order.refunds.filter(status__in=Refund.LIVE).exists() or order.payments.filter(_is_open()).exists():
        raise NotPurgeable("这个订单还有没办完的支付或退款，不能删除")


def _is_open() -> Q:
    return Q(status__in=Payment.OPEN) | Q(status=PaymentStatus.PAID, is_accepted=False, refund_claimed=0)


def _forget_messages(order: Order) -> None:
    numbers = [
        *order.payments.values_list("out_trade_no", flat=True),
        *order.refunds.values_list("out_refund_no", flat=True),
    ]
    GatewayNotice.objects.filter(subject_no__in=numbers).delete()
    Message.objects.filter(member=order.member_id, link=f"/orders/{order.no}/").delete()
