"""Activities in Chromium: written by the merchant on a phone, with scripts and without, and seen by a shopper."""

from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from promotions.models import FlashSale, Promotion
from promotions.services import FlashItemDraft
from tests.browser import steps
from tests.browser.conftest import PHONE, Visit, axe_faults, runs_over
from tests.factories import make_sku
from tests.promotions.activities import DAY, HOUR, make_flash
from tests.shop.backoffice import make_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])


def fill_window(page: Page) -> None:
    now = timezone.localtime()
    for label, at in (("开始时间", now - HOUR), ("结束时间", now + DAY)):
        page.get_by_label(label).fill(moment(at))


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


@SCRIPTS
def test_a_merchant_writes_a_tiered_offer_and_one_with_a_gift_on_a_phone(
    visit: Visit, site: str, javascript: bool
) -> None:
    steps.open_shop()
    make_sku("帆布袋", code="BAG-1", price=1900)
    page = visit(viewport=PHONE, javascript=javascript)
    steps.sign_in_as_staff(page, make_operator())

    page.goto("/admin/promotions/promotion/add/")
    page.get_by_label("活动名称").fill("春茶满减")
    fill_window(page)
    for number, (threshold, off) in enumerate([("100", "10"), ("200", "30")], start=1):
        row = page.get_by_role("group", name=f"第 {number} 档")
        row.get_by_label("满").fill(threshold)
        row.get_by_label("减（元）").fill(off)
    expect(page.get_by_label("赠品库存").first).to_be_hidden()
    assert not runs_over(page)
    page.get_by_role("button", name="保存活动").click()
    expect(page.get_by_text("已保存活动「春茶满减」")).to_be_visible()

    page.goto("/admin/promotions/promotion/add/")
    page.get_by_label("活动名称").fill("满赠")
    fill_window(page)
    page.get_by_text("满赠", exact=True).click()
    row = page.get_by_role("group", name="第 1 档")
    row.get_by_label("满").fill("99")
    row.get_by_label("赠品", exact=True).fill("帆布袋")
    row.get_by_label("赠品库存").fill("20")
    page.get_by_role("button", name="保存活动").click()
    expect(page.get_by_text("已保存活动「满赠」")).to_be_visible()

    assert not runs_over(page)
    tiers = Promotion.objects.order_by("pk").values_list("tiers__threshold", "tiers__off", "tiers__gift_left")
    assert set(tiers) == {(10_000, 1000, 0), (20_000, 3000, 0), (9900, 0, 20)}


@SCRIPTS
def test_a_merchant_opens_a_flash_sale_on_a_phone(visit: Visit, site: str, javascript: bool) -> None:
    steps.open_shop()
    make_sku("橙汁", price=900, stock=20)
    page = visit(viewport=PHONE, javascript=javascript)
    steps.sign_in_as_staff(page, make_operator())

    page.goto("/admin/promotions/flashsale/add/")
    page.get_by_label("场次名称").fill("午间场")
    fill_window(page)
    page.get_by_label("找商品").fill("橙汁")
    page.get_by_role("button", name="查找").click()
    page.get_by_label("橙汁").check()
    page.get_by_role("button", name="加入本场").click()
    row = page.get_by_role("group", name="橙汁")
    row.get_by_label("抢购价（元）").fill("4.5")
    row.get_by_label("数量").fill("8")
    row.get_by_label("每人限购").fill("2")
    assert not runs_over(page)
    page.get_by_role("button", name="保存场次").click()

    expect(page.get_by_text("已保存场次「午间场」")).to_be_visible()
    item = FlashSale.objects.get().items.get()
    assert (item.price, item.quota, item.per_member, item.sku.stock) == (450, 8, 2, 12)


@SCRIPTS
def test_a_shopper_is_led_from_the_session_to_the_checkout_of_the_piece(
    visit: Visit, site: str, javascript: bool
) -> None:
    steps.open_shop()
    now, sku = timezone.now(), make_sku("橙汁", price=900, stock=20)
    sale = make_flash(FlashItemDraft(sku.pk, 450, 8, 2), now=now - HOUR, starts_at=now - HOUR, ends_at=now + HOUR)
    page = visit(viewport=PHONE, javascript=javascript)

    page.goto("/flash/")
    page.get_by_role("link", name="橙汁").click()
    expect(page.get_by_text("每人限购 2 件").first).to_be_visible()
    page.get_by_label("抢购数量").fill("2")
    page.get_by_role("button", name="立即抢购").click()

    page.wait_for_url("**/login/**")  # a guest signs in first, and goes on from there
    assert f"/checkout/?flash={sale.items.get().pk}&units=2" in unquote(page.url)


def test_the_countdown_runs_by_the_servers_clock(visit: Visit, site: str) -> None:
    steps.open_shop()
    now, sku = timezone.now(), make_sku("橙汁", price=900, stock=20)
    make_flash(FlashItemDraft(sku.pk, 450, 8), now=now - HOUR, starts_at=now - HOUR, ends_at=now + HOUR)
    page = visit(viewport=PHONE)
    page.clock.install(time=now + timedelta(days=3))  # the phone is three days ahead

    page.goto("/flash/")

    expect(page.locator("[data-countdown]")).to_contain_text("59:")
    assert axe_faults(page) == []
