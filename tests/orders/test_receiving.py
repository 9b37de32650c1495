"""Receipt by the buyer and by the timer; and the trap: neither ever completes a pickup order."""

from datetime import timedelta

import pytest

from orders import services as orders
from orders.models import Order, OrderEvent, OrderStatus, Redemption
from orders.signals import order_completed
from shop.models import ShopSettings
from tests.factories import NOON, make_order, make_sku, make_staff, make_store
from tests.signals import heard

pytestmark = pytest.mark.django_db
DUE = NOON + timedelta(days=10)


def waiting_for_pickup() -> Order:
    """Make a pickup order that looks as due for every timer as a row can."""
    order = make_order(store=make_store(), status=OrderStatus.READY_FOR_PICKUP)
    Order.objects.filter(pk=order.pk).update(receive_before=NOON, shipped_at=NOON)
    order.refresh_from_db()
    return order


def assert_untouched(order: Order) -> None:
    order.refresh_from_db()
    assert (order.status, order.completed_at) == (OrderStatus.READY_FOR_PICKUP, None)
    assert order.pickup_code is not None
    assert Redemption.objects.count() == 0


def test_the_buyer_confirms_receipt() -> None:
    order = make_order(status=OrderStatus.SHIPPED)

    with heard(order_completed) as completed:
        orders.receive(order=order, by=order.member, now=NOON)

    order.refresh_from_db()
    assert (order.status, order.completed_at, order.receive_before) == (OrderStatus.COMPLETED, NOON, None)
    event = OrderEvent.objects.order_by("pk").last()
    assert event is not None
    assert (event.kind, event.actor, event.note) == ("completed", order.member, "买家确认收货")
    assert completed == [order]


def test_confirming_twice_completes_once() -> None:
    order = make_order(status=OrderStatus.SHIPPED)

    with heard(order_completed) as completed:
        for _ in range(2):
            orders.receive(order=order, by=order.member, now=NOON)

    assert len(completed) == 1


@pytest.mark.parametrize("status", [OrderStatus.PENDING_PAYMENT, OrderStatus.PREPARING, OrderStatus.CANCELLED])
def test_only_what_was_shipped_is_received(status: str) -> None:
    order = make_order(status=status)

    with pytest.raises(orders.NotReceivable):
        orders.receive(order=order, by=order.member, now=NOON)

    order.refresh_from_db()
    assert order.status == status


def test_the_timer_receives_what_is_due_and_nothing_else() -> None:
    due, early = make_order(status=OrderStatus.SHIPPED), make_order(status=OrderStatus.SHIPPED)
    preparing = make_order(status=OrderStatus.PREPARING)
    Order.objects.filter(pk=early.pk).update(receive_before=DUE + timedelta(seconds=1))

    with heard(order_completed) as completed:
        assert orders.auto_receive(now=DUE) == 1
        assert orders.auto_receive(now=DUE) == 0

    statuses = dict(Order.objects.values_list("pk", "status"))
    assert statuses == {due.pk: "completed", early.pk: "shipped", preparing.pk: "preparing"}
    assert completed == [due]
    event = OrderEvent.objects.order_by("pk").last()
    assert event is not None
    assert (event.actor, event.note) == (None, "到期自动确认收货")


# --- The trap: each path to `completed` but redeeming is refused ---------------------------------------------------
def test_the_buyer_cannot_receive_a_pickup_order() -> None:
    order = waiting_for_pickup()

    with pytest.raises(orders.NotReceivable, match="提货码"):
        orders.receive(order=order, by=order.member, now=NOON)

    assert_untouched(order)


def test_the_timer_never_receives_a_pickup_order() -> None:
    order = waiting_for_pickup()

    with heard(order_completed) as completed:
        assert orders.auto_receive(now=NOON + timedelta(days=365)) == 0

    assert completed == []
    assert_untouched(order)


def test_completing_itself_refuses_goods_that_are_still_behind_the_counter() -> None:
    order = waiting_for_pickup()

    with pytest.raises(orders.NotReceivable):
        orders.complete(order=order, by=None, now=NOON, note="")

    assert_untouched(order)


def test_shipping_refuses_a_pickup_order() -> None:
    order = waiting_for_pickup()

    with pytest.raises(orders.NotShippable):
        orders.ship(order=order, company="顺丰", tracking_no="SF123456", by=make_staff(is_superuser=True), now=NOON)

    assert_untouched(order)


def test_accepting_again_does_not_complete_a_pickup_order() -> None:
    ShopSettings.load()
    ShopSettings.objects.update(auto_accept=False)
    order = make_order((make_sku(), 1), store=make_store(), status=OrderStatus.PENDING_ACCEPTANCE)

    orders.accept(order=order, by=make_staff(is_superuser=True), now=NOON)

    assert_untouched(order)
