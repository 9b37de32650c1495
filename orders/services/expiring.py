"""What time does to an order that nobody paid."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from orders.models import CancelReason, Order, OrderStatus, Payment
from orders.services import looking_up
from orders.services.closing import cancel_locked
from shop.lib.outbox import each
from shop.lib.states import IllegalMove

MOST_SILENCES = 3  # a gateway that left so many questions unanswered is asked again in the next round


def expire_unpaid(*, now: datetime, limit: int = 200) -> int:
    """Cancel orders whose time to pay is over; return how many.

    An order with an open attempt is looked up first: paid becomes paid, and one of which the gateway says
    nothing waits for the next round. Orders without attempts come first, so that a silent gateway delays none.
    """
    attempts = Payment.objects.filter(order=OuterRef("pk"), status__in=Payment.OPEN)
    due = Order.objects.filter(
        Q(status=OrderStatus.PENDING_PAYMENT, pay_before__lte=now)
        | Q(status=OrderStatus.READY_FOR_PICKUP, paid_at__isnull=True, payable_amount__gt=0, pickup_before__lte=now)
    )
    orders = due.annotate(is_tried=Exists(attempts)).order_by("is_tried", "pk").values_list("pk", "is_tried")
    silent: list[int] = []

    def expire(order: tuple[int, bool]) -> int:
        pk, is_tried = order
        if is_tried and len(silent) >= MOST_SILENCES:
            return 0
        if is_tried and not looking_up.settle_open_attempts(pk, now=now):
            silent.append(pk)
            return 0
        return _expire(pk, now)

    return each(list(orders[:limit]), expire)


@transaction.atomic
def _expire(pk: int, now: datetime) -> bool:
    order = Order.objects.select_for_update(of=("self",)).select_related("member", "store").get(pk=pk)
    if not _is_over(order, now):
        return False
    with suppress(IllegalMove):
        cancel_locked(order, by=None, reason=CancelReason.TIMEOUT, now=now)
    return True


def _is_over(order: Order, now: datetime) -> bool:
    until = order.pickup_before if order.awaits_counter_payment else order.pay_before
    return order.can_cancel and until is not None and until <= now
