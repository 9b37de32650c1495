"""Locks are in the SQL, and every service takes them in the one order of DESIGN §3. PostgreSQL only."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from members.models import Member
from orders import services as orders
from orders.channels import RefundFact, RefundState
from orders.models import Redemption, Refund
from orders.services import refund_settling
from shop.models import PickupSlot, SlotDay, Store
from tests.factories import NOON, make_member, make_order, make_sku, make_staff, make_store
from tests.orders.acts import LATER, attempt, hear, place, ready, redeem, refund
from tests.orders.shopping import open_shop
from tests.racing import Act

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

RANKS = ["orders_gatewaynotice", "orders_order", "orders_refund", "orders_payment", "members_member", "shop_slotday",
         "catalog_product", "catalog_sku"]  # fmt: skip
LOCKED = re.compile(r'^UPDATE "(\w+)"|^SELECT .* FROM "(\w+)".*FOR (?:NO KEY )?UPDATE', re.DOTALL)


def locks_of(act: Act) -> list[list[str]]:
    """Return, for every transaction that `act` makes, which ranked tables it locks rows of, first come first."""
    with CaptureQueriesContext(connection) as queries:
        act()
    transactions: list[list[str]] = [[]]
    for query in queries:
        if query["sql"] == "BEGIN":
            transactions.append([])
        found = LOCKED.match(query["sql"])
        table = (found[1] or found[2]) if found else ""
        if table in RANKS and table not in transactions[-1]:
            transactions[-1].append(table)
    return [tables for tables in transactions if tables]


# --- One of every kind ------------------------------------------------------------------------------------------------


def placing(store: Store, owner: Member) -> Act:
    slot = PickupSlot.objects.create(store=store, starts="09:00", ends="21:00", capacity=3)
    sku = make_sku()
    Product.objects.update(limit_kind="lifetime", limit_units=5)
    return place(make_member(), sku, store, slot=slot)


def hearing_of_a_payment(store: Store, owner: Member) -> Act:
    return hear(attempt(make_order((make_sku(), 1), (make_sku(), 1), store=store)))


def hearing_of_late_money(store: Store, owner: Member) -> Act:
    order = make_order(store=store)
    late = hear(attempt(order))
    transaction.atomic(orders.cancel_locked)(order, by=None, reason="timeout", now=LATER)
    return late


def expiring(store: Store, owner: Member) -> Act:
    order = make_order((make_sku(), 1), (make_sku(), 1), store=store)
    slot = PickupSlot.objects.create(store=store, starts="09:00", ends="21:00", capacity=3)
    SlotDay.objects.create(slot=slot, day=NOON.date(), booked=1)
    type(order).objects.update(pickup_slot=slot, pickup_day=NOON.date())
    return lambda: orders.expire_unpaid(now=NOON + timedelta(hours=1))


def cancelling_what_is_paid(store: Store, owner: Member) -> Act:
    open_shop(auto_accept=False)
    order = make_order((make_sku(), 1), (make_sku(), 1), store=store, status="pending_acceptance")
    return lambda: orders.cancel(order=order, by=owner, reason="admin", now=LATER)


def accepting(store: Store, owner: Member) -> Act:
    open_shop(auto_accept=False)
    order = make_order(store=store, status="pending_acceptance")
    return lambda: orders.accept(order=order, by=owner, now=LATER)


def redeeming(store: Store, owner: Member) -> Act:
    order = make_order(store=store, pay_channel="offline")
    return redeem(order, owner, takes_payment=True)


def undoing(store: Store, owner: Member) -> Act:
    done = redeem(ready(store), owner)()
    assert isinstance(done, Redemption)
    return lambda: orders.undo_redemption(redemption=done, by=owner, reason="拿错了", now=LATER)


def shipping(store: Store, owner: Member) -> Act:
    order = make_order(status="preparing")
    return lambda: orders.ship(order=order, company="顺丰速运", tracking_no="SF12345", by=owner, now=LATER)


def receiving(store: Store, owner: Member) -> Act:
    order = make_order(status="shipped")
    return lambda: orders.receive(order=order, by=order.member, now=LATER)


def refunding(store: Store, owner: Member) -> Act:
    return refund(ready(store), owner)


def finishing_a_refund(store: Store, owner: Member) -> Act:
    asked = refund(ready(store), owner)()
    assert isinstance(asked, Refund)
    fact = RefundFact(out_refund_no=asked.out_refund_no, state=RefundState.DONE, amount=asked.amount, done_at=LATER)
    return lambda: transaction.atomic(refund_settling.settle_refund)(fact, now=LATER)


@pytest.mark.parametrize(
    ("prepare", "first", "last"),
    [
        (placing, "members_member", "catalog_sku"),
        (hearing_of_a_payment, "orders_gatewaynotice", "catalog_product"),
        (hearing_of_late_money, "orders_gatewaynotice", "orders_payment"),
        (expiring, "orders_order", "catalog_sku"),
        (cancelling_what_is_paid, "orders_order", "catalog_sku"),
        (accepting, "orders_order", "orders_order"),
        (redeeming, "orders_order", "catalog_product"),
        (undoing, "orders_order", "orders_order"),
        (shipping, "orders_order", "orders_order"),
        (receiving, "orders_order", "orders_order"),
        (refunding, "orders_order", "orders_payment"),
        (finishing_a_refund, "orders_order", "catalog_sku"),
    ],
)
def test_every_service_locks_its_rows_in_the_one_order(
    prepare: Callable[[Store, Member], Act], first: str, last: str
) -> None:
    open_shop(pay_at_store_enabled=True)
    act = prepare(make_store("河坊街店"), make_staff(is_superuser=True))

    transactions = locks_of(act)

    longest = max(transactions, key=len)
    assert (longest[0], longest[-1]) == (first, last)
    for tables in transactions:
        ranks = [RANKS.index(table) for table in tables]
        assert all(before < after for before, after in pairwise(ranks)), tables
