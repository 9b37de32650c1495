"""Goods that wait too long behind a counter: buyer and store are reminded, once per order."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from members import services as members
from orders.models import Order, OrderEvent, OrderStatus
from orders.services.events import record_event
from shop.lib.outbox import each
from shop.models import ShopSettings

REMINDED = "pickup_reminded"  # kind of the event that says so, and that it need not be said again


def remind_pickup(*, now: datetime, limit: int = 200) -> int:
    """Remind of paid orders that nobody collected within `ShopSettings.pickup_days`; return how many.

    The order goes on waiting: what is paid for is never cancelled by a timer. Switched off, nobody is reminded.
    """
    if not ShopSettings.load().pickup_days:
        return 0
    pks = list(_uncollected(now).order_by("pickup_before", "pk").values_list("pk", flat=True)[:limit])
    return each(pks, lambda pk: _remind(pk, now))


def _uncollected(now: datetime) -> QuerySet[Order]:
    reminders = OrderEvent.objects.filter(order=OuterRef("pk"), kind=REMINDED)
    return Order.objects.filter(
        Q(paid_at__isnull=False) | Q(payable_amount=0),
        ~Exists(reminders),
        status=OrderStatus.READY_FOR_PICKUP,
        pickup_before__lte=now,
    )


@transaction.atomic
def _remind(pk: int, now: datetime) -> bool:
    locked = Order.objects.select_for_update(of=("self",)).select_related("member", "store")
    order = locked.get(pk=pk)
    if not _uncollected(now).filter(pk=pk).exists():  # collected, or reminded by another sweep, before the lock
        return False
    record_event(order, kind=REMINDED, from_status=order.status, by=None, now=now)
    members.notify(
        member=order.member,
        scene="pickup_reminder",
        key=f"pickup_reminder:{order.pk}",
        title="您的商品还在等您来取",
        body=f"订单 {order.no} 的商品已为您备好，请带上提货码到{order.store.name}提货。",
        link=f"/orders/{order.no}/",
        now=now,
    )
    members.notify_staff(
        store_id=order.store_id,
        scene="pickup_overdue",
        key=f"pickup_overdue:{order.pk}",
        title="有订单超期未提货",
        body=f"自提订单 {order.no} 已付款，超过保留天数还没有提货，请联系买家。",
        link=f"/admin/orders/order/{order.pk}/change/",
        now=now,
    )
    return True
