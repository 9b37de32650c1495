"""A shopper buys imported goods for pickup and a clerk hands them over, with scripts and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order, OrderStatus
from shop.models import Store
from tests.browser import steps
from tests.browser.conftest import DESK, Visit
from tests.factories import make_store
from tests.sandbox import Sandbox
from tests.shop.backoffice import make_clerk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = "13900001234"
CODE = re.compile(r"\d{4} \d{4} \d{4}")


@pytest.fixture
def store(site: str) -> Store:
    """A shop with a headquarters, a second store that hands over, and the goods of a file."""
    steps.open_shop()
    store = make_store("拱宸桥店")
    steps.make_slot(store)
    steps.import_goods()
    return store


@pytest.mark.parametrize("javascript", [True, False])
def test_goods_of_a_file_are_bought_for_pickup_and_handed_over(
    visit: Visit, store: Store, sandbox: Sandbox, javascript: bool
) -> None:
    shopper = visit(javascript=javascript)
    fill_cart_as_guest(shopper)
    order = buy_for_pickup(shopper, sandbox)

    expect(shopper.locator(".pickup-code")).to_have_text(CODE)
    code = shopper.locator(".pickup-code").inner_text().replace(" ", "").replace("\n", "")
    assert (len(code), code) == (12, order.pickup_code)
    shopper.get_by_role("link", name="查看订单").click()
    expect(shopper.get_by_role("img", name="提货二维码")).to_be_visible()

    stranger = visit(javascript=javascript)
    steps.sign_in_as_staff(stranger, make_clerk(make_store("运河店")), "/counter/")
    steps.scan(stranger, code)
    expect(stranger.get_by_role("alert")).to_contain_text("不是本店可核销的提货码")
    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP

    clerk = visit(viewport=DESK, javascript=javascript)
    steps.sign_in_as_staff(clerk, make_clerk(store), "/counter/")
    hand_over_by_keyboard(clerk, code)
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED

    shopper.reload()
    expect(shopper.get_by_text("交易完成").first).to_be_visible()
    expect(shopper.locator(".pickup-code")).to_have_count(0)


def fill_cart_as_guest(page: Page) -> None:
    page.goto("/")
    expect(steps.search(page, "lbfw")).to_have_count(1)  # the initials of 蓝边饭碗
    steps.search(page, "songmu")  # is off the shelf
    expect(page.get_by_text("没有找到这样的商品")).to_be_visible()
    cards = steps.search(page, "lanbian")
    expect(cards).to_have_count(1)
    cards.get_by_role("link", name="蓝边饭碗").click()
    page.get_by_label("购买数量").fill("2")
    steps.put_into_cart(page)
    steps.open_cart(page)
    expect(page.get_by_text("蓝边饭碗")).to_be_visible()


def buy_for_pickup(page: Page, sandbox: Sandbox) -> Order:
    """From a guest's cart to the page that says that it is paid."""
    page.get_by_role("button", name="去结算").click()
    steps.sign_in_by_phone(page, sandbox, PHONE)
    expect(page.get_by_role("heading", name="确认订单")).to_be_visible()
    expect(page.locator("main").get_by_text("蓝边饭碗")).to_be_visible()  # the cart came along
    steps.choose(page, "到店自提", update="更新")
    steps.choose(page, "拱宸桥店", update="更新门店")
    expect(page.get_by_role("group", name="自提时间")).to_be_visible()
    expect(page.get_by_label("提货人手机")).to_have_value(PHONE)
    order = steps.place_order(page)
    assert (order.payable_amount, order.store.name, order.pickup_window) == (78_00, "拱宸桥店", "00:01–23:58")
    steps.pay_here(page)
    order.refresh_from_db()
    assert (order.status, order.paid_amount) == (OrderStatus.READY_FOR_PICKUP, 78_00)
    return order


def hand_over_by_keyboard(page: Page, code: str) -> None:
    """Scan, confirm with the card on the counter; then scan the same code once more."""
    assert steps.has_focus(steps.code_field(page))
    steps.scan(page, code)
    expect(page.locator(".verdict__word")).to_have_text("可提货")
    steps.confirm(page)
    expect(page.locator(".verdict__word")).to_have_text("已核销")
    assert steps.has_focus(steps.code_field(page))

    steps.scan(page, code)
    expect(page.locator(".verdict__word")).to_have_text("不可提货")
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"已于 \d\d月\d\d日 \d\d:\d\d 在拱宸桥店由staff-\d+核销"))
    assert steps.has_focus(steps.code_field(page))
