"""Cancelling an order on somebody's wish: the gateway is asked first, then everything changes in one transaction."""

from datetime import datetime

from django.db import transaction

from members.models import Member
from orders.models import Order, OrderStatus
from orders.services import closing, looking_up
from shop.lib.states import IllegalMove


class NotCancellable(IllegalMove):
    """The order is paid, on its way or over; the message is the sentence to show."""

    def __init__(self, message: str = "订单现在不能取消") -> None:
        super().__init__(message)
        self.message = message


def cancel(*, order: Order, by: Member | None, reason: str, now: datetime, note: str = "") -> Order:
    """Cancel an unpaid order, or (staff) a paid one that nobody has accepted yet, whose money then goes back.

    Outside any transaction the gateway is asked first: an attempt that was paid meanwhile is applied instead.
    When it does not answer, a person's wish proceeds, because money that comes late refunds itself.
    Raises NotCancellable; an order that is cancelled already is returned as it is.
    """
    looking_up.settle_open_attempts(order.pk, now=now)
    with transaction.atomic():
        locked = Order.objects.select_for_update(of=("self",)).select_related("member", "store").get(pk=order.pk)
        if locked.status == OrderStatus.CANCELLED:
            return locked
        _check(locked, by)
        closing.cancel_locked(locked, by=by, reason=reason, now=now, note=note)
        return locked


def _check(order: Order, by: Member | None) -> None:
    if order.can_cancel:
        return
    if by is not None and by.is_staff and order.status == OrderStatus.PENDING_ACCEPTANCE:
        return
    if order.paid_at and order.status != OrderStatus.COMPLETED:
        raise NotCancellable("订单已付款，不能直接取消，请联系商家退款")
    raise NotCancellable
