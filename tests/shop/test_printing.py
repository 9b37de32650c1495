"""Slips and pick lists: which orders, what stands on them, and what never does."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import OperationLog
from orders.models import Order, OrderStatus
from shop.backoffice.orders.printing import ROLL_LENGTHS
from shop.models import Store
from tests.databases import ROOT
from tests.factories import make_address, make_member, make_order, make_sku, make_store
from tests.pages import valid_html
from tests.shop.backoffice import headquarters, make_clerk, make_operator, make_worker, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/orders/order/print/"


@pytest.fixture
def store() -> Store:
    headquarters()
    return make_store("河坊街店")


@pytest.fixture
def client(store: Store) -> Client:
    return signed_in(make_operator())


def address(*orders: Order, kind: str = "slip", paper: str = "58") -> str:
    return f"{PAGE}?ids={','.join(str(order.pk) for order in orders)}&kind={kind}&paper={paper}"


def ready(store: Store, *items: object) -> Order:
    return make_order(*items, store=store, status=OrderStatus.READY_FOR_PICKUP)  # type: ignore[arg-type]


def parcel() -> Order:
    member = make_member()
    make_address(member, receiver_name="王小明", receiver_phone="13812345678", detail="文三路 90 号")
    return make_order(member=member, status=OrderStatus.PREPARING)


@pytest.mark.parametrize("paper", ["58", "a4"])
def test_a_slip_holds_goods_and_tail_and_neither_code_nor_phone(client: Client, store: Store, paper: str) -> None:
    order = ready(store, (make_sku("青瓷茶杯"), 2), (make_sku("棉麻毛巾"), 3))

    page = valid_html(client.get(address(order, paper=paper)))

    assert f"bo-slip--{paper}" in page
    assert "青瓷茶杯" in page
    assert "× 3" in page
    assert f"尾号 {order.receiver_phone[-4:]}" in page
    assert order.receiver_phone not in page
    assert (order.pickup_code or "") not in page
    assert (order.pickup_code or "")[-4:] not in page.replace(order.no, "").replace(order.receiver_phone[-4:], "")


def test_a_parcel_is_masked_until_someone_with_the_permission_says_why(client: Client, store: Store) -> None:
    order = parcel()

    masked = valid_html(client.get(address(order)))
    refused = valid_html(client.post(address(order), {"reason": ""}))
    assert OperationLog.objects.filter(action="reveal_order").count() == 0
    clear = valid_html(client.post(address(order), {"reason": "打印面单"}))

    for page in (masked, refused):
        assert "王**" in page
        assert "王小明" not in page
        assert "13812345678" not in page
        assert "文三路 90 号" not in page
    assert "王小明 13812345678" in clear
    assert "文三路 90 号" in clear
    assert OperationLog.objects.get(action="reveal_order").after == {"reason": "打印面单"}


def test_who_may_not_reveal_is_not_asked_and_a_post_reveals_nothing(store: Store) -> None:
    order = parcel()
    finance = signed_in(make_worker("财务", headquarters()))

    page = valid_html(finance.post(address(order), {"reason": "好奇"}))

    assert "王**" in page
    assert "王小明" not in page
    assert "显示完整收货信息" not in page
    assert OperationLog.objects.filter(action="reveal_order").count() == 0


def test_a_pick_list_sums_equal_goods_over_the_orders(client: Client, store: Store) -> None:
    cups, towels = make_sku("青瓷茶杯"), make_sku("棉麻毛巾")
    first, second = ready(store, (cups, 2), (towels, 1)), ready(store, (cups, 3))

    page = client.get(address(first, second, kind="pick", paper="a4"))

    picks = page.context["picks"]
    assert [(pick.line.name, pick.units) for pick in picks] == [("青瓷茶杯", 5), ("棉麻毛巾", 1)]
    assert [(order.pk, units) for order, units in picks[0].shares] == [(first.pk, 2), (second.pk, 3)]
    html = valid_html(page)
    assert html.count('class="bo-tick"') == 2 + 2 + 3  # goods, orders, lines of the orders
    assert f"{first.no[-4:]} × 2" in html
    assert f"{second.no[-4:]} × 3" in html


def test_what_was_handed_over_is_not_picked_again(client: Client, store: Store) -> None:
    order = ready(store, (make_sku("青瓷茶杯"), 3))
    order.lines.update(units_handed=1)

    assert [pick.units for pick in client.get(address(order, kind="pick")).context["picks"]] == [2]


def test_an_order_with_nothing_left_is_not_on_the_pick_list(client: Client, store: Store) -> None:
    done = make_order(store=store, status=OrderStatus.COMPLETED)

    page = valid_html(client.get(address(done, kind="pick")))

    assert "这些订单没有要配的商品" in page
    assert 'bo-slip__order"' not in page
    assert "× 1" in valid_html(client.get(address(done)))


def test_only_orders_of_the_own_stores_are_printed(store: Store) -> None:
    own, foreign = ready(store), ready(make_store("别的店"))

    clerk = signed_in(make_clerk(store))
    page = valid_html(clerk.get(address(own, foreign)))

    assert own.no in page
    assert foreign.no not in page


@pytest.mark.parametrize("ids", ["", "x", "0", "999999999999999999999", "%00", "1;2"])
def test_nothing_to_print_leads_back_with_a_sentence(client: Client, ids: str) -> None:
    answer = client.get(f"{PAGE}?ids={ids}", follow=True)

    assert answer.redirect_chain == [("/admin/orders/order/", 302)]
    assert "没有可以打印的订单" in answer.content.decode()


def test_an_unknown_kind_or_paper_is_the_usual_one(client: Client, store: Store) -> None:
    page = valid_html(client.get(address(ready(store), kind="poem", paper="a0")))

    assert 'class="bo-slip bo-slip--58"' in page


def test_a_roll_page_is_as_long_as_its_slip(client: Client, store: Store) -> None:
    short = ready(store)
    long = ready(store, *((make_sku(), 1) for _ in range(9)))

    slips = client.get(address(short, long)).context["slips"]

    assert {slip.order.pk: slip.length for slip in slips} == {short.pk: 120, long.pk: 160}


def test_every_length_of_roll_has_its_page_in_the_style_sheet() -> None:
    sheet = (ROOT / "static/css/backoffice.css").read_text()

    assert all(f"@page roll-{length} {{ size: 58mm {length}mm;" in sheet for length in ROLL_LENGTHS)


def test_many_orders_take_the_queries_of_one(client: Client, store: Store) -> None:
    orders = [ready(store) for _ in range(4)]
    client.get(address(orders[0]))

    counts = []
    for chosen in (orders[:1], orders):
        with CaptureQueriesContext(connection) as captured:
            client.get(address(*chosen))
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_whoever_may_not_see_orders_prints_none(store: Store) -> None:
    order = ready(store)
    clerk = make_clerk(store)
    clerk.groups.clear()

    assert signed_in(clerk).get(address(order)).status_code == 403
