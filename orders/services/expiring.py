"""What time does to an order that nobody paid."""

from contextlib import suppress
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from orders.models import CancelReason, Order, OrderStatus, Payment
from orders.services import looking_up
from orders.services.closing import cancel_locked
from shop.lib.outbox import Patience, each
from shop.lib.states import IllegalMove

MOST_ASKED = 50  # orders after which the gateway is asked in one round


def expire_unpaid(*, now: datetime, limit: int = 200) -> int:
    """Cancel orders whose time to pay is over; return how many.

    An order with an open attempt is looked up first: paid becomes paid, and one of which the gateway tells
    nothing waits for another round. Those without attempts come first, and those asked after longest ago next,
    so that neither a silent gateway nor an attempt of which it refuses to speak delays the others.
    """
    attempts = Payment.objects.filter(order=OuterRef("pk"), status__in=Payment.OPEN)
    due = Order.objects.filter(
        Q(status=OrderStatus.PENDING_PAYMENT, pay_before__lte=now)
        | Q(status=OrderStatus.READY_FOR_PICKUP, paid_at__isnull=True, payable_amount__gt=0, pickup_before__lte=now)
    )
    untried = due.filter(~Exists(attempts)).order_by("pk")
    longest_ago = Subquery(attempts.order_by(F("asked_at").desc(nulls_last=True)).values("asked_at")[:1])
    tried = due.filter(Exists(attempts)).annotate(asked=longest_ago).order_by(F("asked").asc(nulls_first=True), "pk")
    patience = Patience()
    quiet = list(untried.values_list("pk", flat=True)[:limit])
    asked = list(tried.values_list("pk", flat=True)[: min(limit, MOST_ASKED)])
    work = [partial(_expire, pk, now) for pk in quiet] + [partial(_ask_and_expire, pk, now, patience) for pk in asked]
    return each(work, lambda expire: expire())


def _ask_and_expire(pk: int, now: datetime, patience: Patience) -> bool:
    if patience.is_over:
        return False
    answer = looking_up.settle_open_attempts(pk, now=now)
    if answer == looking_up.Answer.SILENT:
        patience.lose()
    return answer == looking_up.Answer.CLEAR and _expire(pk, now)


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
