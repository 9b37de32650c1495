"""A buyer's orders: list, detail and what may be done there; a stranger's order is a 404."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from orders import services as orders
from orders.models import CartItem, Order, OrderStatus
from orders.services.events import record_event
from tests.factories import make_member, make_order, make_sku, make_staff, make_store
from tests.pages import valid_html

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def member(client: Client) -> Member:
    member = make_member("小满")
    client.force_login(member, backend=BACKEND)
    return member


def test_the_list_shows_orders_under_their_tabs(client: Client, member: Member) -> None:
    unpaid = make_order(member=member)
    packing = make_order(member=member, status=OrderStatus.PREPARING)
    foreign = make_order()

    everything = valid_html(client.get("/orders/"))
    waiting = valid_html(client.get("/orders/?tab=unpaid"))

    assert unpaid.no in everything
    assert packing.no in everything
    assert foreign.no not in everything
    assert unpaid.no in waiting
    assert packing.no not in waiting
    assert '待付款 <span class="tabs__count">1</span>' in everything
    assert '备货中 <span class="tabs__count">1</span>' in everything
    assert "待提货</a>" in everything


def test_a_tab_that_does_not_exist_is_all_orders(client: Client, member: Member) -> None:
    order = make_order(member=member)

    assert order.no in valid_html(client.get("/orders/?tab=<script>&page=x"))


def test_an_empty_list_shows_a_way_out(client: Client, member: Member) -> None:
    assert "这里还没有订单" in valid_html(client.get("/orders/"))


def test_the_list_takes_few_queries_however_many_orders(client: Client, member: Member) -> None:
    for _ in range(12):
        make_order((make_sku(), 1), (make_sku(), 1), member=member)

    with CaptureQueriesContext(connection) as captured:
        page = valid_html(client.get("/orders/"))

    # session, user, counts, orders with store, lines
    assert page.count("<article") == 10
    assert len(captured) <= 5, [query["sql"] for query in captured]


@pytest.mark.parametrize(
    "status",
    [
        OrderStatus.PENDING_PAYMENT, OrderStatus.PREPARING, OrderStatus.SHIPPED, OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
    ],
)  # fmt: skip
def test_the_page_of_an_express_order(client: Client, member: Member, status: str) -> None:
    order = make_order((make_sku("西湖龙井", price=1280), 2), member=member, status=status)

    with CaptureQueriesContext(connection) as captured:
        page = valid_html(client.get(f"/orders/{order.no}/"))

    # session, user, order, lines, events, parcels with lines and their goods, refunds with lines, redemptions
    assert len(captured) <= 11, [query["sql"] for query in captured]
    assert f'<p class="hero__title">{order.get_status_display()}</p>' in page
    assert "西湖龙井" in page
    assert "¥33.60" in page.replace("<small>", "").replace("</small>", "")
    assert "文三路 90 号" in page
    assert "13800000000" not in page
    assert "138****0000" in page
    assert ("取消订单" in page) == (status == OrderStatus.PENDING_PAYMENT)
    assert ("确认收货</button>" in page) == (status == OrderStatus.SHIPPED)
    assert ("删除订单" in page) == (status in Order.ENDED)


def test_the_page_of_a_pickup_order_shows_the_code_and_its_picture(client: Client, member: Member) -> None:
    order = make_order(member=member, store=make_store("河坊街店"), status=OrderStatus.READY_FOR_PICKUP)
    code = order.pickup_code or ""

    page = valid_html(client.get(f"/orders/{order.no}/"))

    assert f"<span>{code[:4]}</span> <span>{code[4:8]}</span> <span>{code[8:]}</span>" in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert "河坊街店" in page
    assert "确认收货" not in page


def test_a_code_is_shown_only_while_it_is_of_use(client: Client, member: Member) -> None:
    order = make_order(member=member, store=make_store(), status=OrderStatus.COMPLETED)

    assert (order.pickup_code or "none")[:4] not in valid_html(client.get(f"/orders/{order.no}/"))


@pytest.mark.parametrize("action", ["", "cancel/", "receive/", "hide/", "again/", "pay/", "pay/scan/", "pay/result/"])
def test_a_strangers_order_does_not_exist(client: Client, member: Member, action: str) -> None:
    order = make_order()
    url = f"/orders/{order.no}/{action}"

    answer = client.post(url) if action in {"cancel/", "receive/", "hide/", "again/"} else client.get(url)

    assert answer.status_code == 404
    order.refresh_from_db()
    assert (order.status, order.hidden_by_buyer_at) == ("pending_payment", None)


@pytest.mark.parametrize("action", ["cancel", "receive", "hide", "again"])
def test_nothing_changes_by_a_get(client: Client, member: Member, action: str) -> None:
    order = make_order(member=member)

    assert client.get(f"/orders/{order.no}/{action}/").status_code == 405


def test_guests_sign_in_first(client: Client) -> None:
    order = make_order()

    assert client.get(f"/orders/{order.no}/")["Location"] == f"/login/?next=/orders/{order.no}/"
    assert client.post(f"/orders/{order.no}/cancel/")["Location"].startswith("/login/")


def test_an_unpaid_order_is_cancelled_once(client: Client, member: Member) -> None:
    sku = make_sku(stock=5)
    order = make_order((sku, 2), member=member)

    client.post(f"/orders/{order.no}/cancel/")
    page = valid_html(client.get(f"/orders/{order.no}/"))

    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.status, order.cancel_reason, sku.stock) == ("cancelled", "member", 5)
    assert "买家取消" in page


def test_a_paid_order_is_not_cancelled_by_its_buyer(client: Client, member: Member) -> None:
    order = make_order(member=member, status=OrderStatus.PREPARING)

    client.post(f"/orders/{order.no}/cancel/")
    page = valid_html(client.get(f"/orders/{order.no}/"))

    order.refresh_from_db()
    assert order.status == OrderStatus.PREPARING
    assert "请联系商家退款" in page


def test_receipt_is_confirmed(client: Client, member: Member) -> None:
    order = make_order(member=member, status=OrderStatus.SHIPPED)

    answer = client.post(f"/orders/{order.no}/receive/")

    order.refresh_from_db()
    assert answer["Location"] == f"/orders/{order.no}/"
    assert order.status == OrderStatus.COMPLETED


def test_a_direct_post_never_completes_a_pickup_order(client: Client, member: Member) -> None:
    order = make_order(member=member, store=make_store(), status=OrderStatus.READY_FOR_PICKUP)

    client.post(f"/orders/{order.no}/receive/")
    page = valid_html(client.get(f"/orders/{order.no}/"))

    order.refresh_from_db()
    assert (order.status, order.completed_at) == (OrderStatus.READY_FOR_PICKUP, None)
    assert "自提订单要凭提货码在门店提货，不能确认收货" in page


def test_only_ended_orders_are_taken_off_the_list(client: Client, member: Member) -> None:
    ended = make_order(member=member, status=OrderStatus.CANCELLED)
    going_on = make_order(member=member)

    client.post(f"/orders/{ended.no}/hide/")
    client.post(f"/orders/{going_on.no}/hide/")

    page = valid_html(client.get("/orders/"))
    assert ended.no not in page
    assert going_on.no in page
    assert client.get(f"/orders/{ended.no}/").status_code == 404
    ended.refresh_from_db()
    assert ended.deleted_at is None


def test_buying_again_fills_the_cart_with_what_there_is(client: Client, member: Member) -> None:
    here, gone = make_sku(stock=9), make_sku("桂花糕", stock=1)
    order = make_order((here, 2), (gone, 1), member=member)

    answer = client.post(f"/orders/{order.no}/again/")
    page = valid_html(client.get(answer["Location"]))

    assert CartItem.objects.values_list("sku", "units").get() == (here.pk, 2)
    assert "桂花糕  现在买不到这么多" in page


def test_refunds_and_parcels_are_told(client: Client, member: Member) -> None:
    order = make_order((make_sku(price=500), 2), member=member, status=OrderStatus.SHIPPED)
    line = order.lines.get()
    by = make_staff(is_superuser=True)
    orders.refund_lines(order=order, units_by_line={line.pk: 1}, by=by, now=timezone.now(), reason="运输破损")

    page = valid_html(client.get(f"/orders/{order.no}/"))

    assert "¥5.00" in page
    assert "运输破损" in page
    assert "退款中" in page
    assert f"顺丰速运 SF{order.no}" in page


@pytest.mark.parametrize("path", ["/orders/%00/", "/orders/%00/pay/", "/orders/abc/", "/orders/-1/pay/result/"])
def test_what_is_no_order_number_is_not_found(client: Client, path: str) -> None:
    client.force_login(make_member(), backend=BACKEND)

    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/orders/?tab=%00&page=%00", "/checkout/?slot=%00&sku=%00", "/goods/?q=%00&sort=%00"])
def test_a_nul_byte_in_the_address_is_no_error(client: Client, path: str) -> None:
    client.force_login(make_member(), backend=BACKEND)

    assert client.get(path).status_code in {200, 302}


def test_the_page_shows_how_far_an_order_has_come(client: Client, member: Member) -> None:
    pages = {
        status: valid_html(client.get(f"/orders/{make_order(member=member, status=status).no}/"))
        for status in (OrderStatus.PREPARING, OrderStatus.COMPLETED, OrderStatus.CANCELLED)
    }

    assert '<li class="progress__step" aria-current="step">配货</li>' in pages[OrderStatus.PREPARING]
    assert pages[OrderStatus.COMPLETED].count("data-done") == 4
    assert "progress__step" not in pages[OrderStatus.CANCELLED]


def test_the_code_can_be_shown_as_large_as_the_screen(client: Client, member: Member) -> None:
    order = make_order(member=member, store=make_store(), status=OrderStatus.READY_FOR_PICKUP)

    page = valid_html(client.get(f"/orders/{order.no}/"))

    assert 'href="#code-large"' in page
    assert page.count('src="data:image/svg+xml;base64,') == 2
    assert "自提免运费" in page


def test_a_page_with_a_code_is_told_when_something_happened(client: Client, member: Member) -> None:
    order = make_order(member=member, store=make_store(), status=OrderStatus.READY_FOR_PICKUP)
    page = valid_html(client.get(f"/orders/{order.no}/"))
    seen = order.events.latest("pk").pk
    url = f"/orders/{order.no}/changed/?seen={seen}"
    assert url in page

    assert client.get(url).status_code == 204
    record_event(order, kind="redeemed", from_status=order.status, by=None, now=timezone.now())

    assert client.get(url).headers["HX-Refresh"] == "true"


def test_a_page_with_a_code_stays_when_the_session_has_ended(client: Client) -> None:
    order = make_order(store=make_store(), status=OrderStatus.READY_FOR_PICKUP)

    answer = client.get(f"/orders/{order.no}/changed/?seen=0", HTTP_HX_REQUEST="true")

    assert answer.status_code == 204
    assert not {"HX-Redirect", "HX-Refresh", "Location"} & set(answer.headers)


def test_an_order_that_is_partly_collected_says_what_is_left(client: Client, member: Member) -> None:
    order = make_order((make_sku(), 3), member=member, store=make_store(), status=OrderStatus.READY_FOR_PICKUP)
    order.lines.update(units_handed=1)

    assert "已提走 1 件，还有 2 件等您来取" in valid_html(client.get(f"/orders/{order.no}/"))


def test_an_order_of_several_goods_shows_their_pictures(client: Client, member: Member) -> None:
    make_order(*((make_sku(f"商品 {number}"), 1) for number in range(6)), member=member)

    page = valid_html(client.get("/orders/"))

    assert "共 6 种" in page
    assert page.count('width="160"') == 4
