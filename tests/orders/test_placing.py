"""Placing: at the prices of the moment, everything scarce taken at once or nothing."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Sku, StockMove
from catalog.services import OutOfStock
from orders import services as orders
from orders.models import CartItem, Order, OrderEvent, OrderLine, OrderStatus
from promotions.pricing import freight_rule
from shop.models import PickupSlot, ShopSettings, SlotDay
from tests.factories import NOON, make_address, make_member, make_product, make_sku, make_store
from tests.orders import shopping
from tests.orders.shopping import open_shop, to_pick_up, to_send

pytestmark = pytest.mark.django_db
buy = partial(shopping.buy, now=NOON)


def test_an_order_is_a_snapshot_at_the_prices_of_the_moment() -> None:
    member = make_member()
    product = make_product("山核桃", price=2990, stock=5, specs={"口味": ["原味", "椒盐"]})
    salty = product.skus.get(spec_text="椒盐")

    order = buy((salty, 2), member=member, delivery=to_send(member))
    Sku.objects.update(price=9999)

    line = order.lines.get()
    assert (line.name, line.spec_text, line.unit_price, line.units) == ("山核桃", "椒盐", 2990, 2)
    assert (line.list_amount, line.paid_amount) == (5980, 5980)
    assert (order.goods_amount, order.freight_amount, order.payable_amount) == (5980, 800, 6780)
    assert order.status == OrderStatus.PENDING_PAYMENT
    assert order.pay_before == NOON + timedelta(minutes=30)
    assert (order.receiver_name, order.receiver_phone) == ("王小明", "13800000000")


def test_placing_takes_stock_and_writes_moves_and_an_event() -> None:
    sku = make_sku(stock=5)

    order = buy((sku, 3))

    sku.refresh_from_db()
    assert sku.stock == 2
    move = StockMove.objects.get(kind="order")
    assert (move.sku_id, move.delta, move.source) == (sku.pk, -3, f"order-line:{order.lines.get().pk}")
    event = OrderEvent.objects.get()
    assert (event.kind, event.from_status, event.to_status) == ("placed", "", "pending_payment")


def test_freight_falls_away_from_the_free_amount() -> None:
    member = make_member()
    open_shop(freight_amount=800, freight_free_over=9900)

    below = buy((make_sku(price=9899), 1), member=member, delivery=to_send(member))
    reached = buy((make_sku(price=9900), 1), member=member, delivery=to_send(member))

    assert (below.payable_amount, reached.payable_amount) == (10699, 9900)


def test_the_same_key_returns_the_order_it_made_and_takes_no_stock_again() -> None:
    member, sku = make_member(), make_sku(stock=5)

    first = buy((sku, 1), member=member, key="form-1")
    second = buy((sku, 1), member=member, key="form-1")

    sku.refresh_from_db()
    assert first.pk == second.pk
    assert (sku.stock, Order.objects.count(), OrderLine.objects.count()) == (4, 1, 1)


def test_the_same_key_of_another_member_is_another_order() -> None:
    sku = make_sku(stock=5)

    buy((sku, 1), key="form-1")
    buy((sku, 1), key="form-1")

    assert Order.objects.count() == 2


def test_when_one_line_is_short_nothing_is_written() -> None:
    member, plenty, short = make_member(), make_sku(stock=9), make_sku("蜂蜜", stock=1)
    CartItem.objects.create(member=member, sku=plenty, units=2, added_at=NOON)

    with pytest.raises(OutOfStock) as refusal:
        buy((plenty, 2), (short, 2), member=member)

    assert "蜂蜜" in str(refusal.value)
    plenty.refresh_from_db()
    assert (plenty.stock, Order.objects.count(), StockMove.objects.filter(kind="order").count()) == (9, 0, 0)
    assert CartItem.objects.count() == 1


def test_what_was_bought_leaves_the_cart_and_the_rest_stays() -> None:
    member, bought, kept = make_member(), make_sku(), make_sku()
    for sku in (bought, kept):
        CartItem.objects.create(member=member, sku=sku, units=1, added_at=NOON)

    buy((bought, 1), member=member)

    assert [item.sku_id for item in CartItem.objects.all()] == [kept.pk]


@pytest.mark.parametrize("status", ["off_shelf", "trashed"])
def test_goods_that_left_the_shelf_cannot_be_bought(status: str) -> None:
    product = make_product("绿茶", status="on_sale")
    type(product).objects.update(status=status)

    with pytest.raises(orders.NotForSale, match="绿茶已下架"):
        buy((product.skus.get(), 1))

    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("fields", "units", "words"),
    [
        ({"min_units": 3}, 2, "3 件起购"),
        ({"limit_kind": "per_order", "limit_units": 2}, 3, "每单限购 2 件"),
        ({"limit_kind": "lifetime", "limit_units": 2}, 3, "每人限购 2 件，您还可以买 2 件"),
    ],
)
def test_limits_are_kept(fields: dict[str, Any], units: int, words: str) -> None:
    sku = make_sku(stock=9, **fields)

    with pytest.raises(orders.LimitExceeded, match=words):
        buy((sku, units))

    assert not Order.objects.exists()


def test_a_lifetime_limit_counts_earlier_orders_but_not_cancelled_ones() -> None:
    member, sku = make_member(), make_sku(stock=9, limit_kind="lifetime", limit_units=2)
    dropped = buy((sku, 2), member=member)
    orders.cancel(order=dropped, by=member, reason="member", now=NOON)
    buy((sku, 1), member=member)

    with pytest.raises(orders.LimitExceeded, match="您还可以买 1 件"):
        buy((sku, 2), member=member)

    assert buy((sku, 1), member=member).pk


def test_a_price_that_changed_since_the_page_was_shown_is_refused_with_the_new_one() -> None:
    sku = make_sku(price=1000)

    with pytest.raises(orders.PriceChanged, match=r"现在应付 ¥10\.00"):
        buy((sku, 1), expected_payable=900)

    assert not Order.objects.exists()


def test_the_address_of_somebody_else_is_refused() -> None:
    open_shop()
    stranger = make_address(make_member())

    with pytest.raises(orders.NotDeliverable, match="请选择收货地址"):
        buy(delivery=orders.Express(address_id=stranger.pk))


def test_a_store_that_does_not_hand_over_is_refused() -> None:
    closed = make_store(pickup_enabled=False)

    with pytest.raises(orders.NotDeliverable, match="这家门店暂时不能自提"):
        buy(delivery=to_pick_up(closed))


@pytest.mark.parametrize(
    ("settings", "express", "words"),
    [({"express_enabled": False}, True, "暂不支持快递"), ({"pickup_enabled": False}, False, "暂不支持到店自提")],
)
def test_a_way_of_delivery_that_is_switched_off_is_refused(
    settings: dict[str, bool], express: bool, words: str
) -> None:
    store, member = open_shop(**settings), make_member()

    with pytest.raises(orders.NotDeliverable, match=words):
        buy(member=member, delivery=to_send(member) if express else to_pick_up(store))


def make_slot(**fields: object) -> PickupSlot:
    dull = {"store": open_shop(), "starts": time(14), "ends": time(16), "capacity": 1}
    return PickupSlot.objects.create(**(dull | fields))


def in_slot(slot: PickupSlot, day: date) -> orders.Pickup:
    return orders.Pickup(store_id=slot.store_id, slot_id=slot.pk, day=day)


def test_a_slot_takes_as_many_orders_as_fit_and_a_cancelled_one_makes_room() -> None:
    slot, tomorrow = make_slot(), date(2026, 3, 3)
    first = buy(delivery=in_slot(slot, tomorrow))

    with pytest.raises(orders.SlotFull, match="刚刚约满"):
        buy(delivery=in_slot(slot, tomorrow))
    orders.cancel(order=first, by=first.member, reason="member", now=NOON)
    second = buy(delivery=in_slot(slot, tomorrow))

    assert SlotDay.objects.get().booked == 1
    assert (second.pickup_day, second.pickup_window) == (tomorrow, "14:00–16:00")


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({"starts": time(8), "ends": time(12)}, date(2026, 3, 2)),  # over: it is noon
        ({"weekdays": "67"}, date(2026, 3, 3)),
        ({}, date(2026, 3, 1)),
        ({}, date(2026, 3, 10)),
    ],
)
def test_a_slot_that_is_over_or_not_there_cannot_be_booked(fields: dict[str, object], day: date) -> None:
    slot = make_slot(**fields)

    with pytest.raises(orders.SlotFull, match="已经不能预约"):
        buy(delivery=in_slot(slot, day))

    assert not SlotDay.objects.exists()


def test_a_store_with_slots_wants_one_chosen() -> None:
    slot = make_slot()

    with pytest.raises(orders.SlotFull, match="请选择自提的日期和时段"):
        buy(delivery=to_pick_up(slot.store))


def test_paying_at_the_store_makes_the_order_ready_at_once_without_a_payment() -> None:
    open_shop(pay_at_store_enabled=True, pay_at_store_days=3)

    order = buy(pay_channel="offline")
    order.refresh_from_db()

    assert (order.status, order.paid_at, order.paid_amount, order.pay_before) == ("ready_for_pickup", None, 0, None)
    assert order.pickup_before == NOON + timedelta(days=3)
    assert order.pickup_code
    assert order.payments.count() == 0
    assert [message.scene for message in order.member.messages.all()] == ["pickup_code"]


def test_an_order_that_is_paid_at_the_store_is_kept_past_the_day_booked_for_it() -> None:
    open_shop(pay_at_store_enabled=True, pay_at_store_days=3)
    slot = make_slot(capacity=3)

    order = buy(delivery=in_slot(slot, date(2026, 3, 7)), pay_channel="offline")
    expired = [orders.expire_unpaid(now=NOON + timedelta(days=days)) for days in (4, 5, 8)]

    order.refresh_from_db()
    assert order.pickup_before == datetime(2026, 3, 10, 16, tzinfo=UTC)  # three days after the 7th is over in Shanghai
    assert expired == [0, 0, 0]
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert orders.expire_unpaid(now=datetime(2026, 3, 10, 16, tzinfo=UTC)) == 1


def test_paying_at_the_store_is_for_pickup_and_only_if_the_merchant_allows_it() -> None:
    member = make_member()

    with pytest.raises(orders.NotDeliverable, match="不能到店付款"):
        buy(pay_channel="offline")
    open_shop(pay_at_store_enabled=True)
    with pytest.raises(orders.NotDeliverable, match="不能到店付款"):
        buy(member=member, delivery=to_send(member), pay_channel="offline")

    assert not Order.objects.exists()


def test_zero_minutes_mean_no_deadline() -> None:
    open_shop(pay_timeout_minutes=0)

    assert buy().pay_before is None


@pytest.mark.parametrize("lines", [1, 3, 12])
def test_placing_costs_the_same_few_statements_however_many_lines(lines: int) -> None:
    # key, settings, SKUs with picture, address, headquarters, order, lines, event, cart, moves, stock lock, stock:
    # 12, on SQLite 11 of one line; in one transaction without savepoints
    member = make_member()
    delivery = to_send(member)
    basket = [(make_sku(), 1) for _ in range(lines)]
    open_shop()

    with CaptureQueriesContext(connection) as queries:
        orders.place(
            member=member,
            items=[(sku.pk, units) for sku, units in basket],
            delivery=delivery,
            idempotency_key="k",
            now=NOON,
        )

    statements = [query["sql"] for query in queries]
    assert len(statements) <= 16, "\n".join(statements)  # the test's own transaction makes place() a savepoint


@pytest.mark.parametrize(
    ("is_pickup", "free_over", "goods", "freight"),
    [(True, 0, 1, 0), (False, 0, 10**6, 800), (False, 9900, 9899, 800), (False, 9900, 9900, 0), (True, 9900, 1, 0)],
)
def test_the_merchant_sets_one_freight_and_what_is_collected_has_none(
    is_pickup: bool, free_over: int, goods: int, freight: int
) -> None:
    shop = ShopSettings(freight_amount=800, freight_free_over=free_over)

    assert freight_rule(shop, is_pickup=is_pickup).due(goods) == freight
