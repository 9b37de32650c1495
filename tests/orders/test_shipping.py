"""Shipping: a whole express order leaves once, with the courier's number, and the buyer is told."""

from datetime import timedelta

import pytest

from members.models import Message
from orders import services as orders
from orders.models import Order, OrderEvent, OrderStatus, Shipment
from shop.models import ShopSettings
from tests.factories import NOON, make_order, make_sku, make_staff, make_store

pytestmark = pytest.mark.django_db


def ship(order: Order, company: str = "顺丰速运", tracking_no: str = "SF1234567890") -> Shipment:
    by = make_staff(is_superuser=True)
    return orders.ship(order=order, company=company, tracking_no=tracking_no, by=by, now=NOON)


def test_shipping_sends_all_lines_and_starts_the_timer() -> None:
    order = make_order((make_sku(), 2), (make_sku(), 1), status=OrderStatus.PREPARING)

    shipment = ship(order, " 顺丰速运 ", "SF 1234 567890")

    order.refresh_from_db()
    assert (order.status, order.shipped_at) == (OrderStatus.SHIPPED, NOON)
    assert order.receive_before == NOON + timedelta(days=10)
    assert (shipment.company, shipment.tracking_no) == ("顺丰速运", "SF1234567890")
    assert [entry.units for entry in shipment.lines.order_by("line")] == [2, 1]
    assert [line.units_handed for line in order.lines.order_by("pk")] == [2, 1]
    event = OrderEvent.objects.order_by("pk").last()
    assert event is not None
    assert (event.kind, event.note) == ("shipped", "顺丰速运 SF1234567890")
    message = Message.objects.get(scene="shipped")
    assert (message.member, message.link) == (order.member, f"/orders/{order.no}/")


def test_without_automatic_receipt_no_timer_runs() -> None:
    order = make_order(status=OrderStatus.PREPARING)
    ShopSettings.objects.update(auto_receive_days=0)

    ship(order)

    order.refresh_from_db()
    assert order.receive_before is None


def test_the_same_parcel_again_changes_nothing() -> None:
    order = make_order(status=OrderStatus.PREPARING)

    first, second = ship(order), ship(order)

    assert first == second
    assert Message.objects.filter(scene="shipped").count() == 1
    assert order.lines.get().units_handed == 1


def test_refunded_units_stay_in_the_shop() -> None:
    order = make_order((make_sku(), 3), status=OrderStatus.PREPARING)
    line = order.lines.get()
    orders.refund_lines(
        order=order, units_by_line={line.pk: 1}, by=make_staff(is_superuser=True), now=NOON, reason="少"
    )

    shipment = ship(order)

    assert shipment.lines.get().units == 2


@pytest.mark.parametrize("status", [OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED, OrderStatus.COMPLETED])
def test_only_what_is_being_prepared_is_shipped(status: str) -> None:
    order = make_order(status=status)
    parcels = Shipment.objects.count()

    with pytest.raises(orders.NotShippable):
        ship(order)

    order.refresh_from_db()
    assert order.status == status
    assert Shipment.objects.count() == parcels


def test_a_pickup_order_is_never_shipped() -> None:
    order = make_order(store=make_store(), status=OrderStatus.READY_FOR_PICKUP)

    with pytest.raises(orders.NotShippable, match="自提订单"):
        ship(order)

    order.refresh_from_db()
    assert (order.status, Shipment.objects.count()) == (OrderStatus.READY_FOR_PICKUP, 0)


@pytest.mark.parametrize(
    ("company", "tracking_no"),
    [("", "SF123456"), ("顺丰", ""), ("顺丰", "SF1"), ("顺丰", "单号"), ("x" * 31, "SF123456")],
)
def test_a_parcel_needs_a_courier_and_a_number(company: str, tracking_no: str) -> None:
    order = make_order(status=OrderStatus.PREPARING)

    with pytest.raises(orders.NotShippable):
        ship(order, company, tracking_no)

    order.refresh_from_db()
    assert (order.status, Shipment.objects.count()) == (OrderStatus.PREPARING, 0)
