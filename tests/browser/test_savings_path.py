"""A shopper who saves: takes a coupon, finds it proposed, stacks an offer and points on it, and gets all back."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from members.models import Member
from orders import services as orders
from orders.models import Order
from promotions.models import Coupon
from shop.models import Store
from tests.browser import steps
from tests.browser.conftest import Visit
from tests.factories import make_member, make_sku
from tests.orders import bargains

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, Member], None]
BOTH = pytest.mark.parametrize("javascript", [True, False])


@pytest.fixture
def buyer(site: str) -> Member:
    """A shop with one store, a level of 95 %, 满100减10, a coupon to take, and a member with 5,000 points."""
    steps.open_shop(express_enabled=False, points_max_percent=20, points_value=100)
    member = make_member("小满", phone="13911112222", level=bargains.make_level(95))
    bargains.give_points(member, 5000)
    bargains.make_offer((10000, 1000), now=timezone.now(), name="满100减10")
    bargains.make_template(500, threshold=5000, name="满50减5", per_member=2)
    return member


def take_coupon(page: Page) -> None:
    page.goto("/coupons/")
    page.get_by_role("button", name="领取").click()
    expect(page.get_by_text("已领").first).to_be_visible()


def go_to_checkout(page: Page, *names_and_prices: tuple[str, int, int]) -> None:
    """Buy the goods (name, price in fen, units) through the cart."""
    for name, price, units in names_and_prices:
        page.goto(f"/goods/{make_sku(name, price=price).product_id}/")
        page.get_by_role("spinbutton").first.fill(str(units))
        steps.put_into_cart(page)
    page.goto("/cart/")
    page.get_by_role("button", name="去结算").click()
    expect(page.get_by_role("heading", name="确认订单")).to_be_visible()


def use_points(page: Page) -> None:
    """Tick the points; without scripts a button works the price out anew."""
    page.get_by_role("checkbox", name="积分抵").check(force=True)
    button = page.get_by_role("button", name="更新优惠")
    if button.is_visible():
        button.click()
    expect(page.get_by_text("2109 积分抵扣")).to_be_visible()


@BOTH
def test_the_golden_example_is_bought_in_the_browser(
    visit: Visit, buyer: Member, sign_in: SignIn, javascript: bool
) -> None:
    page = visit(javascript=javascript)
    sign_in(page, buyer)
    take_coupon(page)
    go_to_checkout(page, ("青瓷茶杯", 5990, 1), ("铁观音", 3340, 2), ("试吃装", 10, 1))

    expect(page.get_by_role("radio", name="满50减5")).to_be_checked()
    expect(page.get_by_role("radio", name="满100减10")).to_be_checked()
    use_points(page)
    order = steps.place_order(page)

    assert (order.level_discount, order.promotion_discount, order.coupon_discount) == (633, 1000, 500)
    assert (order.points_discount, order.payable_amount) == (2109, 12680 - 633 - 1000 - 500 - 2109)
    steps.pay_here(page)
    buyer.refresh_from_db()
    assert buyer.points_balance == 5000 - 2109


@BOTH
def test_a_cancelled_order_gives_coupon_and_points_back(
    visit: Visit, buyer: Member, sign_in: SignIn, javascript: bool
) -> None:
    page = visit(javascript=javascript)
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, buyer)
    take_coupon(page)
    go_to_checkout(page, ("青瓷茶杯", 5990, 1), ("铁观音", 3340, 2), ("试吃装", 10, 1))
    use_points(page)
    order = steps.place_order(page)
    assert Coupon.objects.get(member=buyer).status == "used"

    page.goto(f"/orders/{order.no}/")
    page.get_by_role("button", name="取消订单").first.click()
    expect(page.get_by_text("已取消").first).to_be_visible()

    page.goto("/me/coupons/")
    expect(page.get_by_text("满50减5").first).to_be_visible()
    page.goto("/me/points/")
    expect(page.get_by_text("5000").first).to_be_visible()
    buyer.refresh_from_db()
    assert (buyer.points_balance, Coupon.objects.get(member=buyer).status) == (5000, "unused")
    assert Order.objects.get().status == "cancelled"


@BOTH
def test_a_second_tab_that_spends_the_same_coupon_is_told_and_keeps_what_was_typed(
    visit: Visit, buyer: Member, sign_in: SignIn, javascript: bool
) -> None:
    page = visit(javascript=javascript)
    sign_in(page, buyer)
    take_coupon(page)
    go_to_checkout(page, ("青瓷茶杯", 5990, 2))
    page.get_by_label("留言").fill("请用礼盒")
    coupon = Coupon.objects.get(member=buyer)
    spend(coupon, buyer)

    page.get_by_role("button", name="提交订单").click()

    expect(page.get_by_text("这张优惠券已经不能用了，请重新选择")).to_be_visible()
    expect(page.get_by_label("留言")).to_have_value("请用礼盒")
    assert Order.objects.count() == 1


def spend(coupon: Coupon, buyer: Member) -> None:
    """Spend the coupon in another tab."""
    orders.place(
        member=buyer, items=[(make_sku(price=9900).pk, 1)], delivery=orders.Pickup(Store.objects.get().pk),
        idempotency_key="f" * 32, wish=orders.Wish(coupon_id=coupon.pk), from_cart=False, now=timezone.now(),
    )  # fmt: skip
