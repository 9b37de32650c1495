"""Staff of one store see what is theirs: no other store's orders, members, codes, refunds or people."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members.models import Member, Message, OperationLog
from orders import services as orders
from orders.models import Order, OrderStatus, RedemptionWay, Refund, RefundStatus
from promotions.models import CouponTemplate
from shop.backoffice.base import ReadOnlyAdmin
from shop.backoffice.permissions import CLERK, OPERATOR
from shop.models import Store
from tests.factories import make_member, make_order, make_staff, make_store
from tests.shop.backoffice import headquarters, hidden_fields, make_worker, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def east() -> Store:
    headquarters()
    return make_store("东店")


@pytest.fixture
def west() -> Store:
    return make_store("西店")


@pytest.fixture
def desk(east: Store) -> Client:
    """An operator of 东店 alone, signed in."""
    return signed_in(make_worker(OPERATOR, east))


def ordered(store: Store, nickname: str) -> Order:
    """Make an order that waits for `nickname` at `store`."""
    return make_order(
        member=make_member(nickname), store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now()
    )


def store_page(store: Store) -> str:
    return f"/admin/shop/store/{store.pk}/change/"


def save_store(client: Client, store: Store, **changes: Any) -> Any:
    typed = hidden_fields(client.get(store_page(store)))
    return client.post(store_page(store), {**typed, "slots-TOTAL_FORMS": "0", "slots-INITIAL_FORMS": "0", **changes})


# --- Stores --------------------------------------------------------------------------------------------------------
def test_an_operator_of_a_store_does_not_make_it_the_headquarters(desk: Client, east: Store) -> None:
    Store.objects.filter(is_headquarters=True).update(is_headquarters=False)

    response = save_store(desk, east, is_headquarters="on", hours="每天 8:00–20:00")

    east.refresh_from_db()
    assert response.status_code == 302
    assert (east.hours, east.is_headquarters) == ("每天 8:00–20:00", False)


def test_neither_does_an_operator_of_the_headquarters_but_an_owner_does(east: Store) -> None:
    hub = headquarters()
    operator, owner = signed_in(make_worker(OPERATOR, hub)), signed_in(make_staff(is_superuser=True))

    save_store(operator, hub, is_headquarters="")
    hub.refresh_from_db()
    assert hub.is_headquarters

    save_store(owner, hub, is_headquarters="")
    hub.refresh_from_db()
    assert not hub.is_headquarters


def test_an_operator_sees_and_changes_their_own_store_only(desk: Client, east: Store, west: Store) -> None:
    shown = desk.get("/admin/shop/store/").context["cl"].result_list
    save_store(desk, east, phone="0571-11112222")
    desk.post(store_page(west), {"name": "西店", "phone": "0571-33334444", "address": "x", "hours": "x"})

    assert [store.name for store in shown] == ["东店"]
    assert Store.objects.get(pk=east.pk).phone == "0571-11112222"
    assert Store.objects.get(pk=west.pk).phone == west.phone


# --- Members -------------------------------------------------------------------------------------------------------
def test_an_operator_sees_the_members_who_ordered_at_their_store(desk: Client, east: Store, west: Store) -> None:
    near, far = ordered(east, "小东").member, ordered(west, "小西").member
    make_member("路人")

    shown = desk.get("/admin/members/member/").context["cl"].result_list

    assert [member.pk for member in shown] == [near.pk]
    assert desk.get(f"/admin/members/member/{near.pk}/change/").status_code == 200
    assert desk.get(f"/admin/members/member/{far.pk}/change/").status_code == 404


def test_nobody_reveals_a_member_of_another_store(desk: Client, west: Store) -> None:
    far = ordered(west, "小西").member

    response = desk.post(f"/admin/members/member/{far.pk}/reveal/", {"reason": "好奇"})

    assert response.status_code == 404
    assert far.phone not in response.content.decode()
    assert not OperationLog.objects.filter(action="reveal_member").exists()


def test_the_headquarters_see_every_member(east: Store, west: Store) -> None:
    hub = signed_in(make_worker(OPERATOR, headquarters()))
    members = {ordered(east, "小东").member, ordered(west, "小西").member, make_member("路人")}

    assert set(hub.get("/admin/members/member/").context["cl"].result_list) == members


# --- Messages and codes --------------------------------------------------------------------------------------------
def test_no_message_can_be_opened_in_the_back_office(east: Store) -> None:
    order = ordered(east, "小东")
    code = Message.objects.get(member=order.member, body__contains=str(order.pickup_code)[:4])

    for client in (signed_in(make_staff(is_superuser=True)), signed_in(make_worker(OPERATOR, east))):
        response = client.get(f"/admin/members/message/{code.pk}/change/")

        assert response.status_code == 404
        assert str(order.pickup_code)[:4] not in text_of(response)


def test_messages_are_those_to_the_members_of_the_store(desk: Client, east: Store, west: Store) -> None:
    near, _ = ordered(east, "小东").member, ordered(west, "小西").member

    shown = desk.get("/admin/members/message/").context["cl"].result_list

    assert {message.member_id for message in shown} == {near.pk}


def pages_of_rows() -> list[str]:
    """Name the addresses of the row pages that Django's admin would make of every read-only list."""
    models = [model for model, one in admin.site._registry.items() if isinstance(one, ReadOnlyAdmin)]
    own = {Order, Member, CouponTemplate}  # they have a page of their own, which masks
    return sorted(f"{model._meta.app_label}/{model._meta.model_name}" for model in models if model not in own)


def test_no_read_only_list_has_the_page_of_a_row_that_shows_every_column(east: Store) -> None:
    ordered(east, "小东")
    owner = signed_in(make_staff(is_superuser=True))

    answers = {page: owner.get(f"/admin/{page}/1/change/").status_code for page in pages_of_rows()}

    assert answers == dict.fromkeys(
        [
            "catalog/sku",
            "catalog/stockmove",
            "members/message",
            "members/operationlog",
            "members/pointsentry",
            "orders/billline",
            "orders/payment",
            "orders/redemption",
            "orders/refund",
            "promotions/coupon",
            "promotions/referral",
        ],
        404,
    )


# --- Money and people ----------------------------------------------------------------------------------------------
def failed_refund(order: Order) -> Refund:
    line = order.lines.get()
    orders.refund_lines(
        order=order, units_by_line={line.pk: 1}, by=make_staff(is_superuser=True), now=timezone.now(), reason="少了"
    )
    Refund.objects.filter(order=order).update(status=RefundStatus.FAILED)
    return Refund.objects.get(order=order)


def test_the_first_page_counts_the_failed_refunds_of_the_own_store(desk: Client, east: Store, west: Store) -> None:
    failed_refund(ordered(west, "小西"))
    assert counted(desk, "退款失败") == 0

    near = failed_refund(ordered(east, "小东"))

    assert counted(desk, "退款失败") == 1
    assert desk.get("/admin/orders/refund/").context["cl"].result_list[0] == near
    assert len(desk.get("/admin/orders/refund/").context["cl"].result_list) == 1


def counted(client: Client, title: str) -> int:
    count: int = next(one.count for one in client.get("/admin/").context["to_dos"] if one.title == title)
    return count


def test_the_log_of_redemptions_names_the_clerks_of_the_own_store_only(desk: Client, east: Store, west: Store) -> None:
    for store, nickname in ((east, "阿东"), (west, "阿西")):
        clerk = make_worker(CLERK, store, nickname=nickname)
        code = str(ordered(store, "客人").pickup_code)
        orders.redeem(staff=clerk, way=RedemptionWay.CODE, code=code, submission=nickname, now=timezone.now())

    page = desk.get("/admin/orders/redemption/")

    assert "阿东" in text_of(page)
    assert "阿西" not in page.content.decode()
    assert len(page.context["cl"].result_list) == 1


def test_a_refund_of_another_store_is_not_tried_again(desk: Client, west: Store) -> None:
    far = failed_refund(ordered(west, "小西"))

    assert desk.post(f"/admin/orders/refund/{far.pk}/retry/").status_code == 404
    assert Refund.objects.count() == 1


def test_coupons_are_counted_for_the_members_of_the_page_alone(
    desk: Client, east: Store, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ordered(east, "小东")

    with django_assert_max_num_queries(12) as made:
        page = desk.get("/admin/members/member/")

    listing = [query["sql"] for query in made.captured_queries if "coupon_count" in query["sql"]]
    assert [member.coupon_count for member in page.context["cl"].result_list] == [0]
    assert not any('GROUP BY "members_member"' in sql for sql in listing)
    assert not any("COUNT" in sql and "LIMIT" not in sql for sql in listing)
