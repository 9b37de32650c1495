"""Points and levels along the life of an order: spent, earned, frozen, returned, taken back; goods for points."""

from datetime import timedelta

import pytest

from catalog.models import Sku
from members import services as members
from members.models import Member, PointsEntry
from members.services import Rung
from orders import services as orders
from orders.models import Order
from orders.services.bargaining import Wish
from promotions.models import ExchangeItem
from tests.factories import NOON, make_address, make_member, make_order, make_sku, make_staff
from tests.members.ledger import DAY, account, frozen, rich, unsound
from tests.orders.shopping import open_shop
from tests.orders.test_bargains import refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Member:
    return make_staff(is_superuser=True, stores=[open_shop(freight_amount=0)])


def bought(member: Member, sku: Sku, units: int = 1, *, points: int = 0, status: str = "completed") -> Order:
    """Let a member buy something; the sweep gives what a completed order gives."""
    order = make_order((sku, units), member=member, status=status, wish=Wish(points=points), now=NOON)
    orders.reward_completed(now=NOON)
    return order


def test_an_order_earns_points_that_count_after_the_after_sale_window(boss: Member) -> None:
    member = make_member()

    bought(member, make_sku(price=12_345))

    assert (account(member), frozen(member)) == ((0, 0), 123)
    members.release_points(now=NOON + 15 * DAY - timedelta(seconds=1))
    assert account(member) == (0, 0)
    members.release_points(now=NOON + 15 * DAY)
    assert (account(member), unsound()) == ((123, 0), [])


def test_a_refund_takes_back_what_is_frozen_and_returns_what_was_spent(boss: Member) -> None:
    member = rich(1_000)
    order = bought(member, make_sku(price=10_000), 2, points=1_000)
    assert (account(member), frozen(member)) == ((0, 0), 190)

    refund(order, order.lines.get(), 1, boss, now=NOON + DAY)

    assert (account(member), frozen(member), unsound()) == ((500, 0), 95, [])
    members.release_points(now=NOON + 15 * DAY)
    assert account(member) == (595, 0)


def test_a_refund_after_the_points_were_spent_leaves_a_debt(boss: Member) -> None:
    open_shop(after_sale_days=0)  # points count at once, and refunds have no end
    member = make_member()
    order = bought(member, make_sku(price=10_000))
    bought(member, make_sku(price=10_000), points=100, status="pending_payment")
    assert account(member) == (0, 0)

    refund(order, order.lines.get(), 1, boss, now=NOON + DAY)

    assert (account(member), unsound()) == ((0, 100), [])


def test_a_cancelled_order_gives_its_points_back(boss: Member) -> None:
    member = rich(1_000)
    order = bought(member, make_sku(price=10_000), points=1_000, status="pending_payment")
    assert (order.points_spent, order.payable_amount, account(member)) == (1_000, 9_000, (0, 0))

    orders.cancel(order=order, by=member, reason="member", now=NOON + timedelta(hours=1))

    assert (account(member), unsound()) == ((1_000, 0), [])


def test_completion_lifts_the_level_and_what_is_shown_follows(boss: Member) -> None:
    members.save_ladder(
        rungs=[Rung(None, "初级", 0, 9_999), Rung(None, "高级", 10_000, discount_rate=90)], metric="amount",
        window_months=0, moves={}, by=boss, now=NOON,
    )  # fmt: skip
    member = make_member()

    bought(member, make_sku(price=10_000))
    second = bought(member, make_sku(price=10_000), status="pending_payment")

    member.refresh_from_db()
    assert str(member.level) == "高级"
    assert (second.level_discount, second.payable_amount) == (1_000, 9_000)


def test_a_refund_brings_the_level_down_again(boss: Member) -> None:
    members.save_ladder(
        rungs=[Rung(None, "初级", 0, 9_999), Rung(None, "高级", 10_000)], metric="amount", window_months=0, moves={},
        by=boss, now=NOON,
    )  # fmt: skip
    member = make_member()
    order = bought(member, make_sku(price=6_000), 2)
    member.refresh_from_db()
    assert str(member.level) == "高级"

    refund(order, order.lines.get(), 1, boss, now=NOON + DAY)

    member.refresh_from_db()
    assert (str(member.level), member.spent_amount, member.paid_orders) == ("初级", 6_000, 1)


def test_goods_are_exchanged_for_points_and_money_and_come_back_with_both(boss: Member) -> None:
    sku, member = make_sku(price=5_000, stock=9), rich(700)
    entry = ExchangeItem.objects.create(name="杯", sku=sku, points=300, price=990, total=5, per_member=2)
    address = make_address(member)

    order = orders.place(
        member=member, items=[(sku.pk, 2)], delivery=orders.Express(address_id=address.pk), idempotency_key="a",
        wish=Wish(exchange=entry.pk), now=NOON,
    )  # fmt: skip
    entry.refresh_from_db()
    assert (order.order_type, order.payable_amount, order.points_spent) == ("points", 1_980, 600)
    assert (account(member), entry.taken) == ((100, 0), 2)

    orders.cancel(order=order, by=member, reason="member", now=NOON + timedelta(hours=1))

    entry.refresh_from_db()
    assert (account(member), entry.taken, unsound()) == ((700, 0), 0, [])


def test_goods_for_more_points_than_there_are_are_refused(boss: Member) -> None:
    sku, member = make_sku(stock=9), rich(299)
    entry = ExchangeItem.objects.create(name="杯", sku=sku, points=300, total=5)

    with pytest.raises(orders.PlacingRefused, match="积分"):
        orders.place(
            member=member, items=[(sku.pk, 1)], delivery=orders.Express(address_id=make_address(member).pk),
            idempotency_key="a", wish=Wish(exchange=entry.pk), now=NOON,
        )  # fmt: skip

    entry.refresh_from_db()
    assert (account(member), entry.taken, PointsEntry.objects.count(), Order.objects.count()) == ((299, 0), 0, 1, 0)
