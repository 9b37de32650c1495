"""What the checkout knows from a moment ago: forms that come twice, settings that changed, and what that saves."""

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Sku
from members.models import Member
from orders.models import CartItem, Order
from shop.models import PickupSlot, ShopSettings
from tests.factories import make_address, make_member, make_sku, make_store

pytestmark = pytest.mark.django_db
KEY = "0123456789abcdef" * 2


@pytest.fixture
def member(client: Client) -> Member:
    """Sign a shopper in, in a shop that has opened."""
    ShopSettings.load()
    make_store("总店", is_headquarters=True)
    member = make_member("小满")
    make_address(member)
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return member


def put(member: Member, *items: tuple[Sku, int]) -> None:
    now = timezone.now()
    CartItem.objects.bulk_create([CartItem(member=member, sku=sku, units=units, added_at=now) for sku, units in items])


def by_express(client: Client, *, address: int) -> Any:
    """Send the form of an express order of goods for ¥10 with ¥8 freight."""
    dull = {"delivery": "express", "address": address, "pay": "wechat", "key": KEY, "expected": 1800, "do": "place"}
    return client.post("/checkout/", dull)


def by_pickup(client: Client, slot: PickupSlot) -> Any:
    """Send the form of an order that is collected tomorrow."""
    day = timezone.localdate() + timedelta(days=1)
    dull = {"delivery": "pickup", "store": slot.store_id, "phone": "13800000000", "pay": "wechat", "key": KEY}
    return client.post("/checkout/", {**dull, "expected": 1000, "slot": f"{slot.pk}@{day}", "do": "place"})


def test_the_same_form_again_leads_to_its_order_though_the_cart_was_filled_anew(client: Client, member: Member) -> None:
    put(member, (make_sku(price=1000), 1))
    first = by_express(client, address=member.addresses.get().pk)
    client.post("/cart/add/", {"sku": make_sku(price=1000).pk, "units": 2})

    second = by_express(client, address=member.addresses.get().pk)

    assert first["Location"] == second["Location"] == f"/orders/{Order.objects.get().no}/pay/"
    assert CartItem.objects.get().units == 2
    assert client.session["cart_count"] == 2


def test_the_same_form_again_leads_to_its_order_though_that_took_the_last_place(client: Client, member: Member) -> None:
    slot = PickupSlot.objects.create(store=make_store(), starts=time(9), ends=time(12), capacity=1)
    put(member, (make_sku(price=1000), 1))
    first = by_pickup(client, slot)
    put(member, (make_sku(price=1000), 1))

    assert first["Location"] == by_pickup(client, slot)["Location"] == f"/orders/{Order.objects.get().no}/pay/"


def test_what_stays_in_the_cart_is_counted_without_asking_for_it(client: Client, member: Member) -> None:
    wanted, later, gone = make_sku(price=1000), make_sku(), make_sku(stock=1)
    for sku, units in ((wanted, 1), (later, 3), (gone, 1)):
        client.post("/cart/add/", {"sku": sku.pk, "units": units})
    CartItem.objects.filter(sku=later).update(is_selected=False)
    Sku.objects.filter(pk=gone.pk).update(is_active=False)

    by_express(client, address=member.addresses.get().pk)

    assert Order.objects.get().lines.get().sku_id == wanted.pk
    assert client.session["cart_count"] == 4 == sum(item.units for item in CartItem.objects.all())


def test_what_the_merchant_switched_off_a_moment_ago_is_refused_though_the_page_offers_it(
    client: Client, member: Member
) -> None:
    put(member, (make_sku(price=1000), 1))
    client.get("/checkout/")
    ShopSettings.objects.update(express_enabled=False)

    refused = by_express(client, address=member.addresses.get().pk).content.decode()

    assert "店铺暂不支持快递配送" in refused
    assert Order.objects.count() == 0


def test_freight_that_changed_a_moment_ago_is_not_charged_behind_the_buyers_back(
    client: Client, member: Member
) -> None:
    put(member, (make_sku(price=1000), 1))
    client.get("/checkout/")
    ShopSettings.objects.update(freight_amount=900)

    refused = by_express(client, address=member.addresses.get().pk).content.decode()

    assert "价格有变化，现在应付 ¥19.00" in refused
    assert Order.objects.count() == 0


def test_an_order_costs_as_many_statements_as_it_must(client: Client, member: Member) -> None:
    put(member, *[(make_sku(price=100), 1) for _ in range(10)])
    client.get("/checkout/")
    address = member.addresses.get().pk

    with CaptureQueriesContext(connection) as captured:
        by_express(client, address=address)

    # session, user, cart with SKUs, addresses; then within the transaction key, settings, SKUs, address, headquarters,
    # order, lines, event, cart, moves, stock lock, stock
    statements = [query["sql"] for query in captured if not re.match("SAVEPOINT|RELEASE", query["sql"])]
    assert Order.objects.count() == 1
    assert len(statements) <= 18, "\n".join(statements)
    assert len(captured) <= len(statements) + 2  # the test's own transaction makes that of the order a savepoint
