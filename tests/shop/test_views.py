"""The shop front: home, goods list, product page, categories, stores, 我的 and the small print."""

from typing import Any

import pytest
from django.test import Client
from html5lib import HTMLParser  # type: ignore[import-untyped,unused-ignore]

from catalog.models import Category, HomeBlock, Product, ProductStatus, Sku
from catalog.selectors import catalogue_version
from catalog.services import bump_catalogue
from members.models import Member
from members.services import PRIVACY_VERSION
from shop.lib import fragments
from shop.models import ShopSettings
from tests.factories import make_category, make_member, make_order, make_product, make_store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Start with empty fragments, a settings row and a version, so that counted queries are those of the page."""
    fragments.forget()
    ShopSettings.load()
    catalogue_version()


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def as_member(client: Client, member: Member | None = None) -> Client:
    client.force_login(member or make_member("小满"), backend="django.contrib.auth.backends.ModelBackend")
    return client


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


def test_home_costs_five_queries_and_one_once_it_is_kept(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(20):
        make_product(f"商品 {number}", categories=[make_category(f"分类 {number}")])
        make_store()

    with django_assert_num_queries(5):  # settings with the version, categories, blocks, goods, stores
        client.get("/")
    with django_assert_num_queries(1):  # version
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


# --- The list ------------------------------------------------------------------------------------------------------
def test_the_list_costs_four_queries_however_many_goods(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(45):
        make_product(f"商品 {number}")

    with django_assert_num_queries(4):  # version, categories, count, goods
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
    assert 'aria-current="page">2</a>' in page


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


# --- The product page ----------------------------------------------------------------------------------------------
def test_the_product_page_costs_five_queries(client: Client, django_assert_num_queries: Any) -> None:
    goods = make_product(specs={"颜色": ["白", "绿"], "尺寸": ["小", "中", "大"]})

    with django_assert_num_queries(5):  # version, SKUs with product, pictures, settings, stores
        client.get(f"/goods/{goods.pk}/")
    with django_assert_num_queries(1):  # version
        client.get(f"/goods/{goods.pk}/")


@pytest.mark.parametrize(("limit", "queries"), [("none", 6), ("lifetime", 8)])
def test_a_member_pays_for_the_session_and_with_a_limit_for_what_they_bought(
    client: Client, django_assert_num_queries: Any, limit: str, queries: int
) -> None:
    goods = make_product(limit_kind=limit, limit_units=5)
    as_member(client)

    with django_assert_num_queries(queries):  # session, version, SKUs, pictures, settings, stores; member, bought
        client.get(f"/goods/{goods.pk}/")


@pytest.mark.parametrize(("path", "queries"), [("/", 6), ("/goods/", 5)])
def test_a_member_costs_the_front_pages_no_more_than_the_session(
    client: Client, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    for _ in range(30):
        make_product(categories=[make_category()])
    make_store()
    as_member(client)

    with django_assert_num_queries(queries):  # session, and what a guest costs
        client.get(path)
    with django_assert_num_queries(2):  # session, version
        client.get(path)


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


def test_goods_off_the_shelf_are_not_found(client: Client) -> None:
    goods = make_product(status=ProductStatus.OFF_SHELF)

    assert "没有找到这个页面" in text_of(client, f"/goods/{goods.pk}/", 404)
    assert client.get("/goods/999999/").status_code == 404


# --- Categories, stores, 我的, small print -------------------------------------------------------------------------
def test_categories_and_stores_are_listed(client: Client, django_assert_num_queries: Any) -> None:
    make_category("浆果", parent=make_category("水果"))
    make_store("西湖店")
    make_store("关门店", is_active=False)

    with django_assert_num_queries(2):  # version, categories
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

    with django_assert_num_queries(5):  # session, member, orders by status, unread messages, settings
        page = text_of(client, "/me/")

    assert "小满" in page
    assert "138****5678" in page
    assert "13812345678" not in page


def test_the_cart_badge_comes_from_the_session(client: Client) -> None:
    session = client.session
    session["cart_count"] = 120
    session.save()

    assert '<span class="badge">99+</span>' in text_of(client, "/")


def test_machines_are_told_where_not_to_look(client: Client) -> None:
    robots = client.get("/robots.txt")

    assert robots["Content-Type"].startswith("text/plain")
    assert "Disallow: /admin/" in robots.content.decode()
    assert client.get("/favicon.ico").headers["Location"] == "/static/img/favicon.svg"


def test_the_privacy_policy_names_its_version(client: Client) -> None:
    assert f"版本 {PRIVACY_VERSION}" in text_of(client, "/privacy/")


PAGES = [
    "/",
    "/goods/",
    "/goods/?q=无",
    "/goods/{goods}/",
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
