"""Bringing refunds to the gateway, and asking what became of them. Never inside a transaction."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from members.models import Member
from orders.channels import RefundFact, RefundState, channel_of
from orders.models import NoticeStatus, Order, OrderStatus, Payment, Refund, RefundCause, RefundStatus
from orders.services import refund_settling, refunding
from orders.services.settling import Outcome
from shop.lib.outbox import Patience, each_in_turn, retry_at
from shop.lib.providers import ProviderError, ProviderRejected, ProviderUnknown
from shop.lib.states import IllegalMove

LEASE = timedelta(seconds=90)  # longer than a round's patience and the three calls that one refund may take
IN_FLIGHT = (RefundStatus.SENT, RefundStatus.UNKNOWN)
# Rejections that time or the merchant mends: the same number is asked again later.
TEMPORARY = frozenset({"NOT_ENOUGH", "FREQUENCY_LIMITED", "NO_AUTH", "ACCOUNT_ERROR", "SIGN_ERROR", "TRADE_ERROR"})


def send_refunds(*, now: datetime, limit: int = 50) -> int:
    """Send or ask after every refund that is due, one in flight per payment; return how many.

    Each is claimed right before it is worked on, and a silent gateway ends the round early.
    """
    patience = Patience()
    return each_in_turn(
        _due(now),
        column="due_at",
        now=now,
        lease=LEASE,
        limit=limit,
        patience=patience,
        work=lambda refund: advance(refund, now=now, patience=patience),
    )


def _due(now: datetime) -> QuerySet[Refund]:
    siblings = Refund.objects.filter(payment=OuterRef("payment")).exclude(pk=OuterRef("pk"))
    spacing = timedelta(seconds=settings.REFUND_SPACING_SECONDS)
    blocked = siblings.filter(
        Q(status__in=IN_FLIGHT) | Q(sent_at__gt=now - spacing) | Q(status=RefundStatus.CREATED, pk__lt=OuterRef("pk"))
    )
    return Refund.objects.filter(status__in=Refund.LIVE, due_at__lte=now).exclude(
        Exists(blocked), status=RefundStatus.CREATED
    )


def advance(refund: Refund, *, now: datetime, patience: Patience | None = None) -> None:
    """Take one refund one step further. Whatever happens is written on its row."""
    if not refund.amount:  # of goods that cost nothing: there is nothing to send
        _settle(RefundFact(out_refund_no=refund.out_refund_no, state=RefundState.DONE), refund, now)
        return
    try:
        fact = _ask(refund, now)
    except ProviderRejected as error:
        _rejected(refund, error, patience or Patience(), now)
    except ProviderError as error:
        _failed_to_ask(refund, error, patience or Patience(), now)
    else:
        if fact:
            _settle(fact, refund, now)


def _ask(refund: Refund, now: datetime) -> RefundFact | None:
    """Ask after a refund that was sent; send one that the gateway does not know, under its one number.

    None when somebody else has brought it further meanwhile, so that there is nothing to send any more.
    """
    channel = channel_of(refund.payment.channel) if refund.payment else channel_of("offline")
    if refund.status != RefundStatus.CREATED:
        fact = channel.query_refund(refund)
        if fact.state != RefundState.MISSING:
            return fact
    as_it_was = Refund.objects.filter(pk=refund.pk, status=refund.status, sent_at=refund.sent_at)
    if not as_it_was.update(sent_at=now):
        return None
    return channel.refund(refund)


def _settle(fact: RefundFact, refund: Refund, now: datetime) -> None:
    attempts = refund.attempts + 1
    with transaction.atomic():
        refund_settling.settle_refund(fact, now=now)
        Refund.objects.filter(pk=refund.pk, status__in=Refund.LIVE).update(
            attempts=attempts, due_at=retry_at(now, attempts)
        )


def _rejected(refund: Refund, error: ProviderRejected, patience: Patience, now: datetime) -> None:
    """A no that may change is asked again; a final one fails, once a query has shown that nothing was refunded."""
    if error.code in TEMPORARY:
        _failed_to_ask(refund, error, patience, now)
        return
    try:
        payment = refund.payment
        fact = channel_of(payment.channel).query_refund(refund) if payment else None
    except ProviderError as second:
        _failed_to_ask(refund, second, patience, now)
        return
    if fact is None or fact.state == RefundState.MISSING:
        fact = RefundFact(out_refund_no=refund.out_refund_no, state=RefundState.FAILED, amount=refund.amount)
    _settle(fact, refund, now)
    Refund.objects.filter(pk=refund.pk).update(last_error=str(error)[:200])


def _failed_to_ask(refund: Refund, error: ProviderError, patience: Patience, now: datetime) -> None:
    if not isinstance(error, ProviderRejected):
        patience.lose()
    attempts = refund.attempts + 1
    changes = {"attempts": attempts, "due_at": retry_at(now, attempts), "last_error": str(error)[:200]}
    if isinstance(error, ProviderUnknown) and refund.status in {RefundStatus.CREATED, RefundStatus.SENT}:
        try:
            refund.move(RefundStatus.UNKNOWN, **changes)
        except IllegalMove:  # a notice was quicker
            return
    else:
        Refund.objects.filter(pk=refund.pk, status__in=Refund.LIVE).update(**changes)


def retry_refund(*, refund: Refund, by: Member, now: datetime) -> Refund:
    """Try again what went wrong: an abnormal refund under its number, a failed one as a new refund of the same units.

    A failed one is tried again once, however often this is called, and not before the gateway has said once more
    that its money did not go back. Raises NotRefundable when the refund is neither.
    """
    if refund.status == RefundStatus.ABNORMAL:
        Refund.objects.filter(pk=refund.pk, status=RefundStatus.ABNORMAL).update(due_at=now)
        refund.refresh_from_db()
        return refund
    if refund.status != RefundStatus.FAILED:
        raise refunding.NotRefundable("只有退款异常或失败的退款单可以重试")
    if refund.retry_of and refund.retry_of.status == RefundStatus.DONE:
        raise refunding.NotRefundable("原退款已到账，不需要再次退款")
    try:
        verdict = ask_again(refund, now=now)
    except ProviderError as error:
        raise refunding.NotRefundable("暂时查不到这笔退款的结果，请稍后再试") from error
    if verdict.error:
        raise refunding.NotRefundable(verdict.error)
    return refund if refund.status == RefundStatus.DONE else _again(refund, by, now)


def ask_again(refund: Refund, *, now: datetime) -> Outcome:
    """Ask the gateway once more after a refund that failed, and book it when its money did go back after all.

    The verdict's error says why it could not be booked. Raises ProviderError when the gateway tells nothing.
    """
    if refund.payment is None:
        return Outcome(NoticeStatus.IGNORED)
    fact = channel_of(refund.payment.channel).query_refund(refund)
    if fact.state != RefundState.DONE:
        return Outcome(NoticeStatus.IGNORED)
    with transaction.atomic():
        verdict = refund_settling.settle_refund(fact, now=now)
    refund.refresh_from_db()
    return verdict


@transaction.atomic
def _again(refund: Refund, by: Member, now: datetime) -> Refund:
    order = Order.objects.select_for_update(of=("self",)).select_related("member", "store").get(pk=refund.order_id)
    done = Refund.objects.filter(retry_of=refund).first()
    if done:
        return done
    fresh = _renewed(order, refund, by, now)
    fresh.retry_of = refund
    fresh.save(update_fields=["retry_of"])
    return fresh


def _renewed(order: Order, refund: Refund, by: Member, now: datetime) -> Refund:
    if refund.cause == RefundCause.STAFF and order.status != OrderStatus.CANCELLED:
        units = {part.line_id: part.units for part in refund.lines.all()}
        return refunding.refund_lines(
            order=order, units_by_line=units, by=by, now=now, reason=refund.reason, restock=refund.restock
        )
    if refund.payment_id is None:
        raise refunding.NotRefundable("没有可以退款的支付")
    payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
    if refund.cause == RefundCause.LATE_MONEY:
        return refunding.create_refund(
            order=order, payment=payment, cause=refund.cause, amount=refund.amount, reason=refund.reason, by=by, now=now
        )
    cause = RefundCause.CANCEL if refund.cause == RefundCause.STAFF else refund.cause  # its goods are free already
    fresh = refunding.refund_all_left(order, payment, cause=cause, reason=refund.reason, by=by, now=now)
    if fresh is None:
        raise refunding.NotRefundable("这笔支付已经全部退款")
    return fresh
