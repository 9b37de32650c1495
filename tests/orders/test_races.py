"""Scarce things, forms, codes and rows of work that many want in the same moment. PostgreSQL only.

Each race has a twin whose guard is taken away and which must then go wrong, or the race would prove nothing.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import F

from catalog import services as catalog
from catalog.models import Sku
from catalog.services import stock
from members.models import Member, Message
from orders import services as orders
from orders.models import GatewayNotice, Order, OrderLine, Payment, Redemption
from orders.services import notices, slots
from shop.models import PickupSlot, SlotDay, Store
from tests import racing
from tests.factories import NOON, make_member, make_order, make_product, make_sku, make_staff, make_store
from tests.orders.acts import LATER, attempt, cancel, findings, hear, place, ready, redeem, refund, told_of
from tests.orders.shopping import open_shop, to_pick_up
from tests.racing import at_once, endings, without_conditions, without_constraint, without_locks
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store() -> Store:
    open_shop(pay_at_store_enabled=True)
    return make_store("河坊街店")


@pytest.fixture
def owner() -> Member:
    return make_staff(is_superuser=True)


# --- The last piece, the last place ----------------------------------------------------------------------------------


def sell_three_to_ten(store: Store) -> Counter[str]:
    sku, buyers = make_sku(stock=3), [make_member() for _ in range(10)]
    return endings([place(member, sku, store) for member in buyers])


def test_three_pieces_are_sold_to_three_of_ten_buyers(store: Store) -> None:
    assert sell_three_to_ten(store) == {"done": 3, "OutOfStock": 7}

    assert (Sku.objects.get().stock, Order.objects.count(), OrderLine.objects.count()) == (0, 3, 3)
    assert findings() == []


def test_without_the_condition_more_pieces_are_sold(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def change_carelessly(deltas: dict[int, int]) -> bool:
        for sku in Sku.objects.filter(pk__in=deltas):
            if sku.stock + deltas[sku.pk] < 0:
                return False
            Sku.objects.filter(pk=sku.pk).update(stock=sku.stock + deltas[sku.pk])
        return True

    monkeypatch.setattr(stock, "_change_stock", change_carelessly)

    assert sell_three_to_ten(store)["done"] > 3


def book_three_places(store: Store) -> Counter[str]:
    slot = PickupSlot.objects.create(store=store, starts="09:00", ends="21:00", capacity=3)
    sku, buyers = make_sku(stock=100), [make_member() for _ in range(8)]
    return endings([place(member, sku, store, slot=slot) for member in buyers])


def test_a_slot_of_three_is_booked_three_times(store: Store) -> None:
    assert book_three_places(store) == {"done": 3, "SlotFull": 5}

    assert (SlotDay.objects.get().booked, Order.objects.count(), Sku.objects.get().stock) == (3, 3, 97)
    assert findings() == []


def test_without_the_condition_a_slot_is_overbooked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def book_carelessly(order: Order) -> None:
        day, _ = SlotDay.objects.get_or_create(slot=order.pickup_slot, day=NOON.date())
        if day.booked >= 3:
            raise orders.SlotFull("约满了")
        SlotDay.objects.filter(pk=day.pk).update(booked=F("booked") + 1)

    monkeypatch.setattr(slots, "book", book_carelessly)

    assert book_three_places(store)["done"] > 3


# --- One form, one notice, sent often ---------------------------------------------------------------------------------


def submit_one_form_often(store: Store) -> list[object]:
    sku, member = make_sku(stock=10), make_member()
    return at_once([place(member, sku, store, key="the-same") for _ in range(6)])


def test_one_form_submitted_six_times_makes_one_order(store: Store) -> None:
    placed = submit_one_form_often(store)

    assert placed == [Order.objects.get()] * 6
    assert Sku.objects.get().stock == 9
    assert findings() == []


def test_without_the_key_it_makes_several(store: Store) -> None:
    with without_constraint(Order, "order_once_per_key"):
        submit_one_form_often(store)

        assert Order.objects.count() > 1


def hear_often(store: Store) -> Counter[str]:
    return endings([hear(attempt(make_order(store=store)))] * 8)


def test_the_same_notice_delivered_by_eight_is_applied_once(store: Store) -> None:
    for _ in range(3):
        assert hear_often(store) == {"done": 8}

    assert set(GatewayNotice.objects.values_list("status")) == {("applied",)}
    assert (GatewayNotice.objects.count(), Message.objects.filter(scene="paid").count()) == (3, 3)
    assert set(Sku.objects.values_list("stock", "product__sold")) == {(9, 1)}
    assert findings() == []


def test_without_lock_and_condition_it_is_applied_more_often(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    without_conditions(monkeypatch)

    hear_often(store)

    assert Sku.objects.get().product.sold > 1


def test_without_its_key_a_notice_is_stored_more_often(store: Store) -> None:
    with without_constraint(GatewayNotice, "notice_once_per_event"):
        hear_often(store)

        assert GatewayNotice.objects.count() > 1


# --- One code ---------------------------------------------------------------------------------------------------------


def show_one_code_at_eight_counters(store: Store) -> Counter[str]:
    order, clerks = ready(store), [make_staff(is_superuser=True) for _ in range(8)]
    return endings([redeem(order, clerk) for clerk in clerks])


def test_one_code_at_eight_counters_is_redeemed_once(store: Store) -> None:
    for _ in range(3):
        assert show_one_code_at_eight_counters(store) == {"done": 1, "AlreadyRedeemed": 7}

    assert Redemption.objects.count() == 3
    assert findings() == []


def test_without_lock_and_condition_one_code_is_redeemed_more_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    without_conditions(monkeypatch)

    assert show_one_code_at_eight_counters(store)["done"] > 1


def hand_over_piece_by_piece(store: Store, owner: Member) -> Counter[str]:
    order = ready(store, units=3)
    return endings([redeem(order, owner, units=1) for _ in range(8)])


def test_three_pieces_are_handed_over_three_times(store: Store, owner: Member) -> None:
    assert hand_over_piece_by_piece(store, owner) == {"done": 3, "AlreadyRedeemed": 5}

    assert OrderLine.objects.get().units_handed == 3
    assert findings() == []


def test_without_the_lock_pieces_are_handed_over_that_nobody_counts(
    store: Store, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)

    hand_over_piece_by_piece(store, owner)

    assert findings()


# --- Two workers ------------------------------------------------------------------------------------------------------


def due_notices(store: Store) -> None:
    for _ in range(4):
        notices.store_event(channel="wechat", event=told_of(attempt(make_order(store=store))), now=NOON)


def due_attempts(store: Store) -> None:
    for _ in range(4):
        attempt(make_order(store=store))
    Payment.objects.update(next_query_at=NOON)


def due_refunds(store: Store) -> None:
    owner = make_staff(is_superuser=True)
    for _ in range(4):
        order = make_order(store=store, pay_channel="offline", status="ready_for_pickup")
        redeem(order, owner, takes_payment=True)()
        refund(order, owner)()


SWEEPS: dict[Callable[[Store], None], Callable[..., int]] = {
    due_notices: orders.apply_notices,
    due_attempts: orders.poll_payments,
    due_refunds: orders.send_refunds,
}


def sweep_twice(store: Store, prepare: Callable[[Store], None]) -> int:
    """Let two workers sweep at once; return on how many of the four rows each worked, together.

    A worker that ends in an error had rows that were not its own: it counts for all four.
    """
    prepare(store)
    worked = at_once([partial(SWEEPS[prepare], now=LATER)] * 2)
    return sum(count if isinstance(count, int) else 4 for count in worked)


@pytest.mark.parametrize("prepare", SWEEPS)
def test_two_workers_share_no_row(prepare: Callable[[Store], None], store: Store, sandbox: Sandbox) -> None:
    assert sweep_twice(store, prepare) == 4
    assert findings() == []


@pytest.mark.parametrize("prepare", SWEEPS)
def test_without_the_lock_they_meet_at_the_same_rows(
    prepare: Callable[[Store], None], store: Store, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    monkeypatch.setattr(racing, "PAUSE", 0.1)  # whoever reads second shall read before the first has written

    assert sweep_twice(store, prepare) != 4


def expire_twice(store: Store) -> Counter[str]:
    """Let two workers cancel four unpaid orders; count what became of each."""
    for _ in range(4):
        make_order(store=store)
    at_once([partial(orders.expire_unpaid, now=NOON + timedelta(hours=1))] * 2)
    return Counter(Order.objects.values_list("status", flat=True))


def test_two_workers_cancel_an_unpaid_order_once(store: Store) -> None:
    assert expire_twice(store) == {"cancelled": 4}

    assert set(Sku.objects.values_list("stock", flat=True)) == {10}
    assert findings() == []


def test_without_lock_and_condition_they_cancel_it_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    without_conditions(monkeypatch)

    expire_twice(store)

    assert findings()  # two events say that it was cancelled


# --- Everybody at once ------------------------------------------------------------------------------------------------


def test_baskets_cancellations_refunds_and_price_changes_at_once_do_not_deadlock(store: Store, owner: Member) -> None:
    product = make_product(specs={"号": [str(n) for n in range(6)]}, stock=1000)
    skus = list(product.skus.order_by("pk"))
    baskets = [make_order(*[(sku, 1) for sku in skus], store=store) for _ in range(3)]
    paid = [make_order(*[(sku, 1) for sku in skus], store=store, status="ready_for_pickup") for _ in range(3)]
    change = catalog.PriceChange(percent=Decimal(101))

    for number in range(3):
        upside_down = [(sku.pk, 1) for sku in reversed(skus)]
        ended = endings([
            partial(orders.place, member=make_member(), items=upside_down, delivery=to_pick_up(store),
                    idempotency_key="a", now=NOON),
            partial(orders.place, member=make_member(), items=upside_down[::-1], delivery=to_pick_up(store),
                    idempotency_key="a", now=NOON),
            cancel(baskets[number], owner, "admin"),
            partial(orders.refund_order, order=paid[number], by=owner, now=LATER, reason="缺货"),
            partial(catalog.change_prices, product_ids=[product.pk], change=change, by=owner, now=LATER),
            partial(catalog.change_stock, product_ids=[product.pk], delta=1, source=f"form:{number}", by=owner,
                    now=LATER),
        ])  # fmt: skip
        assert ended == {"done": 6}

    assert findings() == []
