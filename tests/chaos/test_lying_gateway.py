"""Every lie of the gateway at every operation, over a small shop: afterwards both books hold the same fen."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from orders import services as orders
from orders.models import Order, Payment, Refund, RefundStatus
from shop import audit
from shop.lib.providers import ProviderError
from shop.sandbox.faults import STRIKES
from tests.chaos.crashing import ROUNDS, sweep
from tests.chaos.reporting import report
from tests.factories import make_sku
from tests.orders.shopping import boss, buy, open_shop, start
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

MODES = ({"mode": "reset"}, {"mode": "hang", "seconds": 4}, {"mode": "http_500"})
# Whoever sends texts is another provider, and a notice is either of a payment or of a refund.
ELSEWHERE = {"sms", "notice"}
STRIKES_OF_ONE_LIE = 2  # so that what is tried again fails again


def lies() -> list[Any]:
    """List every fault with every operation at which it may strike, and its further wishes."""
    return [
        pytest.param(name, operation, options, id="-".join([name, operation, *map(str, options.values())]))
        for name, operations in STRIKES.items()
        for operation in sorted(operations - ELSEWHERE)
        for options in (MODES if name == "timeout_after_commit" else ({},))
    ]


@pytest.fixture(autouse=True)
def open_door(sandbox: Sandbox, live_server: LiveServer, settings: LazySettings) -> None:
    """Let the gateway's notices arrive at this shop, and its minutes pass in moments."""
    settings.SITE_URL = live_server.url
    sandbox.set_speed(6000)
    open_shop()


@pytest.mark.parametrize(("name", "operation", "options"), lies())
def test_no_lie_costs_a_fen(
    name: str, operation: str, options: dict[str, Any], sandbox: Sandbox, counted: None
) -> None:
    sandbox.fault(name, operation=operation, count=STRIKES_OF_ONE_LIE, **options)

    bought, refunded, late, forgotten = (buy((make_sku(price=3333), 3)) for _ in range(4))
    for order in (bought, refunded, forgotten):
        begin(order)
    pay(sandbox, bought)
    pay(sandbox, refunded)
    begin(late)
    orders.cancel(order=late, by=late.member, reason="member", now=timezone.now())
    pay(sandbox, late)
    sweep(timezone.now() + timedelta(minutes=3))
    refund_by_parts(refunded)
    settle_everything(sandbox)

    assert {order.pk: order.status for order in Order.objects.all()} == {
        bought.pk: "ready_for_pickup", refunded.pk: "cancelled", late.pk: "cancelled", forgotten.pk: "cancelled",
    }  # fmt: skip
    assert sum(Refund.objects.filter(status="done").values_list("amount", flat=True)) == money_that_went_back()
    assert [str(finding) for finding in audit.run(now=timezone.now())] == []


@pytest.fixture
def counted() -> Iterator[None]:
    """Count all lies in one line of the table."""
    with report("lies of the gateway") as row:
        yield
        row.attempts, row.successes = row.attempts + 1, row.successes + 1


def begin(order: Order) -> None:
    """Start to pay, as often as a patient buyer would."""
    for _ in range(5):
        try:
            start(order)
        except orders.PaymentUnavailable:
            continue
        return


def pay(sandbox: Sandbox, order: Order) -> None:
    """Pay the newest attempt, unless a lie has paid it already."""
    payment = order.payments.latest("pk")
    states = {row["out_trade_no"]: row["state"] for row in sandbox.ledger()["payments"]}
    if states[payment.out_trade_no] in {"NOTPAY", "CLOSED"}:
        sandbox.pay(payment.out_trade_no, late=True)


def refund_by_parts(order: Order) -> None:
    line = order.lines.get()
    for units in (1, 2):
        orders.refund_lines(order=order, units_by_line={line.pk: units}, by=boss(), now=timezone.now(), reason="缺货")


def settle_everything(sandbox: Sandbox) -> None:
    """Let time pass: sweeps run, the gateway ends what it began, staff try again what failed, late notices come."""
    for minutes in (*ROUNDS, 480, 960):
        now = timezone.now() + timedelta(minutes=minutes)
        sweep(now)
        for refund in Refund.objects.filter(status=RefundStatus.FAILED, retry=None):
            orders.retry_refund(refund=refund, by=boss(), now=now)
        for row in sandbox.ledger()["refunds"]:
            if row["state"] in {"PROCESSING", "ABNORMAL"}:
                sandbox.settle_refund(row["out_refund_no"])
    for _ in range(3):
        try:
            orders.reconcile(day=timezone.localdate(), now=timezone.now())
        except ProviderError:
            continue
        break
    else:
        raise AssertionError("there was no bill")
    sandbox.clear_faults()
    sandbox.deliver(everything=True)
    sweep(timezone.now() + timedelta(days=2))
    assert not Refund.objects.filter(status__in=Refund.LIVE).exists()
    assert not Payment.objects.filter(status__in=Payment.OPEN).exists()


def money_that_went_back() -> int:
    """Return the fen of the refunded order, and of every payment that came too late or twice."""
    refused = Payment.objects.filter(status="paid", is_accepted=False)
    return 9999 + sum(refused.values_list("amount", flat=True))
