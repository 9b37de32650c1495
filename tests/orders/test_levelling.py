"""Levels follow completed orders: up with completion, down with refund, and by themselves when a window moves on."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members import services as members
from members.models import Member
from members.services import Rung
from orders import services as orders
from orders.models import Order
from orders.selectors.levelling import level_value_of
from shop.lib.days import midnight, months_later
from shop.models import ShopSettings
from tests.factories import NOON, make_member, make_order, make_sku, make_staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BY_AMOUNT = [Rung(None, "初级", 0, 9_999), Rung(None, "中级", 10_000, 19_999), Rung(None, "高级", 20_000)]
BY_ORDERS = [Rung(None, "初级", 1, 1), Rung(None, "中级", 2, 3), Rung(None, "高级", 4)]


def ladder(*, metric: str = "amount", months: int = 0, now: datetime = NOON) -> None:
    members.save_ladder(
        rungs=BY_AMOUNT if metric == "amount" else BY_ORDERS, metric=metric, window_months=months, moves={},
        by=make_staff(is_superuser=True), now=now,
    )  # fmt: skip


def completed(member: Member, yuan: int, *, at: datetime = NOON) -> Order:
    """Let an order for so many yuan of goods, sent free of freight, be completed."""
    ShopSettings.load()
    ShopSettings.objects.update(freight_amount=0)
    return make_order((make_sku(price=yuan * 100), 1), member=member, status="completed", now=at)


def refunded(order: Order, fen: int) -> None:
    part = "full" if fen == order.paid_amount else "part"
    Order.objects.filter(pk=order.pk).update(refunded_amount=fen, refund_status=part)


def level_of(member: Member, *, now: datetime = NOON) -> str:
    orders.relevel(member, now=now)
    member.refresh_from_db()
    return str(member.level or "")


def swept(member: Member, *, now: datetime) -> str:
    orders.relevel_due(now=now)
    member.refresh_from_db()
    return str(member.level or "")


def test_the_value_is_what_completed_orders_cost_without_refunds() -> None:
    ladder()
    member, shop = make_member(), ShopSettings.load()
    first, second = completed(member, 120), completed(member, 30)
    make_order(member=member, status="preparing")
    completed(make_member(), 500)

    assert level_value_of(member, shop, NOON) == 15_000
    refunded(first, 2_000)
    assert level_value_of(member, shop, NOON) == 13_000
    refunded(second, 3_000)
    assert level_value_of(member, shop, NOON) == 10_000


def test_orders_are_counted_unless_all_of_their_money_went_back() -> None:
    ladder(metric="orders")
    member, shop = make_member(), ShopSettings.load()
    first, second = completed(member, 10), completed(member, 10)
    refunded(first, 500)
    assert level_value_of(member, shop, NOON) == 2

    refunded(second, second.paid_amount)

    assert level_value_of(member, shop, NOON) == 1


def test_a_refund_brings_the_level_down() -> None:
    ladder()
    member = make_member()
    order = completed(member, 250)
    assert level_of(member) == "高级"

    refunded(order, 10_000)

    assert level_of(member) == "中级"


def test_the_ladder_by_number_of_orders() -> None:
    ladder(metric="orders")
    member = make_member()

    steps = [level_of(member)]
    for _ in range(4):
        completed(member, 1)
        steps.append(level_of(member))

    assert steps == ["", "初级", "中级", "中级", "高级"]


# --- By the clock --------------------------------------------------------------------------------------------------
def test_a_level_falls_when_an_order_leaves_the_window() -> None:
    ladder(months=12, now=NOON - DAY)
    member = make_member()
    completed(member, 150)
    completed(member, 60, at=NOON + 100 * DAY)
    assert level_of(member, now=NOON + 100 * DAY) == "高级"
    end = midnight(months_later(timezone.localdate(NOON), 12) + DAY)
    assert member.relevel_at == end

    assert swept(member, now=end - timedelta(seconds=1)) == "高级"
    assert swept(member, now=end) == "初级"

    assert member.relevel_at
    assert swept(member, now=member.relevel_at) == "初级"
    assert member.relevel_at is None


@pytest.mark.parametrize(
    ("day", "months"), [("2028-02-29", 12), ("2026-08-31", 6), ("2026-12-31", 2), ("2026-03-01", 1)]
)
def test_the_day_on_which_an_order_leaves_is_the_first_on_which_it_does_not_count(day: str, months: int) -> None:
    at = datetime.fromisoformat(f"{day}T23:30:00+08:00")
    ladder(months=months, now=at - DAY)
    member, shop = make_member(), ShopSettings.load()
    completed(member, 150, at=at)
    level_of(member, now=at)
    falls = member.relevel_at

    assert falls
    assert level_value_of(member, shop, falls - timedelta(seconds=1)) == 15_000
    assert level_value_of(member, shop, falls) == 0


def test_a_lock_that_ends_lets_the_level_be_computed_again() -> None:
    ladder()
    member, boss = make_member(), make_staff(is_superuser=True)
    until = timezone.localdate(NOON) + 10 * DAY
    levels = {level.name: level.pk for level in member._meta.get_field("level").related_model.objects.all()}  # type: ignore[union-attr]
    members.lock_level(member_id=member.pk, level_id=levels["高级"], until=until, reason="补偿", by=boss, now=NOON)
    completed(member, 120)

    assert level_of(member) == "高级"
    assert swept(member, now=midnight(until) - DAY) == "高级"
    assert swept(member, now=midnight(until)) == "中级"


def test_after_a_change_of_the_ladder_everybody_is_looked_at_once() -> None:
    rich, poor = make_member(), make_member()
    completed(rich, 150)
    ladder(now=NOON + DAY)

    assert orders.relevel_due(now=NOON + DAY) == 2
    assert orders.relevel_due(now=NOON + DAY) == 0

    for member in (rich, poor):
        member.refresh_from_db()
    assert (str(rich.level), str(poor.level)) == ("中级", "初级")


def test_a_newcomer_gets_the_first_level_with_the_next_sweep() -> None:
    ladder()
    orders.relevel_due(now=NOON)
    member = make_member()

    assert swept(member, now=NOON + DAY) == "初级"
    assert not member.messages.exists()


def test_without_a_ladder_nobody_is_looked_at() -> None:
    make_member()

    assert orders.relevel_due(now=NOON) == 0


def test_those_who_stay_cost_next_to_nothing() -> None:
    ladder()
    for _ in range(30):
        make_member()
    orders.relevel_due(now=NOON)
    ladder_changed = NOON + DAY
    ShopSettings.objects.update(ladder_changed_at=ladder_changed)

    with CaptureQueriesContext(connection) as queries:
        assert orders.relevel_due(now=ladder_changed) == 30

    # settings, members who are due, what they bought, levels, the update, and that nobody is left
    assert len(queries) == 6
