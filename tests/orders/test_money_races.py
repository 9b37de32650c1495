"""Money against cancelling, money twice, refunds against everything else. PostgreSQL only; each race has its twin."""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from django.db.models import F
from django.utils import timezone

from catalog.models import Sku
from members.models import Member
from orders import services as orders
from orders.models import BillDay, BillLine, Order, OrderLine, Payment, Redemption, Refund
from orders.services import refunding
from shop.models import Store
from tests.factories import make_order, make_staff, make_store
from tests.orders.acts import LATER, attempt, cancel, findings, hear, ready, redeem, refund
from tests.orders.shopping import buy, open_shop, paid
from tests.racing import at_once, endings, without_conditions, without_locks
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

TRIES = 4  # of races that one lucky moment could win


@pytest.fixture
def store() -> Store:
    open_shop()
    return make_store("河坊街店")


@pytest.fixture
def owner() -> Member:
    return make_staff(is_superuser=True)


def cancel_against_pay(store: Store, *, delay: float) -> Counter[str]:
    """Let both happen at once, the notice `delay` seconds later because cancelling asks the gateway first."""
    order = make_order(store=store)
    told = hear(attempt(order))

    def tell() -> None:
        time.sleep(delay)
        told()

    return endings([tell, cancel(order, order.member)])


def test_an_order_is_cancelled_or_paid_and_never_both(store: Store, sandbox: Sandbox) -> None:
    results = sum((cancel_against_pay(store, delay=number / 80) for number in range(8)), Counter())

    assert set(results) <= {"done", "NotCancellable"}
    cancelled = Order.objects.filter(status="cancelled", paid_at=None)
    taken = Order.objects.filter(status="ready_for_pickup", payments__is_accepted=True)
    assert results["NotCancellable"] == taken.count() == 8 - cancelled.count()
    assert Refund.objects.filter(order__in=cancelled, cause="late_money", amount=1000).count() == cancelled.count()
    assert set(Sku.objects.values_list("stock", "product__sold")) <= {(9, 1), (10, 0)}
    assert findings() == []


def test_without_lock_and_condition_it_is_both(store: Store, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    without_conditions(monkeypatch)

    for number in range(TRIES):
        cancel_against_pay(store, delay=number / 50)

    assert findings()


def pay_two_attempts(store: Store) -> Counter[str]:
    order = make_order(store=store)
    return endings([hear(attempt(order, number)) for number in (1, 2)])


def test_of_two_attempts_paid_at_once_one_goes_back(store: Store) -> None:
    for _ in range(4):
        assert pay_two_attempts(store) == {"done": 2}

    assert Order.objects.filter(payments__is_accepted=True, status="ready_for_pickup").count() == 4
    assert Refund.objects.filter(cause="late_money", amount=1000, payment__is_accepted=False).count() == 4
    assert set(Sku.objects.values_list("stock", "product__sold")) == {(9, 1)}
    assert findings() == []


def test_without_the_lock_both_are_taken_and_only_the_constraint_stops_the_second(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    without_conditions(monkeypatch)

    results = sum((pay_two_attempts(store) for _ in range(TRIES)), Counter())

    assert results["IntegrityError"] + results["OperationalError"] > 0  # a constraint, or a deadlock


# --- Refunds against everything ---------------------------------------------------------------------------------------


def refund_six_times(store: Store, owner: Member) -> Counter[str]:
    order = ready(store, units=3)
    return endings([refund(order, owner) for _ in range(6)])


def test_refunds_at_once_never_exceed_what_was_bought(store: Store, owner: Member) -> None:
    assert refund_six_times(store, owner) == {"done": 3, "NotRefundable": 3}

    assert Payment.objects.get().refund_claimed == 3000
    assert findings() == []


def test_without_the_lock_units_are_counted_wrong(store: Store, owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)

    refund_six_times(store, owner)

    assert findings()


def claim_six_times(store: Store) -> Counter[str]:
    payment = ready(store).payments.get()
    return endings([partial(refunding._claim, Payment.objects.get(pk=payment.pk), 400) for _ in range(6)])


def test_claims_at_once_never_exceed_the_payment_even_without_a_lock(store: Store) -> None:
    assert claim_six_times(store) == {"done": 2, "NotRefundable": 4}

    assert Payment.objects.get().refund_claimed == 800


def test_without_its_condition_only_the_constraint_stops_a_claim(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def claim_carelessly(payment: Payment, amount: int) -> None:
        Payment.objects.filter(pk=payment.pk).update(refund_claimed=F("refund_claimed") + amount)

    monkeypatch.setattr(refunding, "_claim", claim_carelessly)

    assert claim_six_times(store) == {"done": 2, "IntegrityError": 4}


def retry_often(store: Store, owner: Member) -> int:
    order = ready(store, units=3)
    failed = refund(order, owner)()
    assert isinstance(failed, Refund)
    Refund.objects.filter(pk=failed.pk).update(status="failed")
    failed.refresh_from_db()
    refunding.release(failed)
    at_once([partial(orders.retry_refund, refund=failed, by=owner, now=LATER)] * 6)
    return order.refunds.exclude(status="failed").count()


def test_a_failed_refund_is_tried_again_once_by_six(store: Store, owner: Member, sandbox: Sandbox) -> None:
    assert retry_often(store, owner) == 1
    assert findings() == []


def undo_against_refund(store: Store, owner: Member) -> Counter[str]:
    order = ready(store)
    redemption = redeem(order, owner)()
    assert isinstance(redemption, Redemption)
    undo = partial(orders.undo_redemption, redemption=redemption, by=owner, reason="拿错了", now=LATER)
    return endings([undo, refund(order, owner)])


def test_a_redemption_is_undone_or_refunded_or_undone_and_then_refunded(store: Store, owner: Member) -> None:
    results = sum((undo_against_refund(store, owner) for _ in range(5)), Counter())

    assert set(results) <= {"done", "NotRedeemable"}
    assert set(OrderLine.objects.values_list("units_handed", "units_cancelled", "units_returned")) <= {
        (1, 0, 1),  # refunded first: the undoing was refused
        (0, 1, 0),  # undone first: refunded as if it had never been handed over
    }
    assert findings() == []


def ship_against_refund(owner: Member) -> Counter[str]:
    order = make_order(status="preparing")
    ship = partial(orders.ship, order=order, company="顺丰速运", tracking_no=f"SF{order.no}", by=owner, now=LATER)
    return endings([ship, refund(order, owner)])


def test_a_refunded_parcel_stays_and_a_shipped_one_is_refunded_as_shipped(store: Store, owner: Member) -> None:
    results = sum((ship_against_refund(owner) for _ in range(5)), Counter())

    assert set(results) <= {"done", "NotShippable"}
    assert set(OrderLine.objects.values_list("units_handed", "units_cancelled", "units_returned")) <= {
        (1, 0, 1),
        (0, 1, 0),
    }
    assert findings() == []


@pytest.mark.parametrize("race", [undo_against_refund, lambda store, owner: ship_against_refund(owner)])
def test_without_the_lock_only_the_constraint_stops_a_refund_of_goods_on_the_move(
    race: Callable[[Store, Member], Counter[str]], store: Store, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)

    results = sum((race(store, owner) for _ in range(TRIES)), Counter())

    assert results["IntegrityError"] > 0


def accept_against_cancel(store: Store, owner: Member) -> Counter[str]:
    open_shop(auto_accept=False)
    order = make_order(store=store, status="pending_acceptance")
    return endings([partial(orders.accept, order=order, by=owner, now=LATER), cancel(order, owner, "admin")])


def test_an_order_under_review_is_accepted_or_cancelled(store: Store, owner: Member) -> None:
    results = [accept_against_cancel(store, owner) for _ in range(5)]

    assert all(ended["done"] == 1 for ended in results)
    assert {name for ended in results for name in ended} <= {"done", "IllegalMove", "NotCancellable"}
    cancelled = Order.objects.filter(status="cancelled", pickup_code=None)
    assert Refund.objects.filter(order__in=cancelled, amount=1000).count() == cancelled.count()
    assert findings() == []


def test_without_lock_and_condition_it_is_accepted_and_cancelled(
    store: Store, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    without_conditions(monkeypatch)

    results = [accept_against_cancel(store, owner) for _ in range(TRIES)]

    assert max(ended["done"] for ended in results) == 2


# --- The daily bill ---------------------------------------------------------------------------------------------------


def test_two_workers_who_reconcile_one_day_keep_its_bill_once(store: Store, sandbox: Sandbox) -> None:
    order = buy()
    paid(sandbox, order)
    today = timezone.localdate()

    for _ in range(3):
        assert endings([partial(orders.reconcile, day=today, now=timezone.now())] * 4) == {"done": 4}
        assert list(BillLine.objects.values_list("number", "difference")) == [(f"{order.no}-1", "")]
        BillLine.objects.all().delete()
        BillDay.objects.all().delete()
