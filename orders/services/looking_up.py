"""Asking the gateway what became of an attempt to pay: the only way out of not knowing. Never inside a transaction."""

from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from orders.channels import GatewayEvent, PaymentFact, PaymentState, channel_of
from orders.models import NoticeKind, Payment, PaymentStatus
from orders.services import notices
from shop.lib.outbox import Patience, each_in_turn
from shop.lib.providers import ProviderError, ProviderRejected
from shop.lib.states import IllegalMove

LEASE = timedelta(seconds=90)  # longer than a round's patience and the two calls that one attempt may take
QUERY_AFTER_MINUTES = (1, 2, 5, 10, 20, 60)
MISSING_FOR_GOOD = timedelta(minutes=10)  # a number that the gateway does not know by then never arrived


class Answer(StrEnum):
    """What asking after all open attempts of an order came to."""

    CLEAR = "clear"
    REFUSED = "refused"  # the gateway spoke, but would not tell of one of them
    SILENT = "silent"


def query_payment(payment: Payment, *, now: datetime, quickly: bool = False) -> Payment:
    """Ask the gateway once and apply what it says; return the attempt as it is afterwards. Raises ProviderError."""
    fact = channel_of(payment.channel).query(payment, quickly=quickly)
    if fact.state == PaymentState.PAID:
        apply_fact(payment, fact, now=now)
    elif fact.state == PaymentState.CLOSED or _never_arrived(payment, fact, now):
        _close(payment, now)
    elif fact.state == PaymentState.OPEN and payment.status == PaymentStatus.UNKNOWN:
        with suppress(IllegalMove):  # somebody else learned more meanwhile
            payment.move(PaymentStatus.PENDING)
    payment.refresh_from_db()
    return payment


def apply_fact(payment: Payment, fact: PaymentFact, *, now: datetime) -> None:
    """Store the answer of a query like a notification and apply it, once."""
    event = GatewayEvent(
        event_id=f"query:{fact.out_trade_no}:{fact.transaction_id}",
        kind=NoticeKind.PAYMENT,
        subject_no=fact.out_trade_no,
        fact=fact,
    )
    notices.apply_notice(notices.store_event(channel=payment.channel, event=event, now=now), now=now)


def settle_open_attempts(order_pk: int, *, now: datetime) -> Answer:
    """Ask after every open attempt of an order, applying payments. Somebody waits: the first silence ends it."""
    attempts = Payment.objects.filter(order=order_pk, status__in=Payment.OPEN)
    attempts.update(asked_at=now)
    answer = Answer.CLEAR
    for payment in attempts.order_by("attempt_no"):
        try:
            query_payment(payment, now=now, quickly=True)
        except ProviderRejected:
            answer = Answer.REFUSED
        except ProviderError:
            return Answer.SILENT
    return answer


def poll_payments(*, now: datetime, limit: int = 50) -> int:
    """Ask after open attempts that are due, and close those that nobody shall pay any more; return how many."""
    due = Payment.objects.filter(status__in=Payment.OPEN, next_query_at__lte=now)
    patience = Patience()
    return each_in_turn(
        due,
        column="next_query_at",
        now=now,
        lease=LEASE,
        limit=limit,
        patience=patience,
        work=lambda payment: _look_after(payment, now, patience),
    )


def _look_after(payment: Payment, now: datetime, patience: Patience) -> None:
    error = ""
    try:
        query_payment(payment, now=now)
        if payment.to_close and payment.status in Payment.OPEN and _may_close(payment, now):
            channel_of(payment.channel).close(payment)
            _close(payment, now)
    except ProviderRejected as refused:  # paid a moment ago, most likely: the next query tells
        error = str(refused)[:200]
    except ProviderError as unanswered:
        patience.lose()
        error = str(unanswered)[:200]
    queries = min(payment.queries + 1, 1000)
    minutes = QUERY_AFTER_MINUTES[min(queries, len(QUERY_AFTER_MINUTES)) - 1]
    wait = timedelta(minutes=1) if payment.to_close else timedelta(minutes=minutes)
    Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(
        queries=queries, next_query_at=now + wait, last_error=error
    )


def _may_close(payment: Payment, now: datetime) -> bool:
    return now - payment.created_at >= timedelta(seconds=settings.PAYMENT_CLOSE_AFTER_SECONDS)


def _never_arrived(payment: Payment, fact: PaymentFact, now: datetime) -> bool:
    return fact.state == PaymentState.MISSING and now - payment.created_at >= MISSING_FOR_GOOD


def _close(payment: Payment, now: datetime) -> None:
    with suppress(IllegalMove):  # paid or closed meanwhile by somebody else
        payment.move(PaymentStatus.CLOSED, closed_at=now, next_query_at=None, to_close=False)
