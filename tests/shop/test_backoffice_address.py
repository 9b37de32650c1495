"""Sending a parcel elsewhere, and confirming for the buyer that it came, from the page of an order."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import OperationLog
from orders.models import Order, OrderStatus
from tests.factories import make_address, make_member, make_order, make_staff, make_store
from tests.shop.backoffice import (
    action_url,
    do,
    headquarters,
    make_clerk,
    make_operator,
    page_of,
    sent_fields,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db
TYPED = {
    "receiver_name": "李雷", "receiver_phone": "139 1234 5678", "province": "310000", "city": "310100",
    "district": "310115", "detail": "世纪大道 1 号",
}  # fmt: skip
PERSONAL = ("李雷", "13912345678", "世纪大道", "王小明", "13800000000", "文三路")


@pytest.fixture
def desk() -> Client:
    """An operator of the headquarters, signed in."""
    return signed_in(make_operator())


def make(status: str = OrderStatus.PREPARING, **options: Any) -> Order:
    return make_order(status=status, now=timezone.now(), **options)


def receiver_of(order: Order) -> tuple[str, str, str, str]:
    order.refresh_from_db()
    return order.receiver_name, order.receiver_phone, order.region_path, order.address_detail


KEPT = ("王小明", "13800000000", "浙江省/杭州市/西湖区", "文三路 90 号")


# --- The address ---------------------------------------------------------------------------------------------------
def test_the_page_of_an_order_leads_to_its_address_until_it_is_shipped(desk: Client) -> None:
    preparing, shipped = make(), make(OrderStatus.SHIPPED)
    pickup = make(OrderStatus.READY_FOR_PICKUP, store=make_store())

    pages = [desk.get(page_of(order)).content.decode() for order in (preparing, shipped, pickup)]

    assert ["/do/edit_address/" in page for page in pages] == [True, False, False]


def test_the_form_offers_the_region_of_the_order_and_shows_nobody(desk: Client) -> None:
    member = make_member()
    make_address(member, receiver_name="韩梅梅", receiver_phone="13700001111", detail="武林路 5 号")
    page = desk.get(action_url(make(member=member), "edit_address"))

    sent = sent_fields(page)
    assert [sent[name] for name in ("province", "city", "district")] == [["330000"], ["330100"], ["330106"]]
    assert [sent[name] for name in ("receiver_name", "receiver_phone", "detail")] == [[""], [""], [""]]
    assert not any(personal in page.content.decode() for personal in ("韩梅梅", "13700001111", "武林路"))
    assert "现在是 137****1111，不改就留空。" in text_of(page)


def test_a_new_address_is_written_and_logged_without_a_name(desk: Client) -> None:
    order = make()

    response = do(desk, order, "edit_address", **TYPED)

    assert response.status_code == 302
    assert receiver_of(order) == ("李雷", "13912345678", "上海市/上海市/浦东新区", "世纪大道 1 号")
    entry = OperationLog.objects.get(action="order_edit_address")
    assert entry.before == {
        "status": "preparing", "receiver_name": "王**", "receiver_phone": "138****0000",
        "region_path": "浙江省/杭州市/西湖区", "address_detail": "文*******",
    }  # fmt: skip
    assert entry.after == {
        "status": "preparing", "receiver_name": "李*", "receiver_phone": "139****5678",
        "region_path": "上海市/上海市/浦东新区", "address_detail": "世*******",
    }  # fmt: skip


def test_what_did_not_change_is_not_in_the_log(desk: Client) -> None:
    order = make()

    do(desk, order, "edit_address", province="330000", city="330100", district="330106", detail="文三路 91 号")

    assert receiver_of(order) == (*KEPT[:3], "文三路 91 号")
    entry = OperationLog.objects.get(action="order_edit_address")
    assert entry.before.keys() == entry.after.keys() == {"status", "address_detail"}
    owner = signed_in(make_staff(is_superuser=True))
    assert "修改地址" in text_of(owner.get("/admin/members/operationlog/"))


def test_the_trail_on_the_page_names_who_changed_it(desk: Client) -> None:
    order = make()
    do(desk, order, "edit_address", **TYPED)

    page = desk.get(page_of(order))

    assert "修改收货信息" in text_of(page)
    assert not any(personal in page.content.decode() for personal in PERSONAL)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"receiver_phone": "12345"}, "手机"),
        ({"district": ""}, "请选择区县"),
        ({"province": "330000"}, "请选择城市"),
        ({"detail": "x"}, "请把地址写详细一些"),
        ({"receiver_name": "名" * 21}, "20"),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_changes_nothing(desk: Client, wrong: dict[str, str], sentence: str) -> None:
    order = make()

    page = do(desk, order, "edit_address", **(TYPED | wrong))

    assert page.status_code == 200
    assert sentence in text_of(page)
    sent = sent_fields(page)
    for name in ("receiver_name", "receiver_phone", "detail", "province"):
        assert sent[name] == [(TYPED | wrong)[name]]
    assert receiver_of(order) == KEPT
    assert not OperationLog.objects.filter(action="order_edit_address").exists()


def test_sending_the_form_as_it_stands_says_that_nothing_was_written(desk: Client) -> None:
    order = make()
    page = desk.get(action_url(order, "edit_address"))

    again = desk.post(action_url(order, "edit_address"), {name: parts[0] for name, parts in sent_fields(page).items()})

    assert "还没有填写要修改的内容" in text_of(again)
    assert not order.events.filter(kind="address_edited").exists()


def test_regions_are_picked_level_by_level_without_a_script(desk: Client) -> None:
    order = make()

    page = do(desk, order, "edit_address", **(TYPED | {"province": "440000", "pick": "1"}))

    sent = sent_fields(page)
    assert (sent["receiver_name"], sent["detail"], sent["province"]) == (["李雷"], ["世纪大道 1 号"], ["440000"])
    assert "district" not in sent
    assert "选好了，下一步选区县" in text_of(page)
    assert "请填写" not in text_of(page)
    assert receiver_of(order) == KEPT


def test_a_pasted_address_fills_the_form(desk: Client) -> None:
    order = make()
    pasted = {"paste": "李雷 13912345678 上海市浦东新区世纪大道1号", "pick": "paste"}

    page = do(desk, order, "edit_address", province="330000", city="330100", district="330106", **pasted)

    sent = sent_fields(page)
    assert (sent["receiver_name"], sent["receiver_phone"]) == (["李雷"], ["13912345678"])
    assert [sent[name] for name in ("province", "city", "district")] == [["310000"], ["310100"], ["310115"]]
    assert "已经帮您填好" in text_of(page)
    assert receiver_of(order) == KEPT
    desk.post(action_url(order, "edit_address"), {name: parts[0] for name, parts in sent.items()})
    assert receiver_of(order)[2] == "上海市/上海市/浦东新区"


def test_a_pasted_text_without_an_address_says_so_and_keeps_the_rest(desk: Client) -> None:
    page = do(desk, make(), "edit_address", **TYPED, paste="你好", pick="paste")

    assert "没有认出电话和地区" in text_of(page)
    assert sent_fields(page)["receiver_name"] == ["李雷"]


@pytest.mark.parametrize("status", [OrderStatus.SHIPPED, OrderStatus.COMPLETED, OrderStatus.CANCELLED])
def test_an_order_that_left_says_why_its_address_stays(desk: Client, status: str) -> None:
    order = make(status)

    page = do(desk, order, "edit_address", **TYPED)

    assert f"订单现在是「{order.get_status_display()}」，不能再修改地址" in text_of(page)
    assert receiver_of(order) == KEPT
    assert not OperationLog.objects.filter(action="order_edit_address").exists()


def test_a_clerk_may_neither_change_an_address_nor_confirm_a_receipt() -> None:
    headquarters()
    store = make_store("一店")
    order, clerk = make(OrderStatus.SHIPPED), signed_in(make_clerk(store))
    Order.objects.filter(pk=order.pk).update(store=store)

    answers = [do(clerk, order, name, **TYPED).status_code for name in ("edit_address", "receive")]

    order.refresh_from_db()
    assert answers == [403, 403]
    assert order.status == OrderStatus.SHIPPED
    assert "确认收货" not in text_of(clerk.get(page_of(order)))


# --- The receipt ---------------------------------------------------------------------------------------------------
def test_a_receipt_is_confirmed_for_the_buyer_after_a_question(desk: Client) -> None:
    order = make(OrderStatus.SHIPPED)
    assert "只在顾客告诉您已经收到货时使用" in text_of(desk.get(action_url(order, "receive")))
    order.refresh_from_db()
    assert order.status == OrderStatus.SHIPPED

    do(desk, order, "receive")

    order.refresh_from_db()
    assert (order.status, order.receive_before) == (OrderStatus.COMPLETED, None)
    event = order.events.get(kind="completed")
    assert event.actor is not None
    assert (event.actor.is_staff, event.note) == (True, "商家代买家确认收货")
    entry = OperationLog.objects.get(action="order_receive")
    assert (entry.before, entry.after) == ({"status": "shipped"}, {"status": "completed"})
    assert "/do/receive/" not in desk.get(page_of(order)).content.decode()


@pytest.mark.parametrize("status", [OrderStatus.PENDING_PAYMENT, OrderStatus.PREPARING, OrderStatus.CANCELLED])
def test_what_was_not_shipped_is_not_received(desk: Client, status: str) -> None:
    order = make(status)

    page = do(desk, order, "receive")

    order.refresh_from_db()
    assert "这个订单现在不能确认收货" in text_of(page)
    assert (order.status, order.completed_at) == (status, None)
    assert not OperationLog.objects.filter(action="order_receive").exists()


@pytest.mark.parametrize("status", [OrderStatus.READY_FOR_PICKUP, OrderStatus.SHIPPED])
def test_a_pickup_order_is_never_received_whatever_its_row_says(desk: Client, status: str) -> None:
    order = make(OrderStatus.READY_FOR_PICKUP, store=make_store())
    Order.objects.filter(pk=order.pk).update(status=status)

    page = do(desk, order, "receive")

    order.refresh_from_db()
    assert "自提订单要凭提货码在门店提货，不能确认收货" in text_of(page)
    assert (order.status, order.completed_at) == (status, None)
    assert order.pickup_code is not None
    assert not order.events.filter(kind="completed").exists()
    assert not OperationLog.objects.filter(action="order_receive").exists()
