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
from members import services as members
from members.models import Level
from orders import services as orders
from orders.channels import channel_of
from orders.models import LineKind, Order, OrderStatus, Payment, Redemption, RedemptionWay, Refund, RefundStatus
from orders.services import notices
from orders.services.bargaining import Wish
from promotions.models import Coupon
from shop import audit
from shop.lib.states import IllegalMove
from shop.models import PickupSlot
from tests.factories import make_member, make_sku
from tests.orders import bargains
from tests.orders.shopping import boss, open_shop, to_send
from tests.sandbox import Sandbox

REFUSALS = (
    IllegalMove, orders.NotReceivable, orders.NotRedeemable, orders.NotRefundable, orders.NotShippable,
    orders.NotRepriceable, orders.PaymentUnavailable, orders.PlacingRefused, catalog.OutOfStock,
)  # fmt: skip
UNSETTLED = {"I5", "I15", "I19", "I21"}  # these wait for a sweep or for the gateway, and are asked in the end
UNITS = st.tuples(st.integers(0, 2), st.integers(1, 3))
BARGAINS = st.sampled_from(["", "coupon", "points", "coupon and points"])  # offers and gifts come by themselves
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
        self.store = open_shop(auto_accept=auto_accept, pay_at_store_enabled=True, points_per_yuan=3)
        self.slot = PickupSlot.objects.create(store=self.store, starts="00:00", ends="23:59:59", capacity=3)
        self.owner, self.member = boss(), make_member()
        self.skus = [make_sku(price=3333, stock=12), make_sku(price=100, stock=15)]
        self._open_bargains()

    def _open_bargains(self) -> None:
        """Write levels, a 满减, a 满赠, a coupon for completion; give the member three coupons and some points."""
        for low, high, rate in ((0, 9999, 95), (10000, None, 90)):
            Level.objects.create(name=f"等级 {low}", min_value=low, max_value=high, discount_rate=rate)
        bargains.make_offer((3000, 301), (6000, 700), now=self.now())
        bargains.make_gift_offer(make_sku(price=250), threshold=200, stock=4, repeats=True, now=self.now())
        bargains.completion_coupon()
        template = bargains.make_template(399, per_member=9)
        for _ in range(3):
            bargains.give_coupon(self.member, template, now=self.now())
        bargains.give_points(self.member, 2000, now=self.now())

    # --- The buyer ----------------------------------------------------------------------------------------------------

    @rule(target=placed, units=UNITS, way=st.sampled_from(["send", "fetch", "cash"]), bargain=BARGAINS)
    def place(self, units: tuple[int, int], way: str, bargain: str) -> Any:
        return self._place(units, way, bargain)

    @rule(target=placed, units=UNITS, way=st.sampled_from(["send", "fetch", "fetch"]), bargain=BARGAINS)
    def place_and_pay(self, units: tuple[int, int], way: str, bargain: str) -> Any:
        pk = self._place(units, way, bargain)
        if isinstance(pk, int):
            self.pay(pk, "native", "", False)
            self.hear(pk)
        return pk

    @rule(target=placed, units=UNITS)
    def place_and_pay_twice(self, units: tuple[int, int]) -> Any:
        """Pay on the phone and on the desk screen."""
        pk = self._place(units, "fetch")
        if isinstance(pk, int):
            self._try(orders.start_payment, pk, product="h5", client_ip="127.0.0.1")
            self.pay(pk, "native", "", False)
            self.hear(pk)
        return pk

    @rule(target=placed, units=UNITS, in_time=st.booleans())
    def place_and_pay_too_late(self, units: tuple[int, int], in_time: bool) -> Any:
        """Sit at the password page until the order is cancelled, or its time is over."""
        pk = self._place(units, "send")
        if isinstance(pk, int):
            self._try(orders.start_payment, pk, product="native", client_ip="127.0.0.1")
            if in_time:
                self.cancel(pk, False)
            else:
                self.time_passes(31)
                self._sweep()
            self.pay(pk, "native", "", True)
            self.hear(pk)
        return pk

    def _place(self, units: tuple[int, int], way: str, bargain: str = "") -> Any:
        fetch = orders.Pickup(self.store.pk, self.slot.pk, timezone.localdate(self.now()))
        with suppress(*REFUSALS):
            return orders.place(
                member=self.member,
                items=[(sku.pk, count) for sku, count in zip(self.skus, units, strict=True) if count],
                delivery=to_send(self.member) if way == "send" else fetch,
                idempotency_key=uuid.uuid4().hex,
                pay_channel="offline" if way == "cash" else "wechat",
                wish=self._wish(bargain),
                now=self.now(),
            ).pk
        return multiple()

    def _wish(self, bargain: str) -> Wish:
        """Spend the coupon that ends first, and fewer points than the member has."""
        coupon = Coupon.objects.usable_at(self.now()).filter(member=self.member).order_by("valid_until", "pk").first()
        self.member.refresh_from_db()
        return Wish(
            coupon_id=coupon.pk if coupon and "coupon" in bargain else None,
            points=min(333, self.member.points_balance) if "points" in bargain else 0,
        )

    @rule(pk=placed, goods=st.sampled_from([0, 1, 777, 5000]))
    def change_price(self, pk: int, goods: int) -> None:
        self._try(orders.change_price, pk, goods=goods, freight=0, by=self.owner)

    @rule(pk=placed, product=st.sampled_from(["native", "h5"]), fault=st.sampled_from(FAULTS), late=st.booleans())
    def pay(self, pk: int, product: str, fault: str, late: bool) -> None:
        """Pay all attempts that the cashier still takes; `late` is the person who sits at the password page."""
        if fault:
            self.sandbox.fault(fault, operation="prepay")
        self._try(orders.start_payment, pk, product=product, client_ip="127.0.0.1")
        self.sandbox.clear_faults()
        for number in Payment.objects.filter(order=pk).order_by("pk").values_list("out_trade_no", flat=True):
            with suppress(AssertionError):
                self.sandbox.pay(number, late=late, deliver=False)

    @rule(pk=placed, by_staff=st.booleans())
    def cancel(self, pk: int, by_staff: bool) -> None:
        by, reason = (self.owner, "admin") if by_staff else (self.member, "member")
        self._try(orders.cancel, pk, by=by, reason=reason)

    # --- The merchant -------------------------------------------------------------------------------------------------

    @rule(pk=placed, units=st.integers(0, 2))
    def go_on(self, pk: int, units: int) -> None:
        """Do what comes next: accept; ship and receive; or hand over `units` of each line, with 0 all that is left."""
        order = Order.objects.get(pk=pk)
        if order.status == OrderStatus.PENDING_ACCEPTANCE:
            self._try(orders.accept, pk, by=self.owner)
        elif order.status == OrderStatus.PREPARING:
            self._try(orders.ship, pk, company="顺丰速运", tracking_no=f"SF{pk:08d}", by=self.owner)
        elif order.status == OrderStatus.SHIPPED:
            self._try(orders.receive, pk, by=self.member)
        elif order.status == OrderStatus.READY_FOR_PICKUP:
            self._redeem(order, units)

    def _redeem(self, order: Order, units: int) -> None:
        chosen = {line.pk: min(units, line.units_left) for line in order.lines.all()} if units else None
        with suppress(*REFUSALS):
            orders.redeem(
                staff=self.owner, way=RedemptionWay.CODE, code=order.pickup_code or "", units_by_line=chosen,
                takes_payment=True, submission=uuid.uuid4().hex, now=self.now(),
            )  # fmt: skip

    @rule(pk=placed)
    def undo(self, pk: int) -> None:
        redemption = Redemption.objects.filter(order=pk, undone_at=None).last()
        if redemption:
            with suppress(*REFUSALS):
                orders.undo_redemption(redemption=redemption, by=self.owner, reason="拿错了", now=self.now())

    @rule(
        pk=placed, units=UNITS, gifts=st.integers(0, 2), restock=st.booleans(),
        fate=st.sampled_from(["", "SUCCESS", "ABNORMAL", "CLOSED"]),
    )  # fmt: skip
    def refund(self, pk: int, units: tuple[int, int], gifts: int, restock: bool, fate: str) -> None:
        """Refund some units of each line; with a `fate` the gateway says at once what became of it."""
        lines = Order.objects.get(pk=pk).lines.order_by("pk")
        bought = [line for line in lines if line.kind == LineKind.GOODS]
        wanted = {line.pk: min(count, line.units_refundable) for line, count in zip(bought, units, strict=False)}
        wanted |= {line.pk: min(gifts, line.units_refundable) for line in lines if line.kind == LineKind.GIFT}
        self._try(orders.refund_lines, pk, units_by_line=wanted, restock=restock, by=self.owner, reason="少了一件")
        if fate:
            self.time_passes(2)
            self._sweep()
            self.settle(fate, 0)
            self.hear(pk)

    @rule()
    def retry_refunds(self) -> None:
        for refund in Refund.objects.filter(status__in=[RefundStatus.FAILED, RefundStatus.ABNORMAL]).order_by("pk"):
            with suppress(*REFUSALS):
                orders.retry_refund(refund=refund, by=self.owner, now=self.now())

    # --- The gateway --------------------------------------------------------------------------------------------------

    @rule(pk=placed)
    def hear(self, pk: int) -> None:
        """Be told, for the first time or again, soon or late, what became of the order's money."""
        payments = Payment.objects.filter(order=pk).order_by("-pk").values_list("out_trade_no", flat=True)
        refunds = Refund.objects.filter(order=pk).order_by("-pk").values_list("out_refund_no", flat=True)
        for number in [*refunds, *payments]:
            self._hear(number)

    @rule(state=st.sampled_from(["SUCCESS", "ABNORMAL", "CLOSED"]), index=st.integers(0, 3))
    def settle(self, state: str, index: int) -> None:
        """Let one refund that is under way, or stuck, end as the gateway pleases."""
        ends = {"PROCESSING"} if state == "ABNORMAL" else {"PROCESSING", "ABNORMAL"}
        open_ones = [row["out_refund_no"] for row in self.sandbox.ledger()["refunds"] if row["state"] in ends]
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
        for every in (orders.auto_receive, orders.reward_completed, members.release_points):
            every(now=self.now())

    # --- The books ----------------------------------------------------------------------------------------------------

    @invariant()
    def the_books_agree(self) -> None:
        broken = [str(found) for found in audit.run(now=self.now()) if found.invariant not in UNSETTLED]
        assert not broken, broken

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
