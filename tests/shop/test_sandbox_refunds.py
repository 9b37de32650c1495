"""The sandbox's rules about refunds and bills, and how it is commanded."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from shop.lib.providers import ProviderRejected, ProviderUnknown
from shop.lib.wechat.pay import WechatPay
from tests.sandbox import Sandbox
from tests.wechat import post, prepay, refund, today

REFUND = "/v3/refund/domestic/refunds"
REFUND_WISH = {"out_trade_no": "T0000001", "out_refund_no": "R1", "amount": {"refund": 1, "total": 1234}}


@pytest.fixture
def paid(wechat: WechatPay, sandbox: Sandbox) -> str:
    """The number of a paid payment of 12.34 yuan."""
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    return "T0000001"


# --- Refunds ------------------------------------------------------------------------------------------------------


def test_the_same_refund_number_refunds_once_and_never_something_else(wechat: WechatPay, paid: str) -> None:
    first = refund(wechat, "R1")

    assert refund(wechat, "R1") == first
    with pytest.raises(ProviderRejected, match=r"^INVALID_REQUEST: "):
        refund(wechat, "R1", amount=35)


def test_refunds_of_one_payment_are_a_minute_apart(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    refund(wechat, "R1")

    with pytest.raises(ProviderUnknown, match=r"^FREQUENCY_LIMITED: "):
        refund(wechat, "R2")
    with pytest.raises(ProviderRejected, match=r"^RESOURCE_NOT_EXISTS: "):
        wechat.query_refund("R2")
    sandbox.advance(60)
    assert refund(wechat, "R2").state == "PROCESSING"


def test_the_minute_between_refunds_passes_faster_on_a_faster_clock(
    wechat: WechatPay, sandbox: Sandbox, paid: str
) -> None:
    sandbox.set_speed(1000)
    refund(wechat, "R1")
    time.sleep(0.1)

    assert refund(wechat, "R2").out_refund_no == "R2"


def test_never_more_than_was_paid_is_refunded(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    refund(wechat, "R1", amount=1000)
    sandbox.advance(61)

    with pytest.raises(ProviderRejected, match=r"^INVALID_REQUEST: 退款总金额大于订单金额$"):
        refund(wechat, "R2", amount=235)
    assert refund(wechat, "R3", amount=234).refund == 234


def test_a_failed_refund_frees_its_amount(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    refund(wechat, "R1", amount=1234)
    sandbox.settle_refund("R1", state="CLOSED")
    sandbox.advance(61)

    assert refund(wechat, "R2", amount=1234).refund == 1234


def test_fifty_refunds_and_not_one_more(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    for number in range(50):
        refund(wechat, f"R{number}", amount=1)
        sandbox.advance(60)

    with pytest.raises(ProviderRejected, match=r"^RULE_LIMIT: "):
        refund(wechat, "R50", amount=1)
    assert len(sandbox.ledger()["refunds"]) == 50


def test_a_year_after_the_payment_nothing_is_refunded(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    sandbox.advance(365 * 86400 + 1)

    with pytest.raises(ProviderRejected, match=r"^INVALID_REQUEST: 订单已超过可退款最大期限$"):
        refund(wechat, "R1")


def test_what_was_not_paid_or_does_not_exist_is_not_refunded(wechat: WechatPay) -> None:
    prepay(wechat, "T0000001")

    with pytest.raises(ProviderRejected, match=r"^TRADE_ERROR: "):
        refund(wechat, "R1")
    with pytest.raises(ProviderRejected, match=r"^RESOURCE_NOT_EXISTS: "):
        refund(wechat, "R1", out_trade_no="T0000009")


def test_a_refund_names_the_total_it_is_part_of(wechat: WechatPay, paid: str) -> None:
    with pytest.raises(ProviderRejected, match=r"^INVALID_REQUEST: 订单金额与原订单不一致$"):
        refund(wechat, "R1", total=1233)


@pytest.mark.parametrize(
    "changes",
    [
        {"out_refund_no": ""},
        {"out_refund_no": "R" * 65},
        {"out_refund_no": "退1"},
        {"reason": "x" * 81},
        {"notify_url": "http://shop.example.com/"},
        {"amount": {"refund": 0, "total": 1234}},
        {"amount": {"refund": 1}},
        {"out_trade_no": None},
    ],
)
def test_a_refund_against_the_rules_is_a_param_error(
    wechat: WechatPay, sandbox: Sandbox, paid: str, changes: Mapping[str, Any]
) -> None:
    assert post(wechat, REFUND, {**REFUND_WISH, **changes}) == (400, "PARAM_ERROR")
    assert sandbox.ledger()["refunds"] == []


def test_a_refund_ends_by_itself_after_a_moment(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    refund(wechat, "R1")
    sandbox.advance(2)
    sandbox.deliver()

    assert wechat.query_refund("R1").state == "SUCCESS"


# --- Bills --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["bill_date=2026-13-01", "bill_date=", "bill_date=2099-01-01", "bill_type=X"])
def test_a_bill_of_no_day_is_a_param_error(wechat: WechatPay, paid: str, asked: str) -> None:
    path = f"/v3/bill/tradebill?{asked}" + ("" if "date" in asked else f"&bill_date={today()}")

    with pytest.raises(ProviderRejected, match=r"^PARAM_ERROR: "):
        wechat._get(path, dict)


def test_a_download_address_dies_after_five_minutes(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    address = wechat._get(f"/v3/bill/tradebill?bill_date={today()}&tar_type=GZIP", dict)["download_url"]
    sandbox.advance(301)

    with pytest.raises(ProviderRejected, match=r"^INVALID_REQUEST: token已失效$"):
        wechat._get(address.removeprefix(wechat.config.base_url), dict)


# --- The control endpoint -----------------------------------------------------------------------------------------


def test_no_web_page_can_command_the_gateway(sandbox: Sandbox) -> None:
    as_a_form = requests.post(f"{sandbox.url}/__control", data='{"do": "reset"}', timeout=5)

    assert as_a_form.status_code == 415


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "nothing"},
        {},
        {"do": "fault", "name": "rain"},
        {"do": "fault", "name": "wrong_signature", "operation": "lunch"},
        {"do": "pay"},
        {"do": "speed", "speed": 0},
        {"do": "advance", "seconds": "x"},
        {"do": "sign_notice", "about": "T0000001"},
    ],
)
def test_a_command_that_makes_no_sense_is_refused(sandbox: Sandbox, wish: dict[str, Any]) -> None:
    answer = requests.post(f"{sandbox.url}/__control", json=wish, timeout=5)

    assert answer.status_code in {400, 404}


def test_a_fault_strikes_as_often_as_it_was_told_and_where(wechat: WechatPay, sandbox: Sandbox, paid: str) -> None:
    sandbox.fault("http_500", operation="query", count=2)
    refund(wechat, "R1")
    waiting = sandbox.look("faults")

    for _ in range(2):
        with pytest.raises(ProviderUnknown):
            wechat.query(paid)
    assert wechat.query(paid).is_paid
    assert waiting == [{"name": "http_500", "operation": "query", "count": 2}]
    assert sandbox.look("faults") == []
