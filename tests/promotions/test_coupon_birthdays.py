"""Birthday coupons: within five days, across the new year and on 29 February, once per member and birthday."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from members.models import Level, Member, MemberVisitDay, Message
from promotions import services as promotions
from promotions.models import Coupon
from promotions.services.validity import birthday_near
from tests.factories import make_member
from tests.promotions.coupons import make_template

pytestmark = pytest.mark.django_db

JANUARY = date(1990, 1, 2)
LEAP = date(2000, 2, 29)


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def visit(member: Member, day: date) -> list[Coupon]:
    MemberVisitDay.objects.get_or_create(member=member, day=day)
    return promotions.issue_birthday(member=member, today=day, now=noon(day))


def sweep(day: date) -> int:
    return promotions.issue_birthdays(now=noon(day))


@pytest.mark.parametrize(
    ("birthday", "today", "kept"),
    [
        (date(1990, 6, 10), date(2026, 6, 4), None),
        (date(1990, 6, 10), date(2026, 6, 5), date(2026, 6, 10)),
        (date(1990, 6, 10), date(2026, 6, 15), date(2026, 6, 10)),
        (date(1990, 6, 10), date(2026, 6, 16), None),
        (JANUARY, date(2026, 12, 28), date(2027, 1, 2)),
        (JANUARY, date(2026, 12, 27), None),
        (JANUARY, date(2027, 1, 7), date(2027, 1, 2)),
        (date(1990, 12, 30), date(2027, 1, 4), date(2026, 12, 30)),
        (date(1990, 12, 30), date(2027, 1, 5), None),
        (LEAP, date(2026, 2, 23), date(2026, 2, 28)),
        (LEAP, date(2026, 3, 5), date(2026, 2, 28)),
        (LEAP, date(2026, 3, 6), None),
        (LEAP, date(2028, 2, 24), date(2028, 2, 29)),
        (LEAP, date(2028, 2, 23), None),
        (LEAP, date(2028, 3, 5), date(2028, 2, 29)),
    ],
)
def test_a_birthday_is_near_for_eleven_days(birthday: date, today: date, kept: date | None) -> None:
    assert birthday_near(birthday, today) == kept


def test_a_visit_across_the_new_year_gives_one_coupon() -> None:
    make_template(issue_mode="birthday", per_member=0)
    member = make_member(birthday=JANUARY)

    days = [date(2026, 12, 27), date(2026, 12, 28), date(2027, 1, 2), date(2027, 1, 7), date(2027, 12, 30)]
    given = [len(visit(member, day)) for day in days]

    assert given == [0, 1, 0, 0, 1]
    assert sorted(Coupon.objects.values_list("source", flat=True)) == [
        f"birthday:{member.pk}:2027", f"birthday:{member.pk}:2028",
    ]  # fmt: skip
    assert Message.objects.filter(title="生日快乐，送您一张优惠券").count() == 2


def test_a_birthday_that_is_moved_gives_no_second_coupon_in_the_same_year() -> None:
    make_template(issue_mode="birthday", per_member=0)
    member = make_member(birthday=date(1990, 3, 1))
    visit(member, date(2026, 3, 1))

    member.birthday = date(1990, 8, 1)

    assert visit(member, date(2026, 8, 1)) == []


def test_without_a_birthday_or_a_template_there_is_nothing() -> None:
    assert visit(make_member(birthday=date(1990, 3, 1)), date(2026, 3, 1)) == []

    make_template(issue_mode="birthday")

    assert visit(make_member(), date(2026, 3, 1)) == []


@pytest.mark.parametrize(
    ("birthday", "came", "today", "given"),
    [
        (date(1990, 6, 10), date(2026, 6, 5), date(2026, 6, 5), 1),
        (date(1990, 6, 10), date(2026, 6, 5), date(2026, 6, 15), 1),
        (date(1990, 6, 10), date(2026, 6, 5), date(2026, 6, 16), 0),
        (date(1990, 6, 10), date(2026, 6, 4), date(2026, 6, 10), 0),
        (JANUARY, date(2026, 12, 28), date(2026, 12, 30), 1),
        (JANUARY, date(2026, 12, 28), date(2027, 1, 5), 1),
        (LEAP, date(2026, 2, 24), date(2026, 2, 24), 1),
        (LEAP, date(2026, 3, 1), date(2026, 3, 1), 1),
        (LEAP, date(2028, 2, 24), date(2028, 3, 1), 1),
        (date(1990, 2, 28), date(2028, 3, 5), date(2028, 3, 5), 0),
    ],
)
def test_the_sweep_gives_to_those_who_came_near_the_day(birthday: date, came: date, today: date, given: int) -> None:
    make_template(issue_mode="birthday", per_member=0)
    member = make_member(birthday=birthday)
    MemberVisitDay.objects.create(member=member, day=came)

    assert (sweep(today), sweep(today)) == (given, 0)

    assert (Coupon.objects.count(), Message.objects.filter(member=member).count()) == (given, given)


def test_visit_and_sweep_give_one_between_them() -> None:
    make_template(issue_mode="birthday", per_member=0)
    first, second = (make_member(birthday=date(1990, 6, 10)) for _ in range(2))
    day = date(2026, 6, 9)
    MemberVisitDay.objects.create(member=second, day=day)

    assert (len(visit(first, day)), sweep(day)) == (1, 1)
    assert (visit(first, day), visit(second, day), sweep(day + timedelta(days=1))) == ([], [], 0)
    assert set(Coupon.objects.values_list("member", "source")) == {
        (first.pk, f"birthday:{first.pk}:2026"), (second.pk, f"birthday:{second.pk}:2026"),
    }  # fmt: skip


def test_the_sweep_keeps_to_levels_and_quota_and_leaves_the_staff_out() -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    template = make_template(issue_mode="birthday", level_ids=[gold.pk], total=2)
    born: dict[str, Any] = {"birthday": date(1990, 6, 10)}
    golden = [make_member(level=gold, **born) for _ in range(3)]
    others = [make_member(**born), make_member(level=gold, is_active=False, **born)]
    for member in (*golden, *others):
        MemberVisitDay.objects.create(member=member, day=date(2026, 6, 10))

    assert sweep(date(2026, 6, 10)) == 2

    template.refresh_from_db()
    assert (template.issued, set(Coupon.objects.values_list("member", flat=True))) == (
        2, {golden[0].pk, golden[1].pk},
    )  # fmt: skip
