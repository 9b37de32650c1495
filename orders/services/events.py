"""The trail of an order: every step writes one event, in the transaction of the step."""

from datetime import datetime
from typing import Any

from members.models import Member
from orders.models import Order, OrderEvent


def step(order: Order, to: str, *, kind: str, by: Member | None, now: datetime, note: str = "", **changes: Any) -> None:
    """Move `order` to the status `to`, writing `changes` with it, and record the event. Raises IllegalMove."""
    from_status = order.status
    order.move(to, updated_at=now, **changes)
    record_event(order, kind=kind, from_status=from_status, by=by, now=now, note=note)


def record_event(
    order: Order, *, kind: str, from_status: str, by: Member | None, now: datetime, note: str = ""
) -> None:
    """Write that `order` came from `from_status` to the status it has now; both are equal for a mere remark."""
    OrderEvent.objects.create(
        order=order, at=now, actor=by, kind=kind, from_status=from_status, to_status=order.status, note=note[:200]
    )
