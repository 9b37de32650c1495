"""How an order ends well: the buyer confirms a parcel, a timer does, or the last unit goes over the counter."""

from datetime import datetime

from django.db import transaction

from members.models import Member
from orders.models import DeliveryMethod, Order, OrderStatus
from orders.services.events import step
from orders.signals import order_completed
from shop.lib.outbox import each


class NotReceivable(Exception):
    """The order is not on its way to the buyer: nothing can be confirmed."""

    def __init__(self, message: str = "这个订单现在不能确认收货") -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def receive(*, order: Order, by: Member, now: datetime) -> Order:
    """Complete the order because the parcels arrived, as the buyer says, or a member of the staff for them.

    A repeat on a completed order changes nothing. Raises NotReceivable, always for a pickup order:
    that one leaves the shop through `redeeming.redeem()` alone.
    """
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if locked.is_pickup:
        raise NotReceivable("自提订单要凭提货码在门店提货，不能确认收货")
    if locked.status == OrderStatus.COMPLETED:
        return locked
    if not locked.can_receive:
        raise NotReceivable
    note = "买家确认收货" if by.pk == locked.member_id else "商家代买家确认收货"
    complete(order=locked, by=by, now=now, note=note)
    return locked


def auto_receive(*, now: datetime, limit: int = 200) -> int:
    """Complete express orders whose time to complain has run out; return how many."""
    due = Order.objects.filter(
        status=OrderStatus.SHIPPED, delivery_method=DeliveryMethod.EXPRESS, receive_before__lte=now
    )
    pks = list(due.order_by("receive_before", "pk").values_list("pk", flat=True)[:limit])
    return each(pks, lambda pk: _receive_if_due(pk, now))


@transaction.atomic
def _receive_if_due(pk: int, now: datetime) -> bool:
    order = Order.objects.select_for_update().get(pk=pk)
    if order.is_pickup or order.status != OrderStatus.SHIPPED:
        return False
    if order.receive_before is None or order.receive_before > now:
        return False
    complete(order=order, by=None, now=now, note="到期自动确认收货")
    return True


def complete(*, order: Order, by: Member | None, now: datetime, note: str) -> None:
    """Move `order` to completed and tell the rooms above; a sweep rewards it. The caller holds its lock.

    Raises NotReceivable for a pickup order of which a unit is neither handed over nor refunded, or
    nothing was handed over at all: whatever called this, the goods are still behind the counter.
    """
    if order.is_pickup and not _is_handed_over(order):
        raise NotReceivable("自提订单还没有提货，不能完成")
    ended = {"completed_at": now, "reward_due_at": now, "receive_before": None, "pickup_before": None}
    step(order, OrderStatus.COMPLETED, kind="completed", by=by, now=now, note=note, **ended)
    order_completed.send(sender=Order, order=order)


def _is_handed_over(order: Order) -> bool:
    lines = list(order.lines.all())
    return any(line.units_handed for line in lines) and not any(line.units_left for line in lines)
