"""Orders in the back office: the list and its filters, the page of one order, and the steps behind its buttons."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members.models import Address, OperationLog
from orders import services as orders
from orders.models import Order, OrderStatus, Refund
from shop.models import ShopSettings
from tests.factories import make_address, make_member, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import (
    action_url,
    do,
    headquarters,
    make_clerk,
    make_operator,
    page_of,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"


@pytest.fixture
def desk() -> Client:
    """An operator of the headquarters, signed in."""
    return signed_in(make_operator())


def make(*parts: Any, **options: Any) -> Order:
    """Make an order now, of the status and the items (sku, units) among `parts`.

    One that waits for acceptance is paid while the shop accepts by hand.
    """
    items = [part for part in parts if isinstance(part, tuple)]
    status = next((part for part in parts if isinstance(part, str)), OrderStatus.PREPARING)
    ShopSettings.objects.update_or_create(pk=1, defaults={"auto_accept": status != OrderStatus.PENDING_ACCEPTANCE})
    order = make_order(*items, status=status, now=timezone.now(), **options)
    ShopSettings.objects.update(auto_accept=True)
    return order


def listed(client: Client, **query: Any) -> list[str]:
    """Return the numbers of the orders that the list shows."""
    response = client.get(LIST, query)
    return [order.no for order in response.context["cl"].result_list]


# --- The list ------------------------------------------------------------------------------------------------------
def test_the_list_shows_what_a_merchant_needs_and_hides_the_person(desk: Client) -> None:
    member = make_member("小满", phone="13911112222")
    make_address(member, receiver_name="王小明", receiver_phone="13822223333")
    order = make(items_of(("海盐奶油卷", 12_80, 2)), member=member)

    text = text_of(desk.get(LIST))

    assert order.no in text
    assert "海盐奶油卷 × 2" in text
    assert "配货中" in text
    assert "王**" in text
    assert "138****3333" in text
    assert "13822223333" not in text
    assert "王小明" not in text


def items_of(*goods: tuple[str, int, int]) -> Any:
    """Make goods and return the first as an item of an order: (name, fen, units)."""
    name, price, units = goods[0]
    return (make_sku(name, price=price), units)


def test_tabs_count_what_they_lead_to(desk: Client) -> None:
    make(OrderStatus.PREPARING)
    make(OrderStatus.PREPARING)
    make(OrderStatus.READY_FOR_PICKUP, store=make_store())
    gone = make(OrderStatus.CANCELLED)
    orders.trash(order=gone, by=make_staff(is_superuser=True), now=timezone.now())

    tabs = {value: count for value, _, count in desk.get(LIST).context["tabs"]}

    assert tabs == {
        "": 3, "pending_payment": 0, "pending_acceptance": 0, "preparing": 2, "ready_for_pickup": 1, "shipped": 0,
        "completed": 0, "cancelled": 0, "trash": 1,
    }  # fmt: skip
    assert {tab: len(listed(desk, tab=tab)) for tab in tabs} == tabs


def test_the_list_needs_no_more_queries_for_more_rows(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        make(OrderStatus.PREPARING)
    desk.get(LIST)

    # Session, user, stores, device, permissions of the user and of groups; unread notices, tabs, rows with buyer
    # and store, lines, stores of the filter.
    with django_assert_max_num_queries(11) as few:
        desk.get(LIST)
    for _ in range(9):
        make(OrderStatus.PREPARING)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(listed(desk)) == 12


FOUND_BY: list[dict[str, str]] = [
    {"order_no": "{no}"},
    {"order_no": "{no:.10}"},
    {"receiver_q": "王小明"},
    {"receiver_q": "13822223333"},
    {"member_q": "小满"},
    {"member_q": "13911112222"},
    {"product_q": "奶油"},
    {"q": "{no}"},
    {"q": "138 2222 3333"},
    {"q": "王小明"},
    {"delivery_method": "express"},
    {"pay_channel": "wechat"},
    {"refund_status": "none"},
    {"status": "preparing"},
    {"order_type": "normal"},
    {"has_remark": "no"},
    {"store": "{store}"},
    {"created_from": "{today}", "created_to": "{today}"},
    {"paid_from": "{today}"},
]


def test_every_filter_finds_the_order(desk: Client) -> None:
    member = make_member("小满", phone="13911112222")
    make_address(member, receiver_name="王小明", receiver_phone="13822223333")
    order = make(items_of(("海盐奶油卷", 12_80, 2)), member=member)
    facts = {"no": order.no, "store": order.store_id, "today": timezone.localdate().isoformat()}

    for query in FOUND_BY:
        filled = {name: value.format(**facts) for name, value in query.items()}
        assert listed(desk, **filled) == [order.no], query


NOT_FOUND_BY: list[dict[str, str]] = [
    {"order_no": "999"},
    {"receiver_q": "王小"},
    {"receiver_q": "1382222333"},
    {"q": "13900000000"},
    {"delivery_method": "pickup"},
    {"pay_channel": "offline"},
    {"refund_status": "full"},
    {"status": "shipped"},
    {"has_remark": "yes"},
    {"product_q": "茶"},
    {"created_to": "2001-01-01"},
    {"completed_from": "2001-01-01"},
    {"pickup_code": "123"},
]


def test_no_filter_finds_what_does_not_match(desk: Client) -> None:
    member = make_member("小满")
    make_address(member, receiver_name="王小明", receiver_phone="13822223333")
    make(items_of(("海盐奶油卷", 12_80, 2)), member=member)

    for query in NOT_FOUND_BY:
        assert listed(desk, **query) == [], query


def test_nonsense_in_the_address_filters_nothing(desk: Client) -> None:
    order = make()
    nonsense: list[dict[str, str]] = [
        {"created_from": "昨天"},
        {"created_to": "2026-13-45"},
        {"status": "nonsense"},
        {"store": "x"},
        {"tab": "what"},
    ]

    for query in nonsense:
        assert listed(desk, **query) == [order.no], query


def test_a_pickup_code_finds_its_order_with_or_without_spaces(desk: Client) -> None:
    order = make(OrderStatus.READY_FOR_PICKUP, store=make_store())
    make(OrderStatus.READY_FOR_PICKUP, store=order.store)
    code = str(order.pickup_code)

    assert listed(desk, pickup_code=code) == [order.no]
    assert listed(desk, q=f"{code[:4]} {code[4:8]} {code[8:]}") == [order.no]


def test_the_pages_show_no_pickup_code_in_clear(desk: Client) -> None:
    order = make(OrderStatus.READY_FOR_PICKUP, store=make_store())
    code = str(order.pickup_code)

    assert code not in desk.get(LIST).content.decode()
    page = text_of(desk.get(page_of(order)))
    assert f"{code[:4]} **** {code[-4:]}" in page
    assert code not in page.replace(" ", "")


# --- Another store's orders ----------------------------------------------------------------------------------------
def test_another_stores_order_is_not_there_for_a_clerk() -> None:
    headquarters()
    own, other = make_store("一店"), make_store("二店")
    mine = make(OrderStatus.READY_FOR_PICKUP, store=own)
    theirs = make(OrderStatus.READY_FOR_PICKUP, store=other)
    clerk = signed_in(make_clerk(own))

    assert listed(clerk) == [mine.no]
    assert clerk.get(page_of(mine)).status_code == 200
    assert clerk.get(page_of(theirs)).status_code == 404
    assert do(clerk, theirs, "accept").status_code == 404
    assert do(clerk, theirs, "remark", text="我来过").status_code == 404
    theirs.refresh_from_db()
    assert theirs.merchant_remark == ""


def test_a_clerk_has_no_buttons_but_those_of_the_role() -> None:
    headquarters()
    store = make_store()
    order = make(OrderStatus.READY_FOR_PICKUP, store=store)
    clerk = signed_in(make_clerk(store))

    names = [name for name, _ in clerk.get(page_of(order)).context["actions"]]
    answers = {name: do(clerk, order, name).status_code for name in ("ship", "cancel", "refund", "trash", "reveal")}

    assert names == ["remark"]
    assert answers == {"ship": 403, "cancel": 403, "refund": 403, "trash": 403, "reveal": 403}


# --- Steps ---------------------------------------------------------------------------------------------------------
def test_accepting_sends_express_to_packing_and_is_logged(desk: Client) -> None:
    order = make(OrderStatus.PENDING_ACCEPTANCE)

    response = do(desk, order, "accept")

    order.refresh_from_db()
    assert response.status_code == 302
    assert order.status == OrderStatus.PREPARING
    entry = OperationLog.objects.get(action="order_accept")
    assert (entry.target_id, entry.before, entry.after) == (
        str(order.pk), {"status": "pending_acceptance"}, {"status": "preparing"},
    )  # fmt: skip
    assert entry.ip == "127.0.0.1"


def test_shipping_writes_the_parcel(desk: Client) -> None:
    order = make()

    do(desk, order, "ship", company="顺丰速运", tracking_no=" SF 123 ")

    order.refresh_from_db()
    assert order.status == OrderStatus.SHIPPED
    assert [(one.company, one.tracking_no) for one in order.shipments.all()] == [("顺丰速运", "SF123")]


def test_shipping_without_a_number_keeps_what_was_typed(desk: Client) -> None:
    order = make()

    response = do(desk, order, "ship", company="顺丰速运", tracking_no="")

    order.refresh_from_db()
    assert response.status_code == 200
    assert 'value="顺丰速运"' in response.content.decode()
    assert "这个字段是必填项" in text_of(response)
    assert order.status == OrderStatus.PREPARING
    assert not OperationLog.objects.filter(action="order_ship").exists()


def test_cancelling_needs_a_reason_and_gives_the_money_back(desk: Client) -> None:
    order = make(OrderStatus.PENDING_ACCEPTANCE)

    assert do(desk, order, "cancel", note="").status_code == 200
    do(desk, order, "cancel", note="断货了")

    order.refresh_from_db()
    assert (order.status, order.cancel_reason) == (OrderStatus.CANCELLED, "admin")
    assert [refund.amount for refund in order.refunds.all()] == [order.paid_amount]


def test_single_units_are_refunded_and_the_amount_is_worked_out(desk: Client) -> None:
    sku = make_sku(price=1000)
    order = make((sku, 3))
    line = order.lines.get()

    response = do(desk, order, "refund", **{f"units_{line.pk}": "2", "reason": "少了两件"})

    assert response.status_code == 302
    refund = Refund.objects.get()
    assert (refund.amount, refund.freight_amount, refund.reason) == (2000, 0, "少了两件")
    assert OperationLog.objects.get(action="order_refund").after["units_by_line"] == {str(line.pk): 2}


def test_the_whole_order_is_refunded_with_its_freight(desk: Client) -> None:
    order = make((make_sku(price=1000), 1))

    do(desk, order, "refund", whole="1", reason="顾客不要了")

    refund = Refund.objects.get()
    assert refund.amount == order.paid_amount
    assert refund.freight_amount == order.freight_amount > 0


@pytest.mark.parametrize(
    ("units", "sentence"),
    [("4", "最多还能退 3 件"), ("-1", "不能小于 0"), ("", "请填写要退款的数量"), ("x", "输入整数")],
)
def test_a_refund_that_makes_no_sense_is_refused_in_words(desk: Client, units: str, sentence: str) -> None:
    order = make((make_sku(), 3))
    line = order.lines.get()

    response = do(desk, order, "refund", **{f"units_{line.pk}": units, "reason": "试试"})

    assert sentence in text_of(response)
    assert 'value="试试"' in response.content.decode()
    assert not Refund.objects.exists()


def test_a_posted_amount_is_not_listened_to(desk: Client) -> None:
    order = make((make_sku(price=1000), 2))
    line = order.lines.get()

    do(desk, order, "refund", **{f"units_{line.pk}": "1", "reason": "一件", "amount": "999999"})

    assert Refund.objects.get().amount == 1000


def test_a_remark_is_written_and_flagged(desk: Client) -> None:
    order = make()

    do(desk, order, "remark", text="周五再发")

    assert "周五再发" in text_of(desk.get(page_of(order)))
    assert listed(desk, has_remark="yes") == [order.no]


def test_an_ended_order_goes_to_the_bin_and_comes_back(desk: Client) -> None:
    order = make(OrderStatus.CANCELLED)

    do(desk, order, "trash")
    assert (listed(desk), listed(desk, tab="trash")) == ([], [order.no])
    do(desk, order, "restore")

    assert (listed(desk), listed(desk, tab="trash")) == ([order.no], [])


def test_an_order_that_goes_on_does_not_go_to_the_bin(desk: Client) -> None:
    order = make()

    response = do(desk, order, "trash")

    assert "只有交易完成或已取消的订单可以移入回收站" in text_of(response)
    assert listed(desk) == [order.no]
    assert not OperationLog.objects.filter(action="order_trash").exists()


def test_a_step_that_came_too_late_says_so_and_changes_nothing(desk: Client) -> None:
    order = make(OrderStatus.SHIPPED)

    response = do(desk, order, "ship", company="顺丰速运", tracking_no="SF999")

    assert response.status_code == 200
    assert "订单现在是“已发货”" in text_of(response)
    assert order.shipments.count() == 1


def test_an_unknown_step_or_order_is_not_there(desk: Client) -> None:
    order = make()

    assert desk.post(action_url(order, "complete")).status_code == 404
    assert desk.get("/admin/orders/order/999999/change/").status_code == 404
    assert desk.get("/admin/orders/order/abc/change/").status_code == 404
    assert desk.post("/admin/orders/order/999999/do/accept/").status_code == 404


# --- Personal data -------------------------------------------------------------------------------------------------
def test_the_receiver_is_shown_in_clear_once_after_a_reason_that_is_logged(desk: Client) -> None:
    member = make_member()
    address: Address = make_address(member, receiver_name="王小明", receiver_phone="13822223333")
    order = make(member=member)

    assert "王小明" not in text_of(desk.get(page_of(order)))
    assert "这个字段是必填项" in text_of(do(desk, order, "reveal", reason=""))
    shown = do(desk, order, "reveal", reason="打印快递单")

    assert "王小明" in text_of(shown)
    assert "13822223333" in text_of(shown)
    assert address.detail in text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    entry = OperationLog.objects.get(action="reveal_order")
    assert entry.after == {"reason": "打印快递单"}
    assert "王小明" not in str([entry.summary, entry.before, entry.after])
    assert "王小明" not in text_of(desk.get(page_of(order)))


# --- Nothing is a field --------------------------------------------------------------------------------------------
def test_posting_to_the_page_of_an_order_changes_nothing(desk: Client) -> None:
    owner = signed_in(make_staff(is_superuser=True))
    order = make()
    before = Order.objects.values().get(pk=order.pk)

    for client in (desk, owner):
        client.post(page_of(order), {"status": "completed", "paid_amount": "1", "payable_amount": "1"})
        client.post("/admin/orders/order/add/", {"status": "completed"})
        client.post(f"/admin/orders/order/{order.pk}/delete/", {"post": "yes"})

    assert Order.objects.values().get(pk=order.pk) == before
    assert Order.objects.count() == 1


def test_the_page_of_an_order_tells_everything_that_happened(desk: Client) -> None:
    order = make((make_sku("龙井", price=1000), 2))
    do(desk, order, "refund", **{f"units_{order.lines.get().pk}": "1", "reason": "压坏了"})
    do(desk, order, "ship", company="中通快递", tracking_no="ZT12345678")

    text = text_of(desk.get(page_of(order)))

    for words in ("龙井", "¥20.00", "微信支付", "压坏了", "申请退款", "中通快递", "ZT12345678", "发货", "下单", "接单"):
        assert words in text


def test_the_page_of_an_order_keeps_its_budget(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    order = make()

    # Session, user, device, permissions (2), stores, order, lines (2), payments, refunds, parcels, redemptions, events.
    with django_assert_max_num_queries(16):
        desk.get(page_of(order))


def test_an_order_of_yesterday_is_found_by_its_day_only(desk: Client) -> None:
    order = make()
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(days=1))
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()

    assert listed(desk, created_from=yesterday, created_to=yesterday) == [order.no]
    assert listed(desk, created_from=timezone.localdate().isoformat()) == []


@pytest.mark.parametrize("name", ["order_no", "member_q", "pickup_code", "product_q", "receiver_q", "created_from"])
def test_a_nul_byte_in_a_filter_is_no_failure(desk: Client, name: str) -> None:
    assert desk.get(LIST, {name: "\0"}).status_code == 200


def test_a_nul_byte_in_a_filter_is_not_looked_for(desk: Client) -> None:
    order = make()

    assert listed(desk, order_no=f"{order.no}\0") == [order.no]
