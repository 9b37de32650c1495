"""Forgetting old orders: only owners, only after three years in the books, and the books still agree."""

from datetime import datetime, time, timedelta

import pytest
from django.db.models import Sum
from django.test import Client

from catalog.models import Sku, StockMove
from members.models import Message, OperationLog
from orders import services as orders
from orders.models import (
    GatewayNotice,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Payment,
    Redemption,
    RedemptionWay,
    Refund,
    Shipment,
)
from shop import audit
from shop.backoffice.permissions import ROLES
from shop.models import PickupSlot, ShopSettings, SlotDay
from tests.factories import NOON, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import action_url, do, headquarters, make_worker, page_of, signed_in, text_of

pytestmark = pytest.mark.django_db
LONG_AGO = NOON - timedelta(days=4 * 366)
ROWS = (Order, OrderLine, OrderEvent, Payment, Refund, Shipment, Redemption, Message, GatewayNotice)


def binned(order: Order, *, at: datetime = LONG_AGO) -> Order:
    orders.trash(order=order, by=make_staff(is_superuser=True), now=at)
    order.refresh_from_db()
    return order


def shipped(*, at: datetime = LONG_AGO) -> Order:
    headquarters()
    return binned(make_order(status=OrderStatus.COMPLETED, now=at), at=at)


def cancelled() -> Order:
    headquarters()
    return binned(make_order(status=OrderStatus.CANCELLED, now=LONG_AGO))


def handed_over_and_half_returned() -> Order:
    """Make an order of a slot, paid with cash at the counter; one of its two units came back."""
    headquarters()
    store, boss = make_store(), make_staff(is_superuser=True)
    ShopSettings.objects.update_or_create(pk=1, defaults={"pay_at_store_enabled": True})
    slot = PickupSlot.objects.create(store=store, starts=time(0), ends=time(23, 59), capacity=9)
    pickup = orders.Pickup(store_id=store.pk, phone="13900000000", slot_id=slot.pk, day=LONG_AGO.date())
    order = orders.place(
        member=make_order(now=LONG_AGO).member, items=[(make_sku(stock=5).pk, 2)], delivery=pickup,
        idempotency_key="old", pay_channel="offline", now=LONG_AGO,
    )  # fmt: skip
    order.refresh_from_db()
    orders.redeem(
        staff=boss, way=RedemptionWay.CODE, code=str(order.pickup_code), submission="old", takes_payment=True,
        now=LONG_AGO,
    )  # fmt: skip
    line = order.lines.get()
    orders.refund_lines(order=order, units_by_line={line.pk: 1}, by=boss, now=LONG_AGO, reason="破损", restock=True)
    orders.send_refunds(now=LONG_AGO + timedelta(hours=1))
    order.refresh_from_db()
    return binned(order)


def findings_of(order: Order) -> list[audit.Finding]:
    """Audit the shop; another order of the fixtures stays unpaid for years and is not asked about."""
    return [finding for finding in audit.run(now=NOON) if finding.invariant not in {"I15", "I21"}]


@pytest.mark.parametrize("make", [shipped, cancelled, handed_over_and_half_returned])
def test_a_purged_order_leaves_nothing_behind_but_its_stock_moves(make: object) -> None:
    order: Order = make()  # type: ignore[operator]
    skus, moves = list(order.lines.values_list("sku_id", flat=True)), StockMove.objects.count()
    assert findings_of(order) == []

    orders.purge(order=order, now=NOON)

    assert not Order.objects.filter(pk=order.pk).exists()
    for rows in (OrderLine, OrderEvent, Payment, Refund, Shipment, Redemption):
        assert not rows.objects.filter(order=order.pk).exists()
    assert not Message.objects.filter(link=f"/orders/{order.no}/").exists()
    assert StockMove.objects.count() == moves
    for sku in Sku.objects.filter(pk__in=skus):
        assert sku.stock == StockMove.objects.filter(sku=sku).aggregate(units=Sum("delta"))["units"]
    assert findings_of(order) == []


def test_the_place_in_its_slot_is_given_back() -> None:
    order = handed_over_and_half_returned()
    assert SlotDay.objects.get().booked == 1

    orders.purge(order=order, now=NOON)

    assert SlotDay.objects.get().booked == 0


def counted() -> list[int]:
    return [rows.objects.count() for rows in ROWS]


def test_a_young_order_and_one_outside_the_bin_are_kept() -> None:
    young = shipped(at=NOON - timedelta(days=3 * 365))
    outside = make_order(status=OrderStatus.COMPLETED, now=LONG_AGO)
    before = counted()

    for order, sentence in ((young, "三年"), (outside, "回收站")):
        with pytest.raises(orders.NotPurgeable, match=sentence):
            orders.purge(order=order, now=NOON)

    assert counted() == before


def test_an_order_whose_money_is_on_its_way_is_kept() -> None:
    order = shipped()
    line = order.lines.get()
    orders.refund_lines(order=order, units_by_line={line.pk: 1}, by=make_staff(), now=LONG_AGO, reason="破损")

    with pytest.raises(orders.NotPurgeable, match="没办完"):
        orders.purge(order=order, now=NOON)

    assert Refund.objects.filter(order=order).exists()


def test_purging_twice_is_no_failure() -> None:
    order = shipped()

    orders.purge(order=order, now=NOON)
    orders.purge(order=order, now=NOON)

    assert not Order.objects.filter(pk=order.pk).exists()


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff(is_superuser=True))


def test_an_owner_types_the_number_to_purge_and_the_log_says_so(owner: Client) -> None:
    order = shipped()
    assert "彻底删除" in text_of(owner.get(page_of(order)))

    wrong = do(owner, order, "purge", no="2020")
    assert "和这个订单的订单号不一样" in text_of(wrong)
    assert Order.objects.filter(pk=order.pk).exists()

    done = owner.post(action_url(order, "purge"), {"no": order.no}, follow=True)

    assert f"订单 {order.no}：已彻底删除" in text_of(done)
    assert not Order.objects.filter(pk=order.pk).exists()
    entry = OperationLog.objects.get(action="order_purge")
    assert (entry.target_id, entry.summary) == (str(order.pk), f"彻底删除 {order.no}")


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nobody_but_an_owner_purges(role: str) -> None:
    order = shipped()
    worker = signed_in(make_worker(role, headquarters()))

    assert "彻底删除" not in text_of(worker.get(page_of(order)))
    assert do(worker, order, "purge", no=order.no).status_code == 403
    assert Order.objects.filter(pk=order.pk).exists()


def test_a_young_order_shows_no_such_button(owner: Client) -> None:
    assert "彻底删除" not in text_of(owner.get(page_of(shipped(at=NOON))))
