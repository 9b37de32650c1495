"""The inbox: what the gateway tells us is stored first, in a transaction of its own, and applied in another."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from orders.channels import GatewayEvent, NoticeRefused, PaymentFact, RefundFact, channel_of
from orders.models import GatewayNotice, NoticeKind, NoticeStatus
from orders.services import paying, refund_settling, settling
from shop.lib import throttle
from shop.lib.outbox import claim, each, retry_at

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
REJECTED_KEPT_PER_HOUR = 200  # forged notices are evidence, but nobody may fill the disk with them


class NoticeOutcome(StrEnum):
    """What to answer the gateway: STORED means that it need not tell us again."""

    STORED = "stored"
    REJECTED = "rejected"


def receive_notice(*, channel: str, headers: Mapping[str, str], body: bytes, now: datetime) -> NoticeOutcome:
    """Verify a notification, store it and apply it. A failure to apply is retried by a sweep, not by the gateway."""
    try:
        event = channel_of(channel).parse_notice(headers=headers, body=body, now=now)
    except NoticeRefused as error:
        _keep_rejected(channel, body, str(error), now)
        return NoticeOutcome.REJECTED
    notice = store_event(channel=channel, event=event, now=now)
    if notice.status == NoticeStatus.RECEIVED:
        _apply_now(notice, now)
    return NoticeOutcome.STORED


def _apply_now(notice: GatewayNotice, now: datetime) -> None:
    """Apply a notice that is stored; whatever stands in its way is for the sweep, not for the gateway."""
    try:
        apply_notice(notice, now=now)
    except Exception:  # the fact is safe: its lease runs out and the sweep takes it up
        logger.exception("notice %s was stored but could not be applied", notice.pk)


def store_event(*, channel: str, event: GatewayEvent, now: datetime) -> GatewayNotice:
    """Return the inbox row of `event`, made unless the same event was stored before."""
    notice, _ = GatewayNotice.objects.get_or_create(
        channel=channel,
        event_id=event.event_id,
        defaults={
            "kind": event.kind,
            "subject_no": event.subject_no,
            "facts": event.fact.as_json() if event.fact else {},
            "received_at": now,
            "due_at": now + LEASE,
        },
    )
    return notice


def _keep_rejected(channel: str, body: bytes, why: str, now: datetime) -> None:
    key = f"rejected-notice:{channel}"
    if throttle.used_up(key, limit=REJECTED_KEPT_PER_HOUR, window=HOUR, now=now):
        return  # a flood costs one read each, and no write
    try:
        throttle.hit(key, limit=REJECTED_KEPT_PER_HOUR, window=HOUR, now=now)
    except throttle.TooManyTries:
        return
    GatewayNotice.objects.get_or_create(
        channel=channel,
        event_id=f"rejected:{hashlib.sha256(body).hexdigest()}",
        defaults={
            "kind": NoticeKind.OTHER,
            "status": NoticeStatus.REJECTED,
            "subject_no": "",
            "received_at": now,
            "error": why[:200],
        },
    )


def apply_notices(*, now: datetime, limit: int = 100) -> int:
    """Apply what was stored but not applied, because a process died or something stood in the way; return how many."""
    waiting = GatewayNotice.objects.filter(status=NoticeStatus.RECEIVED, due_at__lte=now)
    rows = claim(waiting, column="due_at", now=now, lease=LEASE, limit=limit)
    each(rows, lambda notice: _apply_again(notice, now))
    return len(rows)


def _apply_again(notice: GatewayNotice, now: datetime) -> None:
    try:
        apply_notice(notice, now=now)
    except Exception as error:
        attempts = min(notice.attempts + 1, 1000)
        GatewayNotice.objects.filter(pk=notice.pk, status=NoticeStatus.RECEIVED).update(
            attempts=attempts, due_at=retry_at(now, attempts), error=type(error).__name__
        )
        raise


def apply_notice(notice: GatewayNotice, *, now: datetime) -> None:
    """Apply one stored notice, once: payment, order, stock and messages change together or not at all.

    When the order cannot take the money, a second transaction records that and sends the money back.
    """
    try:
        _apply(notice, now, refusal="")
    except paying.PaymentRefused as error:
        _apply(notice, now, refusal=error.reason)


@transaction.atomic
def _apply(notice: GatewayNotice, now: datetime, *, refusal: str) -> None:
    locked = GatewayNotice.objects.select_for_update().get(pk=notice.pk)
    if locked.status != NoticeStatus.RECEIVED:
        return
    outcome = settling.Outcome(NoticeStatus.IGNORED)
    if locked.kind == NoticeKind.PAYMENT:
        fact = PaymentFact.from_json(locked.facts)
        outcome = settling.settle_payment(fact, channel=locked.channel, refusal=refusal, now=now)
    elif locked.kind == NoticeKind.REFUND:
        outcome = refund_settling.settle_refund(RefundFact.from_json(locked.facts), now=now)
    locked.move(outcome.status, applied_at=now, due_at=None, error=outcome.error[:200])
