"""Paying at the real protocol: what arrives once is applied once, and what the order cannot take goes back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Message
from orders import services as orders
from orders.models import (
    GatewayNotice,
    NoticeStatus,
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundCause,
    RefundStatus,
)
from orders.selectors import buying
from orders.signals import order_paid
from shop import audit
from tests.factories import make_member, make_sku, make_staff
from tests.orders.shopping import buy, notify, open_shop, paid, start, to_send
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def sweep_refunds() -> int:
    """Send refunds until the gateway has them, with its clock beyond every waiting time."""
    return orders.send_refunds(now=timezone.now() + timedelta(minutes=5))


def test_a_paid_pickup_order_is_ready_with_a_code_in_one_message(sandbox: Sandbox) -> None:
    clerk = make_staff(stores=[open_shop()])
    sku = make_sku("蜂蜜", price=2500)
    order = buy((sku, 2))

    payment = paid(sandbox, order)

    assert (order.status, order.paid_amount, order.pay_before) == ("ready_for_pickup", 5000, None)
    assert (payment.status, payment.is_accepted, payment.amount) == ("paid", True, 5000)
    assert payment.transaction_id
    assert [(m.scene, m.title) for m in order.member.messages.all()] == [("paid", "付款成功")]
    assert order.pickup_code
    assert order.pickup_code[:4] in order.member.messages.get().body
    assert [m.scene for m in clerk.messages.all()] == ["new_order"]
    sku.product.refresh_from_db()
    assert sku.product.sold == 2
    kinds = [event.kind for event in order.events.order_by("pk")]
    assert kinds == ["placed", "paid", "accepted"]


def test_a_paid_express_order_goes_to_packing(sandbox: Sandbox) -> None:
    member = make_member()

    order = buy(member=member, delivery=to_send(member))
    paid(sandbox, order)

    assert (order.status, order.pickup_code) == ("preparing", None)


@pytest.mark.parametrize("pickup", [True, False])
def test_without_automatic_acceptance_a_paid_order_waits_for_review_and_accepting_never_completes_it(
    sandbox: Sandbox, pickup: bool
) -> None:
    store, member = open_shop(auto_accept=False), make_member()
    order = buy(member=member, delivery=None if pickup else to_send(member))
    paid(sandbox, order)
    assert (order.status, order.pickup_code) == ("pending_acceptance", None)

    orders.accept(order=order, by=make_staff(stores=[store]), now=timezone.now())
    order.refresh_from_db()

    assert order.status == ("ready_for_pickup" if pickup else "preparing")
    assert bool(order.pickup_code) == pickup
    scenes = list(order.member.messages.order_by("pk").values_list("scene", flat=True))
    assert scenes == (["paid", "pickup_code"] if pickup else ["paid"])


def test_the_same_notice_five_times_is_applied_once(sandbox: Sandbox) -> None:
    order = buy()
    payment = paid(sandbox, order)

    outcomes = {notify(sandbox, payment.out_trade_no) for _ in range(5)}

    assert outcomes == {orders.NoticeOutcome.STORED}
    assert GatewayNotice.objects.get().status == NoticeStatus.APPLIED
    assert (Message.objects.filter(scene="paid").count(), Refund.objects.count()) == (1, 0)


@pytest.mark.parametrize("forgery", ["foreign_key", "foreign_serial", "signtest"])
def test_a_forged_notice_is_kept_as_rejected_and_changes_nothing(sandbox: Sandbox, forgery: str) -> None:
    order = buy()
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    outcome = notify(sandbox, payment.out_trade_no, forgery=forgery)

    order.refresh_from_db()
    payment.refresh_from_db()
    assert outcome == orders.NoticeOutcome.REJECTED
    assert (order.status, payment.status) == ("pending_payment", "pending")
    notice = GatewayNotice.objects.get()
    assert (notice.status, notice.facts, notice.subject_no) == ("rejected", {}, "")


@pytest.mark.parametrize("fault", ["amount_plus_1", "amount_minus_1", "other_merchant"])
def test_a_notice_that_lies_is_ignored_and_the_query_brings_the_truth(sandbox: Sandbox, fault: str) -> None:
    order = buy()
    payment = start(order)
    sandbox.fault(fault, operation="notice")
    sandbox.pay(payment.out_trade_no, deliver=False)

    notify(sandbox, payment.out_trade_no)
    order.refresh_from_db()
    assert order.status == "pending_payment"
    assert GatewayNotice.objects.get().status == NoticeStatus.IGNORED
    orders.poll_payments(now=timezone.now() + timedelta(minutes=2))

    order.refresh_from_db()
    assert (order.status, order.paid_amount) == ("ready_for_pickup", 1000)


def test_a_notice_that_never_comes_is_made_up_for_by_a_query(sandbox: Sandbox) -> None:
    order = buy()
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    assert orders.poll_payments(now=order.created_at) == 0  # not due yet
    assert orders.poll_payments(now=timezone.now() + timedelta(minutes=2)) == 1

    order.refresh_from_db()
    assert order.status == "ready_for_pickup"
    notify(sandbox, payment.out_trade_no)  # and late, it is applied to what is applied already
    assert Message.objects.filter(scene="paid").count() == 1


def test_a_lost_answer_makes_the_attempt_unknown_and_the_next_try_uses_its_number_again(sandbox: Sandbox) -> None:
    order = buy()
    sandbox.fault("timeout_after_commit", operation="prepay")

    with pytest.raises(orders.PaymentUnavailable, match="没有扣款"):
        start(order)
    assert Payment.objects.get().status == PaymentStatus.UNKNOWN
    again = start(order)

    assert (Payment.objects.count(), again.status) == (1, "pending")
    assert again.handle


def test_a_handle_that_still_works_is_used_again(sandbox: Sandbox) -> None:
    order = buy()

    first, second = start(order), start(order)

    assert (first.pk, first.handle) == (second.pk, second.handle)
    assert len(sandbox.ledger()["payments"]) == 1


def test_another_product_is_another_attempt_and_the_first_is_closed_later(sandbox: Sandbox) -> None:
    order = buy()
    first = start(order, product="native")

    second = start(order, product="h5")
    first.refresh_from_db()
    assert (first.out_trade_no != second.out_trade_no, first.to_close) == (True, True)
    sandbox.advance(400)
    orders.poll_payments(now=order.created_at + timedelta(minutes=8))

    first.refresh_from_db()
    assert first.status == "closed"
    states = {row["out_trade_no"]: row["state"] for row in sandbox.ledger()["payments"]}
    assert states == {first.out_trade_no: "CLOSED", second.out_trade_no: "NOTPAY"}


def test_both_attempts_paid_means_the_second_goes_back(sandbox: Sandbox) -> None:
    order = buy()
    first, second = start(order, product="native"), start(order, product="h5")
    for payment in (first, second):
        sandbox.pay(payment.out_trade_no, deliver=False)
        notify(sandbox, payment.out_trade_no)

    order.refresh_from_db()
    refund = Refund.objects.get()
    assert (order.status, order.paid_amount) == ("ready_for_pickup", 1000)
    assert (refund.payment_id, refund.amount, refund.cause) == (second.pk, 1000, RefundCause.LATE_MONEY)


def test_money_after_cancelling_goes_back_by_itself(sandbox: Sandbox) -> None:
    order = buy()
    payment = start(order)
    orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())
    sandbox.pay(payment.out_trade_no, late=True, deliver=False)

    notify(sandbox, payment.out_trade_no)
    sweep_refunds()
    sandbox.settle_refund()
    sweep_refunds()
    orders.send_refunds(now=timezone.now() + timedelta(hours=1))

    order.refresh_from_db()
    payment.refresh_from_db()
    refund = Refund.objects.get()
    assert (order.status, order.paid_amount, order.refunded_amount) == ("cancelled", 0, 0)
    assert (payment.status, payment.is_accepted, payment.refunded_amount) == ("paid", False, 1000)
    assert (refund.status, refund.cause) == ("done", "late_money")
    steps = buying.steps_of(buying.order_page(order.member, order.no) or order)
    assert [step.title for step in steps[:3]] == ["退款已到账", "付款到得太晚，自动原路退回", "退款处理中"]
    assert (steps[0].text, steps[0].at) == ("¥10.00 已原路退回", order.events.latest("pk").at)
    assert GatewayNotice.objects.get(kind="payment").status == NoticeStatus.REFUSED
    assert audit.run(now=timezone.now()) == []


def test_cancelling_an_order_that_was_paid_a_moment_ago_applies_the_payment_instead(sandbox: Sandbox) -> None:
    order = buy()
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    with pytest.raises(orders.NotCancellable, match="订单已付款"):
        orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())

    order.refresh_from_db()
    assert (order.status, Refund.objects.count()) == ("ready_for_pickup", 0)


def test_a_silent_gateway_does_not_keep_a_member_from_cancelling(sandbox: Sandbox) -> None:
    sku = make_sku(stock=3)
    order = buy((sku, 1))
    start(order)
    sandbox.fault("http_500", operation="query")

    orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())

    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.status, sku.stock) == ("cancelled", 3)


def test_the_timeout_waits_while_the_gateway_is_silent_and_cancels_once_it_speaks(sandbox: Sandbox) -> None:
    sku = make_sku(stock=3)
    order = buy((sku, 1))
    start(order)
    late = order.created_at + timedelta(minutes=31)
    sandbox.fault("http_500", operation="query")

    assert orders.expire_unpaid(now=late) == 0
    assert orders.expire_unpaid(now=late) == 1

    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.status, order.cancel_reason, sku.stock) == ("cancelled", "timeout", 3)
    assert order.payments.get().to_close


def test_the_timeout_is_never_early_and_zero_means_never() -> None:
    order = buy()

    assert orders.expire_unpaid(now=order.created_at + timedelta(minutes=29, seconds=59)) == 0
    assert orders.expire_unpaid(now=order.created_at + timedelta(minutes=30)) == 1

    open_shop(pay_timeout_minutes=0)
    buy()
    assert orders.expire_unpaid(now=order.created_at + timedelta(days=400)) == 0
    assert Order.objects.exclude(pk=order.pk).get().status == OrderStatus.PENDING_PAYMENT


def test_the_timeout_takes_a_payment_that_was_made_in_time(sandbox: Sandbox) -> None:
    order = buy()
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    assert orders.expire_unpaid(now=order.created_at + timedelta(minutes=31)) == 0

    order.refresh_from_db()
    assert order.status == "ready_for_pickup"


def test_an_uncollected_order_that_is_paid_at_the_store_lapses() -> None:
    open_shop(pay_at_store_enabled=True)
    sku = make_sku(stock=3)
    order = buy((sku, 2), pay_channel="offline")

    assert orders.expire_unpaid(now=order.created_at + timedelta(days=2)) == 0
    assert orders.expire_unpaid(now=order.created_at + timedelta(days=3)) == 1

    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.status, order.cancel_reason, sku.stock) == ("cancelled", "timeout", 3)


def test_no_payment_can_be_started_for_an_order_that_is_over(sandbox: Sandbox) -> None:
    late, cancelled = buy(), buy()
    orders.cancel(order=cancelled, by=cancelled.member, reason="member", now=timezone.now())

    with pytest.raises(orders.PaymentUnavailable, match="超过付款时限"):
        start(late, now=late.created_at + timedelta(minutes=30))
    with pytest.raises(orders.PaymentUnavailable, match="不需要付款"):
        start(cancelled)

    assert not Payment.objects.exists()


@pytest.mark.parametrize("reason", ["group_full", "sold_out"])
def test_when_a_room_above_refuses_the_money_the_order_is_cancelled_and_it_goes_back(
    sandbox: Sandbox, reason: str
) -> None:
    def refuse(sender: type[Order], **kwargs: object) -> None:
        raise orders.PaymentRefused(reason)

    sku = make_sku(stock=3)
    order = buy((sku, 1))
    order_paid.connect(refuse)
    try:
        payment = paid(sandbox, order)
    finally:
        order_paid.disconnect(refuse)

    sku.refresh_from_db()
    refund = Refund.objects.get()
    assert (order.status, order.cancel_reason, order.paid_amount) == ("cancelled", reason, 0)
    assert (payment.status, payment.is_accepted, refund.amount, refund.status) == ("paid", False, 1000, "created")
    assert GatewayNotice.objects.get().status == NoticeStatus.REFUSED
    assert (sku.stock, sku.product.sold) == (3, 0)


def test_a_held_order_waits_for_its_group(sandbox: Sandbox) -> None:
    order = buy()
    Order.objects.filter(pk=order.pk).update(held=True)

    paid(sandbox, order)

    assert (order.status, order.pickup_code) == ("awaiting_group", None)


def test_a_notice_costs_few_statements(sandbox: Sandbox) -> None:
    # inbox: look, insert, lock, done; order lock, attempts lock, payment; order paid, event; settings; code between
    # savepoints; order ready, event; lines, goods lock, goods; message; staff, message: 21 with savepoints
    make_staff(stores=[open_shop()])
    order = buy((make_sku(), 1), (make_sku(), 2), (make_sku(), 1))
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    with CaptureQueriesContext(connection) as queries:
        notify(sandbox, payment.out_trade_no)

    in_life = len(queries) - 4  # storing and applying begin and commit here as savepoints, two each
    assert in_life <= 20, "\n".join(query["sql"] for query in queries)


def test_a_refund_of_the_whole_order_is_asked_for_once_and_ends_in_a_cancelled_order(sandbox: Sandbox) -> None:
    sku = make_sku(stock=5)
    order = buy((sku, 2))
    payment = paid(sandbox, order)
    refund = orders.refund_order(order=order, by=make_staff(), now=timezone.now(), reason="缺货")

    sweep_refunds()
    sandbox.settle_refund()
    notify(sandbox, refund.out_refund_no)
    notify(sandbox, refund.out_refund_no)

    order.refresh_from_db()
    payment.refresh_from_db()
    sku.refresh_from_db()
    assert (order.status, order.cancel_reason, order.refund_status) == ("cancelled", "full_refund", "full")
    assert (order.refunded_amount, payment.refunded_amount, sku.stock, sku.product.sold) == (2000, 2000, 5, 0)
    assert Refund.objects.get().status == RefundStatus.DONE
    assert [m.scene for m in order.member.messages.order_by("pk")] == ["paid", "refunded"]
    assert audit.run(now=timezone.now()) == []
