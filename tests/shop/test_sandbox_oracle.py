"""An independent client, wechatpayv3, against the sandbox: what both agree on is not a misunderstanding of ours."""

import gzip
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

from shop.lib.wechat.answers import read_bill
from shop.lib.wechat.pay import Config, WechatPay
from tests.sandbox import Sandbox
from tests.wechat import EXPIRES_AT, NOWHERE, prepay, refund, today

AMOUNT = {"total": 1234, "currency": "CNY"}


@pytest.fixture
def oracle(wechat: WechatPay, sandbox: Sandbox) -> WeChatPay:
    config: Config = wechat.config
    keys = sandbox.folder / "keys"
    client = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=config.mchid,
        private_key=(keys / "merchant_private.pem").read_text(),
        cert_serial_no=config.serial_no,
        appid=config.appid,
        apiv3_key=config.apiv3_key,
        notify_url=NOWHERE,
        public_key=(keys / "wechatpay_public.pem").read_text(),
        public_key_id=config.public_key_id,
        timeout=(1, 5),
    )
    client._core._gate_way = config.base_url
    return client


def told(answer: tuple[int, str], status: int = 200) -> dict[str, Any]:
    assert answer[0] == status, answer[1]
    parsed: dict[str, Any] = json.loads(answer[1])
    return parsed


@pytest.mark.parametrize(
    ("kind", "more", "field"),
    [
        (WeChatPayType.NATIVE, {}, "code_url"),
        (WeChatPayType.JSAPI, {"payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}, "prepay_id"),
        (
            WeChatPayType.H5,
            {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}},
            "h5_url",
        ),
    ],
)
def test_it_can_ask_for_each_kind_of_payment(
    oracle: WeChatPay, kind: WeChatPayType, more: dict[str, Any], field: str
) -> None:
    answer = oracle.pay(description="苹果", out_trade_no="T0000001", amount=AMOUNT, pay_type=kind, **more)

    assert told(answer).keys() == {field}


def test_it_follows_a_payment_and_its_refund_as_we_do(oracle: WeChatPay, wechat: WechatPay, sandbox: Sandbox) -> None:
    oracle.pay(description="苹果", out_trade_no="T0000001", amount=AMOUNT)
    unpaid = told(oracle.query(out_trade_no="T0000001"))
    transaction_id = sandbox.pay("T0000001", deliver=False)
    paid = told(oracle.query(transaction_id=transaction_id))
    refunded = told(oracle.refund(out_refund_no="R1", amount={**AMOUNT, "refund": 34}, transaction_id=transaction_id))
    sandbox.settle_refund()
    done = told(oracle.query_refund("R1"))

    assert unpaid["trade_state"] == "NOTPAY"
    assert (paid["trade_state"], paid["out_trade_no"], paid["amount"]["total"]) == ("SUCCESS", "T0000001", 1234)
    assert (refunded["status"], done["status"]) == ("PROCESSING", "SUCCESS")
    assert done["refund_id"] == wechat.query_refund("R1").refund_id
    assert told(oracle.query(out_trade_no="T0000009"), 404)["code"] == "ORDER_NOT_EXIST"


def test_it_closes_a_payment_of_ours(oracle: WeChatPay, wechat: WechatPay) -> None:
    prepay(wechat, "T0000001")

    assert oracle.close("T0000001")[0] == 204
    assert wechat.query("T0000001").state == "CLOSED"


def test_it_reads_both_notices(oracle: WeChatPay, wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001", expires_at=EXPIRES_AT)
    sandbox.pay("T0000001", deliver=False)
    refund(wechat, "R1")
    sandbox.settle_refund()

    payment = oracle.callback(*sandbox.sign_notice("T0000001"))
    refunded = oracle.callback(*sandbox.sign_notice("R1"))

    assert (payment["event_type"], payment["resource"]["amount"]["total"]) == ("TRANSACTION.SUCCESS", 1234)
    assert (refunded["event_type"], refunded["resource"]["refund_status"]) == ("REFUND.SUCCESS", "SUCCESS")
    assert oracle.callback(*sandbox.sign_notice("R1", forgery="foreign_key")) is None


def test_it_fetches_the_same_bill(oracle: WeChatPay, wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)

    where = told(oracle.trade_bill(today().isoformat()))
    status, packed = oracle.download_bill(where["download_url"])
    unpacked = gzip.decompress(packed)

    assert status == 200
    assert hashlib.sha1(unpacked, usedforsecurity=False).hexdigest() == where["hash_value"]
    assert read_bill(unpacked.decode()) == wechat.trade_bill(today())


def test_it_refuses_an_answer_signed_by_somebody_else(oracle: WeChatPay, wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    sandbox.fault("wrong_signature", operation="query")

    with pytest.raises(Exception, match="failed to verify the signature"):
        oracle.query(out_trade_no="T0000001")


def test_it_signs_a_page_as_we_do(oracle: WeChatPay, wechat: WechatPay) -> None:
    given = wechat.jsapi_invocation(prepay_id="wx1", now=datetime(2026, 11, 21, tzinfo=UTC))

    assert oracle.sign([given[name] for name in ("appId", "timeStamp", "nonceStr", "package")]) == given["paySign"]
