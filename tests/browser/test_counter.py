"""The counter with hands that touch nothing but the keyboard: part of an order, undo, the wrong code."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from members.models import Member
from orders.models import Order, OrderStatus
from shop.models import Store
from tests.browser import steps
from tests.browser.conftest import DESK, Visit
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
    page = visit(javascript=javascript)
    stand_at_counter(page, sign_in, store)
    steps.scan(page, order.pickup_code or "")
    page.get_by_label("棉麻毛巾 本次提走的数量").fill("1")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict__word")).to_have_text("已核销")
    expect(page.get_by_text("还有商品没有提走，提货码继续有效。")).to_be_visible()
    order.refresh_from_db()
    assert (order.status, handed(order)) == (OrderStatus.READY_FOR_PICKUP, [2, 1])

    steps.scan(page, order.pickup_code or "")
    expect(page.locator(".verdict__word")).to_have_text("请核对")
    expect(page.get_by_text(re.compile("已提走一部分：已于"))).to_be_visible()
    expect(page.get_by_text("青瓷茶杯")).to_have_count(0)
    page.keyboard.press("Enter")
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


def test_a_scan_onto_an_open_card_opens_the_next_order_and_hands_over_nothing(
    desk: Page, sign_in: SignIn, store: Store, order: Order
) -> None:
    following = make_order(store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now())
    stand_at_counter(desk, sign_in, store)
    steps.scan(desk, order.pickup_code or "")
    expect(desk.get_by_text(order.no)).to_be_visible()

    steps.scan(desk, following.pickup_code or "")

    expect(desk.get_by_text(following.no)).to_be_visible()
    assert (handed(order), handed(following)) == ([0, 0], [0])
