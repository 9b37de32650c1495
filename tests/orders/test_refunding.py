"""Refunds: whole orders, lines and units, to the fen, once, through every answer the gateway can give."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import StockMove
from members.models import Member
from orders import services as orders
from orders.models import Order, OrderLine, Payment, RedemptionWay, Refund, RefundStatus
from orders.services import refund_sending, refunding
from shop import audit
from shop.lib.money import share
from tests.factories import make_member, make_sku, make_staff
from tests.orders.shopping import buy, notify, open_shop, paid, to_send
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Member:
    return make_staff(is_superuser=True)


def refund(order: Order, by: Member, units: dict[OrderLine, int], **options: object) -> Refund:
    return orders.refund_lines(
        order=order,
        units_by_line={line.pk: count for line, count in units.items()},
        by=by,
        reason="少了一件",
        **{"now": timezone.now(), **options},  # type: ignore[arg-type]
    )


def send(rounds: int = 1) -> None:
    """Let the sweep run, each round far enough on for every waiting time to be over."""
    for number in range(1, rounds + 1):
        orders.send_refunds(now=timezone.now() + timedelta(hours=2 * number))


def finish(sandbox: Sandbox) -> None:
    """Send what waits, let the gateway finish it, and ask after it."""
    send(rounds=2)
    sandbox.settle_refund()
    send(rounds=4)


def test_units_are_refunded_one_by_one_and_the_last_takes_the_rest(sandbox: Sandbox, clerk: Member) -> None:
    order = buy((make_sku(price=3333), 3), (make_sku(price=100), 1))
    paid(sandbox, order)
    line = order.lines.order_by("pk")[0]
    OrderLine.objects.filter(pk=line.pk).update(coupon_discount=3332, paid_amount=6667)  # 2222.33… a unit
    amounts = []

    for _ in range(3):
        amounts.append(refund(order, clerk, {line: 1}).amount)
        line.refresh_from_db()

    assert amounts == [2222, 2223, 2222]
    assert (sum(amounts), line.refund_amount, line.units_refundable) == (6667, 6667, 0)


@given(paid_amount=st.integers(0, 100_000), units=st.integers(1, 30), data=st.data())
def test_refunding_units_in_any_portions_ends_at_exactly_what_was_paid(
    paid_amount: int, units: int, data: st.DataObject
) -> None:
    done = refunded = 0

    while done < units:
        portion = data.draw(st.integers(1, units - done))
        amount = share(paid_amount, done + portion, units) - refunded
        assert amount >= 0
        done, refunded = done + portion, refunded + amount

    assert refunded == paid_amount


def test_freight_goes_back_with_the_last_unit_if_nothing_left_the_shop(sandbox: Sandbox, clerk: Member) -> None:
    member = make_member()
    order = buy((make_sku(price=1000), 2), member=member, delivery=to_send(member))
    paid(sandbox, order)
    line = order.lines.get()

    first, second = refund(order, clerk, {line: 1}), refund(order, clerk, {line: 1})

    assert [(r.amount, r.freight_amount) for r in (first, second)] == [(1000, 0), (1800, 800)]


def test_freight_stays_when_a_parcel_left(sandbox: Sandbox, clerk: Member) -> None:
    member = make_member()
    order = buy((make_sku(price=1000), 1), member=member, delivery=to_send(member))
    paid(sandbox, order)
    orders.ship(order=order, company="顺丰速运", tracking_no="SF1234567890", by=clerk, now=timezone.now())

    asked = orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="破损", restock=True)
    finish(sandbox)

    order.refresh_from_db()
    line = order.lines.get()
    assert (asked.amount, asked.freight_amount) == (1000, 0)
    assert (order.status, order.refund_status, order.refunded_amount) == ("shipped", "full", 1000)
    assert (line.units_returned, line.units_cancelled) == (1, 0)
    assert audit.run(now=timezone.now()) == []


@pytest.mark.parametrize(("restock", "stock"), [(True, 5), (False, 4)])
def test_goods_that_came_back_return_to_stock_only_if_ticked(
    sandbox: Sandbox, clerk: Member, restock: bool, stock: int
) -> None:
    member, sku = make_member(), make_sku(stock=5)
    order = buy((sku, 1), member=member, delivery=to_send(member))
    paid(sandbox, order)
    orders.ship(order=order, company="顺丰速运", tracking_no="SF1234567890", by=clerk, now=timezone.now())

    orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="退货", restock=restock)
    finish(sandbox)

    sku.refresh_from_db()
    assert sku.stock == stock
    assert StockMove.objects.filter(kind="refund").count() == int(restock)


def test_part_of_a_pickup_order_is_refunded_and_the_rest_still_waits(sandbox: Sandbox, clerk: Member) -> None:
    kept, dropped = make_sku(price=1000, stock=5), make_sku(price=700, stock=5)
    order = buy((kept, 1), (dropped, 2))
    paid(sandbox, order)

    refund(order, clerk, {order.lines.get(sku=dropped): 2})
    finish(sandbox)

    order.refresh_from_db()
    dropped.refresh_from_db()
    assert (order.status, order.refund_status, order.refunded_amount) == ("ready_for_pickup", "part", 1400)
    assert dropped.stock == 5
    assert order.pickup_code
    assert audit.run(now=timezone.now()) == []


def test_more_than_was_bought_cannot_be_refunded(sandbox: Sandbox, clerk: Member) -> None:
    order = buy((make_sku("蜂蜜", price=1000), 2))
    paid(sandbox, order)
    line = order.lines.get()
    refund(order, clerk, {line: 1})

    with pytest.raises(orders.NotRefundable, match="蜂蜜最多还能退 1 件"):
        refund(order, clerk, {line: 2})

    assert (Refund.objects.count(), Payment.objects.get().refund_claimed) == (1, 1000)


def test_the_line_of_another_order_cannot_be_refunded(sandbox: Sandbox, clerk: Member) -> None:
    order, other = buy(), buy()
    paid(sandbox, order)
    paid(sandbox, other)

    with pytest.raises(orders.NotRefundable, match="不在这个订单里"):
        refund(order, clerk, {other.lines.get(): 1})

    assert not Refund.objects.exists()


@pytest.mark.parametrize("state", ["unpaid", "cancelled", "nothing chosen"])
def test_what_cannot_be_refunded_is_refused_in_words(sandbox: Sandbox, clerk: Member, state: str) -> None:
    order = buy()
    words = {"unpaid": "还没有付款", "cancelled": "订单已取消", "nothing chosen": "请选择要退款的商品"}
    if state == "cancelled":
        orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())
    if state == "nothing chosen":
        paid(sandbox, order)

    with pytest.raises(orders.NotRefundable, match=words[state]):
        refund(order, clerk, {order.lines.get(): 0 if state == "nothing chosen" else 1})

    assert not Refund.objects.exists()


def test_after_the_window_nobody_refunds(sandbox: Sandbox, clerk: Member) -> None:
    member = make_member()
    order = buy(member=member, delivery=to_send(member))
    paid(sandbox, order)
    now = timezone.now()
    orders.ship(order=order, company="顺丰速运", tracking_no="SF1234567890", by=clerk, now=now)
    orders.receive(order=order, by=member, now=now)

    with pytest.raises(orders.NotRefundable, match="已超过售后时限"):
        orders.refund_order(order=order, by=clerk, now=now + timedelta(days=15), reason="晚了")
    in_time = now + timedelta(days=15) - timedelta(seconds=1)

    assert orders.refund_order(order=order, by=clerk, now=in_time, reason="赶上了").amount == 1000


def test_one_refund_of_a_payment_is_in_flight_and_the_next_goes_a_minute_later(sandbox: Sandbox, clerk: Member) -> None:
    order = buy((make_sku(price=1000), 2))
    paid(sandbox, order)
    line = order.lines.get()
    first, second = refund(order, clerk, {line: 1}), refund(order, clerk, {line: 1})
    now = timezone.now()

    orders.send_refunds(now=now)
    assert [r.status for r in Refund.objects.order_by("pk")] == ["sent", "created"]
    sandbox.settle_refund()
    notify(sandbox, first.out_refund_no)
    orders.send_refunds(now=now + timedelta(seconds=30))
    assert [r.status for r in Refund.objects.order_by("pk")] == ["done", "created"]
    sandbox.advance(70)
    orders.send_refunds(now=now + timedelta(seconds=70))

    assert [r.status for r in Refund.objects.order_by("pk")] == ["done", "sent"]
    sandbox.settle_refund()
    notify(sandbox, second.out_refund_no)
    order.refresh_from_db()
    assert (order.status, order.refunded_amount) == ("cancelled", 2000)


def test_a_lost_answer_leaves_the_refund_unknown_and_the_money_goes_back_once(sandbox: Sandbox, clerk: Member) -> None:
    order = buy()
    paid(sandbox, order)
    asked = orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="缺货")
    sandbox.fault("timeout_after_commit", operation="refund")

    send()
    asked.refresh_from_db()
    assert asked.status == RefundStatus.UNKNOWN
    send(rounds=1)
    sandbox.settle_refund()
    send(rounds=3)

    asked.refresh_from_db()
    assert asked.status == RefundStatus.DONE
    assert [row["amount"] for row in sandbox.ledger()["refunds"]] == [1000]
    assert audit.run(now=timezone.now()) == []


@pytest.mark.parametrize("fault", ["http_500", "http_429"])
def test_a_gateway_that_did_nothing_is_asked_again_under_the_same_number(
    sandbox: Sandbox, clerk: Member, fault: str
) -> None:
    order = buy()
    paid(sandbox, order)
    asked = orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="缺货")
    sandbox.fault(fault, operation="refund")

    send()
    send(rounds=2)
    sandbox.settle_refund()
    send(rounds=3)

    asked.refresh_from_db()
    assert asked.status == RefundStatus.DONE
    assert [row["out_refund_no"] for row in sandbox.ledger()["refunds"]] == [asked.out_refund_no]


def test_a_refund_the_gateway_closed_releases_what_it_claimed_and_can_be_asked_for_anew(
    sandbox: Sandbox, clerk: Member
) -> None:
    order = buy()
    paid(sandbox, order)
    open_shop()
    first = orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="缺货")
    sandbox.fault("refund_closed", operation="refund")
    finish(sandbox)

    first.refresh_from_db()
    line, payment = order.lines.get(), Payment.objects.get()
    assert (first.status, line.units_cancelled, line.refund_amount, payment.refund_claimed) == ("failed", 0, 0, 0)
    assert clerk.messages.filter(scene="refund_failed").count() == 1
    sandbox.advance(100)
    second = orders.retry_refund(refund=first, by=clerk, now=timezone.now())
    finish(sandbox)

    second.refresh_from_db()
    order.refresh_from_db()
    assert (second.status, second.out_refund_no != first.out_refund_no) == ("done", True)
    assert (order.status, order.refunded_amount) == ("cancelled", 1000)
    assert audit.run(now=timezone.now()) == []


def test_an_abnormal_refund_keeps_its_claim_and_may_still_arrive(sandbox: Sandbox, clerk: Member) -> None:
    order = buy()
    paid(sandbox, order)
    asked = orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="缺货")
    sandbox.fault("refund_abnormal", operation="refund")
    finish(sandbox)
    asked.refresh_from_db()
    assert (asked.status, Payment.objects.get().refund_claimed) == ("abnormal", 1000)

    sandbox.settle_refund(asked.out_refund_no)
    orders.retry_refund(refund=asked, by=clerk, now=timezone.now())
    send(rounds=3)

    asked.refresh_from_db()
    assert asked.status == RefundStatus.DONE


def test_cancelling_a_paid_order_that_waits_for_review_gives_everything_back(sandbox: Sandbox, clerk: Member) -> None:
    open_shop(auto_accept=False)
    member, sku = make_member(), make_sku(price=1000, stock=5)
    order = buy((sku, 2), member=member, delivery=to_send(member))
    paid(sandbox, order)

    orders.cancel(order=order, by=clerk, reason="admin", now=timezone.now())
    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.status, order.cancel_reason, sku.stock) == ("cancelled", "admin", 5)
    finish(sandbox)

    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.refunded_amount, order.refund_status, sku.stock) == (2800, "full", 5)
    assert audit.run(now=timezone.now()) == []


def test_the_buyer_cannot_cancel_what_is_paid(sandbox: Sandbox) -> None:
    open_shop(auto_accept=False)
    order = buy()
    paid(sandbox, order)

    with pytest.raises(orders.NotCancellable, match="联系商家退款"):
        orders.cancel(order=order, by=order.member, reason="member", now=timezone.now())

    assert not Refund.objects.exists()


def test_cash_goes_back_over_the_counter_without_a_gateway(clerk: Member) -> None:
    store = open_shop(pay_at_store_enabled=True)
    order = buy(pay_channel="offline")
    order.refresh_from_db()
    clerk.stores.add(store)
    orders.redeem(
        order=order, staff=clerk, way=RedemptionWay.CODE, code=order.pickup_code or "", submission="s",
        takes_payment=True, now=timezone.now(),
    )  # fmt: skip

    orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="坏了")
    send()

    order.refresh_from_db()
    assert (order.status, order.refunded_amount, Refund.objects.get().status) == ("completed", 1000, "done")
    assert audit.run(now=timezone.now()) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claims=st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_claims_never_exceed_the_payment(claims: list[int]) -> None:
    order = buy(pay_channel="wechat")
    payment = Payment.objects.create(
        order=order, attempt_no=1, channel="wechat", out_trade_no=f"{order.no}-1", amount=1000, status="paid",
        paid_at=timezone.now(), transaction_id=order.no, created_at=timezone.now(),
    )  # fmt: skip
    taken = 0

    for amount in claims:
        try:
            refunding.create_refund(
                order=order, payment=payment, cause="staff", amount=amount, reason="", by=None, now=timezone.now()
            )
        except orders.NotRefundable:
            assert taken + amount > 1000
        else:
            taken += amount

    payment.refresh_from_db()
    assert payment.refund_claimed == taken <= 1000


def test_only_what_went_wrong_is_retried(sandbox: Sandbox, clerk: Member) -> None:
    order = buy()
    paid(sandbox, order)
    asked = orders.refund_order(order=order, by=clerk, now=timezone.now(), reason="缺货")

    with pytest.raises(orders.NotRefundable, match="只有退款异常或失败"):
        refund_sending.retry_refund(refund=asked, by=clerk, now=timezone.now())

    assert Refund.objects.count() == 1
