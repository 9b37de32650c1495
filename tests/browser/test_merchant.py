"""The merchant's day in the back office, on a phone in the shop and on a desk; and what a clerk may see of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from catalog.models import Product, Sku
from members.models import Member
from orders import services as orders
from orders.models import Order, OrderStatus, Refund
from shop.models import ShopSettings, Store
from tests.browser import steps
from tests.browser.conftest import DESK, PHONE, Visit, runs_over
from tests.browser.looking import keep_picture
from tests.factories import make_order, make_sku, make_staff, make_store
from tests.sandbox import Sandbox
from tests.shop.backoffice import make_clerk, make_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, Member], None]
EACH_SCREEN = pytest.mark.parametrize("viewport", [PHONE, pytest.param(DESK, marks=pytest.mark.crawl)])
LIST = "/admin/orders/order/"


@pytest.fixture
def store(site: str) -> Store:
    return steps.open_shop(auto_accept=False)


def name_of(viewport: ViewportSize) -> str:
    return "phone" if viewport is PHONE else "desk"


def look(page: Page, name: str) -> None:
    viewport = page.viewport_size
    assert not runs_over(page), name
    keep_picture(page, f"admin-{name}-{viewport['width'] if viewport else 0}")


@EACH_SCREEN
def test_the_merchant_sees_an_order_through(
    visit: Visit, store: Store, sandbox: Sandbox, viewport: ViewportSize
) -> None:
    cup, towel = make_sku("青瓷茶杯", price=2600), make_sku("棉麻毛巾", price=1500)
    order = make_order((cup, 2), (towel, 1), status=OrderStatus.PENDING_ACCEPTANCE, now=timezone.now())
    page = visit(viewport=viewport)
    steps.sign_in_as_staff(page, make_operator())
    look(page, "home")

    page.locator("main, #content").get_by_role("link", name=re.compile("待接单")).click()
    expect(page.get_by_role("navigation", name="订单状态").locator("[aria-current]")).to_contain_text("待接单")
    expect(page.get_by_role("link", name=re.compile(order.no))).to_be_visible()
    look(page, "orders")
    page.get_by_role("navigation", name="订单状态").get_by_role("link", name=re.compile("已发货")).click()
    expect(page.get_by_role("link", name=re.compile(order.no))).to_have_count(0)

    press(page, order, "接单")
    assert order.status == OrderStatus.PREPARING
    press(page, order, "备注", {"商家备注": "老顾客，多给一张纸"})
    assert order.merchant_remark == "老顾客，多给一张纸"
    press(page, order, "退款", {"棉麻毛巾": "1", "退款原因": "毛巾缺货"})
    assert list(Refund.objects.values_list("amount", flat=True)) == [15_00]
    press(page, order, "发货", {"快递公司": "顺丰速运", "快递单号": "SF100"})
    assert order.status == OrderStatus.SHIPPED
    look(page, "order")
    expect(page.get_by_text("SF100", exact=True)).to_be_visible()


def press(page: Page, order: Order, title: str, typed: dict[str, str] | None = None, button: str = "") -> None:
    """Press a button of an order, fill in its form, send it, and read the order again."""
    steps.open_action(page, order, title)
    for label, text in (typed or {}).items():
        page.get_by_label(re.compile(label)).first.fill(text)
    look(page, f"action-{title}")
    page.locator("#content").get_by_role("button", name=button or title, exact=True).click()
    expect(page.get_by_text(re.compile(f"订单 {order.no}：")).first).to_be_visible()
    order.refresh_from_db()


def test_a_whole_order_is_refunded_to_the_fen(desk: Page, store: Store, sign_in: SignIn) -> None:
    ShopSettings.objects.update(auto_accept=True)
    order = make_order((make_sku(price=999), 3), status=OrderStatus.PREPARING, now=timezone.now())
    sign_in(desk, make_operator())

    press(desk, order, "退款", {"退款原因": "顾客不要了"}, button="整单退款（剩下的全部）")

    assert Refund.objects.get().amount == order.payable_amount == 29_97 + 8_00


def test_a_refund_without_numbers_says_what_is_missing_and_refunds_nothing(
    desk: Page, store: Store, sign_in: SignIn
) -> None:
    ShopSettings.objects.update(auto_accept=True)
    order = make_order(status=OrderStatus.PREPARING, now=timezone.now())
    sign_in(desk, make_operator())
    steps.open_action(desk, order, "退款")
    desk.get_by_label("退款原因").fill("少了一件")
    desk.get_by_role("button", name="退款", exact=True).click()

    expect(desk.get_by_text("请填写要退款的数量，或者点“整单退款”")).to_be_visible()
    expect(desk.get_by_label("退款原因")).to_have_value("少了一件")
    assert not Refund.objects.exists()


def test_the_list_of_goods_switches_them_off_and_sorts_them(phone: Page, store: Store, sign_in: SignIn) -> None:
    product = make_sku("亚麻围裙").product
    sign_in(phone, make_operator())
    phone.goto("/admin/catalog/product/")

    phone.get_by_role("switch", name="亚麻围裙：出售中").click()
    expect(phone.get_by_text("已下架，顾客看不到了")).to_be_visible()
    expect(phone.get_by_role("switch", name="亚麻围裙：出售中")).to_have_attribute("aria-checked", "false")
    phone.get_by_label("亚麻围裙的排序号").fill("7")
    phone.get_by_label("亚麻围裙的排序号").press("Tab")

    expect(phone.get_by_text("已保存 1 个排序号")).to_be_visible()
    product.refresh_from_db()
    assert (product.status, product.sort_order) == ("off_shelf", 7)


def test_a_desk_shows_the_product_as_a_phone_will_while_it_is_typed(desk: Page, store: Store, sign_in: SignIn) -> None:
    sku = make_sku("青瓷茶杯", price=2600)
    sign_in(desk, make_operator())
    desk.goto(f"/admin/catalog/product/{sku.product_id}/change/")
    phone = desk.frame_locator("iframe[data-preview-frame]")
    expect(phone.get_by_role("heading", name="青瓷茶杯")).to_be_visible()

    desk.get_by_label("商品名称").fill("龙泉青瓷茶杯")

    expect(phone.get_by_role("heading", name="龙泉青瓷茶杯")).to_be_visible()
    assert Product.objects.get().name == "青瓷茶杯"


@EACH_SCREEN
def test_a_file_is_checked_imported_and_exported(
    visit: Visit, store: Store, sign_in: SignIn, viewport: ViewportSize, tmp_path: Path
) -> None:
    page = visit(viewport=viewport)
    sign_in(page, make_operator())
    page.goto("/admin/catalog/product/import/")
    page.get_by_label("文件", exact=False).first.set_input_files(steps.FIXTURES / "goods_two_specs.csv")
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_text("检查结果（还没有导入）")).to_be_visible()
    look(page, "import")
    assert not Product.objects.exists()

    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text(re.compile("导入完成：新增 2 个"))).to_be_visible()
    assert (Product.objects.count(), Sku.objects.count()) == (2, 8)

    with page.expect_download() as download:
        page.get_by_text("导出", exact=True).click()
        page.get_by_role("link", name="导出 csv").click()
    file = tmp_path / "goods.csv"
    download.value.save_as(file)
    assert len(file.read_text(encoding="utf-8-sig").splitlines()) == 9


@EACH_SCREEN
def test_a_clerk_sees_the_orders_of_the_own_store_alone(visit: Visit, store: Store, viewport: ViewportSize) -> None:
    ShopSettings.objects.update(auto_accept=True)
    here, there = make_store("拱宸桥店"), make_store("运河店")
    own = make_order(store=here, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now())
    foreign = make_order(store=there, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now())
    page = visit(viewport=viewport)
    steps.sign_in_as_staff(page, make_clerk(here), LIST)

    expect(page.get_by_role("link", name=re.compile(own.no))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(foreign.no))).to_have_count(0)
    look(page, "orders-of-clerk")

    for path in ("change/", "do/refund/", "do/remark/"):
        answer = page.goto(f"{LIST}{foreign.pk}/{path}")
        assert answer
        assert answer.status in ({403, 404} if path == "do/refund/" else {404})
    foreign.refresh_from_db()
    assert (foreign.status, foreign.merchant_remark) == (OrderStatus.READY_FOR_PICKUP, "")


PAGES = [
    "orders/order", "orders/refund", "orders/redemption", "orders/payment", "orders/billline", "catalog/product",
    "catalog/sku", "catalog/stockmove", "catalog/category", "members/member", "members/message", "shop/shopsettings",
    "shop/store", "catalog/homeblock", "members/operationlog", "staff",
]  # fmt: skip


@pytest.mark.crawl
@EACH_SCREEN
def test_every_entry_of_the_menu_opens(visit: Visit, store: Store, sign_in: SignIn, viewport: ViewportSize) -> None:
    ShopSettings.objects.update(auto_accept=True)
    order = make_order(store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now())
    orders.refund_order(order=order, by=make_operator(), now=timezone.now(), reason="顾客不要了")
    page = visit(viewport=viewport)
    sign_in(page, make_staff(is_superuser=True, nickname="老板"))
    for path in PAGES:
        answer = page.goto(f"/admin/{path}/")
        assert answer
        assert (path, answer.status) == (path, 200)
        look(page, f"list-{path.replace('/', '-')}")
