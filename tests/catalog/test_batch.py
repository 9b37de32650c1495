"""Many goods at once: shelves, recycle bin, categories, prices, stock. All of them, or none."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog import services as catalog
from catalog.models import Product, Sku, StockMove
from catalog.services import PriceChange
from members.models import OperationLog
from tests.factories import NOON, make_category, make_product, make_sku, make_staff

pytestmark = pytest.mark.django_db


def statuses(*products: Product) -> list[str]:
    return [Product.objects.get(pk=product.pk).status for product in products]


def test_goods_go_on_and_off_the_shelf_and_the_log_says_who_did_it() -> None:
    shown, hidden, staff = make_product(), make_product(status="off_shelf"), make_staff()
    ids = [shown.pk, hidden.pk]

    assert catalog.put_on_shelf(product_ids=ids, by=staff, now=NOON) == 1
    assert statuses(shown, hidden) == ["on_sale", "on_sale"]
    assert catalog.take_off_shelf(product_ids=ids, by=staff, now=NOON) == 2
    assert statuses(shown, hidden) == ["off_shelf", "off_shelf"]

    logged = list(OperationLog.objects.order_by("id").values_list("actor", "summary"))
    assert logged == [(staff.pk, "上架：1 个商品"), (staff.pk, "下架：2 个商品")]


def test_one_that_cannot_be_sold_keeps_all_off_the_shelf() -> None:
    ready, empty = make_product(status="off_shelf"), make_product("空壶", status="off_shelf")
    empty.skus.update(is_active=False)

    with pytest.raises(catalog.BatchRefused, match="「空壶」没有可卖的规格。没有修改任何商品。") as refused:
        catalog.put_on_shelf(product_ids=[ready.pk, empty.pk], by=None, now=NOON)

    assert [refusal.product_id for refusal in refused.value.refusals] == [empty.pk]
    assert statuses(ready, empty) == ["off_shelf", "off_shelf"]


def test_what_was_trashed_is_restored_off_the_shelf() -> None:
    product = make_product("旧杯")

    assert catalog.trash(product_ids=[product.pk], by=None, now=NOON) == 1
    assert statuses(product) == ["trashed"]
    with pytest.raises(catalog.BatchRefused, match="「旧杯」在回收站里，请先恢复"):
        catalog.put_on_shelf(product_ids=[product.pk], by=None, now=NOON)
    assert catalog.restore(product_ids=[product.pk], by=None, now=NOON) == 1

    assert statuses(product) == ["off_shelf"]
    assert catalog.restore(product_ids=[product.pk], by=None, now=NOON) == 0


def test_timed_goods_go_on_sale_when_their_time_has_come() -> None:
    timed: dict[str, Any] = {"status": "off_shelf", "on_sale_at": NOON}
    due, trashed, withdrawn = [make_product(**timed) for _ in range(3)]
    later = make_product(**(timed | {"on_sale_at": NOON + timedelta(seconds=1)}))
    catalog.trash(product_ids=[trashed.pk], by=None, now=NOON)
    catalog.take_off_shelf(product_ids=[withdrawn.pk], by=None, now=NOON)

    assert catalog.publish_due(now=NOON - timedelta(seconds=1)) == 0
    assert catalog.publish_due(now=NOON) == 1
    assert catalog.publish_due(now=NOON) == 0

    assert statuses(due, later, trashed, withdrawn) == ["on_sale", "off_shelf", "trashed", "off_shelf"]
    assert Product.objects.get(pk=due.pk).on_sale_at is None


@pytest.mark.parametrize(("how", "expected"), [("set", ["新"]), ("add", ["旧", "新"]), ("remove", ["旧"])])
def test_categories_are_set_added_or_removed(how: str, expected: list[str]) -> None:
    old, new = make_category("旧"), make_category("新")
    products = [make_product(categories=[old, new]), make_product(categories=[old])]

    catalog.change_categories(
        product_ids=[each.pk for each in products], category_ids=[new.pk], how=how, by=None, now=NOON
    )

    for product in products:
        assert list(product.categories.order_by("pk").values_list("name", flat=True)) == expected


@pytest.mark.parametrize(
    ("change", "price", "expected"),
    [
        (PriceChange(percent=Decimal(95)), 5990, 5691),  # 5690.5
        (PriceChange(percent=Decimal(95)), 10, 10),  # 9.5
        (PriceChange(percent=Decimal("33.3")), 100, 33),
        (PriceChange(percent=Decimal(150)), 1, 2),  # 1.5
        (PriceChange(fen=-1), 2, 1),
        (PriceChange(percent=Decimal(50), fen=100), 999, 600),
    ],
)
def test_a_price_changes_by_percent_then_by_yuan_half_a_fen_up(change: PriceChange, price: int, expected: int) -> None:
    assert change.of(price) == expected


def test_prices_of_every_sku_change_and_lists_know_them() -> None:
    product = make_product(price=1005, specs={"颜色": ["红", "蓝"]}, sku={"market_price": 2000})
    Sku.objects.filter(spec_text="蓝").update(price=2005)
    other, staff = make_product(price=500), make_staff()

    changed = catalog.change_prices(
        product_ids=[product.pk], change=PriceChange(percent=Decimal(110)), by=staff, now=NOON
    )

    assert changed == 2
    assert list(product.skus.order_by("pk").values_list("price", flat=True)) == [1106, 2206]
    product.refresh_from_db()
    assert (product.price_min, product.price_max, product.market_price) == (1106, 2206, 2000)
    assert other.skus.get().price == 500
    assert OperationLog.objects.get().summary == "批量改价 ×110%：1 个商品"


def test_a_price_below_one_fen_refuses_the_whole_batch() -> None:
    cheap, dear = make_sku("回形针", price=10), make_sku("金表", price=10_000)

    with pytest.raises(catalog.BatchRefused, match=r"「回形针」会变成 -0\.90 元，价格至少 0.01 元。没有修改任何商品。"):
        catalog.change_prices(
            product_ids=[cheap.product_id, dear.product_id], change=PriceChange(fen=-100), by=None, now=NOON
        )

    assert list(Sku.objects.order_by("pk").values_list("price", flat=True)) == [10, 10_000]


def test_stock_is_set_or_changed_by_moves_once_per_submission() -> None:
    product = make_product(stock=5, specs={"颜色": ["红", "蓝"]})

    for _ in range(2):
        catalog.change_stock(product_ids=[product.pk], delta=3, source="form:1", by=None, now=NOON)
    assert list(product.skus.values_list("stock", flat=True)) == [8, 8]
    catalog.change_stock(product_ids=[product.pk], wanted=1, source="form:2", by=None, now=NOON)

    assert list(product.skus.values_list("stock", flat=True)) == [1, 1]
    assert sorted(StockMove.objects.filter(kind="edit").values_list("delta", flat=True)) == [-7, -7, 3, 3]


def test_stock_below_zero_refuses_the_whole_batch() -> None:
    few, many = make_sku("壶", stock=2), make_sku("杯", stock=9)

    with pytest.raises(catalog.BatchRefused, match="「壶」的库存要在 0 到 99999999 之间"):
        catalog.change_stock(
            product_ids=[few.product_id, many.product_id], delta=-3, source="form:1", by=None, now=NOON
        )

    assert list(Sku.objects.order_by("pk").values_list("stock", flat=True)) == [2, 9]


def test_the_floor_of_every_sku_is_set() -> None:
    product = make_product(specs={"颜色": ["红", "蓝"]})

    assert catalog.change_floor(product_ids=[product.pk], floor=4, by=None, now=NOON) == 2

    assert list(product.skus.values_list("stock_floor", flat=True)) == [4, 4]
