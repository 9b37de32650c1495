"""What happens to an order whose money is in: it waits for its group, for review, or becomes work for the store."""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from members import services as members
from members.models import Member
from orders.models import Order, OrderStatus
from orders.services import pickup_codes
from orders.services.events import step
from shop.lib.states import IllegalMove
from shop.models import ShopSettings


@transaction.atomic
def accept(*, order: Order, by: Member | None, now: datetime) -> Order:
    """Take an order that waits for review: express goes to packing, pickup gets its code. Never completes it.

    Raises IllegalMove when the order does not wait for review (any more).
    """
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if locked.status != OrderStatus.PENDING_ACCEPTANCE:
        raise IllegalMove(f"order {locked.no} is {locked.status}, not waiting for review")
    make_ready(locked, by=by, now=now, shop=ShopSettings.load())
    if locked.is_pickup:
        tell_pickup_code(locked, now=now)
    return locked


def after_payment(order: Order, *, now: datetime, **changes: Any) -> None:
    """Send a paid order on its way, under the caller's lock: to its group, to review or straight to the store.

    `changes` are the columns that say that it is paid; they are written with the status.
    """
    if order.held:
        step(order, OrderStatus.AWAITING_GROUP, kind="paid", by=None, now=now, **changes)
        return
    step(order, OrderStatus.PENDING_ACCEPTANCE, kind="paid", by=None, now=now, **changes)
    shop = ShopSettings.load()
    if shop.auto_accept:
        make_ready(order, by=None, now=now, shop=shop)


def reserve_for_counter(order: Order, *, shop: ShopSettings, now: datetime) -> None:
    """Make an order that is paid at the counter ready at once, under the caller's lock, and send its code."""
    step(order, OrderStatus.PENDING_ACCEPTANCE, kind="pay_at_store", by=None, now=now)
    make_ready(order, by=None, now=now, shop=shop)
    tell_pickup_code(order, now=now)
    tell_staff(order, now=now)


def make_ready(order: Order, *, by: Member | None, now: datetime, shop: ShopSettings) -> None:
    """Accept a locked order: packing for express; a code that is unique for ever for pickup."""
    if not order.is_pickup:
        step(order, OrderStatus.PREPARING, kind="accepted", by=by, now=now, accepted_at=now)
        return
    days = shop.pickup_days if order.paid_at or not order.payable_amount else shop.pay_at_store_days
    ready = partial(
        step,
        order,
        OrderStatus.READY_FOR_PICKUP,
        kind="accepted",
        by=by,
        now=now,
        accepted_at=now,
        pickup_before=_kept_from(order, now) + timedelta(days=days) if days else None,
    )
    pickup_codes.write_code(order, lambda code: ready(pickup_code=code))


def _kept_from(order: Order, now: datetime) -> datetime:
    """Return when the days begin for which the goods are kept: now, or when the booked day is over."""
    if order.pickup_day is None:
        return now
    return max(now, timezone.make_aware(datetime.combine(order.pickup_day + timedelta(days=1), time.min)))


def tell_pickup_code(order: Order, *, now: datetime) -> None:
    """Send the buyer the code, once per order."""
    members.notify(
        member=order.member,
        scene="pickup_code",
        key=f"pickup_code:{order.pk}",
        title="订单可以提货了",
        body=f"提货码 {pickup_codes.spaced(order.pickup_code)}，请到{order.store.name}出示。",
        link=f"/orders/{order.no}/",
        now=now,
    )


def tell_staff(order: Order, *, now: datetime) -> None:
    """Tell the store that there is work, once per order."""
    members.notify_staff(
        store_id=order.store_id,
        scene="new_order",
        key=f"new_order:{order.pk}",
        title="有新订单",
        body=f"{order.get_delivery_method_display()}订单 {order.no}，请及时处理。",
        link=f"/admin/orders/order/{order.pk}/change/",
        now=now,
    )
