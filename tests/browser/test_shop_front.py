"""The shop front in Chromium: nothing runs over the edge, axe finds nothing, and it works without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from catalog.models import Product
from catalog.services import bump_catalogue
from members.models import Member
from shop.lib import fragments
from shop.models import ShopSettings
from tests.browser.conftest import Visit
from tests.factories import make_category, make_member, make_product, make_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def towel() -> Product:
    """A towel in two colours and two sizes, of which the large green one is not made."""
    fragments.forget()
    ShopSettings.load()
    make_store("西湖店")
    towel = make_product(
        "长绒棉毛巾 加厚吸水 一条装 " * 3, price=2600, specs={"颜色": ["白", "绿"], "尺寸": ["小", "大"]},
        categories=[make_category("居家")], detail_html="<h2>材质</h2><p>新疆长绒棉。</p>",
        attributes=(("产地", "新疆"),),
    )  # fmt: skip
    towel.skus.filter(spec_text="绿 大").update(is_active=False)
    for number in range(21):
        make_product(f"商品 {number}", price=123_456, sku={"market_price": 234_567}, virtual_sold=99_999)
    bump_catalogue()
    return towel


@pytest.mark.parametrize("javascript", [True, False])
def test_a_shopper_picks_a_specification_and_puts_it_into_the_cart(
    visit: Visit, towel: Product, javascript: bool
) -> None:
    page = visit(javascript=javascript)
    page.goto(f"/goods/{towel.pk}/")

    page.get_by_role("link", name="绿").click()
    expect(page.get_by_text("已选 绿 小")).to_be_visible()
    page.get_by_label("购买数量").fill("2")
    page.get_by_role("button", name="加入购物车").click()

    expect(page.get_by_text("已加入购物车")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("购物车"))).to_contain_text("2")
    page.get_by_role("link", name=re.compile("购物车")).click()
    expect(page.get_by_text("绿 小")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_shopper_narrows_a_list_sees_more_of_it_and_comes_back_by_a_search(
    visit: Visit, towel: Product, javascript: bool
) -> None:
    page = visit(javascript=javascript)
    page.goto("/goods/?sort=new")
    cards = page.locator(".goods-card")

    page.get_by_text("筛选").click()
    page.get_by_label("最低价").fill("1000")
    page.get_by_role("button", name="看结果").click()
    expect(page.get_by_role("link", name="去掉条件：¥1000 以上")).to_be_visible()
    expect(page.get_by_text("已看 20 / 21 件")).to_be_visible()
    page.get_by_role("link", name="加载更多").click()
    expect(page.get_by_text("共 21 件，都在这里了")).to_be_visible()
    expect(cards).to_have_count(21 if javascript else 1)
    page.get_by_role("link", name="去掉条件：¥1000 以上").click()
    expect(page.get_by_text("已看 20 / 22 件")).to_be_visible()

    page.goto("/goods/search/")
    page.get_by_role("searchbox").press_sequentially("mj")
    if javascript:
        page.locator(".suggest__name", has_text="长绒棉毛巾").click()
        page.wait_for_url(f"**/goods/{towel.pk}/")
    page.goto("/goods/search/")
    page.get_by_role("searchbox").fill("毛巾")
    page.get_by_role("button", name="搜索").click()
    expect(cards).to_have_count(1)
    page.goto("/goods/search/")
    page.get_by_role("link", name="毛巾").first.click()
    expect(cards).to_have_count(1)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_member_keeps_a_product_and_shares_it(
    visit: Visit, towel: Product, sign_in: Callable[[Page, Member], None], javascript: bool
) -> None:
    page, member = visit(javascript=javascript), make_member()
    page.goto(f"/goods/{towel.pk}/")
    page.get_by_role("button", name="收藏").click()
    page.wait_for_url(f"**/login/?next=%2Fgoods%2F{towel.pk}%2F")
    sign_in(page, member)

    page.goto(f"/goods/{towel.pk}/")
    page.get_by_role("button", name="收藏").click()
    expect(page.get_by_role("button", name="收藏")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="分享").click()
    expect(page.get_by_role("img", name=re.compile("的二维码"))).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1 if javascript else 0)

    assert [favourite.product for favourite in member.favourites.all()] == [towel]
    assert [footprint.product for footprint in member.footprints.all()] == [towel]


def test_the_buttons_beside_the_number_keep_to_what_may_be_bought(phone: Page, towel: Product) -> None:
    towel.skus.update(stock=2)
    bump_catalogue()
    phone.goto(f"/goods/{towel.pk}/")

    more, fewer = phone.get_by_role("button", name="增加"), phone.get_by_role("button", name="减少")
    expect(fewer).to_be_disabled()
    more.click()

    expect(phone.get_by_label("购买数量")).to_have_value("2")
    expect(more).to_be_disabled()
    expect(fewer).to_be_enabled()
