"""Goods that are edited or imported while people buy them. PostgreSQL only; each race has a twin that must go wrong."""

from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from catalog import services as catalog
from catalog.models import Product, Sku
from catalog.services import products
from orders.models import Order
from shop.models import Store
from tests.factories import NOON, make_member, make_product, make_store
from tests.orders import shopping
from tests.orders.acts import findings
from tests.racing import endings

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

ROUNDS = 4
COLOURS = [str(number) for number in range(12)]


@pytest.fixture
def store() -> Store:
    shopping.open_shop(pay_at_store_enabled=True)
    return make_store("河坊街店")


def edit(product: Product, price: int) -> None:
    """Save the product with other prices and stocks, its rows in reverse."""
    draft = catalog.draft_of(product, kept=catalog.read_goods(ids=[product.pk]))
    skus = [replace(sku, price=price, stock=1, shown_stock=0) for sku in reversed(draft.skus)]
    catalog.save_product(draft=replace(draft, skus=tuple(skus)), by=None, now=NOON)


def edit_among_buyers(store: Store) -> Counter[str]:
    total: Counter[str] = Counter()
    for number in range(ROUNDS):
        product = make_product(specs={"颜色": COLOURS}, stock=100)
        skus = list(product.skus.order_by("pk"))
        basket = [(skus[0], 1), (skus[-1], 1)]
        buyers = [
            partial(shopping.buy, *basket, member=make_member(), delivery=shopping.to_pick_up(store), now=NOON)
            for _ in range(4)
        ]
        total += endings([*buyers, partial(edit, product, 2000 + number), partial(edit, product, 3000 + number)])
    return total


def test_goods_are_edited_with_their_rows_in_reverse_while_people_buy_them(store: Store) -> None:
    assert edit_among_buyers(store) == {"done": 6 * ROUNDS}

    assert Order.objects.count() == 4 * ROUNDS
    assert set(Sku.objects.values_list("stock", flat=True)) == {98, 102}
    assert findings() == []


def test_without_the_locks_in_order_buyers_and_editors_block_each_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "lock_stock", lambda ids: {})

    monkeypatch.setattr(products, "lock_stock", lambda ids: {})

    assert edit_among_buyers(store)["OperationalError"] > 0
