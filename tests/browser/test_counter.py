"""The counter with hands that touch nothing but keyboard and gun: many in a row, part of an order, the wrong code."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog.models import Sku
from members.models import Member
from orders.models import Order, OrderStatus, Redemption
from orders.services.pickup_codes import CONFIRM_WORD, new_code
from shop.models import ShopSettings, Store
from tests.browser import steps
from tests.browser.conftest import DESK, Visit
from tests.chaos.reporting import report
from tests.factories import make_order, make_sku, make_store
from tests.shop.backoffice import make_clerk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, Member], None]
BOTH = pytest.mark.parametrize("javascript", [True, False])


@pytest.fixture
def store(site: str) -> Store:
    steps.open_shop()
    return make_store("拱宸桥店")


@pytest.fixture
def order(store: Store) -> Order:
    """Two cups and three towels that wait in the store."""
    items = (make_sku("青瓷茶杯"), 2), (make_sku("棉麻毛巾"), 3)
    return make_order(*items, store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now())


def waiting(store: Store, sku: Sku | None = None, *, units: int = 1, **options: Any) -> Order:
    """Make an order that lies ready."""
    return make_order(
        (sku or make_sku(), units), store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now(), **options
    )


def stand_at_counter(page: Page, sign_in: SignIn, store: Store) -> None:
    sign_in(page, make_clerk(store))
    page.goto("/counter/")
    assert steps.has_focus(steps.code_field(page))


def handed(order: Order) -> list[int]:
    return list(order.lines.order_by("pk").values_list("units_handed", flat=True))


@BOTH
def test_a_part_is_handed_over_then_taken_back(
    visit: Visit, sign_in: SignIn, store: Store, order: Order, javascript: bool
) -> None:
    page = visit(viewport=DESK, javascript=javascript)
    stand_at_counter(page, sign_in, store)
    steps.scan(page, order.pickup_code or "")
    page.get_by_label("棉麻毛巾 本次提走的数量").fill("1")
    page.get_by_role("button", name="确认核销").click()
    expect(page.locator(".verdict__word")).to_have_text("已核销")
    expect(page.get_by_text("还有商品没有提走，提货码继续有效。")).to_be_visible()
    order.refresh_from_db()
    assert (order.status, handed(order)) == (OrderStatus.READY_FOR_PICKUP, [2, 1])

    steps.scan(page, order.pickup_code or "")
    expect(page.locator(".verdict__word")).to_have_text("请核对")
    expect(page.get_by_text(re.compile("已提走一部分：已于"))).to_be_visible()
    expect(page.locator("#handover").get_by_text("青瓷茶杯")).to_have_count(0)
    steps.confirm(page)
    expect(page.locator(".verdict__word")).to_have_text("已核销")
    order.refresh_from_db()
    assert (order.status, handed(order)) == (OrderStatus.COMPLETED, [2, 3])

    page.get_by_role("link", name="撤销", exact=True).click()
    assert steps.has_focus(page.get_by_label("撤销原因"))
    page.keyboard.type("拿错了颜色")
    page.keyboard.press("Enter")
    expect(page.get_by_text("核销已撤销，商品和提货码恢复可用")).to_be_visible()
    assert steps.has_focus(steps.code_field(page))
    order.refresh_from_db()
    assert (order.status, handed(order)) == (OrderStatus.READY_FOR_PICKUP, [2, 1])


@BOTH
def test_a_wrong_code_says_so_and_the_field_waits_for_the_next(
    visit: Visit, sign_in: SignIn, store: Store, order: Order, javascript: bool
) -> None:
    page = visit(viewport=DESK, javascript=javascript)
    stand_at_counter(page, sign_in, store)

    steps.scan(page, "12345")
    expect(page.get_by_role("alert")).to_contain_text("没有看到 12 位提货码")
    expect(page.get_by_role("alert")).to_contain_text("刚才输入的是「12345」")
    assert steps.has_focus(steps.code_field(page))

    steps.scan(page, order.pickup_code or "")
    expect(page.locator(".verdict__word")).to_have_text("可提货")
    assert handed(order) == [0, 0]


@pytest.mark.parametrize(
    ("where", "javascript"), [("", True), ("", False), ("本次提走的数量", True), ("已收款", True), ("已收款", False)]
)
def test_a_scan_onto_an_open_card_hands_over_nothing_wherever_the_focus_is(
    visit: Visit, sign_in: SignIn, store: Store, javascript: bool, where: str
) -> None:
    page = visit(viewport=DESK, javascript=javascript)
    ShopSettings.objects.update(pay_at_store_enabled=True)
    first, second = (waiting(store, units=2, pay_channel="offline") for _ in range(2))
    stand_at_counter(page, sign_in, store)
    steps.scan(page, first.pickup_code or "")
    expect(page.locator(".facts").get_by_text(first.no)).to_be_visible()
    if where:
        page.get_by_label("已收款").check()
        page.get_by_label(where).focus()

    steps.scan(page, second.pickup_code or "")

    shown = second if javascript or not where else first  # a script takes a gun's digits to the field
    expect(page.locator(".facts").get_by_text(shown.no)).to_be_visible()
    assert (handed(first), handed(second)) == ([0], [0])


def test_enter_confirms_after_a_moment_space_says_paid_and_digits_find_the_field(
    desk: Page, sign_in: SignIn, store: Store
) -> None:
    ShopSettings.objects.update(pay_at_store_enabled=True)
    order = waiting(store, pay_channel="offline")
    stand_at_counter(desk, sign_in, store)
    desk.get_by_role("link", name="扫码枪与键盘说明").focus()
    desk.keyboard.type(order.pickup_code or "")
    desk.keyboard.press("Enter")
    expect(desk.locator(".verdict__word")).to_have_text("请核对")

    desk.keyboard.press("Enter")  # the second one of a gun that sends two: nobody has read the card
    expect(desk.locator("[data-unread]")).to_have_count(0)
    desk.keyboard.press("Space")
    expect(desk.get_by_label("已收款")).to_be_checked()
    assert handed(order) == [0]

    desk.keyboard.press("Enter")
    expect(desk.locator(".verdict__word")).to_have_text("已核销")
    assert handed(order) == [1]
    expect(desk.locator("#lists").get_by_role("heading", name="今天的核销（1）")).to_be_visible()


def test_codes_scanned_before_an_answer_comes_are_looked_up_one_by_one(
    desk: Page, sign_in: SignIn, store: Store
) -> None:
    orders = [waiting(store) for _ in range(3)]
    stand_at_counter(desk, sign_in, store)

    with desk.expect_request_finished(lambda request: (orders[2].pickup_code or "") in (request.post_data or "")):
        for order in orders:
            desk.keyboard.type(order.pickup_code or "")
            desk.keyboard.press("Enter")

    expect(desk.locator(".facts").get_by_text(orders[2].no)).to_be_visible()
    assert Redemption.objects.count() == 0


def test_the_sound_is_switched_off_and_stays_so(desk: Page, sign_in: SignIn, store: Store) -> None:
    stand_at_counter(desk, sign_in, store)
    button = desk.get_by_role("button", name="提示音")

    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    desk.reload()

    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_shop_that_does_not_answer_is_said(desk: Page, sign_in: SignIn, store: Store) -> None:
    stand_at_counter(desk, sign_in, store)
    desk.route("**/counter/find/", lambda route: route.fulfill(body="the proxy has something to say"))

    steps.scan(desk, new_code())

    expect(desk.get_by_role("alert")).to_contain_text("没有收到结果，请检查网络后再扫一次")
    assert steps.has_focus(steps.code_field(desk))


# --- Many in a row -------------------------------------------------------------------------------------------------
def hand_over_all(page: Page, orders: list[Order]) -> float:
    """Be a clerk with a gun: scan, look, then Enter or the card that confirms, by turns. Return the seconds it took."""
    started = time.monotonic()
    for number, order in enumerate(orders):
        page.keyboard.type(order.pickup_code or "")
        page.keyboard.press("Enter")
        expect(page.locator(".facts").get_by_text(order.no)).to_be_visible()
        expect(page.locator(".verdict__word")).to_have_text("可提货")
        expect(page.locator("[data-unread]")).to_have_count(0)  # a card wants to be looked at for a moment
        if number % 2:
            page.keyboard.type(CONFIRM_WORD)
        page.keyboard.press("Enter")
        expect(page.locator(".verdict__word")).to_have_text("已核销")
    return time.monotonic() - started


def assert_all_went_once(orders: list[Order]) -> None:
    assert {status for (status,) in Order.objects.values_list("status")} == {OrderStatus.COMPLETED}
    assert Redemption.objects.count() == len(orders)
    assert {tuple(handed(order)) for order in orders} == {(1,)}


def test_five_pickups_in_a_row_without_a_mouse(desk: Page, sign_in: SignIn, store: Store) -> None:
    orders = [waiting(store) for _ in range(5)]
    stand_at_counter(desk, sign_in, store)

    seconds = hand_over_all(desk, orders)

    assert_all_went_once(orders)
    assert seconds < 60


@pytest.mark.chaos
def test_a_hundred_pickups_in_a_row_take_less_than_five_minutes(desk: Page, sign_in: SignIn, store: Store) -> None:
    sku = make_sku("青瓷茶杯", stock=100)
    orders = [waiting(store, sku) for _ in range(100)]
    stand_at_counter(desk, sign_in, store)

    with report("pickups in a row with a scanner gun") as row:
        seconds = hand_over_all(desk, orders)
    row.attempts, row.successes = 100, Redemption.objects.count()

    assert_all_went_once(orders)
    assert seconds < 300
