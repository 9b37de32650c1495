"""Favourites and footprints: kept once, shown in order, forgotten in time."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog import selectors, services
from catalog.models import Favourite, Footprint, Product
from catalog.services import keeping
from tests.factories import NOON, make_member, make_product

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


# --- Favourites ----------------------------------------------------------------------------------------------------
def test_a_favourite_is_kept_once_with_the_price_of_then() -> None:
    member, goods = make_member(), make_product(price=3000)

    services.add_favourite(member=member, product=goods, now=NOON)
    goods.price_min = 1
    services.add_favourite(member=member, product=goods, now=NOON + DAY)

    favourite = Favourite.objects.get()
    assert (favourite.member, favourite.price_then, favourite.added_at) == (member, 3000, NOON)


def test_no_more_than_the_most_are_kept_but_what_is_kept_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FAVOURITES", 1)
    member, first = make_member(), make_product()
    services.add_favourite(member=member, product=first, now=NOON)

    with pytest.raises(services.FavouritesFull):
        services.add_favourite(member=member, product=make_product(), now=NOON)
    services.add_favourite(member=member, product=first, now=NOON)

    assert [favourite.product for favourite in member.favourites.all()] == [first]


def test_removing_touches_only_the_members_own() -> None:
    mine, theirs, goods = make_member(), make_member(), make_product()
    for member in (mine, theirs):
        services.add_favourite(member=member, product=goods, now=NOON)

    removed = [services.remove_favourite(member=mine, product_id=goods.pk) for _ in range(2)]

    assert removed == [True, False]
    assert [favourite.member for favourite in Favourite.objects.all()] == [theirs]


def test_tidying_removes_what_is_no_longer_sold() -> None:
    member, sold = make_member(), make_product()
    for goods in (sold, make_product(status="off_shelf"), make_product(stock=0)):
        services.add_favourite(member=member, product=goods, now=NOON)

    assert services.remove_gone_favourites(member) == 1
    assert member.favourites.count() == 2


def test_favourites_show_newest_first_what_fell_and_what_is_gone(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    member = make_member()
    for name, price_then in {"降了": 1500, "涨了": 500, "下架": 1500}.items():
        goods = make_product(name, price=1000)
        Favourite.objects.create(member=member, product=goods, price_then=price_then, added_at=NOON)
        Favourite.objects.create(member=make_member(), product=goods, price_then=9999, added_at=NOON)
    Product.objects.filter(name="下架").update(status="off_shelf")

    with django_assert_num_queries(1):  # goods
        kept = selectors.kept_of(selectors.favourite_rows(member))

    assert [(one.card.name, one.fall, one.is_gone) for one in kept] == [
        ("下架", "", True), ("涨了", "", False), ("降了", "比收藏时降 ¥5", False),
    ]  # fmt: skip


# --- Footprints ----------------------------------------------------------------------------------------------------
def test_a_footprint_costs_one_statement_and_moves_when_left_again(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    member, goods = make_member(), make_product()

    for now in (NOON, NOON + DAY):
        with django_assert_num_queries(1):  # upsert
            services.leave_footprint(member=member, product_id=goods.pk, now=now)

    assert Footprint.objects.get().seen_at == NOON + DAY


def test_footprints_are_shown_by_the_days_of_shanghai(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    member = make_member()
    midnight = NOON.replace(hour=16)  # in Shanghai the next day begins
    moments = {"前天": NOON - 2 * DAY, "昨天晚上": midnight - DAY - timedelta(minutes=1), "今天": NOON, "刚刚": NOON}
    for name, seen_at in moments.items():
        services.leave_footprint(member=member, product_id=make_product(name).pk, now=seen_at)
        services.leave_footprint(member=make_member(), product_id=make_product().pk, now=seen_at)

    with django_assert_num_queries(1):  # goods
        days = selectors.footprints_by_day(member, now=NOON)

    assert [(day.words, [one.card.name for one in day.seen]) for day in days] == [
        ("今天", ["刚刚", "今天"]), ("昨天", ["昨天晚上"]), ("2 月 28 日", ["前天"]),
    ]  # fmt: skip


def test_what_was_seen_lately_leaves_out_what_cannot_be_bought() -> None:
    member = make_member()
    for number, name in enumerate(["一", "二", "三"]):
        services.leave_footprint(member=member, product_id=make_product(name).pk, now=NOON + number * DAY)
    Product.objects.filter(name="二").update(status="off_shelf")

    assert [card.name for card in selectors.recently_seen(member, limit=8)] == ["三", "一"]
    assert [card.name for card in selectors.recently_seen(member, limit=1)] == ["三"]


def test_old_footprints_and_all_but_the_newest_of_each_member_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FOOTPRINTS", 2)
    busy, calm = make_member(), make_member()
    goods = [make_product() for _ in range(4)]
    for number, one in enumerate(goods):
        services.leave_footprint(member=busy, product_id=one.pk, now=NOON - number * DAY)
    services.leave_footprint(member=calm, product_id=goods[0].pk, now=NOON - 90 * DAY)
    services.leave_footprint(member=calm, product_id=goods[1].pk, now=NOON - 91 * DAY)

    assert services.forget_footprints(now=NOON) == 3
    assert services.forget_footprints(now=NOON) == 0
    left = Footprint.objects.order_by("pk").values_list("member", "product")
    assert list(left) == [(busy.pk, goods[0].pk), (busy.pk, goods[1].pk), (calm.pk, goods[0].pk)]


def test_a_member_who_goes_takes_along_what_they_kept() -> None:
    member, goods = make_member(), make_product()
    services.add_favourite(member=member, product=goods, now=NOON)
    services.leave_footprint(member=member, product_id=goods.pk, now=NOON)

    member.delete()

    assert (Favourite.objects.count(), Footprint.objects.count(), Product.objects.count()) == (0, 0, 1)
