"""Sweeps go on: a row that cannot be worked on keeps none behind it waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import services as orders
from orders.channels.wechat import client
from orders.models import GatewayNotice, Order, Payment, Refund
from orders.services import expiring, notices
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


# --- A gateway that is silent or refuses to speak ---------------------------------------------------------------------

OVERDUE = timedelta(minutes=31)


def tried_orders(count: int) -> list[Order]:
    """Place orders that somebody opened an attempt for at the gateway, and left."""
    orders_ = [buy() for _ in range(count)]
    for order in orders_:
        start(order)
    return orders_


def asked_queries(sandbox: Sandbox) -> int:
    """Return how often the gateway was asked after a payment, if 100 questions were to go unanswered."""
    (fault,) = sandbox.look("faults")
    return 100 - int(fault["count"])


def test_orders_of_which_the_gateway_refuses_to_speak_keep_none_behind_them_waiting(sandbox: Sandbox) -> None:
    *_, fine = tried_orders(5)
    sandbox.fault("http_403", operation="query", count=4)

    assert orders.expire_unpaid(now=timezone.now() + OVERDUE) == 1

    fine.refresh_from_db()
    assert fine.status == "cancelled"
    assert Order.objects.filter(status="pending_payment").count() == 4


def test_the_order_that_was_asked_after_longest_ago_is_the_next(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "MOST_ASKED", 2)
    _, second, third = tried_orders(3)
    late = timezone.now() + OVERDUE
    sandbox.fault("http_403", operation="query", count=2)

    assert orders.expire_unpaid(now=late) == 0
    assert orders.expire_unpaid(now=late + timedelta(seconds=15)) == 2

    left = Order.objects.filter(status="pending_payment").values_list("pk", flat=True)
    assert (third.pk in left, list(left)) == (False, [second.pk])
    assert orders.expire_unpaid(now=late + timedelta(seconds=30)) == 1
    assert set(Order.objects.values_list("status", flat=True)) == {"cancelled"}


def test_a_silent_gateway_is_asked_after_three_overdue_orders_and_delays_none_without_attempts(
    sandbox: Sandbox,
) -> None:
    tried_orders(5)
    untried = buy()
    sandbox.fault("http_500", operation="query", count=100)

    assert orders.expire_unpaid(now=timezone.now() + OVERDUE) == 1

    untried.refresh_from_db()
    assert (untried.status, asked_queries(sandbox)) == ("cancelled", 3)


def test_a_silent_gateway_is_asked_after_three_attempts_in_a_round_and_the_rest_stays_due(sandbox: Sandbox) -> None:
    tried_orders(5)
    sandbox.fault("http_500", operation="query", count=100)
    soon = timezone.now() + timedelta(minutes=2)

    assert orders.poll_payments(now=soon) == 3
    assert asked_queries(sandbox) == 3
    assert Payment.objects.filter(next_query_at__lte=soon).count() == 2

    sandbox.clear_faults()
    assert orders.poll_payments(now=soon) == 2


def test_cancelling_asks_a_silent_gateway_once_however_many_attempts_there_are(sandbox: Sandbox) -> None:
    order = buy()
    start(order, product="native")
    start(order, product="h5")
    sandbox.fault("http_500", operation="query", count=100)

    orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())

    order.refresh_from_db()
    assert (order.status, asked_queries(sandbox)) == ("cancelled", 1)


def test_whoever_cancels_waits_no_longer_than_three_seconds(sandbox: Sandbox) -> None:
    assert sum(client(quickly=True).config.timeout) <= 3
    assert client(quickly=True).config.mchid == client().config.mchid
