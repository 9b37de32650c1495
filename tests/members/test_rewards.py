"""What gives points besides shopping, each once."""

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members import services
from members.models import Level, Member, MemberVisitDay, PointsEntry
from shop.lib import fragments
from shop.lib.days import birthday_near, months_later
from shop.models import ShopSettings
from tests.factories import NOON, make_member, make_product, make_staff
from tests.members.ledger import DAY, account, unsound
from tests.shop.front import as_member

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOON)


def switch(**settings: int) -> None:
    ShopSettings.load()
    ShopSettings.objects.update(**settings)
    fragments.forget()


def given(member: Member) -> list[tuple[str, str, int]]:
    return list(PointsEntry.objects.filter(member=member).order_by("pk").values_list("kind", "source", "delta"))


# --- Profile, review, group ----------------------------------------------------------------------------------------
def save_profile(member: Member, nickname: str, birthday: date | None, *, days: int = 0) -> None:
    now = NOON + days * DAY
    services.save_profile(member=member, nickname=nickname, birthday=birthday, today=timezone.localdate(now), now=now)


def test_the_first_complete_profile_gives_points_once() -> None:
    member = make_member()

    save_profile(member, "小满", None)
    assert given(member) == []
    save_profile(member, "小满", date(1990, 5, 1))
    save_profile(member, "", None, days=400)
    save_profile(member, "大满", date(1991, 5, 1), days=800)

    assert given(member) == [("profile", "profile", 20)]


def test_a_reward_that_is_switched_off_gives_nothing() -> None:
    switch(points_profile=0, points_review=0)
    member = make_member()

    save_profile(member, "小满", date(1990, 5, 1))
    services.reward_review(member_id=member.pk, order_no="1", now=NOON)

    assert given(member) == []


def test_the_first_review_of_each_order_gives_points() -> None:
    member = make_member()

    for no in ("1", "1", "2"):
        services.reward_review(member_id=member.pk, order_no=no, now=NOON)

    assert given(member) == [("review", "order:1", 5), ("review", "order:2", 5)]


def test_a_group_gives_what_it_promised_once() -> None:
    member = make_member()

    for _ in range(2):
        services.reward_group(member_id=member.pk, points=30, group_no="G1", now=NOON)

    assert (given(member), account(member)) == ([("group", "group:G1", 30)], (30, 0))


# --- A shared link -------------------------------------------------------------------------------------------------
def opened(token: str, visitor: Member, *, now: datetime = NOON) -> bool:
    return services.reward_share(token=token, visitor=visitor, now=now)


def test_sharing_gives_nothing_unless_the_merchant_says_so() -> None:
    sharer = make_member()

    assert opened(services.share_token(sharer), make_member()) is False
    assert given(sharer) == []


def test_a_friend_who_opens_the_link_gives_points_once_a_day() -> None:
    switch(points_share=3)
    sharer = make_member()
    token = services.share_token(sharer)

    assert opened(token, make_member()) is True
    assert opened(token, make_member()) is False
    assert opened(token, make_member(), now=NOON + DAY) is True

    assert [entry[1:] for entry in given(sharer)] == [("day:2026-03-02", 3), ("day:2026-03-03", 3)]


def test_ones_own_link_a_wrong_one_and_that_of_a_closed_account_give_nothing() -> None:
    switch(points_share=3)
    sharer, closed = make_member(), make_member(is_active=False)

    for token in (services.share_token(closed), f"{sharer.no}.forged", "", "1"):
        assert opened(token, make_member()) is False
    assert opened(services.share_token(sharer), sharer) is False
    assert not PointsEntry.objects.exists()


def test_the_link_carries_the_sharer_and_the_page_tells_of_them(client: Client) -> None:
    switch(points_share=3)
    sharer, product = make_member(), make_product()
    shared = as_member(Client(), sharer).get(f"/goods/{product.pk}/share/").context["address"]
    assert "?by=" in shared

    page = as_member(client).get(shared).content.decode()
    token = services.share_token(sharer)

    assert "data-opened" in page
    assert client.post("/points/shared/", {"by": token}).status_code == 204
    assert account(sharer) == (3, 0)
    guest = Client()
    assert "data-opened" not in guest.get(shared).content.decode()
    assert guest.post("/points/shared/", {"by": token}).status_code == 204
    assert guest.get("/points/shared/").status_code == 405
    assert account(sharer) == (3, 0)


def test_without_the_reward_links_name_nobody() -> None:
    switch(points_share=0)
    product = make_product()

    assert "by=" not in as_member(Client()).get(f"/goods/{product.pk}/share/").context["address"]
    assert "data-opened" not in as_member(Client()).get(f"/goods/{product.pk}/?by=x").content.decode()


# --- Birthdays -----------------------------------------------------------------------------------------------------
def born(birthday: date, *, came: date | None = TODAY, **facts: Any) -> Member:
    level = Level.objects.get_or_create(name="银卡", min_value=0, defaults={"birthday_points": 50})[0]
    member = make_member(birthday=birthday, **({"level": level} | facts))
    if came:
        MemberVisitDay.objects.create(member=member, day=came)
    return member


@pytest.mark.parametrize(
    ("birthday", "points"),
    [
        (date(1990, 3, 2), 50), (date(1990, 3, 7), 50), (date(1990, 2, 25), 50),
        (date(1990, 3, 8), 0), (date(1990, 2, 24), 0), (date(1992, 2, 29), 50),
    ],
)  # fmt: skip
def test_a_visit_within_five_days_of_the_birthday_gives_points(birthday: date, points: int) -> None:
    member = born(birthday)

    services.reward_birthdays(now=NOON)
    services.reward_birthdays(now=NOON)

    assert account(member) == (points, 0)


def test_birthday_points_come_once_a_year_also_across_the_new_year() -> None:
    eve = datetime.fromisoformat("2026-12-30T12:00:00+08:00")
    member = born(date(1990, 1, 2), came=timezone.localdate(eve))
    for days in range(8):
        MemberVisitDay.objects.get_or_create(member=member, day=timezone.localdate(eve + days * DAY))
        services.reward_birthdays(now=eve + days * DAY)

    assert given(member) == [("birthday", "level:2027", 50)]


def test_who_did_not_come_or_has_no_level_gets_nothing() -> None:
    absent, plain = born(TODAY.replace(year=1990), came=None), born(TODAY.replace(year=1990), level=None)

    assert services.reward_birthdays(now=NOON) == 0
    assert (given(absent), given(plain)) == ([], [])


def test_vips_get_a_gift_of_their_own() -> None:
    switch(vip_birthday_points=88)
    member = born(TODAY.replace(year=1990), is_vip=True)

    assert services.reward_birthdays(now=NOON) == 1

    assert given(member) == [("birthday", "level:2026", 50), ("birthday", "vip:2026", 88)]
    assert unsound() == []


def test_staff_have_no_birthday_here() -> None:
    staff = make_staff(birthday=TODAY.replace(year=1990), is_vip=True)
    MemberVisitDay.objects.create(member=staff, day=TODAY)
    switch(vip_birthday_points=88)

    assert services.reward_birthdays(now=NOON) == 0


@pytest.mark.parametrize(
    ("birthday", "today", "year"),
    [
        (date(1992, 2, 29), date(2026, 2, 28), 2026), (date(1992, 2, 29), date(2028, 2, 29), 2028),
        (date(1992, 2, 29), date(2026, 3, 5), 2026), (date(1992, 2, 29), date(2026, 3, 6), None),
        (date(1990, 12, 31), date(2027, 1, 5), 2026), (date(1990, 12, 31), date(2027, 1, 6), None),
        (date(1990, 1, 1), date(2026, 12, 27), 2027), (date(1990, 1, 1), date(2026, 12, 26), None),
    ],
)  # fmt: skip
def test_a_birthday_is_near_across_new_year_and_on_29_february(birthday: date, today: date, year: int | None) -> None:
    assert birthday_near(birthday, today, within=5) == year


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)), (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)), (date(2026, 3, 15), -12, date(2025, 3, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)), (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)  # fmt: skip
def test_months_later(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


# --- Standing ------------------------------------------------------------------------------------------------------
def test_purchases_are_counted_and_taken_back() -> None:
    member = make_member()

    services.count_purchase(member_id=member.pk, amount=9_800, orders=1, at=NOON)
    services.count_purchase(member_id=member.pk, amount=-2_000, orders=0, at=None)
    member.refresh_from_db()
    assert (member.spent_amount, member.paid_orders, member.last_paid_at) == (7_800, 1, NOON)

    services.count_purchase(member_id=member.pk, amount=-50_000, orders=-2, at=None)
    member.refresh_from_db()
    assert (member.spent_amount, member.paid_orders, member.last_paid_at) == (0, 0, NOON)
