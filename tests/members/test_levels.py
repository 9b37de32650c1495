"""The ladder as a whole, and the step of it on which a member stands."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from members import services
from members.models import Level, Member, Message, OperationLog
from members.services import Rung
from shop.lib.days import midnight
from shop.models import ShopSettings
from tests.factories import NOON, make_member, make_staff
from tests.members.ledger import DAY

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOON)
THREE = [
    Rung(None, "初级", 0, 9_999),
    Rung(None, "中级", 10_000, 49_999, discount_rate=98, points_rate=120),
    Rung(None, "高级", 50_000, discount_rate=95, free_freight=True),
]


@pytest.fixture
def boss() -> Member:
    return make_staff(is_superuser=True)


def save(boss: Member, rungs: list[Rung] | None = None, **facts: Any) -> None:
    facts = {"metric": "amount", "window_months": 0, "moves": {}, "now": NOON} | facts
    services.save_ladder(rungs=THREE if rungs is None else rungs, by=boss, **facts)


def ladder() -> list[tuple[str, int, int | None]]:
    return list(Level.objects.order_by("min_value").values_list("name", "min_value", "max_value"))


def level(name: str) -> Level:
    return Level.objects.get(name=name)


def saved(*changes: tuple[str, dict[str, Any]]) -> list[Rung]:
    """Return the ladder as it stands, with changes by name."""
    fields = ["name", "min_value", "max_value", "discount_rate", "free_freight", "points_rate", "birthday_points"]
    changed = dict(changes)
    return [
        Rung(**({"id": one.pk} | {name: getattr(one, name) for name in fields} | changed.get(one.name, {})))
        for one in Level.objects.order_by("min_value")
    ]


# --- The ladder ----------------------------------------------------------------------------------------------------
def test_a_ladder_is_saved_as_a_whole_and_logged(boss: Member) -> None:
    save(boss, window_months=12)

    assert ladder() == [("初级", 0, 9_999), ("中级", 10_000, 49_999), ("高级", 50_000, None)]
    shop = ShopSettings.load()
    assert (shop.level_metric, shop.level_window_months, shop.ladder_changed_at) == ("amount", 12, NOON)
    after = OperationLog.objects.get(action="save_ladder").after["ladder"]
    assert after == [
        "初级：¥0 – ¥99.99", "中级：¥100 – ¥499.99 9.8 折 积分 120%", "高级：¥500以上 9.5 折 免运费",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rungs", "row", "field", "sentence"),
    [
        (
            [Rung(None, "一", 0, 99), Rung(None, "二", 101)],
            1,
            "min_value",
            "和上一级有空档：上一级到 ¥0.99，这一级应从 ¥1 开始",
        ),
        (
            [Rung(None, "一", 0, 99), Rung(None, "二", 99)],
            1,
            "min_value",
            "和上一级有重叠：上一级到 ¥0.99，这一级应从 ¥1 开始",
        ),
        (
            [Rung(None, "一", 0, 99), Rung(None, "二", 0)],
            1,
            "min_value",
            "和上一级有重叠：上一级到 ¥0.99，这一级应从 ¥1 开始",
        ),
        ([Rung(None, "一", 50, 49), Rung(None, "二", 50)], 0, "max_value", "“到”不能比“从”小"),
        ([Rung(None, "一", 0), Rung(None, "二", 50)], 0, "max_value", "只有最后一级可以不填“到”"),
        ([Rung(None, "一", 0, 99)], 0, "max_value", "最后一级请不要填“到”，这样消费再多也在这一级"),
        ([Rung(None, "一", 0, 99), Rung(None, "一", 100)], 1, "name", "已经有叫「一」的等级了，请换一个名称"),
        ([Rung(None, "一", 0, discount_rate=0)], 0, "discount_rate", "请填写 1 到 100，例如 95 是 9.5 折"),
        ([Rung(None, "一", 0, discount_rate=101)], 0, "discount_rate", "请填写 1 到 100，例如 95 是 9.5 折"),
    ],
)
def test_a_ladder_that_does_not_tile_is_refused_at_its_row(
    rungs: list[Rung], row: int, field: str, sentence: str, boss: Member
) -> None:
    with pytest.raises(services.LadderRefused) as refused:
        save(boss, rungs)

    assert refused.value.mistakes == [services.Mistake(row, field, sentence)]
    assert (Level.objects.count(), OperationLog.objects.count()) == (0, 0)


def test_by_orders_the_sentences_count_orders(boss: Member) -> None:
    rungs = [Rung(None, "初级", 1, 1), Rung(None, "中级", 2, 3), Rung(None, "高级", 5)]

    with pytest.raises(services.LadderRefused, match="上一级到 3 单，这一级应从 4 单 开始"):
        save(boss, rungs, metric="orders")


def test_names_and_ranges_may_be_swapped_at_once(boss: Member) -> None:
    save(boss)

    save(boss, [
        Rung(level("高级").pk, "初级", 0, 9_999),
        Rung(level("初级").pk, "中级", 10_000, 59_999),
        Rung(level("中级").pk, "高级", 60_000),
    ])  # fmt: skip

    assert ladder() == [("初级", 0, 9_999), ("中级", 10_000, 59_999), ("高级", 60_000, None)]


def test_a_level_in_use_does_not_vanish_without_a_place_for_its_members(boss: Member) -> None:
    save(boss)
    member = make_member(level=level("中级"))
    low, middle, high = saved()
    shorter = [Rung(low.id, "初级", 0, 49_999), high]

    for moves in ({}, {middle.id: middle.id}):
        with pytest.raises(services.LadderRefused, match="「中级」还有会员") as refused:
            save(boss, shorter, moves=moves)
        assert [one.name for one in refused.value.homeless] == ["中级"]
    assert len(ladder()) == 3

    save(boss, shorter, moves={middle.id: low.id})

    member.refresh_from_db()
    assert member.level == level("初级")
    assert ladder() == [("初级", 0, 49_999), ("高级", 50_000, None)]


def test_members_of_a_level_that_goes_may_be_left_without_one(boss: Member) -> None:
    save(boss)
    member = make_member(level=level("高级"))

    save(boss, [], moves={level("高级").pk: None})

    member.refresh_from_db()
    assert (member.level, ladder()) == (None, [])


def test_a_level_that_another_tab_removed_is_not_made_anew(boss: Member) -> None:
    save(boss)
    stale = saved()
    save(boss, [])

    with pytest.raises(services.LadderRefused, match="刚被别人改过"):
        save(boss, stale)


# --- A member ------------------------------------------------------------------------------------------------------
def reach(member: Member, value: int, **facts: Any) -> str:
    services.set_level_by_value(member_id=member.pk, value=value, **({"now": NOON} | facts))
    member.refresh_from_db()
    return str(member.level or "")


def test_a_member_goes_up_and_down_with_their_value(boss: Member) -> None:
    save(boss)
    member = make_member()

    steps = [reach(member, value) for value in (0, 9_999, 10_000, 49_999, 50_000, 9_000_000, 49_999, 0)]

    assert steps == ["初级", "初级", "中级", "中级", "高级", "高级", "中级", "初级"]


def test_below_the_first_step_there_is_no_level(boss: Member) -> None:
    save(boss, [Rung(None, "初级", 1, 1), Rung(None, "中级", 2)], metric="orders")
    member = make_member()

    assert [reach(member, value) for value in (0, 1, 2, 0)] == ["", "初级", "中级", ""]


def test_every_rise_is_told_once_and_no_fall(boss: Member) -> None:
    save(boss)
    member = make_member()

    for hour, value in enumerate([0, 10_000, 10_001, 0, 50_000, 50_000]):
        reach(member, value, now=NOON + timedelta(hours=hour))

    told = Message.objects.filter(member=member, scene="level_up").order_by("pk").values_list("title", "body")
    assert list(told) == [
        ("您升到了中级", "会员价 9.8 折、1.2 倍积分，下次购物就能用。"), ("您升到了高级", "会员价 9.5 折、免运费，下次购物就能用。"),
    ]  # fmt: skip


def lock(member: Member, boss: Member, until: date, name: str = "高级") -> None:
    services.lock_level(
        member_id=member.pk, level_id=level(name).pk if name else None, until=until, reason="老顾客", by=boss, now=NOON
    )


def test_a_locked_level_stays_until_its_day(boss: Member) -> None:
    save(boss)
    member, until = make_member(), TODAY + timedelta(days=30)
    reach(member, 0)

    lock(member, boss, until)

    assert reach(member, 0, now=midnight(until) - timedelta(seconds=1)) == "高级"
    assert (member.relevel_at, member.level_locked_until) == (midnight(until), until)
    assert reach(member, 0, now=midnight(until)) == "初级"
    assert member.level_locked_until is None
    entry = OperationLog.objects.get(action="lock_level")
    assert (entry.summary, entry.before["level"], entry.after["level"]) == ("改等级：老顾客", "初级", "高级")


def test_a_member_may_be_put_on_no_level(boss: Member) -> None:
    save(boss)
    member = make_member(level=level("中级"))

    lock(member, boss, TODAY + DAY, "")

    assert reach(member, 99_999) == ""


@pytest.mark.parametrize("days", [-1, 0, 4000])
def test_a_lock_ends_on_a_day_to_come(days: int, boss: Member) -> None:
    save(boss)
    member = make_member()

    with pytest.raises(services.LevelRefused, match="今天之后"):
        lock(member, boss, TODAY + timedelta(days=days))

    member.refresh_from_db()
    assert (member.level, OperationLog.objects.filter(action="lock_level").count()) == (None, 0)


def test_a_level_that_is_gone_is_refused(boss: Member) -> None:
    with pytest.raises(services.LevelRefused, match="不在了"):
        services.lock_level(member_id=make_member().pk, level_id=9, until=TODAY + DAY, reason="", by=boss, now=NOON)


def test_a_lock_can_be_taken_off(boss: Member) -> None:
    save(boss)
    member = make_member()
    lock(member, boss, TODAY + 9 * DAY)

    for _ in range(2):
        services.unlock_level(member_id=member.pk, reason="给错人了", by=boss, now=NOON + DAY)

    member.refresh_from_db()
    assert (member.level_locked_until, member.relevel_at) == (None, NOON + DAY)
    assert OperationLog.objects.filter(action="unlock_level").count() == 1
