"""The trap of a pickup order: nothing in the back office completes it but handing it over (RULES 1, RELIABILITY)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from members.models import Member
from orders import services as orders
from orders.models import Order, OrderStatus, RedemptionWay
from shop.backoffice.orders.actions import ACTIONS
from shop.backoffice.orders.batch import BATCH_ACTIONS
from shop.lib.sweeps import SWEEPS
from shop.management.commands.sweep import REGISTERED
from shop.models import ShopSettings, Store
from tests.factories import make_order, make_staff, make_store
from tests.sandbox import Sandbox
from tests.shop.backoffice import do, headquarters, make_clerk, make_operator, page_of, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"


@pytest.fixture(params=["owner", "operator", "clerk"])
def person(request: pytest.FixtureRequest) -> Client:
    headquarters()
    store = make_store("一店")
    people: dict[str, Any] = {
        "owner": lambda: make_staff(is_superuser=True),
        "operator": make_operator,
        "clerk": lambda: make_clerk(store),
    }
    return signed_in(people[request.param]())


@pytest.fixture
def boss() -> Client:
    """The owner, to whom no permission is missing."""
    headquarters()
    make_store("一店")
    return signed_in(make_staff(is_superuser=True))


def waiting(status: str) -> Order:
    """Make a pickup order of the clerk's store that waits for review, or for its buyer."""
    ShopSettings.objects.update_or_create(pk=1, defaults={"auto_accept": status == OrderStatus.READY_FOR_PICKUP})
    return make_order(status=status, store=Store.objects.get(name="一店"), now=timezone.now())


def batch(client: Client, name: str, *chosen: Order, **facts: Any) -> Any:
    data = {"action": f"batch_{name}", "_selected_action": [order.pk for order in chosen], "confirmed": "1", **facts}
    return client.post(LIST, data, follow=True)


def test_reviewing_a_pickup_order_makes_it_ready_and_never_complete(person: Client) -> None:
    order = waiting(OrderStatus.PENDING_ACCEPTANCE)

    do(person, order, "accept")

    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert order.completed_at is None
    assert len(str(order.pickup_code)) == 12


def test_reviewing_in_a_batch_makes_it_ready_and_never_complete(person: Client) -> None:
    order, other = waiting(OrderStatus.PENDING_ACCEPTANCE), waiting(OrderStatus.PENDING_ACCEPTANCE)

    page = batch(person, "accept", order, other)

    for one in (order, other):
        one.refresh_from_db()
        assert (one.status, one.completed_at) == (OrderStatus.READY_FOR_PICKUP, None)
    assert "接单：2 单已处理" in text_of(page)


def test_reviewing_an_order_that_is_ready_changes_neither_status_nor_code(person: Client) -> None:
    order = waiting(OrderStatus.READY_FOR_PICKUP)
    code = order.pickup_code

    do(person, order, "accept")
    page = batch(person, "accept", order)

    order.refresh_from_db()
    assert (order.status, order.pickup_code, order.completed_at) == (OrderStatus.READY_FOR_PICKUP, code, None)
    assert "1 单没有处理" in text_of(page)
    assert order.no in text_of(page)


@pytest.mark.parametrize("name", [*ACTIONS, "complete", "redeem", "change", "status", "reveal"])
def test_no_step_completes_it_whatever_is_posted(boss: Client, name: str) -> None:
    order = waiting(OrderStatus.READY_FOR_PICKUP)
    facts = {
        "company": "顺丰速运", "tracking_no": "SF12345678", "note": "试试", "text": "试试", "reason": "试试",
        "status": "completed", "completed_at": "2026-01-01",
    }  # fmt: skip

    do(boss, order, name, **facts)

    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert order.completed_at is None
    assert not order.redemptions.exists()
    assert not order.shipments.exists()


@pytest.mark.parametrize("name", ["accept", "remark", "trash", "ship", "complete", "receive", "delete_selected"])
def test_no_batch_completes_it_or_throws_it_away(boss: Client, name: str) -> None:
    order = waiting(OrderStatus.READY_FOR_PICKUP)

    batch(boss, name, order, text="试试")

    order.refresh_from_db()
    assert (order.status, order.completed_at, order.deleted_at) == (OrderStatus.READY_FOR_PICKUP, None, None)


def test_no_form_of_the_admin_completes_it(boss: Client) -> None:
    order = waiting(OrderStatus.READY_FOR_PICKUP)

    boss.post(page_of(order), {"status": "completed", "_save": "1"})
    boss.post(LIST, {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": order.pk, "form-0-status": "x"})

    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP


@pytest.mark.parametrize("name", sorted(SWEEPS))
@pytest.mark.parametrize("days", [0, 3, 400])
def test_no_timer_completes_it(name: str, days: int, sandbox: Sandbox) -> None:
    headquarters()
    make_store("一店")
    ready, reviewed = waiting(OrderStatus.READY_FOR_PICKUP), waiting(OrderStatus.PENDING_ACCEPTANCE)
    code = ready.pickup_code
    work: Any = SWEEPS[name].__wrapped__  # type: ignore[attr-defined]  # below what reads the clock

    work(timezone.now() + timedelta(days=days))

    for order, status in ((ready, OrderStatus.READY_FOR_PICKUP), (reviewed, OrderStatus.PENDING_ACCEPTANCE)):
        order.refresh_from_db()
        assert (order.status, order.completed_at) == (status, None)
    assert ready.pickup_code == code


def test_the_timers_of_orders_are_among_those_tried() -> None:
    assert {module.__name__ for module in REGISTERED} == {run.__module__ for run in SWEEPS.values()}


def test_handing_it_over_completes_it() -> None:
    headquarters()
    make_store("一店")
    order = waiting(OrderStatus.READY_FOR_PICKUP)
    clerk: Member = make_clerk(order.store)

    orders.redeem(
        staff=clerk, way=RedemptionWay.CODE, code=str(order.pickup_code), submission=uuid.uuid4().hex,
        now=timezone.now(),
    )  # fmt: skip

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


def test_the_buttons_are_those_that_the_tests_above_press() -> None:
    assert list(ACTIONS) == [
        "accept", "ship", "edit_address", "receive", "change_price", "refund", "cancel", "remark", "trash", "restore",
        "purge",
    ]  # fmt: skip
    assert [action.__name__ for action in BATCH_ACTIONS] == [
        "batch_accept", "batch_ship", "print_chosen", "export", "batch_remark", "batch_trash",
    ]  # fmt: skip
    assert admin.site.get_model_admin(Order).list_editable == ()
