"""Races for stock on PostgreSQL. Each has a twin without the guard, which must fail."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection
from django.db.models import F, Sum

from catalog import services as catalog
from catalog.models import Category, Product, Sku, StockMove
from catalog.resources import import_file
from catalog.services import importing, products
from tests.factories import NOON, make_product, make_sku
from tests.racing import endings

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

BUYERS = 120
WORKERS = 8


def buy(sku: Sku, number: int) -> bool:
    """Take one piece; say whether there was one."""
    try:
        catalog.take_stock({sku.pk: 1}, source_by_sku={sku.pk: f"line:{number}"}, by=None, now=NOON)
    except catalog.OutOfStock:
        return False
    finally:
        connection.close()
    return True


def buy_carelessly(sku: Sku, number: int) -> bool:
    """Look first and write afterwards, as one must not."""
    try:
        if Sku.objects.get(pk=sku.pk).stock < 1:
            return False
        StockMove.objects.create(sku=sku, delta=-1, kind="order", source=f"line:{number}", at=NOON)
        Sku.objects.filter(pk=sku.pk, stock__gt=0).update(stock=F("stock") - 1)
    finally:
        connection.close()
    return True


def sold(sku: Sku, how: Callable[[Sku, int], bool]) -> int:
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(partial(how, sku), range(BUYERS)))


def test_many_buyers_of_fifty_pieces_get_exactly_fifty() -> None:
    sku = make_sku(stock=50)

    assert sold(sku, buy) == 50

    assert Sku.objects.get().stock == 0
    assert StockMove.objects.aggregate(sum=Sum("delta"))["sum"] == 0


def test_without_the_condition_more_are_sold_than_there_are() -> None:
    sku = make_sku(stock=50)

    assert sold(sku, buy_carelessly) > 50


def test_overlapping_baskets_do_not_deadlock() -> None:
    product = make_product(specs={"号": [str(n) for n in range(6)]}, stock=1000)
    ids = list(product.skus.order_by("pk").values_list("pk", flat=True))

    def basket(number: int) -> None:
        order = ids if number % 2 else ids[::-1]
        try:
            sources = dict.fromkeys(ids, f"basket:{number}")
            catalog.take_stock(dict.fromkeys(order, 1), source_by_sku=sources, by=None, now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(basket, range(60)))

    assert set(product.skus.values_list("stock", flat=True)) == {940}


def test_the_same_give_back_from_everywhere_counts_once() -> None:
    sku = make_sku(stock=5)
    catalog.take_stock({sku.pk: 3}, source_by_sku={sku.pk: "line:1"}, by=None, now=NOON)

    def give_back(_: int) -> None:
        try:
            catalog.give_back_stock({sku.pk: 3}, kind="cancel", source_by_sku={sku.pk: "line:1"}, by=None, now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(give_back, range(16)))

    assert Sku.objects.get().stock == 5
    assert StockMove.objects.filter(kind="cancel").count() == 1


def import_new(codes: list[str]) -> None:
    rows = [f"{code},白瓷杯,12.5,新品/{code}" for code in codes]
    content = "\n".join(["商品编码,商品名称,本站价,分类", *rows]).encode()
    report = import_file(content=content, name="goods.csv", choices=catalog.ImportChoices(), by=None, now=NOON)
    assert report.written


def import_at_once() -> Counter[str]:
    total: Counter[str] = Counter()
    for number in range(3):
        codes = [f"{number}-{letter}" for letter in "abcd"]
        total += endings([partial(import_new, codes), partial(import_new, codes[::-1])])
    return total


def test_the_same_new_goods_and_categories_imported_twice_at_once_are_made_once() -> None:
    assert import_at_once() == {"done": 6}

    assert (Product.objects.count(), Sku.objects.count(), Category.objects.count()) == (12, 12, 13)


def test_without_a_second_try_one_of_two_imports_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_TRIES", 1)

    assert import_at_once()["done"] < 6


def add_cup(name: str) -> None:
    draft = catalog.ProductDraft(code="CUP-1", name=name, skus=(catalog.SkuDraft(price=1250, stock=3),))
    catalog.add_product(draft=draft, by=None, now=NOON, source=name)


def test_two_who_add_a_product_with_the_same_code_at_once_make_one_and_one_is_told() -> None:
    ended = endings([partial(add_cup, "白瓷杯"), partial(add_cup, "青瓷杯")])

    assert ended == {"done": 1, "DraftRefused": 1}
    assert (Product.objects.count(), Sku.objects.get().stock) == (1, 3)


def test_without_the_second_look_the_database_says_it_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "conflicts_of", lambda *args, **kwargs: [])

    assert endings([partial(add_cup, "白瓷杯"), partial(add_cup, "青瓷杯")]) == {"done": 1, "IntegrityError": 1}
