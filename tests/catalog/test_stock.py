"""Stock and its books: taken and given back once, never below zero, refilled once a day."""

from datetime import datetime, timedelta

import pytest
from django.db.models import Sum
from pytest_django import DjangoAssertNumQueries

from catalog import services as catalog
from catalog.models import Product, Sku, StockMove
from members.models import Message
from tests.factories import NOON, make_member, make_product, make_sku, make_staff, make_store

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime.fromisoformat("2026-03-03T00:00:00+08:00")


def stock_of(sku: Sku) -> int:
    """Return the stock, after comparing it with the books."""
    stock = Sku.objects.get(pk=sku.pk).stock
    assert stock == (sku.moves.aggregate(sum=Sum("delta"))["sum"] or 0)
    return stock


def take(sku: Sku, units: int, source: str = "line:1", at: datetime = NOON) -> None:
    catalog.take_stock({sku.pk: units}, source_by_sku={sku.pk: source}, by=None, now=at)


def test_taking_stock_writes_one_move_per_sku() -> None:
    red, blue = make_product(specs={"颜色": ["红", "蓝"]}, stock=5).skus.order_by("pk")
    buyer = make_member()

    catalog.take_stock({blue.pk: 2, red.pk: 5}, source_by_sku={red.pk: "line:1", blue.pk: "line:2"}, by=buyer, now=NOON)

    assert [stock_of(red), stock_of(blue)] == [0, 3]
    moves = StockMove.objects.filter(kind="order").order_by("source")
    assert [(m.sku_id, m.delta, m.source, m.actor, m.at) for m in moves] == [
        (red.pk, -5, "line:1", buyer, NOON),
        (blue.pk, -2, "line:2", buyer, NOON),
    ]


def test_one_short_sku_leaves_everything_as_it_was_and_says_how_many_are_left() -> None:
    cup = make_sku("白瓷杯", stock=9)
    pot = make_sku("手冲壶", stock=2, unit="把")

    with pytest.raises(catalog.OutOfStock, match="「手冲壶」只剩 2 把") as refused:
        catalog.take_stock({cup.pk: 1, pot.pk: 3}, source_by_sku={cup.pk: "a", pot.pk: "b"}, by=None, now=NOON)

    assert refused.value.sku_id == pot.pk
    assert [stock_of(cup), stock_of(pot)] == [9, 2]
    assert not StockMove.objects.filter(kind="order").exists()


def test_nothing_left_is_called_sold_out() -> None:
    with pytest.raises(catalog.OutOfStock, match="「手冲壶」已售罄"):
        take(make_sku("手冲壶", stock=0), 1)


def test_taking_twice_for_the_same_line_takes_once() -> None:
    sku = make_sku(stock=5)

    take(sku, 2)
    take(sku, 2)
    take(sku, 1, source="line:2")

    assert stock_of(sku) == 2


def test_the_number_of_statements_does_not_grow_with_the_lines(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    skus = list(make_product(specs={"号": [str(n) for n in range(20)]}).skus.all())
    sources = {sku.pk: f"line:{sku.pk}" for sku in skus}

    with django_assert_num_queries(5):  # savepoint, moves, lock, stock, release
        catalog.take_stock({sku.pk: 1 for sku in skus}, source_by_sku=sources, by=None, now=NOON)


def test_giving_back_counts_once_per_source() -> None:
    sku = make_sku(stock=5)
    take(sku, 3)

    for _ in range(2):
        catalog.give_back_stock({sku.pk: 3}, kind="cancel", source_by_sku={sku.pk: "line:1"}, by=None, now=NOON)
    catalog.give_back_stock({sku.pk: 1}, kind="refund", source_by_sku={sku.pk: "line:1"}, by=None, now=NOON)

    assert stock_of(sku) == 6
    assert sku.moves.filter(kind="cancel").count() == 1


def test_an_edited_stock_becomes_the_difference_to_what_was_shown() -> None:
    sku, staff = make_sku(stock=10), make_staff()
    take(sku, 4)  # sold while the form was open

    for _ in range(2):  # sent twice
        catalog.set_stock(sku=sku, shown=10, wanted=15, source="form:1", by=staff, now=NOON)

    assert stock_of(sku) == 11
    assert sku.moves.get(kind="edit").actor == staff


def test_an_edit_below_zero_is_refused_in_a_sentence() -> None:
    sku = make_sku("手冲壶", stock=10)
    take(sku, 8)

    with pytest.raises(catalog.StockTooLow, match="「手冲壶」期间又卖出了，现在库存 2，不能再减 5"):
        catalog.set_stock(sku=sku, shown=10, wanted=5, source="form:1", by=None, now=NOON)

    assert stock_of(sku) == 2


def test_daily_stock_is_refilled_once_per_shanghai_day() -> None:
    sku, plain = make_sku(stock=None, sku={"daily_stock": 20}), make_sku(stock=7)
    take(sku, 15)

    assert catalog.refill_daily_stock(now=NOON) == 0  # it began today: next midnight
    assert stock_of(sku) == 5
    assert catalog.refill_daily_stock(now=MIDNIGHT) == 1
    assert stock_of(sku) == 20
    take(sku, 6, source="line:2", at=MIDNIGHT + timedelta(minutes=5))
    assert catalog.refill_daily_stock(now=MIDNIGHT + timedelta(minutes=10)) == 0

    assert stock_of(sku) == 14
    assert stock_of(plain) == 7
    assert list(sku.moves.filter(kind="daily").values_list("delta", "source")) == [(15, "2026-03-03")]


def test_a_day_without_sales_is_refilled_by_nothing_and_not_later_that_day() -> None:
    sku = make_sku(stock=20, sku={"daily_stock": 20})

    catalog.refill_daily_stock(now=MIDNIGHT)
    take(sku, 6, at=MIDNIGHT + timedelta(minutes=5))
    catalog.refill_daily_stock(now=MIDNIGHT + timedelta(minutes=10))

    assert stock_of(sku) == 14


def test_a_late_refill_leaves_out_what_was_sold_since_midnight() -> None:
    sku = make_sku(stock=20, sku={"daily_stock": 20})
    take(sku, 18)
    take(sku, 2, source="line:2", at=MIDNIGHT + timedelta(hours=1))
    late = MIDNIGHT + timedelta(hours=3)
    catalog.give_back_stock({sku.pk: 1}, kind="cancel", source_by_sku={sku.pk: "line:2"}, by=None, now=late)

    catalog.refill_daily_stock(now=late)

    assert stock_of(sku) == 19


def test_sales_grow_and_shrink_but_not_below_zero() -> None:
    cup, pot = make_product(), make_product()

    catalog.count_sold({cup.pk: 3, pot.pk: 1})
    catalog.count_sold({cup.pk: -1, pot.pk: -5})

    assert [Product.objects.get(pk=each.pk).sold for each in (cup, pot)] == [2, 0]


def test_low_stock_is_told_once_per_day_and_sku() -> None:
    headquarters = make_store(is_headquarters=True)
    boss = make_staff(stores=[headquarters])
    low = make_sku("手冲壶", stock=2, sku={"stock_floor": 3})
    make_sku("白瓷杯", stock=3, sku={"stock_floor": 3})
    make_sku("下架的", stock=0, sku={"stock_floor": 3}, status="off_shelf")

    assert catalog.tell_low_stock(now=NOON) == 1
    assert catalog.tell_low_stock(now=NOON + timedelta(hours=1)) == 0
    message = Message.objects.get(member=boss)
    assert message.body == "手冲壶（剩 2）低于库存下限，请及时补货。"
    take(low, 1)
    assert catalog.tell_low_stock(now=NOON + timedelta(days=1)) == 1
    assert Message.objects.filter(member=boss).count() == 2
