"""The file of what was handed over: what the list shows, masked, and nothing of other stores."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members.models import Member, OperationLog
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption, RedemptionWay
from orders.services import pickup_codes
from shop.backoffice import redemption_export
from shop.models import Store
from tests.factories import make_member, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import headquarters, make_clerk, make_operator, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/redemption/"
EXPORT = f"{LIST}export/"


@pytest.fixture
def desk() -> Client:
    """An operator of the headquarters, signed in."""
    return signed_in(make_operator())


@pytest.fixture
def store() -> Store:
    headquarters()
    return make_store("河坊街店")


def hand_over(store: Store, *, by: Member | None = None, units: int = 0, order: Order | None = None) -> Redemption:
    """Hand over `units` of the first line, or all of the order."""
    order = order or make_order(store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now())
    line = order.lines.order_by("pk")[0]
    orders.redeem(
        staff=by or make_staff(is_superuser=True), way=RedemptionWay.CODE, code=str(order.pickup_code),
        submission=uuid.uuid4().hex, units_by_line={line.pk: units} if units else None, now=timezone.now(),
    )  # fmt: skip
    return Redemption.objects.latest("pk")


def csv_of(client: Client, query: str = "") -> list[dict[str, str]]:
    """Return the rows of the file; none when the page has no file to give."""
    response = client.post(f"{EXPORT}?{query}", {"kind": "csv"})
    if "text/csv" not in response["Content-Type"]:
        return []
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_list_leads_to_the_export_with_its_filters(desk: Client, store: Store) -> None:
    hand_over(store)

    page = desk.get(f"{LIST}?undone=no&way=code").content.decode()

    assert f'href="{EXPORT}?undone=no&amp;way=code"' in page


def test_a_row_tells_who_handed_what_to_whom_and_where(desk: Client, store: Store) -> None:
    clerk, member = make_clerk(store), make_member("小满", phone="13911112222")
    cups = (make_sku("青瓷茶杯", price=1000), 3), (make_sku("龙井", price=5000), 1)
    order = make_order(*cups, member=member, store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now())
    hand_over(store, by=clerk, units=2, order=order)

    (row,) = csv_of(desk)

    assert row["订单号"] == f"\t{order.no}"
    assert row["提货码"] == pickup_codes.masked(order.pickup_code)
    assert (row["商品"], row["件数"]) == ("青瓷茶杯  × 2", "2")
    assert (row["核销金额"], row["订单金额"]) == ("20.00", "80.00")
    assert (row["昵称"], row["手机"]) == ("小满", "139****2222")
    assert (row["门店"], row["核销员"], row["方式"], row["状态"]) == ("河坊街店", str(clerk), "输入提货码", "有效")
    assert (row["撤销时间"], row["撤销人"], row["撤销原因"]) == ("", "", "")
    assert str(order.pickup_code) not in str(row)
    assert "13911112222" not in str(row)


def test_amounts_are_numbers_and_codes_are_text_in_a_workbook(desk: Client, store: Store) -> None:
    redemption = hand_over(store)

    response = desk.post(EXPORT, {"kind": "xlsx"})

    page = openpyxl.load_workbook(io.BytesIO(response.content)).active
    assert page is not None
    head, body = page.iter_rows(values_only=True)
    row = dict(zip(map(str, head), body, strict=True))
    assert (row["件数"], row["核销金额"], row["订单金额"]) == (1, 10, 10)
    assert row["订单号"] == redemption.order.no
    assert response["Content-Disposition"].endswith('.xlsx"')
    assert "no-store" in response["Cache-Control"]


def test_what_was_undone_stays_in_the_file_and_out_of_its_sum(desk: Client, store: Store) -> None:
    boss = make_staff(is_superuser=True)
    redemption = hand_over(store, by=boss)
    orders.undo_redemption(redemption=redemption, by=boss, reason="=拿错了", now=timezone.now())

    (row,) = csv_of(desk)

    assert (row["状态"], row["核销金额"], row["撤销人"]) == ("已撤销", "", str(boss))
    assert row["撤销原因"] == "'=拿错了"


@pytest.mark.parametrize("nickname", ["=cmd|calc", "+1", "-1", "@x", "\t=1"])
def test_no_cell_is_a_formula(desk: Client, store: Store, nickname: str) -> None:
    order = make_order(
        member=make_member(nickname), store=store, status=OrderStatus.READY_FOR_PICKUP, now=timezone.now()
    )
    hand_over(store, order=order)

    assert csv_of(desk)[0]["昵称"] == f"'{nickname}"


def test_the_file_holds_what_the_filters_leave(desk: Client, store: Store) -> None:
    other = make_store("湖滨店")
    here, there = hand_over(store), hand_over(other)
    yesterday = timezone.now() - timedelta(days=1)
    Redemption.objects.filter(pk=there.pk).update(redeemed_at=yesterday)

    def numbers(query: str) -> list[str]:
        return [row["订单号"].strip() for row in csv_of(desk, query)]

    today = timezone.localdate().isoformat()
    assert numbers("") == [there.order.no, here.order.no]
    assert numbers(f"store={other.pk}") == [there.order.no]
    assert numbers(f"redeemed_from={today}&redeemed_to={today}") == [here.order.no]
    assert numbers(f"q={here.order.no}") == [here.order.no]
    assert numbers(f"staff={here.staff_id}") == [here.order.no]


def test_a_clerk_takes_the_rows_of_the_own_store_only(store: Store) -> None:
    other = make_store("湖滨店")
    mine, theirs = hand_over(store), hand_over(other)
    clerk = signed_in(make_clerk(store))

    for query in ("", f"store={other.pk}", f"q={theirs.order.no}"):
        assert {row["订单号"].strip() for row in csv_of(clerk, query)} <= {mine.order.no}
    assert len(csv_of(clerk)) == 1


def test_who_took_the_file_is_logged(desk: Client, store: Store) -> None:
    hand_over(store)

    desk.get(EXPORT)
    assert not OperationLog.objects.exclude(action="redeem").exists()
    csv_of(desk)

    entry = OperationLog.objects.get(action="export_redemptions")
    assert (entry.summary, entry.after) == ("导出核销记录 1 次", {"format": "csv"})


def test_none_or_too_many_are_refused_in_words(desk: Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "没有符合条件的核销记录" in text_of(desk.post(EXPORT, {"kind": "csv"}))
    hand_over(store)
    hand_over(store)
    monkeypatch.setattr(redemption_export, "MOST", 1)

    assert "一次最多导出 1 次核销，请缩小筛选范围" in text_of(desk.post(EXPORT, {"kind": "csv"}))
    assert not OperationLog.objects.filter(action="export_redemptions").exists()


def test_more_rows_cost_no_more_queries(
    desk: Client, store: Store, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    hand_over(store)
    with django_assert_max_num_queries(13) as few:  # session, person and rights, filters, count, rows, lines, log
        csv_of(desk)
    for _ in range(4):
        hand_over(store)

    with django_assert_max_num_queries(len(few.captured_queries)):
        rows: list[Any] = csv_of(desk)

    assert len(rows) == 5
