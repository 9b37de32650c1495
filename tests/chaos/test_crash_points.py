"""kill -9 between any two steps of placing, paying, cancelling, handing over, refunding: nothing is lost or doubled."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from members.models import Member
from orders import services as orders
from orders.models import Order, Payment, RedemptionWay, Refund
from orders.services import refund_sending
from shop import audit
from tests.chaos.crashing import crash_everywhere, sweep_until_quiet
from tests.chaos.reporting import report
from tests.factories import make_member, make_sku
from tests.orders.shopping import boss, buy, open_shop, paid, start
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

Prepare = Callable[[Sandbox], tuple[Any, ...]]


@pytest.fixture(autouse=True)
def fast_gateway(sandbox: Sandbox) -> None:
    """Let the gateway's minutes pass in moments."""
    sandbox.set_speed(6000)


# --- Flows: what a process was doing when it died, and what it needs for that -----------------------------------------


def placing(member_pk: int, sku_pk: int, store_pk: int, key: str) -> None:
    orders.place(
        member=Member.objects.get(pk=member_pk), items=[(sku_pk, 2)], delivery=orders.Pickup(store_pk),
        idempotency_key=key, now=timezone.now(),
    )  # fmt: skip


def a_basket(sandbox: Sandbox) -> tuple[int, int, int, str]:
    return make_member().pk, make_sku().pk, open_shop().pk, uuid.uuid4().hex


def starting_to_pay(order_pk: int) -> None:
    order = Order.objects.get(pk=order_pk)
    orders.start_payment(order=order, product="native", client_ip="127.0.0.1", now=timezone.now())


def an_order(sandbox: Sandbox) -> tuple[int]:
    return (buy((make_sku(), 2)).pk,)


def hearing(headers: dict[str, str], body: bytes) -> None:
    orders.receive_notice(channel="wechat", headers=headers, body=body, now=timezone.now())


def a_payment_notice(sandbox: Sandbox) -> tuple[dict[str, str], bytes]:
    payment = start(buy((make_sku(), 2)))
    sandbox.pay(payment.out_trade_no, deliver=False)
    return sandbox.sign_notice(payment.out_trade_no)


def a_late_payment_notice(sandbox: Sandbox) -> tuple[dict[str, str], bytes]:
    order = buy((make_sku(), 2))
    payment = start(order)
    orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())
    sandbox.pay(payment.out_trade_no, late=True, deliver=False)
    return sandbox.sign_notice(payment.out_trade_no)


def asking_after_a_payment(payment_pk: int) -> None:
    orders.query_payment(Payment.objects.get(pk=payment_pk), now=timezone.now())


def a_paid_attempt(sandbox: Sandbox) -> tuple[int]:
    payment = start(buy((make_sku(), 2)))
    sandbox.pay(payment.out_trade_no, deliver=False)
    return (payment.pk,)


def cancelling(order_pk: int) -> None:
    order = Order.objects.get(pk=order_pk)
    orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())


def a_started_order(sandbox: Sandbox) -> tuple[int]:
    order = buy((make_sku(), 2))
    start(order)
    return (order.pk,)


def redeeming(order_pk: int, staff_pk: int, submission: str) -> None:
    orders.redeem(
        staff=Member.objects.get(pk=staff_pk), way=RedemptionWay.CODE, submission=submission, now=timezone.now(),
        code=Order.objects.get(pk=order_pk).pickup_code or "",
    )  # fmt: skip


def a_code(sandbox: Sandbox) -> tuple[int, int, str]:
    order = buy((make_sku(), 2))
    paid(sandbox, order)
    return order.pk, boss().pk, uuid.uuid4().hex


def refunding(order_pk: int, staff_pk: int) -> None:
    by = Member.objects.get(pk=staff_pk)
    orders.refund_order(order=Order.objects.get(pk=order_pk), by=by, now=timezone.now(), reason="缺货")


def a_paid_order(sandbox: Sandbox) -> tuple[int, int]:
    return a_code(sandbox)[:2]


def sending_a_refund(refund_pk: int) -> None:
    refund_sending.advance(Refund.objects.select_related("payment").get(pk=refund_pk), now=timezone.now())


def a_refund(sandbox: Sandbox) -> tuple[int]:
    order_pk, staff_pk = a_paid_order(sandbox)
    refunding(order_pk, staff_pk)
    return (Refund.objects.get(order=order_pk).pk,)


def a_finished_refund(sandbox: Sandbox) -> tuple[int]:
    (refund_pk,) = a_refund(sandbox)
    sending_a_refund(refund_pk)
    sandbox.settle_refund()
    return (refund_pk,)


def a_refund_notice(sandbox: Sandbox) -> tuple[dict[str, str], bytes]:
    (refund_pk,) = a_finished_refund(sandbox)
    return sandbox.sign_notice(Refund.objects.get(pk=refund_pk).out_refund_no)


@pytest.mark.parametrize(
    ("flow", "prepare", "least"),
    [
        (placing, a_basket, 14),
        (starting_to_pay, an_order, 8),
        (hearing, a_payment_notice, 18),
        (hearing, a_late_payment_notice, 12),
        (asking_after_a_payment, a_paid_attempt, 18),
        (cancelling, a_started_order, 14),
        (redeeming, a_code, 10),
        (refunding, a_paid_order, 10),
        (sending_a_refund, a_refund, 5),
        (sending_a_refund, a_finished_refund, 15),
        (hearing, a_refund_notice, 15),
    ],
)
def test_no_death_loses_or_doubles_anything(
    flow: Callable[..., None], prepare: Prepare, least: int, sandbox: Sandbox
) -> None:
    open_shop()

    with report(f"killed while {flow.__name__} {prepare.__name__}") as row:
        points = crash_everywhere(flow, partial(prepare, sandbox), lambda: sweep_until_quiet(sandbox))
        row.attempts = row.successes = points

    assert points >= least
    assert [str(finding) for finding in audit.run(now=timezone.now())] == []
