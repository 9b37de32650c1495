"""Every page of shop front, members, orders and counter, in the states it can be in, without fault on a phone.

`make crawl` goes on from here over all links, as every role, on a desk too and through the back office.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Page, expect

from members.models import Member
from tests.browser.conftest import Visit
from tests.browser.looking import answers_of, faults_on_a_phone
from tests.browser.routes import all_routes
from tests.browser.states import COUNTER, GUEST, MEMBER, NEW_MEMBER, State, at
from tests.browser.world import World, fill_life, open_world
from tests.factories import make_member
from tests.shop.backoffice import make_clerk, make_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, Member], None]
WITHOUT_PAGE = {  # they answer with a redirect, with nothing to see, or with a part of a page
    "cart:add", "cart:update", "cart:remove", "cart:restore", "catalog:favourite", "catalog:favourites_tidy",
    "catalog:footprints_remove", "search_forget", "suggest", "counter:find", "counter:store", "health-live",
    "health-ready", "manifest", "members:address_default", "members:address_delete", "members:address_regions",
    "members:code_resend", "members:logout", "members:message_open", "members:message_read_all", "members:share_opened",
    "orders:again", "promotions:points_exchange", "promotions:coupon_claim", "promotions:coupon_take",
    "promotions:coupon_poster", "orders:cancel", "orders:changed", "orders:hide", "orders:pay_notify", "orders:receive",
    "promotions:invite_link", "promotions:invite_poster", "promotions:offer_poster",
}  # fmt: skip


@pytest.fixture
def world(site: str) -> World:
    return open_world()


def faults_in(page: Page, world: World, states: list[State]) -> str:
    """Go from state to state, each of which must be at its address, and name what is wrong there."""
    answers, faults = answers_of(page), list[str]()
    for name, special, act in states:
        act(page, world)
        assert not name or resolve(urlsplit(page.url).path).view_name == name, (special, page.url)
        faults += [f"{name} {special}: {fault}" for fault in faults_on_a_phone(page, answers[-1])]
    return "\n".join(faults)


def test_pages_for_guests_and_new_members(visit: Visit, world: World, sign_in: SignIn) -> None:
    page = visit()
    sign_in(page, make_member())

    assert faults_in(page, world, NEW_MEMBER) == ""
    assert faults_in(visit(), world, GUEST) == ""


def test_pages_of_a_member(visit: Visit, world: World, sign_in: SignIn) -> None:
    page = visit()
    sign_in(page, world.member)
    fill_life(world)

    assert faults_in(page, world, MEMBER) == ""


def test_pages_of_the_counter(visit: Visit, world: World, sign_in: SignIn) -> None:
    fill_life(world)
    page, unlicensed, stranger = visit(), visit(), make_clerk(world.store)
    sign_in(page, make_operator())
    stranger.groups.clear()
    sign_in(unlicensed, stranger)

    assert faults_in(page, world, COUNTER) == ""
    assert faults_in(unlicensed, world, [("counter:index", "forbidden", at("/counter/"))]) == ""
    expect(unlicensed.get_by_text("您没有核销权限，请联系店主")).to_be_visible()


def test_no_page_is_left_out() -> None:
    routes = {route.name for route in all_routes() if not route.name.startswith("admin:")}
    names = {name for name, _, _ in [*GUEST, *NEW_MEMBER, *MEMBER, *COUNTER]}

    assert routes - names == WITHOUT_PAGE
    assert names - routes == {""}
