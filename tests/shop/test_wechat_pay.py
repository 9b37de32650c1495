"""Our own client: every call against the sandbox gateway, and every way in which a call may fail."""

import json
import logging
import socket
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shop.lib.providers import ProviderRejected, ProviderUnavailable, ProviderUnknown
from shop.lib.wechat import signing
from shop.lib.wechat.pay import WechatPay, _BillAddress
from tests.sandbox import Sandbox
from tests.wechat import NOWHERE, prepay, refund, today

SOON = timedelta(minutes=30)
# One call of each kind, to be spoiled in turn. They need no earlier one to have gone well.
CALLS: dict[str, Any] = {
    "prepay": lambda wechat: prepay(wechat, "T0000099"),
    "query": lambda wechat: wechat.query("T0000001"),
    "close": lambda wechat: wechat.close("T0000001"),
    "refund": lambda wechat: refund(wechat, "R2"),
    "query_refund": lambda wechat: wechat.query_refund("R1"),
    "bill": lambda wechat: wechat.trade_bill(today()),
}


@pytest.fixture
def busy(wechat: WechatPay, sandbox: Sandbox) -> WechatPay:
    """A client at a gateway that knows one refunded payment; its clock is past the minute between refunds."""
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    refund(wechat, "R1")
    sandbox.advance(61)
    return wechat


# --- Calls that go well -------------------------------------------------------------------------------------------


def test_an_h5_prepay_returns_the_cashier_and_the_way_back(wechat: WechatPay, sandbox: Sandbox) -> None:
    url = wechat.prepay_h5(
        out_trade_no="T0000001",
        description="苹果" * 100,  # longer than the gateway takes
        total=1,
        notify_url=NOWHERE,
        expires_at=datetime.now(UTC) + SOON,
        client_ip="203.0.113.7",
        return_url="http://127.0.0.1:8000/orders/1/?from=pay&x=1",
    )

    assert url.startswith(f"{sandbox.url}/cashier/wx")
    assert parse_qs(urlsplit(url).query)["redirect_url"] == ["http://127.0.0.1:8000/orders/1/?from=pay&x=1"]


def test_a_jsapi_prepay_is_invoked_with_a_signature_of_ours(wechat: WechatPay) -> None:
    now = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    prepay_id = wechat.prepay_jsapi(
        out_trade_no="T0000001",
        description="苹果",
        total=1,
        notify_url=NOWHERE,
        expires_at=datetime.now(UTC) + SOON,
        openid="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    )

    given = wechat.jsapi_invocation(prepay_id=prepay_id, now=now)

    assert given.keys() == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert (given["appId"], given["timeStamp"], given["signType"]) == ("wxsandbox00000001", "1795233600", "RSA")
    assert given["package"] == f"prepay_id={prepay_id}"
    message = "".join(f"{given[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package")).encode()
    key = wechat.config.private_key.public_key()
    assert signing.is_signed(message=message, signature=given["paySign"], key=key)


def test_a_payment_is_followed_from_unpaid_to_refunded(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    unpaid = wechat.query("T0000001")
    transaction_id = sandbox.pay("T0000001", deliver=False)
    paid = wechat.query("T0000001")
    asked = refund(wechat, "R1")
    sandbox.settle_refund()
    done = wechat.query_refund("R1")

    assert (unpaid.state, unpaid.transaction_id, unpaid.paid_at, unpaid.is_paid) == ("NOTPAY", "", None, False)
    assert (paid.state, paid.transaction_id, paid.total, paid.is_paid) == ("SUCCESS", transaction_id, 1234, True)
    assert (paid.mchid, paid.appid) == ("1900000001", "wxsandbox00000001")
    assert paid.paid_at is not None
    assert abs(paid.paid_at - datetime.now(UTC)) < timedelta(seconds=10)
    assert (asked.state, asked.refund, asked.total, asked.succeeded_at) == ("PROCESSING", 34, 1234, None)
    assert (done.state, done.refund_id, done.transaction_id) == ("SUCCESS", asked.refund_id, transaction_id)
    assert done.succeeded_at is not None
    assert wechat.query("T0000001").state == "REFUND"
    assert wechat.query("T0000001").is_paid


def test_a_closed_payment_says_so(wechat: WechatPay) -> None:
    prepay(wechat, "T0000001")

    wechat.close("T0000001")

    assert wechat.query("T0000001").state == "CLOSED"


def test_the_bill_of_a_day_lists_payments_and_refunds_in_fen(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001", description="苹果,`红`\n大")
    prepay(wechat, "T0000002", total=100_000_05)
    prepay(wechat, "T0000003")  # nobody pays it
    first, second = sandbox.pay("T0000001", deliver=False), sandbox.pay("T0000002", deliver=False)
    refunded = refund(wechat, "R1")

    rows = wechat.trade_bill(today())

    assert [(row.transaction_id, row.out_trade_no, row.state, row.total, row.refund) for row in rows] == [
        (first, "T0000001", "SUCCESS", 1234, 0),
        (second, "T0000002", "SUCCESS", 100_000_05, 0),
        (first, "T0000001", "REFUND", 0, 34),
    ]
    assert [(row.refund_id, row.out_refund_no, row.refund_state) for row in rows] == [
        ("", "", ""),
        ("", "", ""),
        (refunded.refund_id, "R1", "PROCESSING"),
    ]
    assert {(row.mchid, row.appid, row.trade_type, row.fee) for row in rows} == {
        ("1900000001", "wxsandbox00000001", "NATIVE", 0)
    }
    assert all(abs(row.at - datetime.now(UTC)) < timedelta(seconds=10) for row in rows)


def test_a_day_without_trade_has_an_empty_bill(wechat: WechatPay) -> None:
    assert wechat.trade_bill(date(2026, 1, 1)) == []


# --- Calls that fail ----------------------------------------------------------------------------------------------


def test_what_the_gateway_refuses_is_rejected_with_its_code_and_sentence(wechat: WechatPay) -> None:
    with pytest.raises(ProviderRejected) as refused:
        wechat.query("T0000001")

    assert (refused.value.code, refused.value.message) == ("ORDER_NOT_EXIST", "订单不存在")
    with pytest.raises(ProviderRejected, match=r"^RESOURCE_NOT_EXISTS: 退款单不存在$"):
        wechat.query_refund("R1")


def test_old_spellings_of_a_code_mean_the_same(wechat: WechatPay, sandbox: Sandbox) -> None:
    sandbox.fault("old_spelling", operation="query")

    with pytest.raises(ProviderRejected, match=r"^ORDER_NOT_EXIST: "):
        wechat.query("T0000001")


def test_closing_a_paid_payment_is_rejected(busy: WechatPay) -> None:
    with pytest.raises(ProviderRejected, match=r"^ORDER_PAID: "):
        busy.close("T0000001")


@pytest.mark.parametrize("name", ["wrong_signature", "missing_signature", "signtest_answer"])
@pytest.mark.parametrize("operation", ["prepay", "query", "refund", "query_refund", "bill"])
def test_a_2xx_that_is_not_well_signed_tells_us_nothing(
    busy: WechatPay, sandbox: Sandbox, operation: str, name: str
) -> None:
    sandbox.fault(name, operation=operation)

    with pytest.raises(ProviderUnknown, match=r"^FORGED_ANSWER: "):
        CALLS[operation](busy)


@pytest.mark.parametrize("name", ["wrong_signature", "missing_signature", "signtest_answer"])
def test_even_an_empty_204_has_to_be_signed(wechat: WechatPay, sandbox: Sandbox, name: str) -> None:
    prepay(wechat, "T0000002")
    sandbox.fault(name, operation="close")

    with pytest.raises(ProviderUnknown, match=r"^FORGED_ANSWER: "):
        wechat.close("T0000002")


@pytest.mark.parametrize("operation", list(CALLS))
def test_a_5xx_leaves_us_not_knowing(busy: WechatPay, sandbox: Sandbox, operation: str) -> None:
    sandbox.fault("http_500", operation=operation)

    with pytest.raises(ProviderUnknown, match=r"^SYSTEM_ERROR: "):
        CALLS[operation](busy)


@pytest.mark.parametrize("operation", list(CALLS))
def test_a_429_is_unknown_for_a_refund_and_without_effect_else(
    busy: WechatPay, sandbox: Sandbox, operation: str
) -> None:
    sandbox.fault("http_429", operation=operation)
    expected = ProviderUnknown if operation == "refund" else ProviderUnavailable

    with pytest.raises(expected, match=r"^FREQUENCY_LIMITED: "):
        CALLS[operation](busy)


@pytest.mark.parametrize("mode", ["reset", "hang", "http_500"])
def test_a_lost_answer_is_unknown_although_the_refund_was_made_and_a_retry_makes_no_second(
    busy: WechatPay, sandbox: Sandbox, mode: str
) -> None:
    sandbox.fault("timeout_after_commit", operation="refund", mode=mode, seconds=2)
    impatient = WechatPay(replace(busy.config, timeout=(1, 0.3)))

    with pytest.raises(ProviderUnknown):
        refund(impatient, "R2")

    assert busy.query_refund("R2").refund == 34
    assert refund(busy, "R2").refund_id == busy.query_refund("R2").refund_id
    assert [row["out_refund_no"] for row in sandbox.ledger()["refunds"]] == ["R1", "R2"]


def test_a_slow_answer_within_the_timeout_is_an_answer(busy: WechatPay, sandbox: Sandbox) -> None:
    sandbox.fault("slow", operation="query", seconds=0.3)

    assert busy.query("T0000001").is_paid


def test_a_closed_port_means_that_nothing_happened(wechat: WechatPay) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    nowhere = WechatPay(replace(wechat.config, base_url=base_url))

    with pytest.raises(ProviderUnavailable, match=r"^UNREACHABLE: "):
        nowhere.query("T0000001")


@pytest.mark.parametrize(
    ("status_line", "body", "error", "code"),
    [
        ("HTTP/1.1 403 Forbidden", b"<html>a proxy's opinion</html>", ProviderUnknown, "HTTP_403"),
        ("HTTP/1.1 302 Found\r\nLocation: https://example.com/", b"", ProviderUnknown, "HTTP_302"),
        ("HTTP/1.1 200 OK", b"{}", ProviderUnknown, "FORGED_ANSWER"),
        ("HTTP/1.1 400 Bad Request", b'{"code": ["x"]}', ProviderUnknown, "HTTP_400"),
        ("HTTP/1.1 400 Bad Request", b'{"code": "PARAM_ERROR"}', ProviderRejected, "PARAM_ERROR"),
        ("HTTP/1.1 502 Bad Gateway", b"", ProviderUnknown, "HTTP_502"),
    ],
)
def test_an_answer_that_is_not_the_gateways_is_not_taken_for_a_no(
    wechat: WechatPay, status_line: str, body: bytes, error: type[Exception], code: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = f"{status_line}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
        threading.Thread(target=_answer_once, args=(server, answer), daemon=True).start()
        stranger = WechatPay(replace(wechat.config, base_url=f"http://127.0.0.1:{server.getsockname()[1]}"))

        with pytest.raises(error, match=f"^{code}"):
            stranger.query("T0000001")


def _answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)


def test_another_merchants_key_is_refused_as_a_wrong_signature(wechat: WechatPay, sandbox: Sandbox) -> None:
    wrong = (sandbox.folder / "keys" / "sandbox_gateway_private.pem").read_bytes()
    stranger = WechatPay(replace(wechat.config, private_key=signing.private_key(wrong)))

    with pytest.raises(ProviderRejected, match=r"^SIGN_ERROR: 签名错误"):
        stranger.query("T0000001")


def test_a_bill_at_a_foreign_host_is_not_fetched(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    by_name = WechatPay(replace(wechat.config, base_url=wechat.config.base_url + "/../mch"))

    with pytest.raises(ProviderUnknown, match="foreign host"):
        by_name.trade_bill(today())


def test_a_bill_that_does_not_fit_its_hash_is_forged(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    where = wechat._get(f"/v3/bill/tradebill?bill_date={today()}&tar_type=GZIP", _BillAddress.read)

    with pytest.raises(ProviderUnknown, match=r"^FORGED_ANSWER: "):
        wechat._download(replace(where, sha1="0" * 40))


@pytest.mark.parametrize("operation", ["bill", "download"])
def test_a_bill_that_cannot_be_fetched_is_not_an_empty_bill(
    wechat: WechatPay, sandbox: Sandbox, operation: str
) -> None:
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    sandbox.fault("http_500", operation=operation)

    with pytest.raises(ProviderUnknown, match=r"^SYSTEM_ERROR: "):
        wechat.trade_bill(today())
    assert len(wechat.trade_bill(today())) == 1


def test_logs_and_reprs_name_neither_keys_nor_persons(busy: WechatPay, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    paid = busy.query("T0000001")
    said = caplog.text + repr(busy.config) + repr(paid)

    assert paid.openid
    assert paid.openid not in said
    assert busy.config.apiv3_key not in said
    assert "signature" not in said.lower()
    assert json.dumps("1234") not in said
