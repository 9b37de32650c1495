"""The list of orders in a shop that has very many: counted once, far pages and searches that no table is read for."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from shop.backoffice import paging
from shop.backoffice.orders import filters
from shop.backoffice.paging import LongListPaginator
from tests.factories import make_member, make_order, make_sku
from tests.shop.backoffice import make_operator, signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"


@pytest.fixture
def desk() -> Client:
    return signed_in(make_operator())


def numbers_on(page: str) -> list[str]:
    return re.findall(r'bo-strong">(\d{18})<', page)


def found_by(desk: Client, typed: str) -> list[str]:
    return numbers_on(desk.get(LIST, {"q": typed}).content.decode())


def test_a_far_page_holds_what_a_near_one_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "FAR_DOWN", 2)
    sku = make_sku(stock=99)
    orders = [make_order((sku, 1)) for _ in range(7)]
    rows = Order.objects.select_related("member").prefetch_related("lines").order_by("-pk")
    paginator = LongListPaginator(rows, 2)

    with CaptureQueriesContext(connection) as captured:
        pages = [list(paginator.page(number).object_list) for number in (1, 2, 3, 4)]

    assert [order for page in pages for order in page] == orders[::-1]
    passed_over = [query["sql"] for query in captured if "OFFSET" in query["sql"]]
    assert len(passed_over) == 3
    assert not [sql for sql in passed_over if "JOIN" in sql or "receiver" in sql]


@pytest.mark.parametrize("query", [{}, {"tab": "preparing"}, {"q": "2026"}, {"delivery_method": "express"}])
def test_the_list_is_counted_once_by_what_adds_it_up(desk: Client, query: dict[str, str]) -> None:
    make_order((make_sku(), 1))

    with CaptureQueriesContext(connection) as captured:
        desk.get(LIST, query)

    statements = [sql["sql"] for sql in captured if 'FROM "orders_order"' in sql["sql"]]
    assert not [sql for sql in statements if "__count" in sql]
    assert len(statements) <= 3  # the tabs, the sums of a filter, the rows


def test_the_far_pages_of_the_list_are_there(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "FAR_DOWN", 20)
    sku = make_sku(stock=99)
    orders = [make_order((sku, 1)) for _ in range(45)]

    last = desk.get(LIST, {"p": 3}).content.decode()

    assert numbers_on(last) == [order.no for order in orders[4::-1]]
    assert "45" in last


@pytest.mark.parametrize("most", [0, 1000])
def test_an_order_is_found_by_receiver_and_by_buyer(desk: Client, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(filters, "MOST_BUYERS", most)
    buyer = make_member("阿禾", phone="13911112222")
    order = make_order((make_sku(), 1), member=buyer)
    make_order((make_sku(), 1))

    assert found_by(desk, "阿禾") == found_by(desk, "139 1111 2222") == [order.no]
    assert found_by(desk, order.no) == found_by(desk, order.no[:17]) == [order.no]
    assert found_by(desk, "没有这个人") == []


@pytest.mark.races
def test_a_name_is_found_without_reading_the_table(desk: Client) -> None:
    """On PostgreSQL: every part of the OR has an index, and none of them is behind a join."""
    make_member("阿禾")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Order.objects.filter(filters.anything("阿禾")).order_by("-pk").explain()

    assert "BitmapOr" in plan
    assert "receiver_name_index" in plan
    assert "order_of_member" in plan or "member_id" in plan
