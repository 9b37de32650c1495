"""Redeeming: the one way a pickup order is completed, each precondition checked under the lock."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member, OperationLog
from orders import services as orders
from orders.models import CancelReason, Order, OrderEvent, OrderStatus, Payment, Redemption, RedemptionWay
from orders.selectors.buying import orders_of
from orders.services.judging import judge
from orders.services.redeeming import NOT_HERE, STAYS_PAID, Counter
from orders.signals import order_completed, order_reopened
from shop.lib.throttle import ThrottleCount, TooManyTries
from shop.models import ShopSettings, Store
from tests.factories import NOON, make_order, make_sku, make_staff, make_store
from tests.signals import heard

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=3)


def clerk_of(store: Store, *more: str) -> Member:
    """Make a clerk of `store` who may redeem, with further permissions of orders."""
    clerk = make_staff(stores=[store])
    names = ["redeem_order", *more]
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="orders", codename__in=names))
    fresh: Member = Member.objects.get(pk=clerk.pk)  # without the permissions that were read before
    return fresh


def ready(store: Store, *items: Any, **options: Any) -> Order:
    return make_order(*items, store=store, status=OrderStatus.READY_FOR_PICKUP, **options)


def redeem(order: Order, staff: Member, **options: Any) -> Redemption:
    dull = {"way": RedemptionWay.CODE, "code": order.pickup_code, "submission": uuid.uuid4().hex, "now": LATER}
    return orders.redeem(staff=staff, **(dull | options))


def assert_still_waiting(order: Order) -> None:
    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert order.completed_at is None
    assert Redemption.objects.filter(order=order).count() == 0
    assert [line.units_handed for line in order.lines.all()] == [0] * order.lines.count()


def test_redeeming_hands_over_all_and_completes_the_order() -> None:
    store = make_store("河坊街店")
    order, clerk = ready(store, (make_sku(), 2), (make_sku(), 1)), clerk_of(store)

    with heard(order_completed) as completed:
        redemption = redeem(order, clerk, device="Scanner 3000")

    order.refresh_from_db()
    assert (order.status, order.completed_at) == (OrderStatus.COMPLETED, LATER)
    assert [line.units_handed for line in order.lines.order_by("pk")] == [2, 1]
    assert (redemption.store, redemption.staff, redemption.way) == (store, clerk, "code")
    assert (redemption.redeemed_at, redemption.device) == (LATER, "Scanner 3000")
    assert [entry.units for entry in redemption.lines.order_by("line")] == [2, 1]
    event = OrderEvent.objects.order_by("pk").last()
    assert event is not None
    assert (event.kind, event.from_status, event.to_status) == ("completed", "ready_for_pickup", "completed")
    assert (event.actor, event.note) == (clerk, "河坊街店 输入提货码")
    assert completed == [order]
    log = OperationLog.objects.get(action="redeem")
    assert (log.actor, log.target_id) == (clerk, str(order.pk))


def test_the_same_submission_twice_hands_over_once() -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)

    first = redeem(order, clerk, submission="a" * 32)
    second = redeem(order, clerk, submission="a" * 32)

    assert first == second
    assert Redemption.objects.count() == 1
    assert order.lines.get().units_handed == 1


def test_a_submission_of_another_order_is_refused() -> None:
    store = make_store()
    one, other, clerk = ready(store), ready(store), clerk_of(store)
    redeem(one, clerk, submission="a" * 32)

    with pytest.raises(orders.NotRedeemable, match="重新扫码"):
        redeem(other, clerk, submission="a" * 32)

    assert_still_waiting(other)


def test_a_second_scan_says_when_where_and_by_whom() -> None:
    store = make_store("河坊街店")
    order, clerk = ready(store), clerk_of(store)
    Member.objects.filter(pk=clerk.pk).update(nickname="小许")
    redeem(order, clerk)

    with pytest.raises(orders.AlreadyRedeemed) as refusal:
        redeem(order, clerk, now=LATER + timedelta(minutes=5))

    assert refusal.value.message == "已于 03月02日 15:00 在河坊街店由小许核销"
    assert Redemption.objects.count() == 1


def test_some_units_are_handed_over_and_the_rest_later() -> None:
    store = make_store()
    order, clerk = ready(store, (make_sku(), 3)), clerk_of(store)
    line = order.lines.get()

    with heard(order_completed) as completed:
        redeem(order, clerk, units_by_line={line.pk: 2})

    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.status, line.units_handed, line.units_left) == (OrderStatus.READY_FOR_PICKUP, 2, 1)
    assert completed == []
    assert OrderEvent.objects.filter(kind="redeemed").count() == 1

    redeem(order, clerk)

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert [entry.units for one in order.redemptions.order_by("pk") for entry in one.lines.all()] == [2, 1]


@pytest.mark.parametrize("units", [{}, {0: 0}, {0: 4}, {0: -1}, {7: 1}], ids=str)
def test_units_that_are_not_there_are_not_handed_over(units: dict[int, int]) -> None:
    store = make_store()
    order, clerk = ready(store, (make_sku(), 3)), clerk_of(store)
    line = order.lines.get().pk

    with pytest.raises(orders.NotRedeemable):
        redeem(order, clerk, units_by_line={line + offset: wanted for offset, wanted in units.items()})

    assert_still_waiting(order)


def test_refunded_units_stay_behind_the_counter() -> None:
    store = make_store()
    order, clerk = ready(store, (make_sku(), 3)), clerk_of(store)
    line = order.lines.get()
    orders.refund_lines(
        order=order, units_by_line={line.pk: 2}, by=make_staff(is_superuser=True), now=NOON, reason="坏"
    )

    redemption = redeem(order, clerk)

    assert redemption.lines.get().units == 1
    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP  # until the refund is done: it may fail and free its units


def test_an_order_refunded_in_full_is_void() -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)
    orders.refund_order(order=order, by=make_staff(is_superuser=True), now=NOON, reason="不要了")

    with pytest.raises(orders.NotRedeemable):
        redeem(order, clerk)

    assert Redemption.objects.count() == 0
    assert order.lines.get().units_handed == 0


@pytest.mark.parametrize("status", [OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED])
def test_an_order_that_is_not_ready_is_not_handed_over(status: str) -> None:
    store = make_store()
    order = make_order(store=store, status=status)
    Order.objects.filter(pk=order.pk).update(pickup_code="123456789015")
    order.refresh_from_db()

    with pytest.raises(orders.NotRedeemable):
        redeem(order, clerk_of(store))

    assert Redemption.objects.count() == 0


def test_an_express_order_is_never_redeemed() -> None:
    order = make_order(status=OrderStatus.PREPARING)
    Order.objects.filter(pk=order.pk).update(pickup_code="123456789015")
    order.refresh_from_db()

    with pytest.raises(orders.NotRedeemable, match="快递订单"):
        redeem(order, make_staff(is_superuser=True))

    order.refresh_from_db()
    assert order.status == OrderStatus.PREPARING


# --- Who may -------------------------------------------------------------------------------------------------------
def test_the_clerk_of_another_store_learns_nothing() -> None:
    store, other = make_store(), make_store()
    order = ready(store)

    with pytest.raises(orders.NotOfThisStore) as foreign:
        redeem(order, clerk_of(other))
    with pytest.raises(orders.NotOfThisStore) as unknown:
        redeem(order, clerk_of(other), code="999999999999")

    assert foreign.value.message == unknown.value.message == NOT_HERE == "不是本店可核销的提货码"
    assert_still_waiting(order)


def test_headquarters_redeems_for_every_store() -> None:
    order = ready(make_store())
    hub = Store.objects.get(is_headquarters=True)

    redeem(order, clerk_of(hub))

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


def test_a_clerk_without_the_permission_redeems_nothing() -> None:
    store = make_store()
    order = ready(store)

    with pytest.raises(orders.NotRedeemable, match="没有核销权限"):
        redeem(order, make_staff(stores=[store]))

    assert_still_waiting(order)


def test_wrong_tries_are_counted_for_clerk_store_and_address_and_stop_right_codes_too() -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)
    counter = Counter(store_id=store.pk, ip="10.0.0.1")
    for number in range(10):
        with pytest.raises(orders.NotOfThisStore):
            orders.find_by_code(code=f"{number:012}", staff=clerk, counter=counter, now=LATER)

    with pytest.raises(TooManyTries):
        orders.find_by_code(code="000000000099", staff=clerk, counter=counter, now=LATER)
    with pytest.raises(TooManyTries):
        orders.find_by_code(code=order.pickup_code or "", staff=clerk, counter=counter, now=LATER)
    with pytest.raises(TooManyTries):
        redeem(order, clerk, counter=counter)

    assert_still_waiting(order)
    counts = {row.key.split(":")[1]: row.count for row in ThrottleCount.objects.filter(key__startswith="redeem:")}
    assert counts == {"staff": 10, "store": 10, "ip": 10}
    found = orders.find_by_code(
        code=order.pickup_code or "", staff=clerk, counter=counter, now=LATER + timedelta(minutes=10)
    )
    assert found == order


def test_a_wrong_code_in_the_confirming_post_is_counted_although_nothing_else_is_written() -> None:
    store = make_store()
    clerk = clerk_of(store)

    with pytest.raises(orders.NotOfThisStore):
        redeem(ready(store), clerk, code="123456789015")

    assert ThrottleCount.objects.get(key=f"redeem:staff:{clerk.pk}").count == 1


# --- Without a code, and money at the counter ----------------------------------------------------------------------
def test_without_a_code_needs_its_permission_a_reason_and_leaves_a_log() -> None:
    store = make_store()
    order = ready(store)
    without: dict[str, Any] = {"way": RedemptionWay.WITHOUT_CODE, "code": "", "submission": "b" * 32, "now": LATER}

    with pytest.raises(orders.NotRedeemable, match="权限"):
        orders.redeem(order=order, staff=clerk_of(store), reason="手机没电", **without)
    with pytest.raises(orders.NotRedeemable, match="原因"):
        orders.redeem(order=order, staff=clerk_of(store, "redeem_without_code"), reason="  ", **without)
    assert_still_waiting(order)

    clerk = clerk_of(store, "redeem_without_code")
    redemption = orders.redeem(order=order, staff=clerk, reason="手机没电", **without)

    assert (redemption.way, redemption.reason) == ("without_code", "手机没电")
    log = OperationLog.objects.get(action="redeem_without_code")
    assert (log.actor, log.target_id, log.summary) == (redemption.staff, str(order.pk), "手机没电")


def test_without_a_code_stays_within_the_own_stores() -> None:
    order, clerk = ready(make_store()), clerk_of(make_store(), "redeem_without_code")

    with pytest.raises(orders.NotOfThisStore):
        orders.redeem(
            order=order, staff=clerk, way=RedemptionWay.WITHOUT_CODE, reason="手机没电", submission="b" * 32, now=LATER
        )

    assert_still_waiting(order)


def test_an_order_that_is_paid_at_the_store_needs_the_money_first() -> None:
    store = make_store()
    ShopSettings.load()
    ShopSettings.objects.update(pay_at_store_enabled=True)
    order, clerk = ready(store, (make_sku(price=2500), 2), pay_channel="offline"), clerk_of(store)

    with pytest.raises(orders.NotRedeemable, match="请先收款"):
        redeem(order, clerk)
    assert_still_waiting(order)
    assert Payment.objects.count() == 0

    redeem(order, clerk, takes_payment=True)

    order.refresh_from_db()
    assert (order.status, order.paid_amount, order.paid_at) == (OrderStatus.COMPLETED, 5000, LATER)
    payment = Payment.objects.get()
    assert (payment.channel, payment.amount, payment.status) == ("offline", 5000, "paid")
    assert (payment.is_accepted, payment.taken_by) == (True, clerk)


def test_a_tick_for_money_that_is_in_already_takes_none() -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)

    redeem(order, clerk, takes_payment=True)

    assert [payment.channel for payment in Payment.objects.all()] == ["wechat"]


# --- Undoing -------------------------------------------------------------------------------------------------------
def test_undoing_gives_the_units_and_the_code_back() -> None:
    store = make_store()
    order, clerk = ready(store, (make_sku(), 2)), clerk_of(store)
    redemption = redeem(order, clerk)

    with heard(order_reopened) as reopened:
        orders.undo_redemption(redemption=redemption, by=clerk, reason="拿错了", now=LATER + timedelta(minutes=9))

    order.refresh_from_db()
    redemption.refresh_from_db()
    assert (order.status, order.completed_at) == (OrderStatus.READY_FOR_PICKUP, None)
    assert order.lines.get().units_handed == 0
    assert (redemption.undone_by, redemption.undo_reason) == (clerk, "拿错了")
    assert reopened == [order]
    assert OperationLog.objects.get(action="undo_redemption").summary == "拿错了"

    redeem(order, clerk, now=LATER + timedelta(minutes=10))
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


def test_undoing_twice_takes_back_once() -> None:
    store = make_store()
    order, clerk = ready(store, (make_sku(), 2)), clerk_of(store)
    redemption = redeem(order, clerk, units_by_line={order.lines.get().pk: 1})
    redeem(order, clerk)

    with heard(order_reopened) as reopened:
        for _ in range(2):
            orders.undo_redemption(redemption=redemption, by=clerk, reason="拿错了", now=LATER)

    assert order.lines.get().units_handed == 1
    assert len(reopened) == 1


def test_undoing_a_part_of_an_order_that_is_not_complete_reopens_nothing() -> None:
    store = make_store()
    order, clerk = ready(store, (make_sku(), 2)), clerk_of(store)
    redemption = redeem(order, clerk, units_by_line={order.lines.get().pk: 1})

    with heard(order_reopened) as reopened:
        orders.undo_redemption(redemption=redemption, by=clerk, reason="拿错了", now=LATER)

    assert order.lines.get().units_handed == 0
    assert reopened == []


@pytest.mark.parametrize(
    ("minutes", "reason", "permission", "is_author"),
    [(10, "拿错了", "", True), (1, " ", "", True), (1, "拿错了", "", False), (10, "拿错了", "undo_redemption", False)],
    ids=["too late", "no reason", "not theirs", "too late for a manager too"],
)
def test_undoing_is_refused(minutes: int, reason: str, permission: str, is_author: bool) -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)
    redemption = redeem(order, clerk)
    by = clerk if is_author else clerk_of(store, permission)

    with pytest.raises(orders.NotRedeemable):
        orders.undo_redemption(redemption=redemption, by=by, reason=reason, now=LATER + timedelta(minutes=minutes))

    order.refresh_from_db()
    redemption.refresh_from_db()
    assert (order.status, redemption.undone_at) == (OrderStatus.COMPLETED, None)
    assert order.lines.get().units_handed == 1


def test_a_manager_undoes_what_a_clerk_did_in_their_store_only() -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)
    redemption = redeem(order, clerk)

    with pytest.raises(orders.NotOfThisStore):
        orders.undo_redemption(
            redemption=redemption, by=clerk_of(make_store(), "undo_redemption"), reason="拿错了", now=LATER
        )
    orders.undo_redemption(redemption=redemption, by=clerk_of(store, "undo_redemption"), reason="拿错了", now=LATER)

    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP


def test_units_that_were_refunded_since_cannot_come_back() -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)
    redemption = redeem(order, clerk)
    orders.refund_order(order=order, by=make_staff(is_superuser=True), now=LATER, reason="坏了")

    with pytest.raises(orders.NotRedeemable, match="已经退款"):
        orders.undo_redemption(redemption=redemption, by=clerk, reason="拿错了", now=LATER)

    assert order.lines.get().units_handed == 1


def test_undoing_brings_an_order_back_from_the_bin_and_onto_its_buyers_list() -> None:
    store = make_store()
    order, clerk = ready(store), clerk_of(store)
    redemption = redeem(order, clerk)
    orders.trash(order=order, by=make_staff(is_superuser=True), now=LATER)
    assert orders.hide_from_buyer(order=order, now=LATER)

    orders.undo_redemption(redemption=redemption, by=clerk, reason="拿错了", now=LATER)

    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert (order.deleted_at, order.hidden_by_buyer_at) == (None, None)
    assert list(orders_of(order.member)) == [order]


def test_undoing_leaves_the_money_that_was_taken_at_the_counter_with_the_order_and_says_so() -> None:
    ShopSettings.load()
    ShopSettings.objects.update(pay_at_store_enabled=True)
    store = make_store()
    boss = make_staff(is_superuser=True)
    order = ready(store, (make_sku(price=2500), 1), pay_channel="offline")
    redemption = redeem(order, boss, takes_payment=True)

    orders.undo_redemption(redemption=redemption, by=boss, reason="拿错了", now=LATER)

    order.refresh_from_db()
    assert (order.status, order.paid_at, order.paid_amount) == ("ready_for_pickup", LATER, 2500)
    assert order.awaits_counter_payment is False
    event = OrderEvent.objects.order_by("pk").last()
    assert event is not None
    assert event.note == "撤销核销：拿错了。撤销后订单仍为已付款；如已退还现金，请在订单里办理退款"
    verdict = judge(order, counter=Counter(store.pk, ""), now=LATER)
    assert (verdict.kind, verdict.reasons) == ("check", ["核销撤销过。" + STAYS_PAID])
    refund = orders.refund_order(order=order, by=boss, now=LATER, reason="退现金")
    assert refund.amount == 2500


def test_the_counter_finds_exactly_the_orders_that_the_clerk_may_see() -> None:
    here, there = make_store(), make_store()
    mine, theirs = ready(here), ready(there)
    hub = Store.objects.get(is_headquarters=True)
    people = [clerk_of(here), clerk_of(hub), make_staff(is_superuser=True)]

    for staff in people:
        found = [order for order in (mine, theirs) if finds(staff, order)]
        assert found == list(Order.objects.of_staff(staff).order_by("pk"))


def finds(staff: Member, order: Order) -> bool:
    try:
        return (
            orders.find_by_code(
                code=order.pickup_code or "", staff=staff, counter=Counter(store_id=1, ip=""), now=LATER
            )
            == order
        )
    except orders.NotOfThisStore:
        return False


# --- Budget --------------------------------------------------------------------------------------------------------
def test_redeeming_three_lines_takes_few_statements() -> None:
    store = make_store()
    order, clerk = ready(store, (make_sku(), 1), (make_sku(), 2), (make_sku(), 1)), clerk_of(store)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        redeem(order, clerk)

    # 2 permissions, order, lines, redemptions, redemption, units, its lines, move, reload, event, log
    statements = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(statements) <= 12, statements


def test_cancelling_is_not_a_way_out_of_ready() -> None:
    order = ready(make_store())

    with pytest.raises(orders.NotCancellable):
        orders.cancel(order=order, by=order.member, reason=CancelReason.MEMBER, now=LATER)

    assert_still_waiting(order)
