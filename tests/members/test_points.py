"""The ledger of points: what comes in, waits, goes out, comes back, is taken back and ends."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from members import services
from members.models import Member, Message, OperationLog, PointsEntry, PointsKind
from shop.lib.days import end_of
from tests.factories import NOON, make_member, make_staff
from tests.members.ledger import (
    DAY,
    account,
    claw_back,
    earn,
    entries_of,
    expire_after,
    frozen,
    rich,
    spend,
    unsound,
    uses_of,
)

pytestmark = pytest.mark.django_db


# --- In ------------------------------------------------------------------------------------------------------------
def test_points_count_at_once() -> None:
    member = rich(30)

    assert account(member) == (30, 0)
    assert (frozen(member), unsound()) == (0, [])


def test_a_source_gives_once() -> None:
    member = make_member()

    first, second = earn(member, 30, source="order:1"), earn(member, 99, source="order:1")

    assert (bool(first), second) == (True, None)
    assert earn(member, 5, source="order:1", kind=PointsKind.REVIEW)
    assert account(member) == (35, 0)


def test_no_points_are_no_entry() -> None:
    assert earn(make_member(), 0) is None
    assert not PointsEntry.objects.exists()


def test_frozen_points_count_when_their_time_has_come() -> None:
    member = make_member()
    earn(member, 40, available_at=NOON + 15 * DAY)

    assert (account(member), frozen(member)) == ((0, 0), 40)
    with pytest.raises(services.PointsShort):
        spend(member, 1, now=NOON + 14 * DAY)
    assert services.release_points(now=NOON + 15 * DAY - timedelta(seconds=1)) == 0
    assert account(member) == (0, 0)

    assert services.release_points(now=NOON + 15 * DAY) == 1

    assert (account(member), frozen(member)) == ((40, 0), 0)
    assert services.release_points(now=NOON + 15 * DAY) == 0
    assert unsound() == []


def test_the_sweep_stops_at_its_limit_and_goes_on_next_time() -> None:
    for _ in range(3):
        earn(make_member(), 10, available_at=NOON + DAY)

    assert services.release_points(now=NOON + DAY, limit=2) == 2
    assert services.release_points(now=NOON + DAY, limit=2) == 1


# --- Out -----------------------------------------------------------------------------------------------------------
def test_spending_takes_what_ends_first() -> None:
    member = make_member()
    forever = earn(member, 10)
    expire_after(2)
    late, early = earn(member, 10), earn(member, 10, now=NOON - 31 * DAY)
    assert forever
    assert late
    assert early

    spent = spend(member, 25)

    assert uses_of(spent) == [(early.pk, 10), (late.pk, 10), (forever.pk, 5)]
    assert (account(member), unsound()) == ((5, 0), [])


def test_beyond_the_balance_nothing_is_taken() -> None:
    member = rich(30)

    with pytest.raises(services.PointsShort) as short:
        spend(member, 31)

    assert short.value.message == "积分不够，现在有 30 积分"
    assert (account(member), entries_of(member)) == ((30, 0), [("order", 30)])


def test_a_spending_that_is_repeated_takes_nothing() -> None:
    member = rich(30)

    spend(member, 20, source="order:7")
    assert spend(member, 20, source="order:7") is None

    assert account(member) == (10, 0)


def test_spending_from_many_lots_costs_a_fixed_number_of_statements() -> None:
    member = make_member()
    for _ in range(30):
        earn(member, 1)

    with CaptureQueriesContext(connection) as queries:
        spend(member, 30)

    # savepoint and its release; member, known?, entry, lots, uses, left of lots, balance
    assert len(queries) == 9


@pytest.mark.races
def test_the_member_is_locked_first_and_lightly() -> None:
    member = rich(5)

    with CaptureQueriesContext(connection) as queries:
        spend(member, 5)

    statements = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert statements[0].endswith("FOR NO KEY UPDATE")


# --- Back ----------------------------------------------------------------------------------------------------------
def test_what_comes_back_ends_when_it_would_have_ended() -> None:
    member = make_member()
    expire_after(12)
    earn(member, 10)
    expire_after(3)
    earn(member, 10)
    spend(member, 15, source="order:7")

    services.return_points(member_id=member.pk, points=12, source="order:7:refund-line:1", now=NOON + 2 * DAY)

    back = PointsEntry.objects.filter(kind=PointsKind.RETURN).order_by("pk").values_list("delta", "expires_at")
    assert dict(back) == {5: end_of(date(2027, 3, 2)), 7: end_of(date(2026, 6, 2))}
    assert (account(member), unsound()) == ((17, 0), [])


def test_what_comes_back_can_be_spent_for_thirty_days() -> None:
    expire_after(1)
    member = rich(10)
    spend(member, 10, source="order:7")
    later = NOON + 40 * DAY

    services.return_points(member_id=member.pk, points=10, source="order:7:cancelled", now=later)

    entry = PointsEntry.objects.get(kind=PointsKind.RETURN)
    assert entry.expires_at == end_of(timezone.localdate(later + 30 * DAY))
    assert services.expire_points(now=later + 29 * DAY) == 0


def test_points_that_never_end_never_end_when_they_come_back() -> None:
    member = rich(10)
    expire_after(1)
    spend(member, 10, source="order:7")

    services.return_points(member_id=member.pk, points=10, source="order:7:cancelled", now=NOON)

    assert PointsEntry.objects.get(kind=PointsKind.RETURN).expires_at is None


def test_a_return_that_is_repeated_gives_nothing() -> None:
    member = rich(10)
    spend(member, 10, source="order:7")

    for _ in range(2):
        services.return_points(member_id=member.pk, points=6, source="order:7:refund-line:1", now=NOON)

    assert account(member) == (6, 0)


def test_no_more_comes_back_than_was_spent_on_that_order() -> None:
    member = rich(20)
    spend(member, 10, source="order:7")
    spend(member, 10, source="order:77")

    with pytest.raises(ValueError, match="fewer were spent"):
        services.return_points(member_id=member.pk, points=11, source="order:7:cancelled", now=NOON)

    assert (account(member), unsound()) == ((0, 0), [])


# --- Taken back ----------------------------------------------------------------------------------------------------
def test_a_clawback_takes_frozen_points_and_leaves_the_balance() -> None:
    member = rich(5)
    earn(member, 40, source="order:7", available_at=NOON + 15 * DAY)

    claw_back(member, 15, of="order:7")

    assert (account(member), frozen(member), unsound()) == ((5, 0), 25, [])
    services.release_points(now=NOON + 15 * DAY)
    assert (account(member), unsound()) == ((30, 0), [])


def test_a_clawback_of_all_frozen_points_leaves_none_to_come() -> None:
    member = make_member()
    earn(member, 40, source="order:7", available_at=NOON + 15 * DAY)

    for part in ("a", "b"):
        claw_back(member, 20, of="order:7", source=part)
        claw_back(member, 20, of="order:7", source=part)

    assert frozen(member) == 0
    services.release_points(now=NOON + 15 * DAY)
    assert (account(member), unsound()) == ((0, 0), [])


def test_a_clawback_takes_from_the_balance_and_the_rest_becomes_debt() -> None:
    member = rich(40, source="order:7")
    spend(member, 30)

    claw_back(member, 25, of="order:7")

    assert (account(member), unsound()) == ((0, 15), [])


def test_a_debt_is_paid_by_what_comes_in_next() -> None:
    member = rich(40, source="order:7")
    spend(member, 40, source="order:8")
    claw_back(member, 40, of="order:7")

    earn(member, 15)
    assert account(member) == (0, 25)
    earn(member, 10, available_at=NOON + DAY)
    services.release_points(now=NOON + DAY)
    assert account(member) == (0, 15)
    services.return_points(member_id=member.pk, points=40, source="order:8:cancelled", now=NOON + DAY)

    assert (account(member), unsound()) == ((25, 0), [])
    repaid = PointsEntry.objects.filter(kind=PointsKind.REPAY).order_by("pk").values_list("delta", flat=True)
    assert list(repaid) == [-15, -10, -15]


def test_what_was_never_earned_is_not_taken_back() -> None:
    member = rich(40)

    claw_back(member, 25, of="order:of-long-ago")

    assert account(member) == (40, 0)


def test_a_completion_can_be_undone_as_long_as_nothing_would_be_owed() -> None:
    member = rich(40, source="order:7")

    def undoable(points: int, source: str = "order:7") -> bool:
        return services.can_claw_back(
            member_id=member.pk, points=points, earned_kind=PointsKind.ORDER, earned_source=source
        )

    assert (undoable(40), undoable(41), undoable(40, "never")) == (True, False, True)
    spend(member, 1)
    assert undoable(40) is False
    earn(member, 9, source="order:8", available_at=NOON + DAY)
    assert (undoable(9, "order:8"), undoable(10, "order:8")) == (True, False)


# --- The end -------------------------------------------------------------------------------------------------------
def test_points_end_after_the_months_that_the_merchant_set() -> None:
    expire_after(12)
    member = make_member()
    earn(member, 30, now=NOON)  # noon of 2 March 2026 in Shanghai
    spend(member, 10)
    last_day = end_of(date(2027, 3, 2))

    assert services.expire_points(now=last_day - timedelta(seconds=1)) == 0
    assert services.expire_points(now=last_day) == 1
    assert services.expire_points(now=last_day) == 0

    assert (account(member), unsound()) == ((0, 0), [])
    assert entries_of(member)[-1] == ("expire", -20)


def test_frozen_points_end_so_many_months_after_they_began_to_count() -> None:
    expire_after(1)
    member = make_member()
    earn(member, 30, available_at=NOON + 15 * DAY)

    services.release_points(now=NOON + 20 * DAY)

    assert PointsEntry.objects.get().expires_at == end_of(date(2026, 4, 17))


def test_without_the_setting_points_never_end() -> None:
    rich(30)

    assert services.expire_points(now=NOON + 9999 * DAY) == 0


def test_the_owner_is_told_once_a_week_before() -> None:
    expire_after(1)
    member = rich(30)
    earn(member, 5)
    earn(member, 7, now=NOON + DAY)
    end = end_of(date(2026, 4, 2))

    assert services.warn_of_expiry(now=end - 7 * DAY - timedelta(seconds=1)) == 0
    assert services.warn_of_expiry(now=end - 7 * DAY) == 1
    assert services.warn_of_expiry(now=end - 7 * DAY) == 0
    assert services.warn_of_expiry(now=end - 6 * DAY) == 1

    bodies = Message.objects.filter(member=member).order_by("pk").values_list("body", flat=True)
    assert [body.split(" 之后")[0] for body in bodies] == [
        "您有 35 积分在 4 月 2 日之后过期，购物或兑换时可以用掉。", "您有 7 积分在 4 月 3 日之后过期，购物或兑换时可以用掉。",
    ]  # fmt: skip


# --- By hand -------------------------------------------------------------------------------------------------------
@pytest.fixture
def boss() -> Member:
    return make_staff(is_superuser=True)


def adjust(member: Member, points: int, by: Member, source: str = "form-1") -> None:
    services.adjust_points(member_id=member.pk, points=points, reason="补偿", source=source, by=by, now=NOON)


def test_staff_give_and_take_points_for_a_reason(boss: Member) -> None:
    member = rich(10)

    adjust(member, 25, boss)
    adjust(member, 25, boss)
    adjust(member, -5, boss, "form-2")

    assert (account(member), unsound()) == ((30, 0), [])
    assert entries_of(member) == [("order", 10), ("adjust", 25), ("adjust", -5)]
    logged = OperationLog.objects.filter(action="adjust_points").order_by("pk")
    assert [(row.before["points_balance"], row.after["points_balance"]) for row in logged] == [(10, 35), (35, 30)]


@pytest.mark.parametrize(("points", "why"), [(-11, "最多能扣 10 积分"), (0, "请填写"), (10**7, "请填写")])
def test_an_adjustment_that_makes_no_sense_is_refused(points: int, why: str, boss: Member) -> None:
    member = rich(10)

    with pytest.raises(services.AdjustmentRefused) as refused:
        adjust(member, points, boss)

    assert why in refused.value.message
    assert (account(member), OperationLog.objects.count()) == ((10, 0), 0)


# --- Any life ------------------------------------------------------------------------------------------------------
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "freeze", "spend", "return", "claw", "expire", "adjust", "wait"]),
        st.integers(1, 60),
        st.integers(0, 4),
    ),
    max_size=25,
)


class AnyLife(TestCase):
    """Whatever happens to points, in whatever order: the books are sound."""

    @hypothesis_settings(max_examples=60)
    @given(STEPS, st.sampled_from([0, 1]))
    def test_keeps_the_books_sound(self, steps: list[tuple[str, int, int]], months: int) -> None:
        expire_after(months)
        member, boss = make_member(), make_staff(is_superuser=True)
        life = Life(member, boss)

        for number, (act, points, which) in enumerate(steps):
            life.live(act, points, which, str(number))
            balance, debt = account(member)
            assert balance >= 0
            assert debt >= 0
            assert not (balance and debt)
        assert unsound() == []


class Life:
    """One member's points; every act names its own source, and some are repeated."""

    def __init__(self, member: Member, boss: Member) -> None:
        self.member, self.boss, self.now = member, boss, NOON
        self.earned: list[str] = []
        self.spent: dict[str, int] = {}

    def live(self, act: str, points: int, which: int, key: str) -> None:
        getattr(self, f"do_{act}")(points, which, key)

    def do_earn(self, points: int, which: int, key: str) -> None:
        earn(self.member, points, source=f"earn:{key}", now=self.now)
        self.earned.append(f"earn:{key}")

    def do_freeze(self, points: int, which: int, key: str) -> None:
        earn(self.member, points, source=f"earn:{key}", now=self.now, available_at=self.now + which * 5 * DAY)
        self.earned.append(f"earn:{key}")

    def do_spend(self, points: int, which: int, key: str) -> None:
        if account(self.member)[0] < points:
            with pytest.raises(services.PointsShort):
                spend(self.member, points, source=f"order:{key}", now=self.now)
            return
        for _ in range(2):
            spend(self.member, points, source=f"order:{key}", now=self.now)
        self.spent[f"order:{key}"] = points

    def do_return(self, points: int, which: int, key: str) -> None:
        for source, left in list(self.spent.items())[which : which + 1]:
            part = min(points, left)
            for _ in range(2):
                services.return_points(
                    member_id=self.member.pk, points=part, source=f"{source}:back-{key}", now=self.now
                )
            self.spent[source] = left - part

    def do_claw(self, points: int, which: int, key: str) -> None:
        for source in self.earned[which : which + 1]:
            claw_back(self.member, points, of=source, source=f"claw:{key}", now=self.now)

    def do_adjust(self, points: int, which: int, key: str) -> None:
        signed = points if which % 2 else -min(points, account(self.member)[0])
        if signed:
            services.adjust_points(
                member_id=self.member.pk, points=signed, reason="测试", source=key, by=self.boss, now=self.now
            )

    def do_expire(self, points: int, which: int, key: str) -> None:
        services.expire_points(now=self.now)

    def do_wait(self, points: int, which: int, key: str) -> None:
        self.now += points * DAY
        services.release_points(now=self.now)
