"""The last gift, the last flash piece, a member's limit: wanted by many in the same moment. PostgreSQL only.

Each race has a twin whose guard is taken away and which must then go wrong.
"""

from collections import Counter
from collections.abc import Mapping
from functools import partial

import pytest
from django.db.models import F

from catalog.models import Sku, StockMove
from members.models import Member
from promotions import services as promotions
from promotions.models import FlashBought, FlashGivenBack, FlashItem, FlashSale, PromotionTier
from promotions.services import FlashItemDraft, FlashRefused, flash, gifts
from tests.factories import NOON, make_member, make_sku
from tests.promotions.activities import HOUR, make_flash, make_gift_offer
from tests.racing import at_once, endings, without_constraint, without_locks

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


# --- The last gift --------------------------------------------------------------------------------------------------
def give_three_to_ten() -> int:
    tier = make_gift_offer(stock=3).tiers.get()
    taken = at_once([partial(promotions.take_gifts, {tier.pk: 1})] * 10)
    return sum(one[tier.pk] for one in taken if isinstance(one, Mapping))


def test_three_gifts_go_to_three_of_ten_orders() -> None:
    for _ in range(3):
        assert give_three_to_ten() == 3

    assert set(PromotionTier.objects.values_list("gift_left", flat=True)) == {0}


def test_without_the_lock_more_gifts_are_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    monkeypatch.setattr(gifts, "_add", lambda changes: PromotionTier.objects.filter(pk__in=changes).update(gift_left=2))

    assert give_three_to_ten() > 3


def test_gifts_of_two_offers_taken_crosswise_do_not_deadlock() -> None:
    tiers = [make_gift_offer(stock=100).tiers.get().pk for _ in range(2)]
    ways = [dict.fromkeys(tiers, 1), dict.fromkeys(tiers[::-1], 1)]

    assert endings([partial(promotions.take_gifts, ways[n % 2]) for n in range(12)]) == {"done": 12}

    assert set(PromotionTier.objects.values_list("gift_left", flat=True)) == {88}


# --- The last piece -------------------------------------------------------------------------------------------------
def sell_three_pieces_to_ten() -> Counter[str]:
    item = make_flash(FlashItemDraft(make_sku(price=900, stock=3).pk, 300, 3)).items.get()
    return endings([
        partial(promotions.take_flash, member=make_member(), units_by_item={item.pk: 1}, now=NOON) for _ in range(10)
    ])  # fmt: skip


def test_three_flash_pieces_go_to_three_of_ten_members() -> None:
    for _ in range(3):
        assert sell_three_pieces_to_ten() == {"done": 3, "FlashRefused": 7}

    assert set(FlashItem.objects.values_list("taken", flat=True)) == {3}
    assert FlashBought.objects.filter(units=1).count() == 9


def test_without_the_condition_more_pieces_are_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_carelessly(item: FlashItem, units: int) -> None:
        row = FlashItem.objects.get(pk=item.pk)
        if row.left < units:
            raise FlashRefused("抢光了")
        FlashItem.objects.filter(pk=item.pk).update(taken=row.taken + units)

    monkeypatch.setattr(flash, "_take", take_carelessly)

    assert sell_three_pieces_to_ten()["done"] > 3


# --- A member's limit -----------------------------------------------------------------------------------------------
def buy_on_eight_devices() -> Counter[str]:
    item = make_flash(FlashItemDraft(make_sku(price=900, stock=50).pk, 300, 50, per_member=2)).items.get()
    member = make_member()
    take = partial(promotions.take_flash, member=member, units_by_item={item.pk: 1}, now=NOON)
    return endings([take] * 8)


def test_a_member_gets_two_pieces_however_many_devices() -> None:
    for _ in range(3):
        assert buy_on_eight_devices() == {"done": 2, "FlashRefused": 6}

    assert set(FlashBought.objects.values_list("units", flat=True)) == {2}


def test_without_the_condition_a_member_gets_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def hold_carelessly(item: FlashItem, member: Member, units: int) -> None:
        row, _ = FlashBought.objects.get_or_create(item=item, member=member)
        if row.units + units > item.per_member:
            raise FlashRefused("超过限购")
        FlashBought.objects.filter(pk=row.pk).update(units=F("units") + units)

    monkeypatch.setattr(flash, "_hold", hold_carelessly)

    assert buy_on_eight_devices()["done"] > 2


# --- The end of a session -------------------------------------------------------------------------------------------
def end_it_while_pieces_come_back() -> tuple[int, int]:
    """Return the stock afterwards and what should be: two were taken and came back, the rest returned."""
    item = make_flash(FlashItemDraft(make_sku(price=900, stock=9).pk, 300, 9, per_member=9)).items.get()
    member = make_member()
    promotions.take_flash(member=member, units_by_item={item.pk: 2}, now=NOON)
    give = partial(
        promotions.give_back_flash,
        member=member,
        units_by_item={item.pk: 2},
        source="order-line:1",
        now=NOON + 2 * HOUR,
    )
    at_once([give] * 4 + [partial(promotions.return_flash_quota, now=NOON + 2 * HOUR)] * 4)
    return Sku.objects.get(pk=item.sku_id).stock, 9


def test_pieces_that_come_back_at_the_end_are_counted_once() -> None:
    for _ in range(5):
        found, expected = end_it_while_pieces_come_back()
        assert found == expected

    assert FlashGivenBack.objects.count() == 5
    assert FlashSale.objects.filter(returned_at__isnull=True).count() == 0
    assert set(FlashItem.objects.values_list("taken", "returned")) == {(0, 9)}


def test_without_locks_and_keys_they_are_counted_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FlashGivenBack.objects, "get_or_create", lambda **_: (FlashGivenBack(pk=1), True))
    with without_constraint(FlashGivenBack, "flash_given_back_once"):
        monkeypatch.setattr(flash, "_let_go", lambda item, *_: FlashItem.objects.filter(pk=item.pk).update(taken=0))
        without_locks(monkeypatch)

        found = [end_it_while_pieces_come_back() for _ in range(5)]

        assert StockMove.objects.exists()
        assert any(stock != expected for stock, expected in found)
