"""The goods list: sorted, narrowed, searched and paged."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_category, make_product
from tests.shop.front import start_cold, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    start_cold()


def test_the_list_costs_six_queries_however_many_goods(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(45):
        make_product(f"商品 {number}")

    with django_assert_num_queries(6):  # version, categories, count, goods, offers, flash prices
        client.get("/goods/?page=2")
    with django_assert_num_queries(1):  # version
        client.get("/goods/?page=2")


def test_the_list_pages_keep_what_was_asked_for(client: Client) -> None:
    fruit = make_category("水果")
    for number in range(45):
        make_product(f"草莓 {number}", categories=[fruit])

    page = text_of(client, f"/goods/?category={fruit.pk}&q=草莓&sort=new&page=2")

    assert f"?category={fruit.pk}&amp;q=%E8%8D%89%E8%8E%93&amp;sort=new&amp;page=3" in page
    assert page.count('class="goods-card"') == 20
    assert "已看 40 / 45 件" in page
    assert "回到第 1 页" in page


@pytest.mark.parametrize("page", ["0", "-1", "999", "abc", "", "1e9", "²"])
def test_a_page_that_is_not_there_shows_the_nearest(client: Client, page: str) -> None:
    make_product("奶油草莓")

    assert "奶油草莓" in text_of(client, f"/goods/?page={page}")


@pytest.mark.parametrize(
    "query", ["category=x", "sort=rm", "sort=-price", "q=%00", "q=%25_%5C", "q=" + "长" * 500, "category=" + "9" * 40]
)
def test_nonsense_in_the_address_is_read_as_nothing(client: Client, query: str) -> None:
    assert client.get(f"/goods/?{query}").status_code == 200


def test_a_category_that_is_not_there_is_not_found(client: Client) -> None:
    hidden = make_category("内部", is_visible=False)

    assert client.get("/goods/?category=999999").status_code == 404
    assert client.get(f"/goods/?category={hidden.pk}").status_code == 404


def test_a_category_offers_those_below_it_and_a_leaf_its_sisters(client: Client) -> None:
    fruit = make_category("水果")
    berries, citrus = make_category("浆果", parent=fruit), make_category("柑橘", parent=fruit)

    for category in (fruit, berries):
        page = text_of(client, f"/goods/?category={category.pk}")
        assert f'href="?category={berries.pk}"' in page
        assert f'href="?category={citrus.pk}"' in page
        assert f'href="?category={fruit.pk}"' in page


def test_a_second_touch_turns_the_price_order_round(client: Client) -> None:
    make_product()

    assert 'href="?sort=-price"' in text_of(client, "/goods/?sort=price")
    assert 'href="?sort=price"' in text_of(client, "/goods/?sort=-price")


def test_a_search_without_result_offers_a_way_out_and_is_escaped(client: Client) -> None:
    page = text_of(client, "/goods/?q=<script>x")

    assert "没有找到这样的商品" in page
    assert "<script>x" not in page
    assert 'value="&lt;script&gt;x"' in page


def prices_on(client: Client, query: str) -> list[int]:
    """Return which of the goods that cost 10, 20, 30 yuan a list shows."""
    page = text_of(client, f"/goods/?{query}").partition("大家都在买")[0]
    return [yuan for yuan in (10, 20, 30) if f"茶 {yuan}<" in page]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", [10, 20, 30]), ("low=20", [20, 30]), ("high=20", [10, 20]), ("low=15&high=25.5", [20]),
        ("stock=1", [10, 30]), ("sale=1", [30]), ("low=20&stock=1&sale=1", [30]), ("low=40", []),
        ("stock=2&sale=x", [10, 20, 30]),
        ("low=abc&high=5", [10, 20, 30]), ("low=30&high=10", [10, 20, 30]), ("low=%00", [10, 20, 30]),
    ],
)  # fmt: skip
def test_the_filter_narrows_by_price_stock_and_offer(client: Client, query: str, shown: list[int]) -> None:
    make_product("茶 10", price=1000)
    make_product("茶 20", price=2000, stock=0, sku={"market_price": 2000})
    make_product("茶 30", price=3000, sku={"market_price": 3500})

    assert prices_on(client, query) == shown


@pytest.mark.parametrize(
    ("query", "fault"),
    [("low=abc&high=5", "请填写数字"), ("low=30&high=10", "最高价不能低于最低价"), ("low=10&high=30", "")],
)
def test_a_price_that_makes_no_sense_is_kept_and_told(client: Client, query: str, fault: str) -> None:
    make_product()

    page = text_of(client, f"/goods/?{query}")

    low, high = (pair.split("=")[1] for pair in query.split("&"))
    assert (f'name="low" value="{low}"' in page, f'name="high" value="{high}"' in page) == (True, True)
    assert ("field__error" in page) is bool(fault)
    assert fault in page


def test_what_narrows_the_list_comes_off_one_by_one(client: Client) -> None:
    fruit = make_category("水果")
    make_product("草莓", price=2000, categories=[fruit])

    page = text_of(client, f"/goods/?category={fruit.pk}&q=草莓&low=9.9&stock=1&page=1")

    found = re.findall(r'applied__one" href="\?([^"]*)" aria-label="去掉条件：([^"]*)"', page)
    word, category = "q=%E8%8D%89%E8%8E%93", f"category={fruit.pk}"
    assert {words: query.replace("&amp;", "&") for query, words in found} == {
        "“草莓”": f"{category}&low=9.9&stock=1",
        "水果": f"{word}&low=9.9&stock=1",
        "¥9.90 以上": f"{category}&{word}&stock=1",
        "只看有货": f"{category}&{word}&low=9.9",
    }


def test_without_categories_no_empty_row_of_them_is_drawn(client: Client) -> None:
    make_product("草莓")

    assert 'aria-label="分类"' not in text_of(client, "/goods/")


def test_a_list_that_narrowed_too_much_shows_what_others_buy(client: Client) -> None:
    make_product("常卖的茶", price=1000)

    page = text_of(client, "/goods/?low=99")

    assert ("没有符合条件的商品" in page, "清除全部条件" in page, "常卖的茶" in page) == (True, True, True)
