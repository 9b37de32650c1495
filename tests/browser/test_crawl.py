"""Every page as every role, over its links: a long proof, run by make crawl. It leaves its pictures in var/screens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from catalog.models import Product
from members.models import Address, Member, Message
from members.services import notify_staff
from orders.models import BillLine, Order, Redemption, Refund, RefundStatus
from shop.backoffice.permissions import CLERK, FINANCE, OPERATOR, OWNER
from shop.models import Store
from tests.browser import steps
from tests.browser.conftest import Visit
from tests.browser.crawling import Crawl
from tests.browser.routes import pages_for
from tests.browser.states import COUNTER, GUEST, MEMBER, NEW_MEMBER, State, at
from tests.browser.world import World, fill_life, hang_pictures, open_world
from tests.factories import make_member, make_staff
from tests.shop.backoffice import make_operator, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.crawl, pytest.mark.django_db(transaction=True)]

SHOP = r"/(?!admin/|counter/|media/)"
EVERYWHERE = r"/(?!media/)"
PASSWORD_CHANGED = "/admin/password_change/done/"  # only a form leads there

ROMAN = {CLERK: "clerk", FINANCE: "finance", OPERATOR: "operator", OWNER: "owner"}
SignIn = Callable[[Page, Member], None]
UNLINKED = {  # pages that open though no link leads to them, and why
    "admin:app_list": "Django's list of an app's models; the menu is ours",
}


@pytest.fixture
def world(site: str) -> World:
    world = open_world()
    hang_pictures(world)
    return world


def crawl(page: Page, world: World, *, role: str, who: Member | None, ground: str, states: list[State]) -> None:
    """Go through the states, then over all links; nothing may be wrong, and no page that opens may be missed."""
    walk = Crawl(page, role, ground)
    for _, special, act in states:
        act(page, world)
        walk.look(special)
    Product.objects.filter(pk=world.goods["many"].pk).update(status="on_sale")  # a state took it off the shelf
    Redemption.objects.update(redeemed_at=timezone.now())  # a state let an hour pass
    walk.follow_links()
    missed = pages_for(who, rows()) - walk.visited - set(UNLINKED)
    walk.note(*[f"{name} opens for this role, but no link leads there" for name in sorted(missed)])
    assert walk.faults == []


def rows() -> dict[str, list[Any]]:
    """Return what may stand in the addresses of the shop front and the counter, by its name there."""

    def keys(model: Any, name: str = "pk") -> list[Any]:
        return list(model.objects.order_by("-pk").values_list(name, flat=True)[:30])

    return {
        "product_id": keys(Product), "address_id": keys(Address), "message_id": keys(Message),
        "redemption_id": keys(Redemption), "no": keys(Order, "no"),
    }  # fmt: skip


def start(*paths: str) -> list[State]:
    """Open each of the pages at which a role begins."""
    return [("", "", at(path)) for path in paths]


def test_a_guest_finds_no_fault(visit: Visit, world: World) -> None:
    states = [*GUEST, *start("/", "/admin/login/")]
    crawl(visit(), world, role="guest", who=None, ground=SHOP, states=states)


def test_a_new_member_finds_no_fault(visit: Visit, world: World, sign_in: SignIn) -> None:
    page, member = visit(), make_member()
    sign_in(page, member)
    crawl(page, world, role="new-member", who=member, ground=SHOP, states=[*start("/", "/admin/login/"), *NEW_MEMBER])


def test_a_member_finds_no_fault(visit: Visit, world: World, sign_in: SignIn) -> None:
    page = visit()
    fill_life(world)
    sign_in(page, world.member)
    crawl(page, world, role="member", who=world.member, ground=SHOP, states=[*start("/", "/admin/login/"), *MEMBER])


@pytest.mark.parametrize("role", ROMAN, ids=ROMAN.values())
def test_the_staff_find_no_fault(visit: Visit, world: World, sign_in: SignIn, role: str) -> None:
    fill_life(world)
    page, staff = visit(), make_worker_of(role, world.store)
    fill_back_office(world, staff)
    sign_in(page, staff)
    states = start("/", "/admin/", PASSWORD_CHANGED)
    states += COUNTER if role == OPERATOR else start("/counter/")
    crawl(page, world, role=ROMAN[role], who=staff, ground=EVERYWHERE, states=states)


def make_worker_of(role: str, store: Store) -> Member:
    """Make one of the staff; the operator works at the headquarters, all others at `store`."""
    if role == OWNER:
        return make_staff(is_superuser=True, nickname="老板")
    return make_operator() if role == OPERATOR else make_worker(role, store, nickname=role)


def fill_back_office(world: World, staff: Member) -> None:
    """Give the back office what orders alone do not: notices, slots, a bill, a refund that failed.

    What was handed over was handed over by `staff`, who may take it back for a while.
    """
    notify_staff(
        store_id=world.store.pk, scene="test", key="1", title="有新订单", body="订单等您接单。",
        link="/admin/orders/order/", now=timezone.now(),
    )  # fmt: skip
    Redemption.objects.update(staff=staff)
    steps.make_slot(world.store)
    BillLine.objects.create(
        channel="wechat", bill_date=timezone.localdate(), kind="payment", number="X1", amount=100, difference="店铺没有"
    )
    Refund.objects.update(status=RefundStatus.FAILED, last_error="商户余额不足")
