"""Remarks and the recycle bin: changes of an order that move neither money nor goods."""

from datetime import datetime

from django.db import transaction

from members.models import Member
from orders.models import Order
from orders.services.events import record_event


class NotTrashable(Exception):
    """Only ended orders may go into the recycle bin; the message is the sentence to show."""

    message = "只有交易完成或已取消的订单可以移入回收站"


@transaction.atomic
def remark(*, order: Order, text: str, by: Member, now: datetime) -> None:
    """Set the merchant's remark, which the buyer never sees."""
    locked = Order.objects.select_for_update().get(pk=order.pk)
    Order.objects.filter(pk=locked.pk).update(merchant_remark=text[:200], updated_at=now)
    record_event(locked, kind="remark", from_status=locked.status, by=by, now=now, note=text)


@transaction.atomic
def trash(*, order: Order, by: Member, now: datetime) -> None:
    """Put an ended order into the merchant's recycle bin; the buyer keeps seeing it. Raises NotTrashable."""
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if locked.status not in Order.ENDED:
        raise NotTrashable
    if locked.deleted_at is None:
        Order.objects.filter(pk=locked.pk).update(deleted_at=now, updated_at=now)
        record_event(locked, kind="trashed", from_status=locked.status, by=by, now=now)


@transaction.atomic
def restore(*, order: Order, by: Member, now: datetime) -> None:
    """Take an order out of the recycle bin."""
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if locked.deleted_at is not None:
        Order.objects.filter(pk=locked.pk).update(deleted_at=None, updated_at=now)
        record_event(locked, kind="restored", from_status=locked.status, by=by, now=now)


def hide_from_buyer(*, order: Order, now: datetime) -> bool:
    """Take an ended order off the buyer's list; False while it is still going on."""
    rows = Order.objects.filter(pk=order.pk, status__in=Order.ENDED)
    return bool(rows.update(hidden_by_buyer_at=now))
