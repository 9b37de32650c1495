"""The product page, its share sheet and the page of what is gone."""

import re
from typing import Any

import pytest
from django.test import Client

from catalog.models import Footprint, ProductStatus, Sku
from shop.models import ShopSettings
from tests.factories import make_category, make_member, make_order, make_product, make_staff
from tests.shop.front import as_member, start_cold, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    start_cold()


def test_the_product_page_costs_eight_queries_and_kept_none(client: Client, django_assert_num_queries: Any) -> None:
    goods = make_product(specs={"颜色": ["白", "绿"], "尺寸": ["小", "中", "大"]})

    # SKUs with product, pictures, flash price, offers, settings, stores, others, coupons
    with django_assert_num_queries(8):
        client.get(f"/goods/{goods.pk}/")
    with django_assert_num_queries(0):
        client.get(f"/goods/{goods.pk}/")


@pytest.mark.parametrize(("limit", "queries"), [("none", 3), ("lifetime", 4)])
def test_a_member_pays_for_the_session_and_with_a_limit_for_what_they_bought(
    client: Client, django_assert_num_queries: Any, limit: str, queries: int
) -> None:
    goods = make_product(limit_kind=limit, limit_units=5)
    as_member(client)
    client.get(f"/goods/{goods.pk}/")

    with django_assert_num_queries(queries):  # session, member, footprint with favourite; bought
        client.get(f"/goods/{goods.pk}/")


def test_a_limit_for_life_shows_each_member_what_is_left_for_them(client: Client) -> None:
    goods = make_product(limit_kind="lifetime", limit_units=3, stock=40)
    member = make_member()
    as_member(client, member)
    make_order((goods.skus.get(), 2), member=member)

    theirs, others = text_of(client, f"/goods/{goods.pk}/"), text_of(Client(), f"/goods/{goods.pk}/")
    make_order((goods.skus.get(), 1), member=member)
    spent = text_of(client, f"/goods/{goods.pk}/")

    assert ('max="1"' in theirs, "每人限购 3 件，您还可以买 1 件" in theirs) == (True, True)
    assert ('max="3"' in others, "您还可以买" in others) == (True, False)
    assert ("加入购物车" in spent, "已达限购数量" in spent) == (False, True)


def test_the_form_sends_the_chosen_sku_and_no_price(client: Client) -> None:
    goods = make_product(specs={"颜色": ["白", "绿"]})
    green = Sku.objects.get(product=goods, spec_text="绿")

    page = text_of(client, f"/goods/{goods.pk}/?sku={green.pk}")

    assert f'name="sku" value="{green.pk}"' in page
    assert 'action="/cart/add/"' in page
    assert "csrfmiddlewaretoken" in page
    assert "已选 绿" in page


def test_two_visitors_share_the_fragment_but_not_the_token(client: Client) -> None:
    goods = make_product()

    pages = [text_of(Client(), f"/goods/{goods.pk}/") for _ in range(2)]

    tokens = [page.split('csrfmiddlewaretoken" value="')[1].split('"')[0] for page in pages]
    assert tokens[0] != tokens[1]


def test_what_is_sold_out_cannot_be_put_into_the_cart(client: Client) -> None:
    page = text_of(client, f"/goods/{make_product(stock=0).pk}/")

    assert "已售罄" in page
    assert "加入购物车" not in page
    assert "立即购买" not in page


@pytest.mark.parametrize("query", ["sku=abc", "sku=-1", "sku=" + "9" * 60, "sku=²", "sku="])
def test_a_sku_that_is_none_shows_the_first(client: Client, query: str) -> None:
    goods = make_product()

    assert client.get(f"/goods/{goods.pk}/?{query}").status_code == 200


def test_goods_off_the_shelf_are_not_found_and_lead_to_others(client: Client) -> None:
    goods = make_product("收起的碗", status=ProductStatus.OFF_SHELF)
    make_product("还在卖的茶")

    for address in (f"/goods/{goods.pk}/", "/goods/999999/", f"/goods/{goods.pk}/share/"):
        page = text_of(client, address, 404)
        assert ("这件商品已经下架了" in page, "还在卖的茶" in page, goods.name in page) == (True, True, False)


def test_the_picker_says_what_is_sold_out_and_what_is_not_made(client: Client) -> None:
    goods = make_product(specs={"颜色": ["白", "绿"], "尺寸": ["小", "大"]})
    goods.skus.filter(spec_text="白 大").update(stock=0)
    goods.skus.filter(spec_text="绿 小").update(is_active=False)

    page = text_of(client, f"/goods/{goods.pk}/")

    chips = re.findall(r'chip__text">(\w+)</span>(?:<small class="chip__note">(\w+)<)?', page)
    assert chips == [("白", ""), ("绿", "需换搭配"), ("小", ""), ("大", "售罄")]


@pytest.mark.parametrize(("asked", "shown"), [("3", 3), ("99", 10), ("0", 2), ("x", 2), ("9" * 40, 2)])
def test_a_choice_of_specs_keeps_the_quantity_within_its_bounds(client: Client, asked: str, shown: int) -> None:
    goods = make_product(specs={"颜色": ["白", "绿"]}, min_units=2)

    assert f'value="{shown}" min="2" max="10"' in text_of(client, f"/goods/{goods.pk}/?units={asked}")


def test_few_left_is_told_and_plenty_is_not_urgent(client: Client) -> None:
    few, many = make_product(stock=3), make_product(stock=30)

    assert '<strong class="scarce">仅剩 3 件</strong>' in text_of(client, f"/goods/{few.pk}/")
    assert "scarce" not in text_of(client, f"/goods/{many.pk}/")


def test_what_is_like_it_stands_below_and_the_rest_does_not(client: Client) -> None:
    tea, cups = make_category("茶"), make_category("杯")
    goods = make_product("龙井", categories=[tea])
    make_product("乌龙", categories=[tea, cups])
    make_product("下架的茶", categories=[tea], status=ProductStatus.OFF_SHELF)
    make_product("马克杯", categories=[cups])

    page = text_of(client, f"/goods/{goods.pk}/")

    assert ("乌龙" in page, "下架的茶" in page, "马克杯" in page) == (True, False, False)


def test_a_shop_without_delivery_promises_nothing_in_an_empty_box(client: Client) -> None:
    ShopSettings.objects.update(express_enabled=False, pickup_enabled=False)

    assert "delivery" not in text_of(client, f"/goods/{make_product().pk}/")


def test_a_shared_link_shows_name_words_and_picture_with_full_addresses(client: Client) -> None:
    goods = make_product("龙井", selling_point="明前采摘", specs={"规格": ["100 克", "200 克"]})

    page = text_of(client, f"/goods/{goods.pk}/?sku={goods.skus.order_by('-pk')[0].pk}&units=2")
    sheet = text_of(client, f"/goods/{goods.pk}/share/")

    address = f"http://testserver/goods/{goods.pk}/"
    assert f'<meta property="og:url" content="{address}">' in page
    assert '<meta property="og:title" content="龙井">' in page
    assert '<meta property="og:description" content="明前采摘">' in page
    assert '<meta property="og:image" content="http://testserver/static/img/goods.svg">' in page
    assert (f'value="{address}"' in sheet, "data:image/svg+xml;base64," in sheet) == (True, True)


# --- The heart and the footprint -----------------------------------------------------------------------------------
def test_a_member_leaves_one_footprint_however_often_they_look(client: Client) -> None:
    goods, member = make_product(), make_member()
    as_member(client, member)

    for _ in range(3):
        client.get(f"/goods/{goods.pk}/")
    client.head(f"/goods/{make_product().pk}/")
    client.get(f"/goods/{make_product().pk}/", headers={"HX-Request": "true"})

    assert [step.product for step in member.footprints.all()] == [goods]


def test_guests_and_staff_leave_no_footprint(client: Client) -> None:
    goods = make_product()

    client.get(f"/goods/{goods.pk}/")
    as_member(client, make_staff()).get(f"/goods/{goods.pk}/")

    assert Footprint.objects.count() == 0


def test_the_heart_shows_what_the_member_keeps(client: Client) -> None:
    goods = make_product()
    as_member(client)

    def heart() -> str:
        return text_of(client, f"/goods/{goods.pk}/").partition('aria-pressed="')[2].partition('"')[0]

    before = heart()
    client.post(f"/goods/{goods.pk}/favourite/", {"keep": "1"})

    assert (before, heart()) == ("false", "true")
