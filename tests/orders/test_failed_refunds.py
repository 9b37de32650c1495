"""Refunds that fail late, after another refund, a cancelled order, a handing over: nothing is lost or doubled."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from members.models import Member
from orders import services as orders
from orders.channels import GatewayEvent, RefundFact, RefundState
from orders.models import (
    GatewayNotice,
    NoticeKind,
    Order,
    OrderLine,
    Payment,
    PaymentStatus,
    RedemptionWay,
    Refund,
)
from orders.services import notices
from orders.services.refund_sending import advance
from orders.services.refund_settling import settle_refund
from orders.services.settling import Outcome
from shop import audit
from tests.factories import make_member, make_order, make_sku
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


# --- A failed refund that arrives after all ---------------------------------------------------------------------------


def hear(refund: Refund, *, state: RefundState = RefundState.DONE, amount: int | None = None) -> Outcome:
    """Be told by the gateway what became of a refund."""
    wanted = refund.amount if amount is None else amount
    fact = RefundFact(out_refund_no=refund.out_refund_no, state=state, amount=wanted, done_at=timezone.now())
    with transaction.atomic():
        verdict = settle_refund(fact, now=timezone.now())
    refund.refresh_from_db()
    return verdict


def warnings_to(owner: Member) -> list[str]:
    return list(owner.messages.filter(scene="refund_suspicious").order_by("pk").values_list("body", flat=True))


def test_a_failed_refund_that_arrives_after_all_is_booked_once_and_cannot_be_paid_twice(owner: Member) -> None:
    sku = make_sku(stock=9)
    order = make_order((sku, 2), store=open_shop(), status="ready_for_pickup")
    first = refund(order, owner, units=2)
    hear(first, state=RefundState.FAILED)

    assert [hear(first).error for _ in range(3)] == ["", "", ""]

    order.refresh_from_db()
    payment = Payment.objects.get()
    assert (first.status, order.status, order.refund_status) == ("done", "cancelled", "full")
    assert (payment.refund_claimed, payment.refunded_amount, order.refunded_amount) == (2000, 2000, 2000)
    assert [body.partition("：")[2] for body in warnings_to(owner)] == [
        "曾退款失败，现已到账，系统已重新入账，请核对。"
    ]
    assert findings(but="I5") == []
    with pytest.raises(orders.NotRefundable):
        orders.refund_order(order=order, by=owner, now=timezone.now(), reason="再退一次")


def test_a_second_try_that_nobody_has_sent_is_withdrawn_when_the_first_arrives(owner: Member, sandbox: Sandbox) -> None:
    order = make_order((make_sku(), 3), store=open_shop(), status="ready_for_pickup")
    first = refund(order, owner, units=1)
    hear(first, state=RefundState.FAILED)
    again = orders.retry_refund(refund=first, by=owner, now=timezone.now())

    hear(first)

    again.refresh_from_db()
    assert (first.status, again.status) == ("done", "failed")
    assert (Payment.objects.get().refund_claimed, OrderLine.objects.get().units_cancelled) == (1000, 1)
    assert orders.send_refunds(now=timezone.now() + timedelta(hours=1)) == 0
    assert sandbox.ledger()["refunds"] == []
    with pytest.raises(orders.NotRefundable, match="原退款已到账"):
        orders.retry_refund(refund=again, by=owner, now=timezone.now())
    assert findings(but="I5") == []


def test_a_failed_refund_that_arrives_beside_its_second_try_is_told_to_staff_and_named_by_the_auditor(
    owner: Member, sandbox: Sandbox
) -> None:
    order = make_order((make_sku(), 3), store=open_shop(), status="ready_for_pickup")
    first = refund(order, owner, units=1)
    hear(first, state=RefundState.FAILED)
    again = orders.retry_refund(refund=first, by=owner, now=timezone.now())
    Refund.objects.filter(pk=again.pk).update(sent_at=timezone.now())
    event = GatewayEvent(
        event_id="R1",
        kind=NoticeKind.REFUND,
        subject_no=first.out_refund_no,
        fact=RefundFact(out_refund_no=first.out_refund_no, state=RefundState.DONE, amount=1000),
    )

    notices.apply_notice(notices.store_event(channel="wechat", event=event, now=timezone.now()), now=timezone.now())

    first.refresh_from_db()
    assert (first.status, Payment.objects.get().refund_claimed) == ("failed", 1000)
    assert GatewayNotice.objects.get().status == "ignored"
    assert len(warnings_to(owner)) == 1
    found = [finding for finding in audit.run(now=timezone.now()) if finding.table == "orders_refund"]
    assert [(row.invariant, row.key, row.expected) for row in found] == [
        ("I15", str(first.pk), "done, as the gateway has said")
    ]


def test_units_that_were_handed_over_meanwhile_are_not_taken_back_by_a_late_refund(owner: Member) -> None:
    order = make_order((make_sku(), 2), store=open_shop(), status="ready_for_pickup")
    first = refund(order, owner, units=1)
    hear(first, state=RefundState.FAILED)
    redeem(order, owner, units=2)

    assert hear(first).error == "曾退款失败，现已到账，但这笔钱已由别的退款退回或货已交付"

    assert (first.status, OrderLine.objects.get().units_cancelled) == ("failed", 0)
    assert (order.status, len(warnings_to(owner))) == ("completed", 1)


def test_a_refund_fact_with_a_wrong_amount_changes_nothing_and_is_told_once(owner: Member) -> None:
    order = make_order((make_sku(), 2), store=open_shop(), status="ready_for_pickup")
    first = refund(order, owner, units=1)

    verdicts = [hear(first, amount=999) for _ in range(3)]

    assert {verdict.error for verdict in verdicts} == {"退款金额不一致：应为 10.00，通知为 9.99"}
    assert (first.status, Payment.objects.get().refunded_amount, len(warnings_to(owner))) == ("created", 0, 1)


def test_trying_a_failed_refund_again_asks_the_gateway_first(sandbox: Sandbox, owner: Member) -> None:
    order = buy((make_sku(), 3))
    paid(sandbox, order)
    first = refund(order, owner, units=1)
    orders.send_refunds(now=timezone.now())
    hear(first, state=RefundState.FAILED)
    sandbox.settle_refund(first.out_refund_no)

    answer = orders.retry_refund(refund=first, by=owner, now=timezone.now())

    assert (answer.pk, answer.status, Refund.objects.count()) == (first.pk, "done", 1)
    assert findings() == []


def test_a_failed_refund_is_not_tried_again_while_nobody_knows(sandbox: Sandbox, owner: Member) -> None:
    order = buy((make_sku(), 3))
    paid(sandbox, order)
    first = refund(order, owner, units=1)
    hear(first, state=RefundState.FAILED)
    sandbox.fault("http_500", operation="query_refund")

    with pytest.raises(orders.NotRefundable, match="请稍后再试"):
        orders.retry_refund(refund=first, by=owner, now=timezone.now())

    assert Refund.objects.count() == 1


def test_a_refund_that_another_worker_has_brought_further_is_not_sent_again(sandbox: Sandbox, owner: Member) -> None:
    paid(sandbox, order := buy((make_sku(), 3)))
    stale = refund(order, owner, units=1)
    hear(Refund.objects.get(pk=stale.pk), state=RefundState.FAILED)

    advance(stale, now=timezone.now())

    assert sandbox.ledger()["refunds"] == []
    assert Refund.objects.get().status == "failed"


def test_goods_that_cost_nothing_are_refunded_without_the_gateway(sandbox: Sandbox, owner: Member) -> None:
    order = buy((make_sku(), 1), (make_sku(price=1), 1))
    order.lines.filter(paid_amount=1).update(paid_amount=0, promotion_discount=1)  # as 满减 leaves it
    Order.objects.update(promotion_discount=1, payable_amount=1000)
    order.refresh_from_db()
    paid(sandbox, order)
    free = order.lines.get(paid_amount=0)
    gift = orders.refund_lines(order=order, units_by_line={free.pk: 1}, by=owner, now=timezone.now(), reason="缺货")

    orders.send_refunds(now=timezone.now())

    gift.refresh_from_db()
    assert (gift.status, gift.amount, sandbox.ledger()["refunds"]) == ("done", 0, [])
    assert findings() == []


def test_a_silent_gateway_is_asked_three_times_in_a_round_and_the_rest_waits_unclaimed(
    sandbox: Sandbox, owner: Member
) -> None:
    for _ in range(5):
        refund(make_order((make_sku(), 2), store=open_shop(), status="ready_for_pickup"), owner, units=1)
    sandbox.fault("http_500", operation="refund", count=9)
    now = timezone.now()

    assert orders.send_refunds(now=now) == 3

    untouched = Refund.objects.filter(sent_at=None)
    assert [row.due_at <= now for row in untouched if row.due_at] == [True, True]
    assert Refund.objects.filter(status="unknown").count() == 3
