"""The shop front: home, categories, stores, 我的 and the small print."""

from typing import Any

import pytest
from django.test import Client
from html5lib import HTMLParser  # type: ignore[import-untyped,unused-ignore]

from catalog.models import Category, HomeBlock, Product
from catalog.services import bump_catalogue
from members.services import PRIVACY_VERSION
from shop.models import ShopSettings
from tests.factories import make_category, make_member, make_product, make_staff, make_store
from tests.shop.front import as_member, start_cold, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    start_cold()


# --- Home ----------------------------------------------------------------------------------------------------------
def test_home_shows_banners_categories_goods_and_stores(client: Client) -> None:
    HomeBlock.objects.create(kind="banners").pictures.create(
        title="当季草莓", image="home/a.webp", link="/goods/?q=草莓"
    )
    for kind in ("categories", "promises", "goods", "stores"):
        HomeBlock.objects.create(kind=kind, sort_order=1)
    make_category("水果")
    make_store("西湖店")
    goods = make_product("奶油草莓")
    ShopSettings.objects.update(announcement="周一盘点，下午开门", licence="9133000000", icp_number="浙ICP备1号")

    page = text_of(client, "/")

    for words in [
        "当季草莓",
        "水果",
        "奶油草莓",
        f"/goods/{goods.pk}/",
        "西湖店",
        "周一盘点",
        "9133000000",
        "浙ICP备1号",
    ]:
        assert words in page
    assert "满 ¥99 包邮" in page
    assert "1 家门店可自提" in page


def test_home_of_a_new_shop_says_that_the_shelves_are_empty(client: Client) -> None:
    assert "货架还空着" in text_of(client, "/")


def test_home_costs_eight_queries_and_none_once_it_is_kept(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(20):
        make_product(f"商品 {number}", categories=[make_category(f"分类 {number}")])
        make_store()

    # settings, categories, blocks, goods, stores, coupons, offers, flash prices
    with django_assert_num_queries(8):
        client.get("/")
    with django_assert_num_queries(0):
        client.get("/")


def test_what_the_merchant_edits_is_seen_at_once(client: Client) -> None:
    goods = make_product("奶油草莓")
    assert "奶油草莓" in text_of(client, "/")
    Product.objects.filter(pk=goods.pk).update(name="红颜草莓")
    assert "奶油草莓" in text_of(client, "/")  # kept

    bump_catalogue()

    assert "红颜草莓" in text_of(client, "/")


def test_delivery_is_promised_as_the_merchant_set_it(client: Client) -> None:
    ShopSettings.objects.update(pickup_enabled=False, freight_free_over=0, freight_amount=650)
    make_store()

    page = text_of(client, "/")

    assert "快递 ¥6.50" in page
    assert "包邮" not in page
    assert "可自提" not in page


@pytest.mark.parametrize(("path", "queries"), [("/", 9), ("/goods/", 6)])
def test_a_member_costs_the_front_pages_no_more_than_the_session_and_kept_ones_nothing(
    client: Client, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    for _ in range(30):
        make_product(categories=[make_category()])
    make_store()
    as_member(client)

    with django_assert_num_queries(queries):  # session, and what a guest costs
        client.get(path)
    with django_assert_num_queries(0):
        client.get(path)


# --- Categories, stores, 我的, small print -------------------------------------------------------------------------
def test_categories_and_stores_are_listed(client: Client, django_assert_num_queries: Any) -> None:
    make_category("浆果", parent=make_category("水果"))
    make_store("西湖店")
    make_store("关门店", is_active=False)

    with django_assert_num_queries(1):  # categories
        assert "浆果" in text_of(client, "/categories/")
    with django_assert_num_queries(2):  # stores, settings
        stores = text_of(client, "/stores/")
    assert "西湖店" in stores
    assert "关门店" not in stores


def test_a_guest_is_shown_the_way_to_sign_in(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):  # settings
        page = text_of(client, "/me/")

    assert "/login/?next=/me/" in page
    assert "退出登录" not in page


def test_a_member_sees_who_they_are_with_the_phone_masked(client: Client, django_assert_num_queries: Any) -> None:
    as_member(client, make_member("小满", phone="13812345678"))

    with django_assert_num_queries(8):  # session, member, orders by status, unread, settings, favourites, coupons, seen
        page = text_of(client, "/me/")

    assert "小满" in page
    assert "138****5678" in page
    assert "13812345678" not in page


def test_the_staff_find_their_doors_in_place_of_a_shoppers_things(client: Client) -> None:
    as_member(client, make_staff("boss", is_superuser=True))
    boss = text_of(client, "/me/")
    as_member(client, make_staff("clerk"))
    clerk = text_of(client, "/me/")

    assert ('href="/counter/"' in boss, 'href="/admin/"' in boss, "我的订单" in boss) == (True, True, False)
    assert ('href="/counter/"' in clerk, 'href="/admin/"' in clerk) == (False, True)


def test_the_cart_badge_comes_from_the_session(client: Client) -> None:
    session = client.session
    session["cart_count"] = 120
    session.save()

    assert '<span class="badge badge--cart">99+</span>' in text_of(client, "/")


def test_machines_are_told_where_not_to_look(client: Client) -> None:
    robots = client.get("/robots.txt")

    assert robots["Content-Type"].startswith("text/plain")
    assert "Disallow: /admin/" in robots.content.decode()
    assert client.get("/favicon.ico").headers["Location"] == "/static/img/icon-192.png"


def test_the_privacy_policy_names_its_version(client: Client) -> None:
    assert f"版本 {PRIVACY_VERSION}" in text_of(client, "/privacy/")


PAGES = [
    "/",
    "/goods/",
    "/goods/?q=无",
    "/goods/?low=x&high=5&stock=1",
    "/goods/search/",
    "/goods/{goods}/",
    "/goods/{goods}/share/",
    "/goods/999999/",
    "/categories/",
    "/stores/",
    "/me/",
    "/privacy/",
    "/nowhere/",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_change_nothing_by_post(client: Client, path: str) -> None:
    goods = make_product()

    assert client.post(path.format(goods=goods.pk)).status_code in {404, 405}


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_well_formed_and_carry_nothing_inline(client: Client, path: str, signed_in: bool) -> None:
    fruit = Category.objects.create(name="水果")
    goods = make_product(specs={"颜色": ["白", "绿"]}, detail_html="<p>清晨采摘</p>", attributes=(("产地", "云南"),))
    goods.categories.add(fruit)
    goods.images.create(image="products/a.webp")
    make_store()
    if signed_in:
        as_member(client)

    answer = client.get(path.format(goods=goods.pk))

    HTMLParser(strict=True).parse(answer.content.decode())
    assert b"style=" not in answer.content
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
