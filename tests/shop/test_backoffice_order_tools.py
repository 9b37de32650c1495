"""What the list of orders brings along: shipping many, files, the arrangement of columns, its totals and presets."""

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members.models import OperationLog
from orders import services as orders
from orders.models import Order, OrderStatus
from shop.backoffice.orders import exporting
from tests.factories import make_address, make_member, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import headquarters, make_clerk, make_operator, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"
SHIP = f"{LIST}ship/"
EXPORT = f"{LIST}export/"
ARRANGE = f"{LIST}arrange/"


@pytest.fixture
def desk() -> Client:
    """An operator of the headquarters, signed in."""
    return signed_in(make_operator())


def make(status: str = OrderStatus.PREPARING, **options: Any) -> Order:
    return make_order(status=status, now=timezone.now(), **options)


def statuses() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("status", flat=True))


# --- Shipping many -------------------------------------------------------------------------------------------------
def test_pasted_rows_are_checked_before_anything_is_sent(desk: Client) -> None:
    good, late, pickup = make(), make(OrderStatus.SHIPPED), make(OrderStatus.READY_FOR_PICKUP, store=make_store())
    rows = [
        f"{good.no}，中通快递，ZT0001", f"{late.no} SF00002", f"{pickup.no}\tSF00003", "2026 SF00004",
        f"{good.no} SF00005", "没有单号",
    ]  # fmt: skip

    response = desk.post(SHIP, {"company": "顺丰速运", "rows": "\n".join(rows)})

    parcels = response.context["parcels"]
    assert [(one.line, one.company, one.tracking_no, one.fault) for one in parcels] == [
        (1, "中通快递", "ZT0001", ""),
        (2, "顺丰速运", "SF00002", "订单现在是「已发货」，不能发货"),
        (3, "顺丰速运", "SF00003", "自提订单不能发货，请凭提货码核销"),
        (4, "顺丰速运", "SF00004", "没有这个订单，或者不归您的门店"),
        (5, "顺丰速运", "SF00005", "和第 1 行是同一个订单"),
        (6, "顺丰速运", "", "这一行没有订单号"),
    ]
    assert "可以发货 1 单，5 行有问题" in text_of(response)
    assert statuses() == ["preparing", "shipped", "ready_for_pickup"]
    assert not OperationLog.objects.filter(action="order_ship").exists()


def test_sending_ships_the_good_rows_and_leaves_the_others_to_be_mended(desk: Client) -> None:
    first, second = make(), make()
    rows = f"{first.no}，邮政 EMS，EMS00001\n{second.no}，顺丰速运，1"

    response = desk.post(SHIP, {"rows": rows, "send": "1"})

    assert statuses() == ["shipped", "preparing"]
    assert [(one.company, one.tracking_no) for one in first.shipments.all()] == [("邮政 EMS", "EMS00001")]
    assert response.context["form"].initial["rows"] == f"{second.no}，顺丰速运，1"
    assert "快递单号是 5 到 40 位" in text_of(response)
    assert OperationLog.objects.filter(action="order_ship").count() == 1


def test_a_filled_in_export_ships_its_orders(desk: Client) -> None:
    order = make()
    body = f"订单编号,商品名称,快递公司,快递单号\n\t{order.no},茶,圆通速递,YT0009\n".encode("gb18030")

    checked = desk.post(SHIP, {"file": SimpleUploadedFile("orders.csv", body)})
    desk.post(SHIP, {"rows": checked.context["rows"], "send": "1"})

    assert [(one.company, one.tracking_no) for one in order.shipments.all()] == [("圆通速递", "YT0009")]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"rows": " \n "}, "请粘贴要发货的订单"),
        ({"rows": "1 2\n" * 501}, "一次最多 500 行，这里有 501 行"),
        ({"file": SimpleUploadedFile("a.csv", "甲,乙\n1,2\n".encode())}, "表头里要有“订单号”和“快递单号”两列"),
        ({"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04 broken")}, "不是有效的 xlsx 文件"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(desk: Client, facts: dict[str, Any], sentence: str) -> None:
    assert sentence in text_of(desk.post(SHIP, facts))


def test_ticked_orders_come_along_as_rows_to_be_filled_in(desk: Client) -> None:
    express, pickup = make(), make(OrderStatus.READY_FOR_PICKUP, store=make_store())

    response = desk.post(LIST, {"action": "batch_ship", "_selected_action": [express.pk, pickup.pk]}, follow=True)

    assert response.context["form"].initial["rows"] == f"{express.no}，"


def test_another_stores_orders_and_clerks_cannot_ship_here() -> None:
    headquarters()
    own, other = make_store("一店"), make_store("二店")
    order = make(OrderStatus.READY_FOR_PICKUP, store=other)

    assert signed_in(make_clerk(own)).post(SHIP, {"rows": f"{order.no} SF00001"}).status_code == 403
    assert statuses() == ["ready_for_pickup"]


# --- Files ---------------------------------------------------------------------------------------------------------
def sheet_of(response: Any) -> list[dict[str, Any]]:
    """Read an xlsx answer into rows by heading."""
    page = openpyxl.load_workbook(io.BytesIO(response.getvalue())).active
    assert page is not None
    head, *body = page.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in body]


def csv_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def test_a_file_has_one_row_per_order_with_the_person_masked(desk: Client) -> None:
    member = make_member("=cmd|calc", phone="13911112222")
    make_address(member, receiver_name="王小明", receiver_phone="13822223333")
    order = make_order(
        (make_sku("茶", price=1000), 2), (make_sku("杯", price=500), 1), member=member, now=timezone.now(),
        status=OrderStatus.PREPARING,
    )  # fmt: skip

    (row,) = sheet_of(desk.post(EXPORT, {"by": "order", "kind": "xlsx"}))

    assert (row["订单编号"], row["数量"], row["商品总额"], row["实付"]) == (order.no, 3, 25, order.paid_amount / 100)
    assert row["商品名称"] == "茶 × 2；杯 × 1"
    assert (row["联系人"], row["手机"]) == ("王**", "138****3333")
    assert row["昵称"] == "'=cmd|calc"
    assert "文三路" not in str(row)
    entry = OperationLog.objects.get(action="export_orders")
    assert entry.after == {"format": "xlsx", "rows": "订单", "in_clear": False, "reason": ""}


def test_rows_by_goods_carry_the_amounts_of_the_order_once(desk: Client) -> None:
    make_order((make_sku(price=1000), 2), (make_sku(price=500), 1), status=OrderStatus.PREPARING, now=timezone.now())

    rows = csv_of(desk.post(EXPORT, {"by": "line", "kind": "csv"}))

    assert [(row["单价"], row["小计"], row["商品总额"]) for row in rows] == [
        ("10.00", "20.00", "25.00"), ("5.00", "5.00", ""),
    ]  # fmt: skip
    assert rows[0]["订单编号"] == rows[1]["订单编号"] == f"\t{Order.objects.get().no}"


def test_the_person_in_clear_needs_a_reason_that_is_logged(desk: Client) -> None:
    member = make_member()
    make_address(member, receiver_name="王小明", receiver_phone="13822223333")
    make(member=member)
    wish = {"by": "order", "kind": "csv", "in_clear": "on"}

    assert "导出明文要写明原因" in text_of(desk.post(EXPORT, {**wish, "reason": ""}))
    assert not OperationLog.objects.filter(action="export_orders").exists()
    (row,) = csv_of(desk.post(EXPORT, {**wish, "reason": "交给快递打单"}))

    assert (row["联系人"], row["手机"]) == ("王小明", "\t13822223333")
    entry = OperationLog.objects.get(action="export_orders")
    assert (entry.after["in_clear"], entry.after["reason"]) == (True, "交给快递打单")


def test_a_clerk_takes_only_masked_rows_of_the_own_store() -> None:
    headquarters()
    own, other = make_store("一店"), make_store("二店")
    mine = make(OrderStatus.READY_FOR_PICKUP, store=own)
    theirs = make(OrderStatus.READY_FOR_PICKUP, store=other)
    clerk = signed_in(make_clerk(own))
    wish = {"by": "order", "kind": "csv", "in_clear": "on", "reason": "x"}

    for query in ({}, {"ids": f"{mine.pk},{theirs.pk},x"}):
        (row,) = csv_of(clerk.post(f"{EXPORT}?{'&'.join(f'{k}={v}' for k, v in query.items())}", wish))
        assert row["订单编号"] == f"\t{mine.no}"
        assert mine.member.phone not in str(row)


def test_the_file_holds_what_the_filter_leaves_or_what_is_ticked(desk: Client) -> None:
    sent, waiting = make(OrderStatus.SHIPPED), make()
    wish = {"by": "order", "kind": "csv"}

    def numbers(query: str) -> list[str]:
        return [row["订单编号"].strip() for row in csv_of(desk.post(f"{EXPORT}?{query}", wish))]

    assert numbers("tab=shipped") == [sent.no]
    assert numbers(f"order_no={waiting.no}") == [waiting.no]
    assert numbers("") == [waiting.no, sent.no]
    ticked = desk.post(LIST, {"action": "export", "_selected_action": [sent.pk]})
    assert ticked["Location"] == f"{EXPORT}?ids={sent.pk}"
    everything = {"action": "export", "_selected_action": [sent.pk], "select_across": "1"}
    assert desk.post(f"{LIST}?tab=shipped", everything)["Location"] == f"{EXPORT}?tab=shipped"


def test_too_many_or_no_orders_are_refused_in_words(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = {"by": "order", "kind": "csv"}
    assert "没有符合条件的订单" in text_of(desk.post(EXPORT, wish))
    make()
    make()
    monkeypatch.setattr(exporting, "MOST_ORDERS", 1)

    assert "一次最多导出 1 单，请缩小筛选范围" in text_of(desk.post(EXPORT, wish))
    assert desk.get(f"{EXPORT}?nonsense__x=1").status_code == 404


def test_a_file_needs_no_more_queries_for_more_rows(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make()
    wish = {"by": "order", "kind": "csv"}
    # Session, user, stores, device, permissions (2); the list (rows, lines, count, tabs); count; orders, lines,
    # parcels, payments, redemptions; the log.
    with django_assert_max_num_queries(20) as few:
        desk.post(EXPORT, wish)
    for _ in range(4):
        make()
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(csv_of(desk.post(EXPORT, wish))) == 5


# --- The arrangement -----------------------------------------------------------------------------------------------
def columns(client: Client) -> list[str]:
    return [name for name in client.get(LIST).context["cl"].list_display if name != "action_checkbox"]


def test_columns_and_rows_a_page_are_remembered_and_forgotten(desk: Client) -> None:
    usual = columns(desk)
    wish = {"size": "50", "columns": ["goods", "parcels"], "back": "tab=shipped&q=茶"}

    answer = desk.post(ARRANGE, wish)

    assert answer["Location"] == f"{LIST}?tab=shipped&q=%E8%8C%B6"
    assert columns(desk) == ["number", "goods", "parcels"]
    assert desk.get(LIST).context["cl"].list_per_page == 50
    desk.post(ARRANGE, {"reset": "1"})
    assert columns(desk) == usual
    assert usual == ["number", "goods", "amounts", "delivery", "receiver", "state", "steps"]


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"size": 10000000, "columns": ["goods"]}', '{"size": "x"}', "null"])
def test_a_spoilt_cookie_means_the_usual_list(desk: Client, kept: str) -> None:
    desk.cookies["arranged_order"] = kept

    assert desk.get(LIST).context["cl"].list_per_page == 20


def test_the_arrangement_leads_nowhere_else(desk: Client) -> None:
    answer = desk.post(ARRANGE, {"size": "20", "back": "https://evil.example/"})

    assert answer["Location"].startswith(LIST)
    assert desk.get(ARRANGE).status_code == 405


def test_every_column_can_be_shown(desk: Client) -> None:
    order = make()
    orders.ship(order=order, company="中通快递", tracking_no="ZT778899", by=make_staff(), now=timezone.now())
    orders.remark(order=order, text="放门口", by=make_staff(), now=timezone.now())
    names = [name for name, _ in desk.get(LIST).context["arrangement"].fields["columns"].choices]
    desk.post(ARRANGE, {"size": "20", "columns": names})

    text = text_of(desk.get(LIST))

    for words in ("ZT778899", "放门口", "手机网页", "会员", "优惠（元）", "最近操作"):
        assert words in text, words


# --- Totals and presets --------------------------------------------------------------------------------------------
def test_the_sums_follow_the_filter(desk: Client) -> None:
    first, second = make(), make(OrderStatus.COMPLETED)
    orders.refund_order(order=second, by=make_staff(), now=timezone.now(), reason="坏了")

    def totals(**query: str) -> tuple[int, int]:
        found = desk.get(LIST, query).context["totals"]
        return found.count, found.paid

    everything = first.paid_amount + second.paid_amount
    assert totals() == totals(created_from="2001-01-01") == (2, everything)
    assert totals(tab="completed") == totals(tab="completed", o="1") == (1, second.paid_amount)
    assert totals(order_no=first.no) == (1, first.paid_amount)
    assert totals(order_no="x") == (0, 0)


def test_one_touch_chooses_a_stretch_of_days(desk: Client) -> None:
    old = make()
    Order.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1))
    new = make()

    chips = {label: query for label, query, _ in desk.get(f"{LIST}?delivery_method=express").context["stretches"]}

    def shown(query: str) -> list[str]:
        return [order.no for order in desk.get(LIST + query).context["cl"].result_list]

    assert shown(chips["今天"]) == [new.no]
    assert shown(chips["昨天"]) == [old.no]
    assert shown(chips["近 7 天"]) == [new.no, old.no]
    assert "delivery_method=express" in chips["昨天"]
    chosen = desk.get(LIST + chips["昨天"]).context["stretches"]
    assert [label for label, _, is_chosen in chosen if is_chosen] == ["昨天"]


def test_several_stores_are_chosen_at_once(desk: Client) -> None:
    stores = [make_store(name) for name in ("一店", "二店", "三店")]
    made = [make(OrderStatus.READY_FOR_PICKUP, store=store) for store in stores]

    listed = desk.get(f"{LIST}?store={stores[0].pk}&store={stores[2].pk}&store=x").context["cl"].result_list

    assert [order.no for order in listed] == [made[2].no, made[0].no]


def test_parcels_terminals_and_overdue_pickups_are_found(desk: Client) -> None:
    sent, waiting = make(), make(OrderStatus.READY_FOR_PICKUP, store=make_store())
    orders.ship(order=sent, company="中通快递", tracking_no="ZT778899", by=make_staff(), now=timezone.now())
    Order.objects.filter(pk=waiting.pk).update(pickup_before=timezone.now() - timedelta(hours=1), terminal="pc")

    def shown(**query: str) -> list[str]:
        return [order.no for order in desk.get(LIST, query).context["cl"].result_list]

    assert shown(tracking_no="zt7788") == [sent.no]
    assert shown(tracking_no="9") == []
    assert shown(terminal="pc") == shown(overdue="yes") == [waiting.no]
    assert {one.title: one.count for one in desk.get("/admin/").context["to_dos"]}["超期未提货"] == 1
