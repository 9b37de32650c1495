"""The points shop: counted per entry and per member, and a coupon for points, both or neither."""

from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Member, PointsKind
from promotions import selectors, services
from promotions.models import Coupon, CouponTemplate, ExchangeItem, ExchangeTaken
from tests.factories import NOON, make_member, make_product, make_sku
from tests.members.ledger import account, entries_of, rich, unsound
from tests.pages import valid_html
from tests.shop.front import as_member

pytestmark = pytest.mark.django_db


def make_template(**facts: Any) -> CouponTemplate:
    return CouponTemplate.objects.create(
        **({"name": "五元券", "amount": 500, "threshold": 5000, "issue_mode": "reward", "per_member": 0} | facts)
    )


def for_coupon(**facts: Any) -> ExchangeItem:
    coupon = facts.pop("coupon", None) or make_template()
    return ExchangeItem.objects.create(**({"name": "五元券", "coupon": coupon, "points": 200, "total": 10} | facts))


def for_goods(**facts: Any) -> ExchangeItem:
    return ExchangeItem.objects.create(
        **(
            {"name": "搪瓷杯", "sku": facts.pop("sku", None) or make_sku(), "points": 300, "price": 990, "total": 5}
            | facts
        )
    )


def taken(entry: ExchangeItem) -> tuple[int, list[int]]:
    entry.refresh_from_db()
    return entry.taken, list(
        ExchangeTaken.objects.filter(item=entry).order_by("member").values_list("units", flat=True)
    )


def take(entry: ExchangeItem, member: Member, units: int = 1) -> None:
    services.take_exchange(item_id=entry.pk, member=member, units=units, now=NOON)


# --- Counting ------------------------------------------------------------------------------------------------------
def test_what_is_taken_is_counted_for_entry_and_member_and_given_back() -> None:
    entry, member, other = for_goods(per_member=3), make_member(), make_member()

    take(entry, member, 2)
    take(entry, other)
    assert taken(entry) == (3, [2, 1])
    services.give_back_exchange(item_id=entry.pk, member=member, units=1, now=NOON)

    assert taken(entry) == (2, [1, 1])
    take(entry, member, 2)
    assert taken(entry) == (4, [3, 1])


@pytest.mark.parametrize(
    ("facts", "units", "why"),
    [
        ({"total": 1}, 2, "只剩 1 份了"),
        ({"total": 0}, 1, "来晚了，已经兑完"),
        ({"per_member": 1}, 2, "每人限兑 1 份，您已兑 0 份"),
        ({"is_active": False}, 1, "这件已经下架"),
        ({}, 0, "份"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_counted(facts: dict[str, Any], units: int, why: str) -> None:
    entry, member = for_goods(**facts), make_member()

    with pytest.raises(services.ExchangeRefused) as refused:
        take(entry, member, units)

    assert why in refused.value.message
    assert taken(entry) == (0, [])


def test_without_a_limit_a_member_may_take_all() -> None:
    entry, member = for_goods(per_member=0, total=5), make_member()

    take(entry, member, 5)

    assert taken(entry) == (5, [5])


def test_more_is_not_given_back_than_was_taken() -> None:
    entry, member = for_goods(), make_member()
    take(entry, member)

    for units in (2, 0, -1):
        services.give_back_exchange(item_id=entry.pk, member=member, units=units, now=NOON)

    assert taken(entry) == (1, [1])


# --- A coupon ------------------------------------------------------------------------------------------------------
def exchange(entry: ExchangeItem, member: Member, key: str = "a") -> Coupon | None:
    return services.exchange_for_coupon(item_id=entry.pk, member=member, key=key, now=NOON)


def test_points_become_a_coupon_once_for_each_form() -> None:
    entry, member = for_coupon(per_member=2), rich(500)

    first, again, second = exchange(entry, member), exchange(entry, member), exchange(entry, member, "b")

    assert (bool(first), again, bool(second)) == (True, None, True)
    assert (account(member), taken(entry), Coupon.objects.filter(member=member).count()) == ((100, 0), (2, [2]), 2)
    assert entries_of(member)[1:] == [(PointsKind.EXCHANGE, -200)] * 2
    assert unsound() == []


@pytest.mark.parametrize(
    ("points", "facts", "why"),
    [
        (199, {}, "积分不够，现在有 199 积分"), (500, {"total": 0}, "来晚了，已经兑完"),
        (500, {"is_active": False}, "这件已经下架"), (500, {"stopped": True}, "这张券已经停发了"),
    ],
)  # fmt: skip
def test_without_points_entry_or_coupon_nothing_changes(points: int, facts: dict[str, Any], why: str) -> None:
    template = make_template(is_stopped=facts.pop("stopped", False))
    entry, member = for_coupon(coupon=template, **facts), rich(points)

    with pytest.raises(services.ExchangeRefused) as refused:
        exchange(entry, member)

    assert why in refused.value.message
    assert (account(member), taken(entry), Coupon.objects.count()) == ((points, 0), (0, []), 0)
    assert unsound() == []


def test_the_limit_of_a_member_holds() -> None:
    entry, member = for_coupon(per_member=1), rich(900)
    exchange(entry, member)

    with pytest.raises(services.ExchangeRefused, match="每人限兑 1 份，您已兑 1 份"):
        exchange(entry, member, "b")

    assert account(member) == (700, 0)


def test_goods_are_not_exchanged_for_a_coupon() -> None:
    with pytest.raises(Http404):
        exchange(for_goods(), rich(900))


# --- Pages ---------------------------------------------------------------------------------------------------------
def test_the_shop_shows_what_can_be_had_and_why_not() -> None:
    member = rich(250)
    cheap, dear, gone, mine = for_coupon(), for_goods(), for_coupon(total=0), for_coupon(points=1)
    take(mine, member)
    for_coupon(is_active=False)
    for_coupon(coupon=make_template(is_stopped=True))
    for_goods(sku=make_product(status="off_shelf").skus.get())

    cards = {card.id: card for card in selectors.exchange_cards(member)}

    assert {pk: card.problem for pk, card in cards.items()} == {
        cheap.pk: "", dear.pk: "积分不够", gone.pk: "已兑完", mine.pk: "已达兑换上限",
    }  # fmt: skip
    assert (cards[cheap.pk].note, cards[cheap.pk].cost_words) == ("减 ¥5，满 ¥50 可用", "200 积分")
    assert (cards[dear.pk].is_coupon, cards[dear.pk].cost_words) == (False, "300 积分 + ¥9.90")
    assert {card.problem for card in selectors.exchange_cards(None)} == {"", "已兑完"}


def test_goods_are_gone_with_their_stock() -> None:
    entry = for_goods(sku=make_sku(stock=2), total=9)

    card = selectors.exchange_card(entry.pk, rich(900))

    assert card
    assert (card.left, card.most) == (2, 1)


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_costs_the_same_for_few_and_many_entries(count: int, client: Client) -> None:
    as_member(client, rich(500))
    for _ in range(count):
        for_coupon()
    client.get("/points/")

    with CaptureQueriesContext(connection) as queries:
        text = valid_html(client.get("/points/"))

    assert text.count("五元券") == count
    assert len(queries) == 4  # session, member, entries, what they took


def test_a_guest_sees_the_shop_and_is_asked_to_sign_in(client: Client) -> None:
    entry = for_coupon()

    assert "登录后看看您有多少积分" in valid_html(client.get("/points/"))
    assert "登录后兑换" in valid_html(client.get(f"/points/{entry.pk}/"))
    assert client.post(f"/points/{entry.pk}/exchange/", {"key": "a"}).status_code == 302
    assert not Coupon.objects.exists()


def test_a_member_exchanges_on_the_page(client: Client) -> None:
    entry, member = for_coupon(), rich(300)
    as_member(client, member)
    page = client.get(f"/points/{entry.pk}/")
    assert "用 200 积分兑换" in valid_html(page)

    answer = client.post(f"/points/{entry.pk}/exchange/", {"key": page.context["key"]}, follow=True)

    assert "兑换成功" in answer.content.decode()
    assert account(member) == (100, 0)
    assert "已达兑换上限" in valid_html(client.get(f"/points/{entry.pk}/"))


def test_goods_lead_to_the_checkout(client: Client) -> None:
    entry = for_goods()
    as_member(client, rich(300))

    assert f'href="/checkout/?exchange={entry.pk}&amp;units=1"' in valid_html(client.get(f"/points/{entry.pk}/"))


@pytest.mark.parametrize("key", ["", "x" * 33, "ü", "a b"])
def test_a_key_that_no_form_has_is_refused(key: str, client: Client) -> None:
    entry, member = for_coupon(), rich(300)
    as_member(client, member)

    answer = client.post(f"/points/{entry.pk}/exchange/", {"key": key}, follow=True)

    assert "页面已过期" in answer.content.decode()
    assert account(member) == (300, 0)


def test_exchanging_is_a_post_and_an_unknown_entry_a_404(client: Client) -> None:
    as_member(client, rich(300))

    assert client.get(f"/points/{for_coupon().pk}/exchange/").status_code == 405
    assert client.get("/points/999/").status_code == 404
    assert client.post("/points/999/exchange/", {"key": "a"}).status_code == 404
