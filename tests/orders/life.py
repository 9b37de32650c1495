"""An order's life as a machine of rules: whatever people, the gateway and time do, in any order, the books agree.

Hypothesis draws the steps. After each one the auditor must find nothing; in the end everything is let to settle, and
then both books, ours and the gateway's, must hold the same fen.
"""

import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from catalog import services as catalog
from orders import services as orders
from orders.channels import channel_of
from orders.models import Order, Payment, Redemption, RedemptionWay, Refund, RefundStatus
from orders.services import notices
from shop import audit
from shop.lib.states import IllegalMove
from shop.models import PickupSlot
from tests.factories import make_member, make_sku
from tests.orders.shopping import boss, open_shop, to_send
from tests.sandbox import Sandbox

REFUSALS = (
    IllegalMove, orders.NotReceivable, orders.NotRedeemable, orders.NotRefundable, orders.NotShippable,
    orders.PaymentUnavailable, orders.PlacingRefused, catalog.OutOfStock,
)  # fmt: skip
UNSETTLED = {"I5", "I15", "I19", "I21"}  # these wait for a sweep or for the gateway, and are asked in the end
FAULTS = ("", "", "timeout_after_commit", "http_500", "http_429", "wrong_signature")


class OrderLife(RuleBasedStateMachine):
    """One small shop and everything that may happen in it. Subclasses say which gateway it talks to."""

    sandbox: Sandbox
    placed: Bundle[int] = Bundle("placed")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.sandbox.reset()
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Tell the time of this shop, which the gateway's clock follows."""
        return timezone.now() + self.ahead

    @initialize(auto_accept=st.booleans())
    def open(self, auto_accept: bool) -> None:
        self.store = open_shop(auto_accept=auto_accept, pay_at_store_enabled=True)
        self.slot = PickupSlot.objects.create(store=self.store, starts="00:00", ends="23:59:59", capacity=2)
        self.owner, self.member = boss(), make_member()
        self.skus = [make_sku(price=3333, stock=12), make_sku(price=100, stock=15)]

    # --- The buyer ----------------------------------------------------------------------------------------------------

    @rule(target=placed, units=st.tuples(st.integers(0, 3), st.integers(1, 3)), way=st.sampled_from(["send", "cash"]))
    def place(self, units: tuple[int, int], way: str) -> Any:
        return self._place(units, way)

    @rule(target=placed, units=st.tuples(st.integers(1, 3), st.integers(0, 2)), way=st.sampled_from(["send", "fetch"]))
    def place_and_pay(self, units: tuple[int, int], way: str) -> Any:
        pk = self._place(units, way)
        if isinstance(pk, int):
            self.start(pk, "native", "")
            self.pay(pk, late=False)
            self.hear_of_payments(pk)
        return pk

    def _place(self, units: tuple[int, int], way: str) -> Any:
        places: dict[str, Any] = {
            "send": to_send(self.member),
            "cash": orders.Pickup(self.store.pk, self.slot.pk, timezone.localdate(self.now())),
            "fetch": orders.Pickup(self.store.pk, self.slot.pk, timezone.localdate(self.now())),
        }
        with suppress(*REFUSALS):
            return orders.place(
                member=self.member,
                items=[(sku.pk, count) for sku, count in zip(self.skus, units, strict=True) if count],
                delivery=places[way],
                idempotency_key=uuid.uuid4().hex,
                pay_channel="offline" if way == "cash" else "wechat",
                now=self.now(),
            ).pk
        return multiple()

    @rule(pk=placed, product=st.sampled_from(["native", "h5"]), fault=st.sampled_from(FAULTS))
    def start(self, pk: int, product: str, fault: str) -> None:
        if fault:
            self.sandbox.fault(fault, operation="prepay")
        self._try(orders.start_payment, pk, product=product, client_ip="127.0.0.1")
        self.sandbox.clear_faults()

    @rule(pk=placed, late=st.booleans())
    def pay(self, pk: int, late: bool) -> None:
        """Pay every attempt that the cashier still takes; `late` is the person who sits at the password page."""
        for number in Payment.objects.filter(order=pk).order_by("pk").values_list("out_trade_no", flat=True):
            with suppress(AssertionError):
                self.sandbox.pay(number, late=late, deliver=False)

    @rule(pk=placed)
    def pay_twice(self, pk: int) -> None:
        """Pay on the phone and on the desk screen."""
        self.start(pk, "native", "")
        self.start(pk, "h5", "")
        self.pay(pk, late=False)
        self.hear_of_payments(pk)

    @rule(pk=placed, by_time=st.booleans())
    def pay_too_late(self, pk: int, by_time: bool) -> None:
        """Sit at the password page until the order is cancelled, or its time is over."""
        self.start(pk, "native", "")
        if by_time:
            self.time_passes(31)
            self._sweep()
        else:
            self.cancel(pk)
        self.pay(pk, late=True)
        self.hear_of_payments(pk)

    @rule(pk=placed)
    def cancel(self, pk: int) -> None:
        self._try(orders.cancel, pk, by=self.member, reason="member")

    @rule(pk=placed)
    def receive(self, pk: int) -> None:
        self._try(orders.receive, pk, by=self.member)

    # --- The merchant -------------------------------------------------------------------------------------------------

    @rule(pk=placed)
    def accept(self, pk: int) -> None:
        self._try(orders.accept, pk, by=self.owner)

    @rule(pk=placed)
    def cancel_by_staff(self, pk: int) -> None:
        self._try(orders.cancel, pk, by=self.owner, reason="admin")

    @rule(pk=placed)
    def ship(self, pk: int) -> None:
        self._try(orders.ship, pk, company="顺丰速运", tracking_no=f"SF{pk:08d}", by=self.owner)

    @rule(pk=placed, units=st.integers(0, 2))
    def redeem(self, pk: int, units: int) -> None:
        """Hand over so many units of each line, or with 0 all that is left."""
        order = Order.objects.get(pk=pk)
        chosen = {line.pk: min(units, line.units_left) for line in order.lines.all()} if units else None
        with suppress(*REFUSALS):
            orders.redeem(
                staff=self.owner, way=RedemptionWay.CODE, code=order.pickup_code or "", units_by_line=chosen,
                takes_payment=True, submission=uuid.uuid4().hex, now=self.now(),
            )  # fmt: skip

    @rule(pk=placed)
    def undo(self, pk: int) -> None:
        redemption = Redemption.objects.filter(order=pk).order_by("?").first()
        if redemption:
            with suppress(*REFUSALS):
                orders.undo_redemption(redemption=redemption, by=self.owner, reason="拿错了", now=self.now())

    @rule(pk=placed, units=st.integers(1, 2), restock=st.booleans(), of_each=st.booleans())
    def refund(self, pk: int, units: int, restock: bool, of_each: bool) -> None:
        lines = Order.objects.get(pk=pk).lines.order_by("pk")
        wanted = {line.pk: min(units, line.units_refundable) for line in (lines if of_each else lines[:1])}
        self._try(orders.refund_lines, pk, units_by_line=wanted, restock=restock, by=self.owner, reason="少了一件")

    @rule(pk=placed, units=st.integers(1, 2), state=st.sampled_from(["SUCCESS", "ABNORMAL", "CLOSED"]))
    def refund_at_once(self, pk: int, units: int, state: str) -> None:
        """Refund some units and let the gateway say at once what became of it."""
        self.refund(pk, units, True, False)
        self.time_passes(2)
        self._sweep()
        self.settle(state, 0)
        self.hear_of_refunds(pk)

    @rule(pk=placed)
    def refund_all(self, pk: int) -> None:
        self._try(orders.refund_order, pk, by=self.owner, reason="缺货")

    @rule()
    def retry_refunds(self) -> None:
        for refund in Refund.objects.filter(status__in=[RefundStatus.FAILED, RefundStatus.ABNORMAL]).order_by("pk"):
            with suppress(*REFUSALS):
                orders.retry_refund(refund=refund, by=self.owner, now=self.now())

    # --- The gateway --------------------------------------------------------------------------------------------------

    @rule(pk=placed)
    def hear_of_payments(self, pk: int) -> None:
        """Be told, for the first time or again, soon or late, what was paid."""
        for number in Payment.objects.filter(order=pk).order_by("-pk").values_list("out_trade_no", flat=True):
            self._hear(number)

    @rule(pk=placed)
    def hear_of_refunds(self, pk: int) -> None:
        for number in Refund.objects.filter(order=pk).order_by("-pk").values_list("out_refund_no", flat=True):
            self._hear(number)

    @rule(state=st.sampled_from(["SUCCESS", "SUCCESS", "ABNORMAL", "CLOSED"]), index=st.integers(0, 3))
    def settle(self, state: str, index: int) -> None:
        """Let one refund that is under way, or stuck, end as the gateway pleases."""
        ways = {"SUCCESS": {"PROCESSING", "ABNORMAL"}, "ABNORMAL": {"PROCESSING"}, "CLOSED": {"PROCESSING", "ABNORMAL"}}
        open_ones = [row["out_refund_no"] for row in self.sandbox.ledger()["refunds"] if row["state"] in ways[state]]
        if open_ones:
            self.sandbox.settle_refund(open_ones[index % len(open_ones)], state=state)

    # --- Time ---------------------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 2, 6, 31, 90, 1500, 16000]))
    def time_passes(self, minutes: int) -> None:
        self.ahead += timedelta(minutes=minutes)
        self.sandbox.advance(minutes * 60)

    @rule(fault=st.sampled_from(FAULTS), operation=st.sampled_from(["query", "close", "refund", "query_refund"]))
    def sweep(self, fault: str, operation: str) -> None:
        if fault:
            self.sandbox.fault(fault, operation=operation, count=2)
        self._sweep()
        self.sandbox.clear_faults()

    def _sweep(self) -> None:
        for every in (orders.apply_notices, orders.poll_payments, orders.send_refunds, orders.expire_unpaid):
            every(now=self.now())
        orders.auto_receive(now=self.now())

    # --- The books ----------------------------------------------------------------------------------------------------

    @invariant()
    def the_books_agree(self) -> None:
        broken = [str(found) for found in audit.run(now=self.now()) if found.invariant not in UNSETTLED]
        assert broken == []

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._settle_everything()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def _settle_everything(self) -> None:
        for _ in range(6):
            self.time_passes(90)
            self.retry_refunds()
            self._sweep()
            for row in self.sandbox.ledger()["refunds"]:
                if row["state"] in {"PROCESSING", "ABNORMAL"}:
                    self.sandbox.settle_refund(row["out_refund_no"])
        stuck = Refund.objects.filter(status__in=Refund.LIVE).exists()
        broken = [str(found) for found in audit.run(now=self.now()) if found.invariant != "I21"]
        assert (stuck, broken) == (False, [])

    def _try(self, act: Callable[..., object], pk: int, **options: Any) -> None:
        with suppress(*REFUSALS):
            act(order=Order.objects.get(pk=pk), now=self.now(), **options)

    def _hear(self, number: str) -> None:
        """Take the newest notice about `number`, which is signed at the wall's time, and apply it at the shop's."""
        try:
            headers, body = self.sandbox.sign_notice(number)
        except AssertionError:
            return  # nothing happened to it yet
        event = channel_of("wechat").parse_notice(headers=headers, body=body, now=timezone.now())
        notice = notices.store_event(channel="wechat", event=event, now=self.now())
        notices.apply_notice(notice, now=self.now())


def live(sandbox: Sandbox, *, lives: int, steps: int) -> None:
    """Run so many lives of so many steps against `sandbox`. Raises with the shortest life that breaks the books."""
    from hypothesis import HealthCheck, settings
    from hypothesis.stateful import run_state_machine_as_test

    machine = type("OrderLifeHere", (OrderLife,), {"sandbox": sandbox})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
