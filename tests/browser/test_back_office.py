"""The back office in Chromium: signing in and the inbox, on a desk and on a phone."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from members import services as members
from members.models import Member, Message
from shop.models import Store
from tests.browser.conftest import DESK, PHONE, Visit, axe_faults, runs_over
from tests.factories import make_store
from tests.shop.backoffice import headquarters, make_clerk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
SignIn = Callable[[Page, Member], None]


@pytest.fixture
def store() -> Store:
    headquarters()
    return make_store("一店")


def tell(store: Store, title: str) -> None:
    members.notify_staff(
        store_id=store.pk, scene="test", key=title, title=title, body="订单 2026030212345678 等您接单。",
        link="/admin/orders/order/", now=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_where_the_staff_sign_in(visit: Visit, store: Store, viewport: ViewportSize) -> None:
    page = visit(viewport=viewport)

    page.goto("/counter/")

    expect(page.get_by_role("main").get_by_label("密码")).to_be_visible()
    assert axe_faults(page) == []
    assert not runs_over(page)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_clerk_finds_what_is_new_and_opens_it(
    visit: Visit, store: Store, sign_in: SignIn, viewport: ViewportSize
) -> None:
    clerk, page = make_clerk(store), visit(viewport=viewport)
    tell(store, "有新订单")
    tell(store, "又有新订单")
    sign_in(page, clerk)

    page.goto("/counter/")
    assert axe_faults(page) == []
    page.get_by_role("link", name="通知，2 条未读").click()
    expect(page.get_by_role("button", name="又有新订单")).to_be_visible()
    assert not runs_over(page)
    page.get_by_role("button", name="又有新订单").click()

    expect(page).to_have_url("/admin/orders/order/")
    expect(page.get_by_role("link", name="通知，1 条未读")).to_be_visible()
    assert Message.objects.filter(member=clerk, read_at=None).count() == 1


COUNT_TONES = """
  window.heard = 0;
  const Tone = OscillatorNode;
  window.OscillatorNode = class extends Tone { constructor(...facts) { super(...facts); window.heard += 1; } };
"""


def look_again(page: Page, unread: str) -> int:
    """Come back to the window, and return how many tones were heard until the bell says `unread`."""
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("link", name=f"通知，{unread} 条未读")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return int(page.evaluate("window.heard"))


def test_a_new_notice_is_counted_and_heard_without_a_reload(desk: Page, store: Store, sign_in: SignIn) -> None:
    desk.add_init_script(COUNT_TONES)
    sign_in(desk, make_clerk(store))
    desk.goto("/admin/inbox/")
    button = desk.get_by_role("button", name="新通知提示音")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    tell(store, "有新订单")
    assert look_again(desk, "1") == 0  # switched off

    button.click()
    desk.wait_for_function("window.heard === 2")  # the sample
    tell(store, "又有新订单")
    assert look_again(desk, "2") == 4
    assert look_again(desk, "2") == 4
    expect(desk.get_by_role("status").filter(has_text="有新通知")).to_have_count(1)


def test_what_came_while_no_page_was_open_is_known_on_the_next_one(desk: Page, store: Store, sign_in: SignIn) -> None:
    sign_in(desk, make_clerk(store))
    desk.goto("/admin/inbox/")
    tell(store, "有新订单")

    desk.goto("/admin/orders/order/")
    expect(desk.locator("[data-bell-news]")).to_have_text("有新通知，1 条未读")
    desk.reload()

    expect(desk.get_by_role("link", name="通知，1 条未读")).to_be_visible()
    expect(desk.locator("[data-bell-news]")).to_have_text("")
