"""What our client believes of a notification, and what it refuses, each refusal by its exact reason."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shop.lib.wechat import signing
from shop.lib.wechat.answers import Refunded, Transaction
from shop.lib.wechat.pay import NoticeRefused, WechatPay
from tests.sandbox import Sandbox
from tests.wechat import prepay, refund

Signed = tuple[dict[str, str], bytes]


@pytest.fixture
def notice(wechat: WechatPay, sandbox: Sandbox) -> Signed:
    """Headers and body of the notice about a payment of 12.34 yuan."""
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    return sandbox.sign_notice("T0000001")


def gateway_signs(sandbox: Sandbox, body: bytes, **headers: str) -> Signed:
    """Sign any body with the gateway's own key."""
    key = signing.private_key((sandbox.folder / "keys" / "sandbox_gateway_private.pem").read_bytes())
    timestamp, nonce = str(int(time.time())), "n" * 32
    message = signing.answer_message(timestamp=timestamp, nonce=nonce, body=body)
    signed = {
        "Wechatpay-Serial": "PUB_KEY_ID_SANDBOX0000000001",
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": signing.sign(message=message, key=key),
    }
    return {**signed, **headers}, body


def refusal_of(wechat: WechatPay, signed: Signed, *, now: datetime | None = None) -> str:
    with pytest.raises(NoticeRefused) as refused:
        wechat.parse_notice(headers=signed[0], body=signed[1], now=now or datetime.now(UTC))
    return refused.value.code


def test_a_payment_notice_is_verified_and_decrypted(wechat: WechatPay, sandbox: Sandbox, notice: Signed) -> None:
    parsed = wechat.parse_notice(headers=notice[0], body=notice[1], now=datetime.now(UTC))
    paid = Transaction.read(parsed.resource)

    assert parsed.event_type == "TRANSACTION.SUCCESS"
    assert parsed.id == sandbox.ledger()["notices"][0]["id"]
    assert paid == wechat.query("T0000001")
    assert (paid.out_trade_no, paid.state, paid.total) == ("T0000001", "SUCCESS", 1234)


def test_header_names_may_come_in_any_case(wechat: WechatPay, notice: Signed) -> None:
    headers = {name.upper(): value for name, value in notice[0].items()}

    assert wechat.parse_notice(headers=headers, body=notice[1], now=datetime.now(UTC)).resource["mchid"] == "1900000001"


@pytest.mark.parametrize("state", ["SUCCESS", "ABNORMAL", "CLOSED"])
def test_a_refund_notice_tells_how_it_ended(wechat: WechatPay, sandbox: Sandbox, notice: Signed, state: str) -> None:
    asked = refund(wechat, "R1")
    sandbox.settle_refund("R1", state=state)

    headers, body = sandbox.sign_notice("R1")
    parsed = wechat.parse_notice(headers=headers, body=body, now=datetime.now(UTC))
    ended = Refunded.read(parsed.resource)

    assert parsed.event_type == f"REFUND.{state}"
    assert (ended.out_refund_no, ended.refund_id, ended.state) == ("R1", asked.refund_id, state)
    assert (ended.refund, ended.total, ended.succeeded_at is not None) == (34, 1234, state == "SUCCESS")


@pytest.mark.parametrize(
    ("forgery", "code"),
    [("foreign_key", "wrong_signature"), ("foreign_serial", "unknown_serial"), ("signtest", "wrong_signature")],
)
def test_a_forged_notice_is_refused(
    wechat: WechatPay, sandbox: Sandbox, notice: Signed, forgery: str, code: str
) -> None:
    assert refusal_of(wechat, sandbox.sign_notice("T0000001", forgery=forgery)) == code


@pytest.mark.parametrize("minutes", [5, 6, 60 * 24, -5, -6])
def test_a_notice_five_minutes_off_is_stale(wechat: WechatPay, notice: Signed, minutes: int) -> None:
    signed_at = datetime.fromtimestamp(int(notice[0]["Wechatpay-Timestamp"]), UTC)

    assert refusal_of(wechat, notice, now=signed_at + timedelta(minutes=minutes)) == "stale"


@pytest.mark.parametrize("seconds", [299, -299])
def test_a_notice_just_inside_five_minutes_is_fresh(wechat: WechatPay, notice: Signed, seconds: int) -> None:
    signed_at = datetime.fromtimestamp(int(notice[0]["Wechatpay-Timestamp"]), UTC)
    now = signed_at + timedelta(seconds=seconds)

    assert wechat.parse_notice(headers=notice[0], body=notice[1], now=now).event_type == "TRANSACTION.SUCCESS"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("Wechatpay-Serial", None, "unknown_serial"),
        ("Wechatpay-Serial", "PUB_KEY_ID_OTHER", "unknown_serial"),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3", "wrong_type"),
        ("Wechatpay-Timestamp", None, "stale"),
        ("Wechatpay-Timestamp", "", "stale"),
        ("Wechatpay-Timestamp", "yesterday", "stale"),
        ("Wechatpay-Timestamp", "１７９５２３３６００", "stale"),
        ("Wechatpay-Timestamp", "9" * 5000, "stale"),
        ("Wechatpay-Timestamp", "-1", "stale"),
        ("Wechatpay-Nonce", None, "wrong_signature"),
        ("Wechatpay-Nonce", "other", "wrong_signature"),
        ("Wechatpay-Signature", None, "wrong_signature"),
        ("Wechatpay-Signature", "", "wrong_signature"),
        ("Wechatpay-Signature", "WECHATPAY/SIGNTEST/abc", "wrong_signature"),
        ("Wechatpay-Signature", "签名", "wrong_signature"),
    ],
)
def test_a_header_that_is_missing_or_changed_is_refused(
    wechat: WechatPay, notice: Signed, name: str, value: str | None, code: str
) -> None:
    headers = {key: given for key, given in notice[0].items() if key != name}

    assert refusal_of(wechat, (headers | ({name: value} if value is not None else {}), notice[1])) == code


@pytest.mark.parametrize("spoil", [lambda body: body[:-1], lambda body: b"", lambda body: body.replace(b"T", b"t", 1)])
def test_a_body_that_is_cut_or_changed_is_refused(wechat: WechatPay, notice: Signed, spoil: Any) -> None:
    assert refusal_of(wechat, (notice[0], spoil(notice[1]))) == "wrong_signature"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{",
        b'{"id": "1", "event_type": "X"}',
        b'{"id": "1", "event_type": "X", "resource": []}',
        b'{"id": "1", "event_type": "X", "resource": {"nonce": "123456789012"}}',
        b'{"event_type": "X", "resource": {"nonce": "123456789012", "ciphertext": ""}}',
    ],
)
def test_a_well_signed_body_that_is_no_notice_is_malformed(wechat: WechatPay, sandbox: Sandbox, body: bytes) -> None:
    assert refusal_of(wechat, gateway_signs(sandbox, body)) == "malformed"


def test_what_another_api_key_sealed_is_refused(wechat: WechatPay, notice: Signed) -> None:
    other = WechatPay(replace(wechat.config, apiv3_key="x" * 32))

    assert refusal_of(other, notice) == "not_sealed"


def test_a_seal_that_was_tampered_with_is_refused(wechat: WechatPay, sandbox: Sandbox, notice: Signed) -> None:
    envelope = json.loads(notice[1])
    envelope["resource"]["associated_data"] = "refund"

    assert refusal_of(wechat, gateway_signs(sandbox, json.dumps(envelope).encode())) == "not_sealed"


def test_while_a_merchant_changes_keys_both_serials_are_believed(
    wechat: WechatPay, sandbox: Sandbox, notice: Signed
) -> None:
    certificate = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
    own_key = wechat.config.public_keys["PUB_KEY_ID_SANDBOX0000000001"]
    both = WechatPay(replace(wechat.config, public_keys={**wechat.config.public_keys, certificate: own_key}))
    headers, body = gateway_signs(sandbox, notice[1], **{"Wechatpay-Serial": certificate})

    assert both.parse_notice(headers=headers, body=body, now=datetime.now(UTC)).event_type == "TRANSACTION.SUCCESS"
    assert refusal_of(wechat, (headers, body)) == "unknown_serial"


@pytest.mark.parametrize(
    ("reader", "resource"),
    [
        (Transaction, {"out_trade_no": "T1", "trade_state": "SUCCESS", "mchid": "1"}),
        (Transaction, {"out_trade_no": "T1", "trade_state": "S", "mchid": "1", "appid": "w", "amount": {"total": "1"}}),
        (Transaction, {"out_trade_no": "T1", "trade_state": "S", "mchid": "1", "appid": "w", "amount": {"total": 1.5}}),
        (
            Transaction,
            {
                "out_trade_no": "T1",
                "trade_state": "S",
                "mchid": "1",
                "appid": "w",
                "success_time": "2026-01-01T00:00:00",
            },
        ),
        (Refunded, {"out_refund_no": "R1"}),
    ],
)
def test_a_resource_with_a_missing_or_odd_field_is_an_error(reader: Any, resource: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        reader.read(resource)
