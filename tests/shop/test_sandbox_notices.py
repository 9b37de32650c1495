"""How the sandbox notifies: WeChat's schedule on a compressed clock, and every lie it can be told to tell."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from shop.lib.wechat.pay import NoticeRefused, WechatPay
from shop.sandbox.notices import SCHEDULE
from tests.receiver import Delivery, Receiver
from tests.sandbox import Sandbox
from tests.wechat import prepay, refund


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def read(wechat: WechatPay, delivery: Delivery) -> dict[str, Any]:
    return wechat.parse_notice(headers=delivery.headers, body=delivery.body, now=datetime.now(UTC)).resource


def test_a_payment_is_told_once_when_the_merchant_answers_well(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver
) -> None:
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")
    sandbox.advance(86400)

    assert sandbox.deliver(everything=True) == 0
    assert [read(wechat, delivery)["out_trade_no"] for delivery in receiver.deliveries] == ["T0000001"]
    assert receiver.deliveries[0].headers["Content-Type"] == "application/json"
    notices = sandbox.ledger()["notices"]
    assert [(row["state"], row["attempts"], row["last_status"]) for row in notices] == [("delivered", 1, "204")]


def test_a_payment_and_its_refund_are_told_without_being_asked(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.set_speed(100)
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001", deliver=False)
    receiver.wait_for(1)
    refund(wechat, "R1", notify_url=receiver.url)
    receiver.wait_for(2)

    told = [read(wechat, delivery) for delivery in receiver.deliveries]
    assert [told[0]["trade_state"], told[1]["refund_status"]] == ["SUCCESS", "SUCCESS"]


def test_the_schedule_is_wechats_15_steps_in_24_hours_and_4_minutes() -> None:
    assert len(SCHEDULE) == 15
    assert sum(SCHEDULE) == 24 * 3600 + 4 * 60


def test_a_refused_notice_comes_again_at_each_step_and_then_no_more(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answers = [500] * 100
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")
    came = [len(receiver.deliveries)]
    for seconds in SCHEDULE:
        sandbox.advance(seconds - 5)
        sandbox.deliver()
        too_early = len(receiver.deliveries)
        sandbox.advance(5)
        sandbox.deliver()
        came.append(len(receiver.deliveries))
        assert too_early == came[-2]

    assert came == list(range(1, 17))
    assert sandbox.ledger()["notices"][0]["state"] == "given_up"
    assert len({read(wechat, delivery)["transaction_id"] for delivery in receiver.deliveries}) == 1


def test_a_higher_speed_compresses_the_schedule(wechat: WechatPay, sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers = [500, 302, 404]
    sandbox.set_speed(100)
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")
    receiver.wait_for(4)

    waits = [after.at - before.at for before, after in zip(receiver.deliveries, receiver.deliveries[1:], strict=False)]
    assert all(0.1 < wait < 10 for wait in waits)


def test_a_merchant_who_does_not_answer_is_asked_again(wechat: WechatPay, sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers = [None]
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001", deliver=False)
    receiver.wait_for(1)
    began = time.monotonic()
    while sandbox.ledger()["notices"][0]["state"] == "sending":
        time.sleep(0.05)
    waited = time.monotonic() - began
    sandbox.advance(15)
    receiver.wait_for(2)
    sandbox.deliver()

    assert 4 < waited < 14
    assert sandbox.ledger()["notices"][0]["attempts"] == 2


def test_a_duplicate_is_the_same_notice_twice(wechat: WechatPay, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.fault("duplicate_notice", copies=3)
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")

    parsed = [
        wechat.parse_notice(headers=delivery.headers, body=delivery.body, now=datetime.now(UTC))
        for delivery in receiver.deliveries
    ]
    assert len(parsed) == 3
    assert len({notice.id for notice in parsed}) == 1


def test_shuffled_notices_leave_together_and_the_last_first(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.fault("shuffled_notices", count=3)
    for number in ("T0000001", "T0000002", "T0000003"):
        prepay(wechat, number, notify_url=receiver.url)
    sandbox.pay("T0000001")
    sandbox.pay("T0000002")
    before = len(receiver.deliveries)
    sandbox.pay("T0000003", deliver=False)
    receiver.wait_for(3)

    assert before == 0
    came = [read(wechat, delivery)["out_trade_no"] for delivery in receiver.deliveries]
    assert came == ["T0000003", "T0000002", "T0000001"]


def test_a_lost_notice_never_comes_though_the_payment_is_real(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.fault("never_deliver")
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")
    sandbox.advance(2 * 86400)

    assert sandbox.deliver(everything=True) == 0
    assert receiver.deliveries == []
    assert wechat.query("T0000001").is_paid


def test_a_late_notice_comes_a_day_later(wechat: WechatPay, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.fault("late_notice")
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001", deliver=False)
    sandbox.advance(86390)
    sandbox.deliver()
    early = len(receiver.deliveries)
    sandbox.advance(10)
    sandbox.deliver()

    assert early == 0
    receiver.wait_for(1)


def test_a_signature_probe_comes_first_and_the_true_notice_at_once_after(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answers = [401]
    sandbox.fault("signtest_probe")
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")

    probe, true = receiver.deliveries
    assert probe.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    with pytest.raises(NoticeRefused, match="wrong_signature"):
        read(wechat, probe)
    assert read(wechat, true)["out_trade_no"] == "T0000001"


@pytest.mark.parametrize(
    ("name", "mchid", "total"),
    [
        ("other_merchant", "1900000999", 1234),
        ("amount_plus_1", "1900000001", 1235),
        ("amount_minus_1", "1900000001", 1233),
    ],
)
def test_a_well_signed_lie_differs_from_what_a_query_tells(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver, name: str, mchid: str, total: int
) -> None:
    sandbox.fault(name, operation="payment_notice")
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")

    lie = read(wechat, receiver.deliveries[0])
    assert (lie["mchid"], lie["amount"]["total"]) == (mchid, total)
    assert (wechat.query("T0000001").mchid, wechat.query("T0000001").total) == ("1900000001", 1234)


def test_a_lie_about_a_refund_waits_for_the_refund(wechat: WechatPay, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.fault("amount_plus_1", operation="refund_notice")
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")
    refund(wechat, "R1", notify_url=receiver.url)
    sandbox.settle_refund()
    sandbox.deliver(everything=True)
    receiver.wait_for(2)

    told = [read(wechat, delivery)["amount"] for delivery in receiver.deliveries]
    assert (told[0]["total"], told[1]["refund"]) == (1234, 35)


def test_a_notice_may_overtake_the_answer_to_a_refund(wechat: WechatPay, sandbox: Sandbox, receiver: Receiver) -> None:
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")
    sandbox.fault("notice_before_answer", operation="refund")
    answered = refund(wechat, "R1", notify_url=receiver.url)

    assert answered.state == "PROCESSING"
    assert read(wechat, receiver.deliveries[1])["refund_status"] == "SUCCESS"


def test_a_notice_may_overtake_the_answer_to_a_prepay(wechat: WechatPay, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.fault("notice_before_answer", operation="prepay")
    prepay(wechat, "T0000001", notify_url=receiver.url)

    assert [read(wechat, delivery)["out_trade_no"] for delivery in receiver.deliveries] == ["T0000001"]


@pytest.mark.parametrize(("name", "state"), [("refund_abnormal", "ABNORMAL"), ("refund_closed", "CLOSED")])
def test_a_refund_may_be_meant_to_fail(wechat: WechatPay, sandbox: Sandbox, name: str, state: str) -> None:
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    sandbox.fault(name)
    refund(wechat, "R1")
    sandbox.settle_refund()

    assert wechat.query_refund("R1").state == state
    assert wechat.query("T0000001").state == ("SUCCESS" if state == "CLOSED" else "REFUND")


def test_a_stuck_refund_may_succeed_after_all(wechat: WechatPay, sandbox: Sandbox) -> None:
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    sandbox.fault("refund_abnormal")
    refund(wechat, "R1")
    sandbox.settle_refund()
    sandbox.settle_refund("R1")

    assert wechat.query_refund("R1").state == "SUCCESS"
    assert [row["event_type"] for row in sandbox.ledger()["notices"]][1:] == ["REFUND.ABNORMAL", "REFUND.SUCCESS"]


def test_a_forged_copy_is_sent_on_demand_and_the_answer_reported(
    wechat: WechatPay, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answers = [204, 401]
    prepay(wechat, "T0000001", notify_url=receiver.url)
    sandbox.pay("T0000001")

    assert sandbox.forge("T0000001") == "401"
    with pytest.raises(NoticeRefused, match="wrong_signature"):
        read(wechat, receiver.deliveries[1])


def test_keys_books_and_waiting_notices_survive_a_restart(
    tmp_path: Path, settings: LazySettings, receiver: Receiver
) -> None:
    receiver.answers = [500]
    with Sandbox(tmp_path) as sandbox:
        settings.WECHAT_PAY = {**settings.WECHAT_PAY, **sandbox.wechat_pay}
        prepay(WechatPay.from_settings(), "T0000001", notify_url=receiver.url)
        sandbox.pay("T0000001")
        sandbox.stop()
        sandbox.start()
        sandbox.advance(15)
        receiver.wait_for(2)
        sandbox.deliver()

        assert [row["state"] for row in sandbox.ledger()["notices"]] == ["delivered"]
        assert read(WechatPay.from_settings(), receiver.deliveries[1])["out_trade_no"] == "T0000001"
