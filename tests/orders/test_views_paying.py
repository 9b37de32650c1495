"""The pages around a payment, against the real protocol of the sandbox; and the gateway's own address."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from orders.models import GatewayNotice, Order, OrderStatus, Payment
from orders.views.paying import LARGEST_NOTICE
from tests.factories import make_member, make_order, make_store
from tests.orders.shopping import start
from tests.pages import valid_html
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"


@pytest.fixture
def member(client: Client) -> Member:
    member = make_member("小满")
    client.force_login(member, backend=BACKEND)
    return member


@pytest.fixture
def order(member: Member) -> Order:
    return make_order(member=member, store=make_store("河坊街店"), now=timezone.now())


def test_a_phone_is_led_to_the_cashier_and_back(client: Client, order: Order, sandbox: Sandbox) -> None:
    page = valid_html(client.get(f"/orders/{order.no}/pay/", HTTP_USER_AGENT=PHONE))
    answer = client.post(f"/orders/{order.no}/pay/", HTTP_USER_AGENT=PHONE)

    assert page.index("在本机打开微信支付") < page.index("用另一台手机扫码支付")
    assert answer["Location"].startswith(f"{sandbox.url}/cashier/")
    assert f"%2Forders%2F{order.no}%2Fpay%2Fresult%2F" in answer["Location"]
    assert Payment.objects.get().product == "h5"


def test_a_desk_screen_shows_a_picture_to_scan(client: Client, order: Order, sandbox: Sandbox) -> None:
    answer = client.post(f"/orders/{order.no}/pay/")
    page = valid_html(client.get(answer["Location"]))

    assert answer["Location"] == f"/orders/{order.no}/pay/scan/"
    assert Payment.objects.get().product == "native"
    assert re.search(r'<img src="data:image/svg\+xml;base64,[^"]+" alt="微信支付二维码"', page)
    assert "我已付款" in page


def test_a_gateway_that_is_down_is_said_in_words(client: Client, order: Order, sandbox: Sandbox) -> None:
    sandbox.fault("http_500", operation="prepay", count=5)

    answer = client.post(f"/orders/{order.no}/pay/")
    page = valid_html(client.get(answer["Location"]))

    assert answer["Location"] == f"/orders/{order.no}/pay/"
    assert "没有扣款" in page
    order.refresh_from_db()
    assert order.status == OrderStatus.PENDING_PAYMENT


def test_while_nobody_knows_the_page_never_says_failed(client: Client, order: Order, sandbox: Sandbox) -> None:
    start(order)

    page = valid_html(client.get(f"/orders/{order.no}/pay/result/"))

    assert "正在确认付款结果" in page
    assert "失败" not in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_the_page_asks_the_gateway_when_no_notice_came(client: Client, order: Order, sandbox: Sandbox) -> None:
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    page = valid_html(client.get(f"/orders/{order.no}/pay/result/"))

    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert "付款成功" in page
    assert (order.pickup_code or "none")[:4] in page


def test_a_waiting_script_is_told_once_there_is_something_to_see(
    client: Client, order: Order, sandbox: Sandbox
) -> None:
    payment = start(order)
    url = f"/orders/{order.no}/pay/result/"

    waiting = client.get(url, HTTP_HX_REQUEST="true")
    assert (waiting.status_code, waiting.content) == (204, b"")

    headers, body = sign(sandbox, payment.out_trade_no)
    client.post("/pay/wechat/notify/", body, content_type="application/json", headers=headers)
    assert client.get(url, HTTP_HX_REQUEST="true")["HX-Redirect"] == url


def test_one_payment_is_asked_after_once_in_a_while(client: Client, order: Order, sandbox: Sandbox) -> None:
    start(order)
    client.get(f"/orders/{order.no}/pay/result/")

    with CaptureQueriesContext(connection) as captured:
        client.get(f"/orders/{order.no}/pay/result/")

    assert len(captured) <= 9, [query["sql"] for query in captured]


def test_an_order_that_is_paid_has_nothing_to_pay(client: Client, member: Member) -> None:
    order = make_order(member=member, status=OrderStatus.PREPARING)

    for page in ["pay/", "pay/scan/"]:
        assert client.get(f"/orders/{order.no}/{page}")["Location"] == f"/orders/{order.no}/pay/result/"
    assert client.post(f"/orders/{order.no}/pay/")["Location"] == f"/orders/{order.no}/pay/result/"
    assert Payment.objects.count() == 1


def test_a_cancelled_order_promises_the_money_back(client: Client, member: Member) -> None:
    order = make_order(member=member, status=OrderStatus.CANCELLED)

    page = valid_html(client.get(f"/orders/{order.no}/pay/result/"))

    assert "订单已取消" in page
    assert "自动原路退回" in page


# --- Notices -------------------------------------------------------------------------------------------------------
def sign(sandbox: Sandbox, number: str, **options: str) -> tuple[dict[str, str], bytes]:
    sandbox.pay(number, deliver=False)
    return sandbox.sign_notice(number, **options)


def test_a_notice_is_taken_without_session_and_csrf(order: Order, sandbox: Sandbox) -> None:
    payment = start(order)
    headers, body = sign(sandbox, payment.out_trade_no)
    gateway = Client(enforce_csrf_checks=True)

    answer = gateway.post("/pay/wechat/notify/", body, content_type="application/json", headers=headers)
    again = gateway.post("/pay/wechat/notify/", body, content_type="application/json", headers=headers)

    order.refresh_from_db()
    assert (answer.status_code, answer.content, again.status_code) == (204, b"", 204)
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert GatewayNotice.objects.count() == 1


def test_a_forged_notice_is_refused_and_changes_nothing(client: Client, order: Order, sandbox: Sandbox) -> None:
    payment = start(order)
    headers, body = sign(sandbox, payment.out_trade_no, forgery="foreign_key")

    answer = client.post("/pay/wechat/notify/", body, content_type="application/json", headers=headers)

    order.refresh_from_db()
    assert (answer.status_code, answer.json()["code"]) == (401, "FAIL")
    assert order.status == OrderStatus.PENDING_PAYMENT
    assert GatewayNotice.objects.get().status == "rejected"


def test_a_notice_that_is_no_notice_is_refused_unread(client: Client, sandbox: Sandbox) -> None:
    large = client.post("/pay/wechat/notify/", b"x" * (LARGEST_NOTICE + 1), content_type="application/json")
    empty = client.post("/pay/wechat/notify/", b"", content_type="application/json")

    assert (large.status_code, large.json()["code"]) == (413, "FAIL")
    assert empty.status_code == 401
    assert client.get("/pay/wechat/notify/").status_code == 405
    assert client.post("/pay/offline/notify/").status_code == 404
    assert client.post("/pay/unknown/notify/").status_code == 404


def test_an_order_nobody_tried_to_pay_is_said_to_be_unpaid(client: Client, order: Order) -> None:
    page = valid_html(client.get(f"/orders/{order.no}/pay/result/"))

    assert "还没有付款" in page
    assert "hx-trigger" not in page
