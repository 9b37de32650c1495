"""The states in which the pages of shop front, members, orders and counter can be, and how one comes there."""

from collections.abc import Callable
from datetime import timedelta

from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog.models import Product
from orders.models import Redemption
from orders.services.pickup_codes import new_code
from promotions.models import CouponTemplate, FlashSale, Promotion
from shop.lib import fragments
from shop.lib.throttle import ThrottleCount
from tests.browser import steps
from tests.browser.world import World

SHEETS = ["400", "403", "403_csrf", "404", "413", "429", "500"]

Act = Callable[[Page, World], object]
State = tuple[str, str, Act]  # name of the address, what is special, how to get there


def at(path: str) -> Act:
    """Open an address in which {w} is the world."""
    return lambda page, world: page.goto(path.format(w=world))


# --- A guest -------------------------------------------------------------------------------------------------------
def sheet(name: str) -> Act:
    """Show a page of mistakes as the shop would answer with it."""

    def act(page: Page, world: World) -> None:
        html = render_to_string(f"{name}.html", request=RequestFactory().get("/"))
        page.route("**/mistake/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        page.goto("/mistake/")
        page.unroute("**/mistake/")

    return act


def put_into_cart(*kinds: str) -> Act:
    """Put goods into the cart and open it."""

    def act(page: Page, world: World) -> None:
        for kind in kinds:
            page.goto(f"/goods/{world.goods[kind].pk}/")
            steps.put_into_cart(page)
        page.goto("/cart/")

    return act


def take_off_the_shelf(page: Page, world: World) -> None:
    Product.objects.filter(pk=world.goods["many"].pk).update(status="off_shelf")
    world.goods["few"].skus.update(stock=1)
    page.goto("/cart/")


def wrong_phone(page: Page, world: World) -> None:
    page.goto("/login/")
    page.get_by_label("手机号").fill("12345")
    page.get_by_role("button", name="获取验证码").click()
    expect(page.locator(".field__error")).to_have_count(2)


def ask_for_code(page: Page, world: World) -> None:
    page.goto("/login/")
    page.get_by_label("手机号").fill(world.member.phone)
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="获取验证码").click()
    page.wait_for_url("**/login/code/")


def wrong_code(page: Page, world: World) -> None:
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".field__error")).to_be_visible()


def too_many_codes(page: Page, world: World) -> None:
    page.context.clear_cookies()  # another browser asks for the same phone
    page.goto("/login/")
    page.get_by_label("手机号").fill(world.member.phone)
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="获取验证码").click()
    expect(page.locator(".field__error")).to_be_visible()


def type_a_name(page: Page, world: World) -> None:
    page.goto("/goods/search/")
    page.get_by_role("searchbox").press_sequentially("茶")
    expect(page.locator(".suggest__one")).to_have_count(7)


def stop_the_offer(page: Page, world: World) -> None:
    Promotion.objects.filter(pk=world.offer.pk).update(is_stopped=True)
    page.goto(f"/offers/{world.offer.pk}/")


def stop_the_sales(page: Page, world: World) -> None:
    FlashSale.objects.update(is_stopped=True)
    fragments.forget()
    page.goto("/flash/")


def open_offers(page: Page, world: World) -> None:
    page.goto(f"/goods/{world.goods['many'].pk}/")
    page.locator(".offers > summary").click()
    expect(page.locator(".offers .coupon").first).to_be_visible()


GUEST: list[State] = [
    ("home", "", at("/")),
    ("promotions:coupons", "guest", at("/coupons/")),
    ("promotions:coupon_share", "guest", at("/coupons/s/{w.coupons[shared].share_token}/")),
    ("promotions:coupon_share", "over", at("/coupons/s/{w.coupons[over].share_token}/")),
    ("product", "coupons", open_offers),
    ("goods", "", at("/goods/")),
    ("goods", "found", at("/goods/?q=gsw&sort=price")),
    ("goods", "nothing", at("/goods/?q=没有这样的东西")),
    ("goods", "narrowed", at("/goods/?q=茶&low=90&high=5&stock=1")),
    ("search", "", type_a_name),
    ("product_share", "", at("/goods/{w.goods[many].pk}/share/")),
    ("product", "many", at("/goods/{w.goods[many].pk}/")),
    ("product", "none", at("/goods/{w.goods[none].pk}/")),
    ("product", "few", at("/goods/{w.goods[few].pk}/")),
    ("product", "gone", at("/goods/{w.goods[gone].pk}/")),
    ("categories", "", at("/categories/")),
    ("stores", "", at("/stores/")),
    ("me", "guest", at("/me/")),
    ("privacy", "", at("/privacy/")),
    ("promotions:points_shop", "guest", at("/points/")),
    ("promotions:points_item", "guest", at("/points/{w.exchanges[coupon].pk}/")),
    ("promotions:offers", "", at("/offers/")),
    ("promotions:offer", "", at("/offers/{w.offer.pk}/")),
    ("promotions:offer", "gift", at("/offers/{w.gift_offer.pk}/")),
    ("promotions:offer_share", "", at("/offers/{w.offer.pk}/share/")),
    ("promotions:flash", "", at("/flash/")),
    ("promotions:flash", "later", at("/flash/?session={w.later_flash.pk}")),
    ("product", "flash", at("/goods/{w.goods[flash].pk}/")),
    ("product", "flash-later", at("/goods/{w.goods[later].pk}/")),
    ("promotions:offer", "over", stop_the_offer),
    ("promotions:flash", "none", stop_the_sales),
    ("cart:index", "empty", at("/cart/")),
    ("cart:index", "guest", put_into_cart("many", "few")),
    ("cart:index", "invalid", take_off_the_shelf),
    ("promotions:invited", "none", at("/invited/")),
    ("promotions:invited", "", at("/i/{w.member.invite_code}/")),
    ("members:login", "", at("/login/?next=/checkout/")),
    ("members:login", "wrong", wrong_phone),
    ("members:login_code", "", ask_for_code),
    ("members:login_code", "wrong", wrong_code),
    ("members:login", "too-many", too_many_codes),
    *[("", f"sheet-{name}", sheet(name)) for name in SHEETS],
]


# --- A member ------------------------------------------------------------------------------------------------------
def refuse_profile(page: Page, world: World) -> None:
    page.goto("/me/profile/")
    page.get_by_label("生日").fill("1800-01-01")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".field__error")).to_be_visible()


def refuse_proof(page: Page, world: World) -> None:
    page.goto("/me/data/")
    page.get_by_label("验证码").fill("12")
    page.get_by_role("button", name="下载", exact=True).click()
    expect(page.locator(".field__error")).to_be_visible()


def refuse_address(page: Page, world: World) -> None:
    page.goto("/me/addresses/new/")
    page.get_by_label("省份").select_option(label="浙江省")
    expect(page.get_by_label("城市")).to_be_visible()
    page.get_by_role("region", name="操作").get_by_role("button", name="保存地址").click()
    expect(page.locator(".field__error").first).to_be_visible()


def choose_pickup(page: Page, world: World) -> None:
    steps.choose(page, "到店自提", update="更新")
    expect(page.get_by_role("group", name="自提时间")).to_be_visible()


def refuse_checkout(page: Page, world: World) -> None:
    page.get_by_label("提货人手机").fill("123")
    page.get_by_role("button", name="提交订单").click()
    expect(page.locator(".field__error")).to_be_visible()


def scan_to_pay(page: Page, world: World) -> None:
    page.goto(f"/orders/{world.orders['unpaid'].no}/pay/")
    page.get_by_role("button", name="用另一台手机扫码支付").click()
    expect(page.get_by_role("img", name="微信支付二维码")).to_be_visible()


def take_coupon(page: Page, world: World) -> None:
    """Take one that is there and one that somebody has emptied meanwhile."""
    page.goto("/coupons/")
    page.get_by_role("button", name="领取 手快有").click()
    expect(page.locator(".coupon__yes")).to_be_visible()
    CouponTemplate.objects.filter(pk=world.coupons["percent"].pk).update(is_stopped=True)
    page.get_by_role("button", name="领取 茶叶").click()
    expect(page.locator(".coupon__no")).to_be_visible()


def take_shared(page: Page, world: World) -> None:
    page.goto(f"/coupons/s/{world.coupons['shared'].share_token}/")
    page.get_by_role("button", name="马上领取").click()
    expect(page.get_by_text("已在您的券包里")).to_be_visible()


def wrong_coupon_code(page: Page, world: World) -> None:
    page.goto("/coupons/code/")
    page.get_by_label("兑换码").fill("ABCD")
    page.get_by_role("button", name="兑换成优惠券").click()
    expect(page.locator(".field__error")).to_be_visible()


def detail_of(key: str) -> State:
    return ("orders:detail", key, at(f"/orders/{{w.orders[{key}].no}}/"))


def result_of(key: str) -> State:
    return ("orders:pay_result", key, at(f"/orders/{{w.orders[{key}].no}}/pay/result/"))


ORDERS = ["unpaid", "unaccepted", "preparing", "shipped", "received", "cancelled", "ready", "offline", "collected"]
NEW_MEMBER: list[State] = [
    ("promotions:my_coupons", "none", at("/me/coupons/")),
    ("me", "new", at("/me/")),
    ("catalog:favourites", "none", at("/me/favourites/")),
    ("catalog:footprints", "none", at("/me/footprints/")),
    ("members:messages", "none", at("/me/messages/")),
    ("members:points", "none", at("/me/points/")),
    ("level", "new", at("/me/level/")),
    ("members:addresses", "none", at("/me/addresses/")),
    ("promotions:invite", "none", at("/me/invite/")),
    ("promotions:invited", "member", at("/i/{w.member.invite_code}/")),
    ("my_data", "", at("/me/data/")),
    ("my_data", "wrong", refuse_proof),
    ("erase", "", at("/me/erase/")),
    ("orders:list", "none", at("/orders/")),
    ("orders:checkout", "no-address", at("/checkout/?sku={w.sku.pk}&units=2")),
]
MEMBER: list[State] = [
    ("me", "", at("/me/")),
    ("promotions:my_coupons", "", at("/me/coupons/")),
    ("promotions:my_coupons", "used", at("/me/coupons/?tab=used")),
    ("promotions:my_coupons", "gone", at("/me/coupons/?tab=gone")),
    ("promotions:coupons", "", take_coupon),
    ("promotions:coupon_share", "", at("/coupons/s/{w.coupons[shared].share_token}/")),
    ("promotions:coupon_share", "taken", take_shared),
    ("promotions:coupon_code", "", at("/coupons/code/")),
    ("promotions:coupon_code", "wrong", wrong_coupon_code),
    ("product", "member's coupons", open_offers),
    ("catalog:favourites", "", at("/me/favourites/")),
    ("catalog:footprints", "", at("/me/footprints/")),
    ("members:profile", "", at("/me/profile/")),
    ("members:profile", "wrong", refuse_profile),
    ("promotions:invite", "", at("/me/invite/")),
    ("promotions:invited", "own", at("/i/{w.member.invite_code}/")),
    ("erase", "open", at("/me/erase/")),
    ("members:messages", "", at("/me/messages/")),
    ("members:points", "", at("/me/points/")),
    ("level", "", at("/me/level/")),
    ("promotions:points_shop", "", at("/points/")),
    ("promotions:points_item", "coupon", at("/points/{w.exchanges[coupon].pk}/")),
    ("promotions:points_item", "goods", at("/points/{w.exchanges[goods].pk}/")),
    ("promotions:points_item", "gone", at("/points/{w.exchanges[gone].pk}/")),
    ("product", "member-price", at("/goods/{w.goods[many].pk}/")),
    ("members:addresses", "", at("/me/addresses/")),
    ("members:addresses", "choosing", at("/me/addresses/?next=/checkout/")),
    ("members:address_add", "", at("/me/addresses/new/")),
    ("members:address_add", "wrong", refuse_address),
    ("members:address_edit", "", at("/me/addresses/{w.address.pk}/")),
    ("orders:list", "", at("/orders/")),
    ("orders:list", "tab", at("/orders/?tab=pickup")),
    *[detail_of(key) for key in [*ORDERS, "refunded"]],
    ("orders:pay", "", at("/orders/{w.orders[unpaid].no}/pay/")),
    ("orders:pay_scan", "", scan_to_pay),
    *[result_of(key) for key in ("unpaid", "ready", "offline", "cancelled")],
    ("cart:index", "", put_into_cart("many", "few")),
    ("orders:checkout", "express", at("/checkout/")),
    ("orders:checkout", "pickup", choose_pickup),
    ("orders:checkout", "wrong", refuse_checkout),
    ("cart:index", "invalid", take_off_the_shelf),
    ("orders:detail", "strangers", at("/orders/202601010000000000/")),
]


# --- The counter ---------------------------------------------------------------------------------------------------
def scanned(key: str, word: str) -> Act:
    """Scan the code of an order and read the verdict."""

    def act(page: Page, world: World) -> None:
        page.goto("/counter/")
        steps.scan(page, world.orders[key].pickup_code or "" if key in world.orders else key)
        expect(page.locator(".verdict__word")).to_have_text(word)

    return act


def stand_in_the_store(page: Page, world: World) -> None:
    page.goto("/counter/")
    page.get_by_label("现在的门店").select_option(label=world.store.name)
    page.get_by_role("button", name="切换").click()
    expect(page.get_by_label("现在的门店").locator("option:checked")).to_have_text(world.store.name)


def hand_over(page: Page, world: World) -> None:
    scanned("ready", "可提货")(page, world)
    steps.confirm(page)
    expect(page.locator(".verdict__word")).to_have_text("已核销")
    world.redemption = Redemption.objects.get(order=world.orders["ready"])


def ask_without_code(page: Page, world: World) -> None:
    page.goto("/counter/without-code/")
    page.get_by_label("订单号").fill("20260101")
    page.get_by_label("原因").fill("手机没电")
    page.get_by_role("button", name="查询订单").click()
    expect(page.locator(".field__error").first).to_be_visible()


def undo_without_reason(page: Page, world: World) -> None:
    assert world.redemption
    page.goto(f"/counter/log/{world.redemption.pk}/undo/")
    page.get_by_label("撤销原因").evaluate("field => field.required = false")
    page.get_by_role("button", name="撤销这次核销").click()
    expect(page.locator(".field__error")).to_be_visible()


def redeemed_long_ago(page: Page, world: World) -> None:
    assert world.redemption
    Redemption.objects.update(redeemed_at=timezone.now() - timedelta(hours=1))
    page.goto(f"/counter/log/{world.redemption.pk}/undo/")


def try_too_often(page: Page, world: World) -> None:
    page.goto("/counter/")
    for _ in range(2):
        with page.expect_response("**/counter/find/"):
            steps.scan(page, new_code())
        ThrottleCount.objects.update(count=99)
    expect(page.get_by_role("alert")).to_contain_text("输错次数太多")


COUNTER: list[State] = [
    ("counter:index", "other-store", scanned("ready", "请核对")),
    ("counter:index", "", stand_in_the_store),
    ("counter:log", "none", at("/counter/log/")),
    ("counter:waiting", "", at("/counter/waiting/")),
    ("counter:waiting", "none", at("/counter/waiting/?q=99999")),
    ("counter:help", "", at("/counter/help/")),
    ("counter:index", "wrong", scanned("12345", "不可提货")),
    ("counter:index", "unknown", scanned("123456789015", "不可提货")),
    ("counter:index", "go", scanned("ready", "可提货")),
    ("counter:index", "check", scanned("offline", "请核对")),
    ("counter:index", "stop", scanned("collected", "不可提货")),
    ("counter:index", "done", hand_over),
    ("counter:undo", "", at("/counter/log/{w.redemption.pk}/undo/")),
    ("counter:undo", "wrong", undo_without_reason),
    ("counter:undo", "too-late", redeemed_long_ago),
    ("counter:log", "", at("/counter/log/")),
    ("counter:without_code", "", at("/counter/without-code/")),
    ("counter:without_code", "wrong", ask_without_code),
    ("counter:index", "too-many", try_too_often),
]
