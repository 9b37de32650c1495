"""The rules of the real gateway, which the sandbox enforces so that the shop meets them before going live."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shop.lib.providers import ProviderRejected
from shop.lib.wechat import signing
from shop.lib.wechat.pay import WechatPay
from tests.sandbox import Sandbox
from tests.wechat import post, prepay

PREPAY = "/v3/pay/transactions/native"
WISH = {
    "appid": "wxsandbox00000001",
    "mchid": "1900000001",
    "description": "苹果",
    "out_trade_no": "T0000001",
    "notify_url": "https://shop.example.com/pay/wechat/notify/",
    "amount": {"total": 1, "currency": "CNY"},
}


@pytest.fixture
def paid(wechat: WechatPay, sandbox: Sandbox) -> str:
    """The number of a paid payment of 12.34 yuan."""
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    return "T0000001"


# --- Signatures ---------------------------------------------------------------------------------------------------


def test_a_request_signed_by_hand_is_accepted(wechat: WechatPay) -> None:
    assert post(wechat, PREPAY, WISH) == (200, "OK")


@pytest.mark.parametrize("age", [300, 3600, -310])
def test_a_request_signed_five_minutes_off_is_refused(wechat: WechatPay, age: int) -> None:
    assert post(wechat, PREPAY, WISH, age=age) == (401, "SIGN_ERROR")


def test_a_request_signed_four_minutes_off_is_accepted(wechat: WechatPay) -> None:
    assert post(wechat, PREPAY, WISH, age=240) == (200, "OK")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": ""}, (401, "SIGN_ERROR")),
        ({"Authorization": "Basic eDp5"}, (401, "SIGN_ERROR")),
        ({"Authorization": f'{signing.SCHEME} mchid="1900000001"'}, (401, "SIGN_ERROR")),
        (
            {
                "Authorization": f'{signing.SCHEME} mchid="1900000001",nonce_str="n",signature="AAAA",timestamp="1",'
                'serial_no="5A4D0B0X5D"'
            },
            (401, "SIGN_ERROR"),
        ),
        (
            {
                "Authorization": f'{signing.SCHEME} mchid="1",nonce_str="n",signature="AAAA",timestamp="1",'
                'serial_no="5A4D0B0X5D"'
            },
            (401, "SIGN_ERROR"),
        ),
        ({"Accept": "text/html"}, (400, "PARAM_ERROR")),
        ({"User-Agent": ""}, (400, "PARAM_ERROR")),
        ({"Wechatpay-Serial": "PUB_KEY_ID_OTHER"}, (400, "PARAM_ERROR")),
    ],
)
def test_a_request_with_wrong_headers_is_refused(
    wechat: WechatPay, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert post(wechat, PREPAY, WISH, headers=headers) == expected


def test_an_interface_that_does_not_exist_is_not_found(wechat: WechatPay) -> None:
    assert post(wechat, "/v3/pay/transactions/app", WISH) == (404, "RESOURCE_NOT_EXISTS")


# --- Prepay -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"description": ""},
        {"description": "苹" * 128},
        {"description": 5},
        {"out_trade_no": "T0001"},
        {"out_trade_no": "T" * 33},
        {"out_trade_no": "订单T0000001"},
        {"out_trade_no": "T0000001\n"},
        {"attach": "x" * 129},
        {"notify_url": "http://shop.example.com/notify/"},
        {"notify_url": "http://127.0.0.1.example.com/notify/"},
        {"notify_url": "https://shop.example.com/notify/?a=1"},
        {"notify_url": "https://shop.example.com/notify/?"},
        {"notify_url": "https:///notify/"},
        {"notify_url": "https://shop.example.com/" + "x" * 255},
        {"amount": {"total": 0}},
        {"amount": {"total": -1}},
        {"amount": {"total": 1.5}},
        {"amount": {"total": "1"}},
        {"amount": {"total": True}},
        {"amount": {"total": 1, "currency": "USD"}},
        {"amount": 1},
        {"time_expire": "2099-01-01 00:00:00"},
        {"time_expire": "2099-01-01T00:00:00"},
        {"time_expire": "2099-13-01T00:00:00+08:00"},
        {"time_expire": "2026-01-01T00:00:00+08:00"},
    ],
)
def test_a_field_against_the_rules_is_a_param_error(
    wechat: WechatPay, sandbox: Sandbox, changes: Mapping[str, Any]
) -> None:
    assert post(wechat, PREPAY, {**WISH, **changes}) == (400, "PARAM_ERROR")
    assert sandbox.ledger()["payments"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "苹" * 127},
        {"out_trade_no": "T-_|*1"},
        {"out_trade_no": "T" * 32},
        {"notify_url": "http://127.0.0.1:8000/notify/"},
        {"notify_url": "http://localhost/notify/"},
        {"time_expire": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(timespec="seconds")},
    ],
)
def test_a_field_just_within_the_rules_is_accepted(wechat: WechatPay, changes: Mapping[str, Any]) -> None:
    assert post(wechat, PREPAY, {**WISH, **changes}) == (200, "OK")


@pytest.mark.parametrize(
    ("path", "changes", "code"),
    [
        (PREPAY, {"mchid": "1900000002"}, "MCH_NOT_EXISTS"),
        (PREPAY, {"appid": "wx2"}, "APPID_MCHID_NOT_MATCH"),
        ("/v3/pay/transactions/jsapi", {}, "PARAM_ERROR"),
        ("/v3/pay/transactions/jsapi", {"payer": {"openid": ""}}, "PARAM_ERROR"),
        ("/v3/pay/transactions/h5", {}, "PARAM_ERROR"),
        ("/v3/pay/transactions/h5", {"scene_info": {"payer_client_ip": "::1", "h5_info": {}}}, "PARAM_ERROR"),
    ],
)
def test_a_wish_for_somebody_else_or_without_its_payer_is_refused(
    wechat: WechatPay, path: str, changes: Mapping[str, Any], code: str
) -> None:
    assert post(wechat, path, {**WISH, **changes}) == (400, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_json_object_is_a_param_error(wechat: WechatPay, body: bytes) -> None:
    assert post(wechat, PREPAY, body) == (400, "PARAM_ERROR")


def test_the_same_wish_again_gets_the_same_cashier_and_another_wish_is_refused(wechat: WechatPay) -> None:
    first = prepay(wechat, "T0000001")

    assert prepay(wechat, "T0000001") == first
    with pytest.raises(ProviderRejected, match=r"^OUT_TRADE_NO_USED: "):
        prepay(wechat, "T0000001", total=1235)
    with pytest.raises(ProviderRejected, match=r"^OUT_TRADE_NO_USED: "):
        prepay(wechat, "T0000001", description="梨")
    assert post(wechat, PREPAY, WISH) == (403, "OUT_TRADE_NO_USED")
    assert wechat.query("T0000001").total == 1234


def test_a_number_stays_used_after_it_was_closed_or_paid(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    prepay(wechat, "T0000002")
    wechat.close("T0000002")

    with pytest.raises(ProviderRejected, match=r"^ORDER_CLOSED: "):
        prepay(wechat, "T0000002")
    with pytest.raises(ProviderRejected, match=r"^ORDER_PAID: "):
        prepay(wechat, paid)


def test_a_buyer_who_walked_on_to_another_network_may_repeat_an_h5_prepay(wechat: WechatPay) -> None:
    wish = {**WISH, "scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}}
    moved = {**WISH, "scene_info": {"payer_client_ip": "203.0.113.8", "h5_info": {"type": "Wap"}}}

    assert post(wechat, "/v3/pay/transactions/h5", wish) == (200, "OK")
    assert post(wechat, "/v3/pay/transactions/h5", moved) == (200, "OK")


# --- Paying and closing -------------------------------------------------------------------------------------------


def test_an_expired_payment_can_be_paid_only_by_who_was_already_at_the_password(
    wechat: WechatPay, sandbox: Sandbox
) -> None:
    prepay(wechat, "T0000001", expires_at=datetime.now(UTC) + timedelta(minutes=10))
    sandbox.advance(601)

    with pytest.raises(AssertionError, match="ORDER_CLOSED"):
        sandbox.pay("T0000001")
    assert wechat.query("T0000001").state == "NOTPAY"  # nobody closed it
    sandbox.pay("T0000001", late=True, deliver=False)
    assert wechat.query("T0000001").state == "SUCCESS"


def test_money_may_come_after_closing_but_only_once(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    wechat.close("T0000001")

    with pytest.raises(AssertionError, match="ORDER_CLOSED"):
        sandbox.pay("T0000001")
    sandbox.pay("T0000001", late=True, deliver=False)
    with pytest.raises(AssertionError, match="ORDER_PAID"):
        sandbox.pay("T0000001", late=True)
    assert wechat.query("T0000001").is_paid


def test_eight_payers_of_one_code_pay_once(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")

    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(sandbox.pay, "T0000001", deliver=False) for _ in range(8)]
    went_well = [attempt for attempt in tries if attempt.exception() is None]

    assert len(went_well) == len(sandbox.ledger()["notices"]) == 1


def test_closing_in_the_first_five_minutes_is_noted(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    prepay(wechat, "T0000002")
    wechat.close("T0000001")
    wechat.close("T0000001")
    sandbox.advance(300)
    wechat.close("T0000002")

    assert sandbox.ledger()["warnings"] == [{"code": "CLOSED_TOO_EARLY", "about": "T0000001"}]
    with pytest.raises(ProviderRejected, match=r"^ORDER_NOT_EXIST: "):
        wechat.close("T0000003")
