"""Refunds that fail late, after another refund, a cancelled order, a handing over: nothing is lost or doubled."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from members.models import Member
from orders import services as orders
from orders.models import Order, OrderLine, Payment, PaymentStatus, RedemptionWay, Refund
from shop import audit
from tests.factories import make_member, make_sku
from tests.orders.shopping import boss, buy, open_shop, paid, start, to_send
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Member:
    return boss()


def refund(order: Order, owner: Member, *, units: int) -> Refund:
    """Ask for the money of some units of the order's first line."""
    line = order.lines.order_by("pk")[0]
    return orders.refund_lines(order=order, units_by_line={line.pk: units}, by=owner, now=timezone.now(), reason="少了")


def send_and_fail(sandbox: Sandbox, refund: Refund, *, state: str = "CLOSED") -> None:
    """Bring the refund to the gateway, which cannot pay it out."""
    sandbox.advance(100)
    orders.send_refunds(now=timezone.now() + timedelta(hours=2))
    sandbox.settle_refund(refund.out_refund_no, state=state)
    orders.send_refunds(now=timezone.now() + timedelta(hours=4))
    refund.refresh_from_db()


def finish(sandbox: Sandbox) -> None:
    """Let every refund that is under way arrive."""
    for hours in range(6, 14, 2):
        sandbox.advance(100)
        orders.send_refunds(now=timezone.now() + timedelta(hours=hours))
        sandbox.settle_refund()
    orders.send_refunds(now=timezone.now() + timedelta(hours=16))


def findings(*, but: str = "") -> list[str]:
    return [str(finding) for finding in audit.run(now=timezone.now()) if finding.invariant != but]


def test_a_failed_refund_is_tried_again_once_however_often_it_is_asked_for(sandbox: Sandbox, owner: Member) -> None:
    order = buy((make_sku(), 3))
    paid(sandbox, order)
    first = refund(order, owner, units=1)
    send_and_fail(sandbox, first)

    again = orders.retry_refund(refund=first, by=owner, now=timezone.now())
    twice = orders.retry_refund(refund=first, by=owner, now=timezone.now())
    assert (twice.pk, again.amount) == (again.pk, 1000)
    finish(sandbox)

    order.refresh_from_db()
    assert (order.refunded_amount, OrderLine.objects.get().units_cancelled) == (1000, 1)
    assert findings() == []


def test_freight_that_went_back_with_a_later_refund_does_not_keep_a_failed_one_from_its_turn(
    sandbox: Sandbox, owner: Member
) -> None:
    member = make_member()
    order = buy((make_sku(), 2), member=member, delivery=to_send(member))
    paid(sandbox, order)
    first = refund(order, owner, units=1)
    send_and_fail(sandbox, first, state="ABNORMAL")
    last = refund(order, owner, units=1)
    finish(sandbox)
    last.refresh_from_db()
    assert (first.status, last.status, last.amount) == ("abnormal", "done", 1800)

    sandbox.settle_refund(first.out_refund_no, state="CLOSED")
    orders.send_refunds(now=timezone.now() + timedelta(days=2))
    first.refresh_from_db()
    again = orders.retry_refund(refund=first, by=owner, now=timezone.now())
    finish(sandbox)

    order.refresh_from_db()
    assert (first.status, again.amount, again.freight_amount) == ("failed", 1000, 0)
    assert (order.refunded_amount, order.refund_status, order.status) == (2800, "full", "cancelled")
    assert findings() == []


def test_a_refund_that_fails_after_its_order_was_cancelled_frees_the_goods_and_can_be_tried_again(
    sandbox: Sandbox, owner: Member
) -> None:
    open_shop(auto_accept=False)
    sku = make_sku(stock=5)
    order = buy((sku, 2))
    paid(sandbox, order)
    first = refund(order, owner, units=1)
    orders.cancel(order=order, by=owner, reason="admin", now=timezone.now())

    send_and_fail(sandbox, first)
    sku.refresh_from_db()
    assert (first.status, sku.stock) == ("failed", 5)
    finish(sandbox)
    orders.retry_refund(refund=first, by=owner, now=timezone.now())
    finish(sandbox)

    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.status, order.refunded_amount, order.refund_status, sku.stock) == ("cancelled", 2000, "full", 5)
    assert (Payment.objects.get().refunded_amount, sku.product.sold) == (2000, 0)
    assert findings() == []


def redeem(order: Order, owner: Member, *, units: int) -> None:
    line = order.lines.order_by("pk")[0]
    orders.redeem(
        staff=owner,
        way=RedemptionWay.CODE,
        code=order.pickup_code or "",
        units_by_line={line.pk: units},
        submission=uuid.uuid4().hex,
        now=timezone.now(),
    )
    order.refresh_from_db()


def test_an_order_is_not_complete_while_units_may_still_come_back_from_a_failing_refund(
    sandbox: Sandbox, owner: Member
) -> None:
    order = buy((make_sku(), 2))
    paid(sandbox, order)
    first = refund(order, owner, units=1)

    redeem(order, owner, units=1)
    assert order.status == "ready_for_pickup"
    send_and_fail(sandbox, first)
    redeem(order, owner, units=1)

    assert (order.status, OrderLine.objects.get().units_handed) == ("completed", 2)
    assert findings() == []


def test_a_refund_that_arrives_completes_an_order_of_which_the_rest_was_handed_over(
    sandbox: Sandbox, owner: Member
) -> None:
    order = buy((make_sku(), 2))
    paid(sandbox, order)
    refund(order, owner, units=1)
    redeem(order, owner, units=1)

    finish(sandbox)

    order.refresh_from_db()
    assert (order.status, order.refund_status) == ("completed", "part")
    assert findings() == []


def test_one_of_two_refunds_that_is_stuck_keeps_the_order_open(sandbox: Sandbox, owner: Member) -> None:
    order = buy((make_sku(), 3))
    paid(sandbox, order)
    redeem(order, owner, units=1)
    stuck = refund(order, owner, units=1)
    send_and_fail(sandbox, stuck, state="ABNORMAL")
    refund(order, owner, units=1)
    finish(sandbox)

    order.refresh_from_db()
    assert (stuck.status, order.status) == ("abnormal", "ready_for_pickup")
    sandbox.settle_refund(stuck.out_refund_no, state="CLOSED")
    orders.send_refunds(now=timezone.now() + timedelta(days=2))
    redeem(order, owner, units=1)

    assert order.status == "completed"
    assert findings() == []


def test_an_attempt_that_the_gateway_knows_is_not_unknown_any_more(sandbox: Sandbox) -> None:
    order = buy()
    sandbox.fault("timeout_after_commit", operation="prepay")
    with pytest.raises(orders.PaymentUnavailable):
        start(order)
    assert Payment.objects.get().status == PaymentStatus.UNKNOWN

    orders.poll_payments(now=timezone.now() + timedelta(minutes=2))

    assert Payment.objects.get().status == PaymentStatus.PENDING
    assert start(order, now=timezone.now()).handle


def test_money_of_a_second_attempt_that_is_still_on_its_way_keeps_no_order_open(
    sandbox: Sandbox, owner: Member
) -> None:
    order = buy()
    first, second = start(order, product="native"), start(order, product="h5")
    for payment in (first, second):
        sandbox.pay(payment.out_trade_no, deliver=False)
        orders.query_payment(payment, now=timezone.now())
    late = Refund.objects.get(cause="late_money")
    send_and_fail(sandbox, late, state="ABNORMAL")
    orders.refund_order(order=order, by=owner, now=timezone.now(), reason="不要了")

    finish(sandbox)

    order.refresh_from_db()
    late.refresh_from_db()
    assert (late.status, order.status, order.refund_status) == ("abnormal", "cancelled", "full")
    assert findings() == []
