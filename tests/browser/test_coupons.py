"""A merchant writes coupons with a thumb; shoppers take them with and without scripts."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from members.models import Member
from promotions import services as promotions
from promotions.models import Coupon, CouponTemplate
from tests.browser import steps
from tests.browser.conftest import PHONE, Visit, runs_over
from tests.browser.looking import keep_picture
from tests.factories import make_category, make_member, make_product
from tests.promotions.coupons import make_template
from tests.shop.backoffice import make_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, Member], None]
LIST = "/admin/promotions/coupontemplate/"


def look(page: Page, name: str) -> None:
    assert not runs_over(page), name
    keep_picture(page, f"admin-coupons-{name}-375")


def begin(page: Page, kind: str, name: str) -> None:
    """Press 新建优惠券, choose a kind, and type the name."""
    page.goto(LIST)
    page.get_by_role("link", name="新建优惠券").click()
    page.get_by_role("link", name=re.compile(kind)).click()
    page.get_by_label("名称").fill(name)


def save(page: Page) -> None:
    page.get_by_role("button", name="保存优惠券").click()
    expect(page.get_by_text(re.compile("已保存「"))).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_merchant_writes_the_four_kinds_on_a_phone(visit: Visit, javascript: bool) -> None:
    steps.open_shop()
    make_category("水果")
    for number in range(3):
        make_product(f"山药 {number}")
    page = visit(viewport=PHONE, javascript=javascript)
    steps.sign_in_as_staff(page, make_operator())

    begin(page, "商家券", "进店礼")
    page.get_by_label("面额").fill("60")
    page.get_by_label("使用门槛").fill("50")
    page.get_by_role("button", name="保存优惠券").click()
    expect(page.get_by_text("面额不能大于使用门槛")).to_be_visible()
    look(page, "wrong")
    page.get_by_label("面额").fill("5")
    save(page)

    begin(page, "新客立减", "见面礼")
    page.get_by_label("面额").fill("10")
    page.get_by_text("指定分类").click()
    page.get_by_text("水果").click()
    save(page)

    begin(page, "下单返券", "回头客")
    page.get_by_label("面额").fill("3")
    page.get_by_text("指定商品", exact=True).click()
    save(page)
    page.get_by_role("searchbox", name="找商品").fill("山药")
    page.get_by_role("button", name="查找").click()
    page.get_by_text("山药 1").click()
    page.get_by_role("button", name="放入").click()
    look(page, "goods")

    begin(page, "会员生日券", "生日快乐")
    page.get_by_text("折扣券").click()
    page.locator("[name=percent]").fill("85")
    page.get_by_label("最多减多少元").fill("30")
    save(page)

    page.goto(LIST)
    look(page, "list")
    made = {template.name: template for template in CouponTemplate.objects.all()}
    assert (made["进店礼"].amount, made["进店礼"].threshold, made["进店礼"].issue_mode) == (500, 5000, "claim")
    assert (made["见面礼"].scope_kind, len(made["见面礼"].scope_ids)) == ("category", 1)
    assert (made["回头客"].scope_kind, len(made["回头客"].scope_ids), made["回头客"].per_member) == ("product", 1, 0)
    assert (made["生日快乐"].percent, made["生日快乐"].max_discount) == (85, 3000)


def test_a_merchant_sends_a_coupon_and_watches_it_arrive(visit: Visit) -> None:
    steps.open_shop()
    template = make_template("老街坊", issue_mode="push", now=timezone.now())
    members = [make_member() for _ in range(3)]
    page = visit(viewport=PHONE)
    steps.sign_in_as_staff(page, make_operator())

    page.goto(f"{LIST}{template.pk}/push/")
    page.get_by_text("指定会员编号").click()
    page.get_by_label("会员编号", exact=True).fill(" ".join(member.no for member in members[:2]))
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("将发给 2 位会员")).to_be_visible()
    look(page, "preview")
    page.get_by_role("button", name="确认发放").click()
    expect(page.get_by_text("0 / 2 人")).to_be_visible()
    promotions.run_pushes(now=timezone.now())
    expect(page.get_by_text("2 / 2 人")).to_be_visible(timeout=15_000)  # the page looks by itself
    look(page, "progress")

    assert set(Coupon.objects.values_list("member", flat=True)) == {member.pk for member in members[:2]}


@pytest.mark.parametrize("javascript", [True, False])
def test_a_guest_signs_in_and_takes_a_coupon(visit: Visit, sign_in: SignIn, javascript: bool) -> None:
    steps.open_shop()
    product = make_product("龙井茶", price=6000)
    make_template("进店礼", now=timezone.now())
    page, member = visit(javascript=javascript), make_member("小满")

    page.goto("/")
    page.get_by_role("button", name="领取 进店礼").click()
    page.wait_for_url("**/login/?next=**")
    sign_in(page, member)
    page.goto(f"/goods/{product.pk}/")
    page.locator(".offers > summary").click()
    page.get_by_role("button", name="领取 进店礼").click()
    expect(page.get_by_text("已领取“进店礼”") if not javascript else page.locator(".coupon__yes")).to_be_visible()
    page.goto("/me/")
    page.get_by_role("link", name=re.compile("我的优惠券")).click()

    expect(page.locator(".coupon")).to_have_count(1)
    assert Coupon.objects.get().member == member
