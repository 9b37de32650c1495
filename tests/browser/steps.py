"""What people do in front of the shop, in the words of the pages they see."""

import io
import re
from pathlib import Path

from django.core.management import call_command
from playwright.sync_api import Locator, Page, expect

from catalog.models import Sku
from catalog.services import bump_catalogue
from members.models import Member
from orders.models import Order
from orders.services.pickup_codes import CONFIRM_WORD
from shop.lib import fragments
from shop.models import PickupSlot, ShopSettings, Store
from tests.factories import PASSWORD, make_store
from tests.sandbox import Sandbox

FIXTURES = Path(__file__).parent.parent / "fixtures"


def open_shop(**settings: object) -> Store:
    """Set the switches and open the headquarters of an empty shop; return it."""
    fragments.forget()
    shop = ShopSettings.load()
    for name, value in settings.items():
        setattr(shop, name, value)
    shop.save()
    store = make_store("湖畔总店", is_headquarters=True)
    bump_catalogue()
    return store


def import_goods(name: str = "goods_one_spec.csv") -> None:
    """Bring goods in as a merchant does with a file on the command line."""
    call_command("import_products", str(FIXTURES / name), stdout=io.StringIO())


def make_slot(store: Store) -> PickupSlot:
    """Let the store hand over all day, every day."""
    return PickupSlot.objects.create(store=store, starts="00:01", ends="23:58", capacity=5)


# --- The shopper ---------------------------------------------------------------------------------------------------
def search(page: Page, words: str) -> Locator:
    """Type into the search field of the page and press Enter; return the cards found."""
    page.get_by_role("searchbox", name="搜索商品").fill(words)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/goods/\?.*q="))
    return page.locator("main .goods-grid > li")


def put_into_cart(page: Page) -> None:
    page.get_by_role("button", name="加入购物车").click()
    expect(page.get_by_text("已加入购物车")).to_be_visible()


def open_cart(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^购物车")).click()
    expect(page).to_have_url(re.compile("/cart/"))


def sign_in_by_phone(page: Page, sandbox: Sandbox, phone: str) -> None:
    """Fill in the sign-in page, read the text message, type its code."""
    page.get_by_label("手机号").fill(phone)
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_text("验证码已发送")).to_be_visible()
    page.get_by_label("验证码").fill(sandbox.sms_code(phone))
    page.get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("/login/"))


def choose(page: Page, words: str, *, update: str) -> None:
    """Touch a choice of the checkout; without scripts the button `update` brings what belongs to it."""
    choice = page.get_by_role("radio", name=re.compile(words))
    if choice.is_checked():
        return
    choice.check(force=True)  # the chip around it is what one sees
    button = page.get_by_role("button", name=update, exact=True)
    if button.is_visible():
        button.click()
    expect(choice).to_be_checked()


def place_order(page: Page) -> Order:
    """Press the button of the checkout and return the order that came of it."""
    page.get_by_role("button", name="提交订单").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+/"))
    return order_shown(page)


def order_shown(page: Page) -> Order:
    """Return the order whose page is open."""
    found = re.search(r"/orders/(\d+)/", page.url)
    assert found, page.url
    return Order.objects.get(no=found[1])


def pay_here(page: Page) -> None:
    """Go to the cashier on this phone and pay."""
    page.get_by_role("button", name="在本机打开微信支付").click()
    expect(page.get_by_role("heading", name="沙箱收银台")).to_be_visible()
    page.get_by_role("button", name="立即支付").click()
    expect(page.get_by_text("付款成功")).to_be_visible()


# --- The staff -----------------------------------------------------------------------------------------------------
def sign_in_as_staff(page: Page, staff: Member, path: str = "/admin/") -> None:
    """Open `path`, which asks for name and password, and give them."""
    page.goto(path)
    page.get_by_label("登录名").fill(staff.username or "")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("/admin/login/"))


def open_action(page: Page, order: Order, title: str) -> None:
    """Open an order in the back office and press one of its buttons."""
    page.goto(f"/admin/orders/order/{order.pk}/change/")
    page.get_by_role("link", name=title, exact=True).click()


def has_focus(field: Locator) -> bool:
    return bool(field.evaluate("element => element === document.activeElement"))


def scan(page: Page, code: str) -> None:
    """Be a scanner gun before a page that is there: type into whatever has the focus, then Enter."""
    page.wait_for_load_state("load")
    expect(page.locator(":focus")).to_have_count(1)
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def confirm(page: Page) -> None:
    """Scan the card that confirms what the counter shows; with a script it needs a moment in which one reads."""
    expect(page.get_by_role("button", name="确认核销")).to_be_visible()
    expect(page.locator("[data-unread]")).to_have_count(0)
    scan(page, CONFIRM_WORD)


def code_field(page: Page) -> Locator:
    return page.get_by_label("扫码或输入 12 位提货码")


def sku_named(name: str) -> Sku:
    return Sku.objects.get(product__name=name)
