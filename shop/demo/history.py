"""Tells the sandbox's books what its merchant was paid and refunded before it was started."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.management import call_command

from orders.models import Channel, Payment, PaymentStatus, Refund, RefundStatus

ROWS = 5000


def tell_sandbox() -> int:
    """Write every payment that was made at the gateway, and its refunds, into the sandbox's books; return how many.

    Rows that stand there already are left alone, so telling twice changes nothing.
    """
    told = 0
    for payments in _payments_in_parts():
        refunds = Refund.objects.filter(payment__in=[payment.pk for payment in payments], status=RefundStatus.DONE)
        content = {
            "payments": [_payment(payment) for payment in payments],
            "refunds": [_refund(refund) for refund in refunds.select_related("payment").order_by("pk")],
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)
            file.flush()
            call_command("sandbox", record=file.name)
        told += len(payments)
    return told


def _payments_in_parts() -> Iterator[Sequence[Payment]]:
    paid = Payment.objects.filter(channel=Channel.WECHAT, status=PaymentStatus.PAID).select_related("order")
    last = 0
    while part := list(paid.filter(pk__gt=last).order_by("pk")[:ROWS]):
        yield part
        last = part[-1].pk


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "out_trade_no": payment.out_trade_no,
        "transaction_id": payment.transaction_id,
        "description": f"订单 {payment.order.no}",
        "total": payment.amount,
        "made_at": payment.created_at.timestamp(),
        "paid_at": _seconds(payment.paid_at),
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.gateway_refund_id,
        "out_trade_no": refund.payment.out_trade_no if refund.payment else "",
        "amount": refund.amount,
        "total": refund.payment.amount if refund.payment else 0,
        "reason": refund.reason,
        "made_at": _seconds(refund.sent_at or refund.created_at),
        "done_at": _seconds(refund.done_at),
    }


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
