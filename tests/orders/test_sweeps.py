"""Sweeps go on: a row that cannot be worked on keeps none behind it waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import services as orders
from orders.models import GatewayNotice, Order, Refund
from orders.services import notices
from orders.signals import order_paid, order_refunded
from shop import audit
from tests.factories import NOON
from tests.orders.shopping import boss, buy, notify, paid, start
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@contextmanager
def trouble_with(order: Order) -> Iterator[None]:
    """Let whatever is told of `order` go wrong, in a room above."""

    def stumble(sender: type[Order], order: Order, **kwargs: object) -> None:
        if order.pk == cursed:
            raise LookupError

    cursed = order.pk
    for signal in (order_paid, order_refunded):
        signal.connect(stumble)
    try:
        yield
    finally:
        for signal in (order_paid, order_refunded):
            signal.disconnect(stumble)


def assert_one_stumbled(caught: pytest.ExceptionInfo[ExceptionGroup[Exception]]) -> None:
    assert [type(error) for error in caught.value.exceptions] == [LookupError]


def test_a_notice_that_cannot_be_applied_is_tried_again_later_and_lets_the_next_one_pass(sandbox: Sandbox) -> None:
    cursed, fine = buy(), buy()
    for order in (cursed, fine):
        payment = start(order)
        sandbox.pay(payment.out_trade_no, deliver=False)
        with trouble_with(order):
            assert notify(sandbox, payment.out_trade_no) == orders.NoticeOutcome.STORED
    soon = timezone.now() + timedelta(seconds=40)

    with trouble_with(cursed), pytest.raises(ExceptionGroup) as caught:
        orders.apply_notices(now=soon)

    assert_one_stumbled(caught)
    cursed.refresh_from_db()
    fine.refresh_from_db()
    assert (cursed.status, fine.status) == ("pending_payment", "ready_for_pickup")
    waiting = GatewayNotice.objects.get(status="received")
    assert (waiting.attempts, waiting.error, waiting.due_at) == (1, "LookupError", soon + timedelta(seconds=15))

    assert orders.apply_notices(now=soon + timedelta(seconds=15)) == 1
    cursed.refresh_from_db()
    assert cursed.status == "ready_for_pickup"
    assert audit.run(now=timezone.now()) == []


def test_a_notice_that_cannot_be_applied_is_logged_with_its_traceback(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    order = buy()
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    with trouble_with(order):
        notify(sandbox, payment.out_trade_no)

    assert [record.exc_info and record.exc_info[0] for record in caplog.records if record.levelname == "ERROR"] == [
        LookupError
    ]


def test_a_flood_of_forged_notices_stops_writing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "REJECTED_KEPT_PER_HOUR", 2)
    for body in (b"1", b"2"):
        forge(body)

    with CaptureQueriesContext(connection) as queries:
        assert forge(b"3") == orders.NoticeOutcome.REJECTED

    assert GatewayNotice.objects.count() == 2
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


def forge(body: bytes) -> orders.NoticeOutcome:
    return orders.receive_notice(channel="wechat", headers={}, body=body, now=NOON)


def test_an_attempt_that_cannot_be_settled_lets_the_next_one_pass(sandbox: Sandbox) -> None:
    cursed, fine = buy(), buy()
    for order in (cursed, fine):
        sandbox.pay(start(order).out_trade_no, deliver=False)

    with trouble_with(cursed), pytest.raises(ExceptionGroup) as caught:
        orders.poll_payments(now=timezone.now() + timedelta(minutes=2))

    assert_one_stumbled(caught)
    fine.refresh_from_db()
    assert fine.status == "ready_for_pickup"


def test_an_order_that_cannot_expire_lets_the_next_one_pass(sandbox: Sandbox) -> None:
    cursed, fine = buy(), buy()
    sandbox.pay(start(cursed).out_trade_no, deliver=False)
    start(fine)

    with trouble_with(cursed), pytest.raises(ExceptionGroup) as caught:
        orders.expire_unpaid(now=timezone.now() + timedelta(minutes=31))

    assert_one_stumbled(caught)
    fine.refresh_from_db()
    assert fine.status == "cancelled"


def test_a_refund_that_cannot_be_finished_lets_the_next_one_pass(sandbox: Sandbox) -> None:
    cursed, fine = buy(), buy()
    for order in (cursed, fine):
        paid(sandbox, order)
        orders.refund_order(order=order, by=boss(), now=timezone.now(), reason="缺货")
    orders.send_refunds(now=timezone.now())
    sandbox.settle_refund()

    with trouble_with(cursed), pytest.raises(ExceptionGroup) as caught:
        orders.send_refunds(now=timezone.now() + timedelta(minutes=2))

    assert_one_stumbled(caught)
    assert dict(Refund.objects.values_list("order_id", "status")) == {cursed.pk: "sent", fine.pk: "done"}
