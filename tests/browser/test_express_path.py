"""Sent, cancelled, paid too late, paid at the store: what else a shopper lives through, with scripts and without."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from members.models import Member
from orders import services as orders
from orders.models import CancelReason, Order, OrderStatus
from shop.models import Store
from tests.browser import steps
from tests.browser.conftest import DESK, Visit
from tests.factories import make_address, make_member, make_order, make_sku
from tests.sandbox import Sandbox
from tests.shop.backoffice import make_clerk, make_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, Member], None]
BOTH = pytest.mark.parametrize("javascript", [True, False])


@pytest.fixture
def store(site: str) -> Store:
    """A shop with one store and ¥8 freight."""
    return steps.open_shop(pay_at_store_enabled=True)


@pytest.fixture
def buyer() -> Member:
    return make_member("小满", phone="13911112222")


def agree(page: Page) -> None:
    """Answer yes to whatever the page asks before it does something."""
    page.on("dialog", lambda dialog: dialog.accept())


def buy_now(page: Page) -> None:
    """From the page of a new good straight to the checkout."""
    page.goto(f"/goods/{make_sku('青瓷茶杯', price=2600).product_id}/")
    page.get_by_role("button", name="立即购买").click()
    expect(page.get_by_role("heading", name="确认订单")).to_be_visible()


def add_address(page: Page, *, javascript: bool) -> None:
    """Fill in the form of an address, level by level, and come back to the checkout.

    Without scripts a button asks for the next level; with them that comes by itself.
    """
    page.get_by_role("button", name="新增收货地址").click()
    page.get_by_label("收货人").fill("王小明")
    page.wait_for_load_state("load")
    page.get_by_label("手机号").fill("138 2222 3333")
    for label, region in {"省份": "浙江省", "城市": "杭州市", "区县": "西湖区"}.items():
        page.get_by_label(label).select_option(label=region)
        following = page.get_by_role("button", name=re.compile("选好了，下一步选"))
        if not javascript and following.is_visible():
            following.click()
    page.get_by_label("详细地址").fill("文三路 90 号 2 幢")
    page.get_by_role("region", name="操作").get_by_role("button", name="保存地址").click()
    expect(page.get_by_text("浙江省杭州市西湖区文三路 90 号 2 幢")).to_be_visible()


@BOTH
def test_an_order_is_sent_and_the_buyer_says_that_it_came(
    visit: Visit, store: Store, buyer: Member, sign_in: SignIn, javascript: bool
) -> None:
    shopper = visit(javascript=javascript)
    agree(shopper)
    sign_in(shopper, buyer)
    buy_now(shopper)
    add_address(shopper, javascript=javascript)
    order = steps.place_order(shopper)
    assert (order.payable_amount, order.freight_amount, order.receiver_name) == (34_00, 8_00, "王小明")
    steps.pay_here(shopper)

    merchant = visit(javascript=javascript)
    steps.sign_in_as_staff(merchant, make_operator(), "/admin/orders/order/")
    ship(merchant, order)

    shopper.get_by_role("link", name="查看订单").click()
    expect(shopper.get_by_role("region", name="包裹 1")).to_contain_text("顺丰速运 SF1234567890")
    shopper.get_by_role("button", name="确认收货").click()
    expect(shopper.get_by_text("已确认收货，谢谢惠顾")).to_be_visible()
    order.refresh_from_db()
    assert (order.status, order.paid_amount) == (OrderStatus.COMPLETED, 34_00)


def ship(page: Page, order: Order) -> None:
    """Find the order in the list, open it, send it."""
    page.get_by_role("link", name=re.compile(order.no)).click()
    page.get_by_role("link", name="发货", exact=True).click()
    page.get_by_label("快递公司").fill("顺丰速运")
    page.get_by_label("快递单号").fill("SF1234567890")
    page.get_by_role("button", name="发货").click()
    expect(page.get_by_text(re.compile("已发货")).first).to_be_visible()


@BOTH
def test_a_desk_shows_a_picture_that_a_phone_pays(
    visit: Visit, store: Store, buyer: Member, sign_in: SignIn, javascript: bool
) -> None:
    order = make_order(member=buyer, store=store, now=timezone.now())
    desk = visit(viewport=DESK, javascript=javascript)
    sign_in(desk, buyer)
    desk.goto(f"/orders/{order.no}/pay/")
    desk.get_by_role("button", name="用另一台手机扫码支付").click()
    expect(desk.get_by_role("img", name="微信支付二维码")).to_be_visible()

    with desk.context.expect_page() as opened:
        desk.get_by_role("link", name="打开收银台").click()
    opened.value.get_by_role("button", name="立即支付").click()
    expect(opened.value.get_by_text("已支付")).to_be_visible()

    if not javascript:
        desk.get_by_role("link", name="我已付款").click()
    expect(desk.get_by_text("付款成功")).to_be_visible()
    order.refresh_from_db()
    assert (order.status, order.paid_amount) == (OrderStatus.READY_FOR_PICKUP, order.payable_amount)


@BOTH
def test_a_buyer_leaves_the_cashier_and_cancels(
    visit: Visit, store: Store, buyer: Member, sandbox: Sandbox, sign_in: SignIn, javascript: bool
) -> None:
    order = make_order(member=buyer, store=store, now=timezone.now())
    page = visit(javascript=javascript)
    agree(page)
    sign_in(page, buyer)
    page.goto(f"/orders/{order.no}/pay/")
    page.get_by_role("button", name="在本机打开微信支付").click()
    page.get_by_role("button", name="取消支付").click()
    expect(page.get_by_text("正在确认付款结果")).to_be_visible()
    expect(page.get_by_text("失败")).to_have_count(0)

    page.get_by_role("link", name="返回").click()
    page.get_by_role("button", name="取消订单").click()

    expect(page.get_by_text("订单已取消").first).to_be_visible()
    order.refresh_from_db()
    assert (order.status, order.cancel_reason, order.paid_at) == (OrderStatus.CANCELLED, CancelReason.MEMBER, None)
    sandbox.advance(400)  # the gateway closes nothing in the first five minutes
    orders.poll_payments(now=timezone.now() + timedelta(minutes=8))
    assert [row["state"] for row in sandbox.ledger()["payments"]] == ["CLOSED"]


@BOTH
def test_money_that_came_too_late_goes_back_and_the_buyer_is_told(
    visit: Visit, store: Store, buyer: Member, sandbox: Sandbox, sign_in: SignIn, javascript: bool
) -> None:
    order = make_order(member=buyer, store=store, now=timezone.now())
    page = visit(javascript=javascript)
    sign_in(page, buyer)
    page.goto(f"/orders/{order.no}/pay/")
    page.get_by_role("button", name="在本机打开微信支付").click()
    expect(page.get_by_role("heading", name="沙箱收银台")).to_be_visible()
    assert orders.expire_unpaid(now=timezone.now() + timedelta(minutes=31)) == 1
    sandbox.advance(31 * 60)

    page.reload()
    page.get_by_role("button", name="仍然付款").click()
    expect(page.get_by_text(re.compile("原路"))).to_be_visible()
    sandbox.deliver(everything=True)
    assert orders.send_refunds(now=timezone.now() + timedelta(seconds=5)) == 1
    sandbox.settle_refund()
    sandbox.deliver(everything=True)

    page.get_by_role("link", name="查看订单").click()
    expect(page.get_by_text("已取消").first).to_be_visible()
    expect(page.get_by_text(re.compile("已到账")).first).to_be_visible()
    page.goto("/me/messages/")
    expect(page.get_by_text(re.compile("退")).first).to_be_visible()
    books = sandbox.ledger()
    assert [row["amount"] for row in books["refunds"]] == [row["total"] for row in books["payments"]] == [10_00]


@BOTH
def test_an_order_is_paid_at_the_store(
    visit: Visit, store: Store, buyer: Member, sign_in: SignIn, javascript: bool
) -> None:
    page = visit(javascript=javascript)
    sign_in(page, buyer)
    make_address(buyer)
    buy_now(page)
    steps.choose(page, "到店自提", update="更新")
    page.get_by_role("radio", name=re.compile("到店付款")).check()
    order = steps.place_order(page)
    expect(page.get_by_text(re.compile("到店付款")).first).to_be_visible()
    expect(page.locator(".pickup-code")).to_be_visible()
    assert (order.status, order.paid_at, order.payable_amount) == (OrderStatus.READY_FOR_PICKUP, None, 26_00)

    clerk = visit(javascript=javascript)
    steps.sign_in_as_staff(clerk, make_clerk(store), "/counter/")
    steps.scan(clerk, order.pickup_code or "")
    expect(clerk.locator(".verdict__word")).to_have_text("请核对")
    clerk.get_by_label("已收款 ¥26.00").check()
    clerk.get_by_role("button", name="确认核销").click()
    expect(clerk.locator(".verdict__word")).to_have_text("已核销")
    order.refresh_from_db()
    assert (order.status, order.paid_amount) == (OrderStatus.COMPLETED, 26_00)
