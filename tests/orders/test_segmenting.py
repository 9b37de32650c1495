"""Segments: who is in which, who is VIP, and who is woken up; days are passed in."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from members.models import Activity, Member, MemberVisitDay, Message, SegmentRun
from orders import services as orders
from orders.models import Order
from orders.services import segmenting
from promotions import services as promotions
from promotions.models import CouponTemplate, IssueMode
from shop.lib.outbox import Patience
from tests.factories import NOON, make_member, make_order, make_sku, make_staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = date(2026, 3, 2)


def came(*days_ago: int, joined: int = 100, **fields: Any) -> Member:
    """Make a member who joined and came so many days before TODAY."""
    last = TODAY - min(days_ago) * DAY if days_ago else None
    member = make_member(last_visit_on=last, **fields)
    Member.objects.filter(pk=member.pk).update(created_at=NOON - joined * DAY)
    MemberVisitDay.objects.bulk_create([MemberVisitDay(member=member, day=TODAY - ago * DAY) for ago in days_ago])
    return member


def segment(now: datetime = NOON) -> int:
    return orders.segment_members(now=now, patience=Patience(seconds=1000))


def spend(member: Member, fen: int, *, now: datetime = NOON - DAY) -> Order:
    return make_order((make_sku(price=fen), 1), status="preparing", member=member, now=now)


@pytest.mark.parametrize(
    ("days_ago", "joined", "activity"),
    [
        ((1, 2, 3), 7, "new"),
        ((), 0, "new"),
        ((1, 3, 7), 8, "active"),
        ((1, 3, 8), 8, "steady"),
        ((0, 1, 2), 100, "steady"),  # today is not over, so only two of the last seven days are there
        ((1, 2), 100, "steady"),
        ((30,), 100, "steady"),
        ((31,), 100, "silent"),
        ((), 30, "steady"),
        ((), 31, "silent"),
    ],
)
def test_a_member_is_in_the_segment_of_their_visits(days_ago: Sequence[int], joined: int, activity: str) -> None:
    member = came(*days_ago, joined=joined)

    segment()

    member.refresh_from_db()
    assert member.activity == activity


def test_a_silent_member_who_came_back_is_silent_no_more() -> None:
    member = came(2, activity=Activity.SILENT)

    segment()

    member.refresh_from_db()
    assert member.activity == Activity.STEADY


def test_staff_and_erased_members_are_left_alone() -> None:
    staff, gone = make_staff(), came(40, erased_at=NOON, is_active=False)
    Member.objects.filter(pk=staff.pk).update(created_at=NOON - 100 * DAY)

    segment()

    assert set(Member.objects.values_list("activity", flat=True)) == {Activity.NEW}
    assert {staff.pk, gone.pk} == set(Member.objects.values_list("pk", flat=True))


# --- VIP -------------------------------------------------------------------------------------------------------------
def vips_among(*amounts: int) -> list[int]:
    """Let members spend these amounts, one each; return those of the VIPs."""
    buyers = [(came(1), amount) for amount in amounts]
    for member, amount in buyers:
        if amount:
            spend(member, amount)
    segment()
    vips = set(Member.objects.filter(is_vip=True).values_list("pk", flat=True))
    return [amount for member, amount in buyers if member.pk in vips]


def test_the_top_tenth_of_those_who_bought_are_vip() -> None:
    assert vips_among(*[1000 + 100 * number for number in range(11)], 0, 0) == [1900, 2000]


def test_the_best_buyer_of_a_tiny_shop_is_vip() -> None:
    assert vips_among(1000, 3000, 2000) == [3000]


def test_a_shop_without_buyers_has_no_vip() -> None:
    assert vips_among(0, 0) == []
    assert SegmentRun.objects.get().vip_border is None


def test_a_tie_at_the_border_lets_both_in() -> None:
    assert vips_among(3000, 3000, 1000) == [3000, 3000]


def test_a_tie_of_many_lets_only_those_above_it_in() -> None:
    assert vips_among(1000, 1000, 1000) == []
    SegmentRun.objects.all().delete()
    assert vips_among(*[1000] * 8, 5000) == [5000]


def test_refunds_and_old_orders_do_not_count() -> None:
    generous, old, plain = came(1), came(1), came(1)
    refunded = spend(generous, 9000)
    Order.objects.filter(pk=refunded.pk).update(refunded_amount=refunded.paid_amount)
    spend(old, 9000, now=NOON - 366 * DAY)
    spend(plain, 500)

    segment()

    assert list(Member.objects.filter(is_vip=True)) == [plain]


def test_a_vip_who_spends_less_is_one_no_more() -> None:
    member = came(1, is_vip=True)
    spend(came(1), 500)

    segment()

    member.refresh_from_db()
    assert not member.is_vip


# --- The run ---------------------------------------------------------------------------------------------------------
def test_the_night_begins_at_three_and_ends_once() -> None:
    came(31)
    midnight = NOON - timedelta(hours=12)

    early = segment(midnight + timedelta(hours=2, minutes=59))
    done = [segment(midnight + timedelta(hours=3)), segment(NOON), segment(NOON + DAY)]

    assert (early, done) == (0, [1, 0, 0])
    assert [run.day for run in SegmentRun.objects.order_by("day")] == [TODAY, TODAY + DAY]


def test_only_rows_that_change_are_written(django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        came(1, activity=Activity.STEADY)

    with django_assert_max_num_queries(15) as made:
        assert segment() == 0

    assert not any(query["sql"].startswith('UPDATE "members_member"') for query in made.captured_queries)


def test_a_run_that_was_killed_goes_on_where_it_was() -> None:
    members = [came(31) for _ in range(5)]
    run = segmenting._begin(TODAY, NOON)
    segmenting._next_batch(run, 2, NOON)
    assert SegmentRun.objects.get().last_member == members[1].pk
    Member.objects.filter(pk=members[0].pk).update(activity=Activity.STEADY)  # seen already, so not seen again

    segment(NOON)

    run = SegmentRun.objects.get()
    assert (run.changed, run.ended_at) == (5, NOON)
    assert Member.objects.filter(activity=Activity.SILENT).count() == 4


def test_a_round_ends_when_its_time_is_over() -> None:
    came(31)

    assert orders.segment_members(now=NOON, patience=Patience(seconds=0)) == 0
    assert SegmentRun.objects.get().ended_at is None
    assert orders.segment_members(now=NOON) == 1


def test_a_batch_costs_the_same_however_many_members_it_holds(django_assert_max_num_queries: Any) -> None:
    for ago in (1, 31, 40):
        for _ in range(10):
            came(ago, activity=Activity.ACTIVE)

    with django_assert_max_num_queries(20):
        assert segment() == 30


# --- Wake-ups --------------------------------------------------------------------------------------------------------
@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """Take down who is given wake-up coupons, and under which name."""
    template = CouponTemplate.objects.create(name="好久不见券", amount=500, issue_mode=IssueMode.WAKE_UP)
    given: list[tuple[int, str]] = []

    def issue(*, mode: str, member: Member, source: str, now: datetime) -> list[CouponTemplate]:
        assert mode == IssueMode.WAKE_UP
        if (member.pk, source) in given:
            return []
        given.append((member.pk, source))
        return [template]

    monkeypatch.setattr(promotions, "issue_by_mode", issue, raising=False)
    return given


def test_who_turns_silent_is_woken_up_once_per_silence(woken: list[tuple[int, str]]) -> None:
    member = came(31)
    came(2)

    segment()
    segment(NOON + DAY)

    assert woken == [(member.pk, f"wake-up:{member.pk}:{TODAY - 31 * DAY}")]
    notice = Message.objects.get()
    assert (notice.member, notice.title) == (member, "好久不见")
    assert "“好久不见券”" in notice.body


def test_the_next_silence_is_another(woken: list[tuple[int, str]]) -> None:
    member = came(31)
    segment()
    Member.objects.filter(pk=member.pk).update(last_visit_on=TODAY)

    segment(NOON + DAY)
    segment(NOON + 31 * DAY)

    assert [source[-10:] for _, source in woken] == [f"{TODAY - 31 * DAY}", f"{TODAY}"]
    assert Message.objects.count() == 2


def test_a_wake_up_before_a_crash_is_not_repeated(woken: list[tuple[int, str]]) -> None:
    member = came(31)
    change = segmenting.Change(member.pk, "new", "silent", False, TODAY - 31 * DAY)
    segmenting._wake_up([change], NOON)  # then the worker died

    segment()

    assert len(woken) == Message.objects.count() == 1


def test_without_a_wake_up_coupon_nobody_hears_anything() -> None:
    came(31)

    assert segment() == 1
    assert not Message.objects.exists()
