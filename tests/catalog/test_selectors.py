"""What the shop front reads of the goods."""

from typing import Any

import pytest
from django.core.paginator import Paginator
from pytest_django import DjangoAssertNumQueries

from catalog import selectors
from catalog import services as catalog
from catalog.models import LimitKind, Product, ProductStatus, Sku
from catalog.selectors import cards_of, goods_found
from catalog.services import count_sold
from tests.factories import NOON, make_category, make_product

pytestmark = pytest.mark.django_db


def names(**wanted: object) -> list[str]:
    return [card.name for card in cards_of(goods_found(**wanted))]  # type: ignore[arg-type]


# --- The tree ------------------------------------------------------------------------------------------------------
def test_the_tree_nests_visible_categories_in_their_order() -> None:
    bread = make_category("面包", sort_order=2)
    fruit = make_category("水果", sort_order=1)
    berries = make_category("浆果", parent=fruit)
    strawberries = make_category("草莓", parent=berries)
    make_category("藏起来的", parent=fruit, is_visible=False)

    tree = selectors.category_tree("v1")

    assert [(node.name, [child.name for child in node.children]) for node in tree] == [("水果", ["浆果"]), ("面包", [])]
    assert tree[0].ids == [fruit.pk, berries.pk, strawberries.pk]
    assert tree[1].ids == [bread.pk]
    assert [node.name for node in selectors.category_named(tree, strawberries.pk)] == ["水果", "浆果", "草莓"]
    assert selectors.category_named(tree, 999_999) == []


def test_children_of_a_hidden_category_are_hidden_too() -> None:
    hidden = make_category("内部", is_visible=False)
    make_category("试吃", parent=hidden)

    assert selectors.category_tree("v2") == []


def test_a_new_version_reads_the_tree_again() -> None:
    make_category("水果")
    assert len(selectors.category_tree("v3")) == 1
    make_category("面包")

    assert len(selectors.category_tree("v3")) == 1
    assert len(selectors.category_tree("v4")) == 2


# --- Lists ---------------------------------------------------------------------------------------------------------
def test_only_goods_on_sale_are_found() -> None:
    make_product("草莓")
    make_product("下架的", status=ProductStatus.OFF_SHELF)
    make_product("回收的").move(ProductStatus.TRASHED)

    assert names() == ["草莓"]


def test_a_category_shows_the_goods_of_all_below_it_once() -> None:
    fruit = make_category("水果")
    berries = make_category("浆果", parent=fruit)
    make_product("草莓", categories=[fruit, berries])
    make_product("蓝莓", categories=[berries])
    make_product("面包", categories=[make_category("面包")])

    assert names(category_ids=[fruit.pk, berries.pk]) == ["蓝莓", "草莓"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("草莓", ["奶油 草莓"]),
        ("caomei", ["奶油 草莓"]),
        ("  CAOMEI　奶油 ", ["奶油 草莓"]),
        ("ｃａｏｍｅｉ", ["奶油 草莓"]),
        ("草莓 面包", []),
        ("%", []),
        ("'; drop", []),
        ("\0", ["乡村欧包", "奶油 草莓"]),
    ],
)
def test_every_word_typed_must_be_found(typed: str, found: list[str]) -> None:
    make_product("奶油 草莓")
    make_product("乡村欧包", keywords="面包")

    assert names(text=typed) == found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["丙", "乙", "甲"]),
        ("sales", ["乙", "甲", "丙"]),
        ("price", ["甲", "丙", "乙"]),
        ("-price", ["乙", "丙", "甲"]),
        ("new", ["丙", "乙", "甲"]),
        ("nonsense", ["丙", "乙", "甲"]),
    ],
)
def test_lists_are_sorted_as_asked(sort: str, order: list[str]) -> None:
    first = make_product("甲", price=100, sort_order=3)
    second = make_product("乙", price=300, virtual_sold=9, sort_order=2)
    make_product("丙", price=200, sort_order=1)
    count_sold({first.pk: 5, second.pk: 1})

    assert names(sort=sort) == order


def test_a_card_says_what_a_shopper_needs() -> None:
    goods = make_product("奶油草莓", price=5990, stock=0, sku={"market_price": 6990}, selling_point="当季现摘")
    Product.objects.filter(pk=goods.pk).update(price_max=8990, sold=3, virtual_sold=12_342)

    (card,) = cards_of(goods_found())

    assert card.price == "<small>¥</small>59<small>.90</small>"
    assert (card.was, card.sold, card.note) == ("¥69.90", "已售 1.2 万", "当季现摘")
    assert (card.several_prices, card.sold_out) == (True, True)
    assert card.picture == "/static/img/goods.svg"


def test_a_card_is_silent_where_there_is_nothing_to_say() -> None:
    make_product("白面包", price=1000, sku={"market_price": 1000})

    (card,) = cards_of(goods_found())

    assert (card.was, card.sold, card.note, card.several_prices, card.sold_out) == ("", "", "", False, False)


@pytest.mark.parametrize(
    ("units", "words"), [(0, ""), (1, "已售 1"), (9_999, "已售 9999"), (10_000, "已售 1 万"), (15_600, "已售 1.6 万")]
)
def test_sales_are_said_briefly(units: int, words: str) -> None:
    assert selectors.sold_words(units) == words


# --- The product page ----------------------------------------------------------------------------------------------
def sku_of(product_id: int, spec_text: str) -> Sku:
    return Sku.objects.get(product_id=product_id, spec_text=spec_text)


def test_the_page_opens_with_the_first_sku_in_stock() -> None:
    goods = make_product(specs={"颜色": ["白", "绿"], "尺寸": ["小", "大"]})
    Sku.objects.filter(pk=sku_of(goods.pk, "白 小").pk).update(stock=0)

    page = selectors.product_page(goods.pk)

    assert page is not None
    assert (page.spec, page.stock, page.can_buy) == ("白 大", "有货", True)


def test_each_value_leads_to_the_sku_that_differs_least() -> None:
    goods = make_product(specs={"颜色": ["白", "绿"], "尺寸": ["小", "大"]})
    Sku.objects.filter(pk=sku_of(goods.pk, "绿 大").pk).update(is_active=False)

    page = selectors.product_page(goods.pk, sku_id=sku_of(goods.pk, "白 大").pk)

    assert page is not None
    colours, sizes = page.dimensions
    assert [(value.text, value.is_chosen) for value in colours.values] == [("白", True), ("绿", False)]
    assert colours.values[1].sku_id == sku_of(goods.pk, "绿 小").pk  # there is no large green one
    assert [(value.text, value.sku_id) for value in sizes.values] == [
        ("小", sku_of(goods.pk, "白 小").pk),
        ("大", sku_of(goods.pk, "白 大").pk),
    ]


def test_a_sold_out_combination_can_be_looked_at_but_not_bought() -> None:
    goods = make_product(specs={"颜色": ["白", "绿"]})
    green = sku_of(goods.pk, "绿")
    Sku.objects.filter(pk=green.pk).update(stock=0)

    page = selectors.product_page(goods.pk, sku_id=green.pk)

    assert page is not None
    assert (page.sku_id, page.stock, page.can_buy, page.max_units) == (green.pk, "已售罄", False, 0)
    assert [value.note for value in page.dimensions[0].values] == ["", "售罄"]


def test_a_foreign_or_removed_sku_in_the_address_falls_back() -> None:
    goods, other = make_product(), make_product()

    page = selectors.product_page(goods.pk, sku_id=Sku.objects.get(product=other).pk)

    assert page is not None
    assert page.sku_id == Sku.objects.get(product=goods).pk


@pytest.mark.parametrize(
    ("stock", "fields", "words", "can_buy", "most"),
    [
        (40, {}, "有货", True, 40),
        (3, {}, "仅剩 3 件", True, 3),
        (0, {}, "已售罄", False, 0),
        (3, {"min_units": 5}, "只剩 3 件，不够起购数量", False, 3),
        (5000, {}, "有货", True, 999),
        (40, {"limit_kind": LimitKind.PER_ORDER, "limit_units": 2}, "有货", True, 2),
    ],
)
def test_the_page_says_how_many_may_be_bought(
    stock: int, fields: dict[str, Any], words: str, can_buy: bool, most: int
) -> None:
    page = selectors.product_page(make_product(stock=stock, **fields).pk)

    assert page is not None
    assert (page.stock, page.can_buy, page.max_units) == (words, can_buy, most)


def test_limits_are_said_in_words() -> None:
    page = selectors.product_page(make_product(min_units=2, limit_kind=LimitKind.LIFETIME, limit_units=6).pk)

    assert page is not None
    assert page.limits == ["2 件起购", "每人限购 6 件"]


def test_the_saving_is_said_only_when_there_is_one() -> None:
    dear, fair = make_product(price=5990, sku={"market_price": 6990}), make_product(price=5990)

    pages = [selectors.product_page(goods.pk) for goods in (dear, fair)]

    assert [(page.was, page.saving) for page in pages if page] == [("¥69.90", "省 ¥10.00"), ("", "")]


@pytest.mark.parametrize("status", [ProductStatus.OFF_SHELF, ProductStatus.TRASHED])
def test_goods_that_are_not_for_sale_have_no_page(status: str) -> None:
    goods = make_product()
    goods.move(status)

    assert selectors.product_page(goods.pk) is None


def test_a_description_is_printed_without_what_a_browser_would_run() -> None:
    goods = make_product()
    Product.objects.filter(pk=goods.pk).update(detail_html='<p onclick="x()">清晨采摘</p><script>alert(1)</script>')

    page = selectors.product_page(goods.pk)

    assert page is not None
    assert page.detail == "<p>清晨采摘</p>"


def test_a_deep_page_reads_its_own_goods_alone_and_pages_cover_all_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    drafts = [
        catalog.ProductDraft(code=f"C{n}", name=f"杯 {n}", status="on_sale", skus=(catalog.SkuDraft(price=100),))
        for n in range(45)
    ]
    catalog.save_products(drafts=drafts, by=None, now=NOON)
    pages = Paginator(goods_found(text="杯"), 20)

    with django_assert_num_queries(2):  # count, goods of the page
        last = list(pages.get_page(3).object_list)
    found = [card.name for number in pages.page_range for card in cards_of(pages.page(number).object_list)]

    assert [row["name"] for row in last] == found[40:]
    assert sorted(found) == sorted(f"杯 {n}" for n in range(45))
    assert goods_found(text="杯")[44]["name"] == found[44]
