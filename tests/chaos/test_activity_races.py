"""Sixteen processes, two thousand tries each: gifts, flash pieces and a member's limit, to the last one. PostgreSQL."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import Sum

from members.models import Member
from promotions import services as promotions
from promotions.models import FlashBought, FlashItem, PromotionTier
from promotions.services import FlashItemDraft
from tests.chaos import children
from tests.chaos.reporting import report
from tests.factories import NOON, make_member, make_sku
from tests.promotions.activities import make_flash, make_gift_offer

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

PROCESSES = 16
ROUND = 500  # tries of a process, before fresh ones go on: on a busy machine none outlives the patience of its parent
TRIES = 2000
THERE_ARE = 1000


def try_often(act: Callable[..., bool], arguments: tuple[Any, ...], barrier: Any, told: Any) -> None:
    """Do `act` for a round; tell how often it got something, got nothing, or failed."""
    endings: Counter[str] = Counter()
    barrier.wait(60)
    for _ in range(ROUND):
        try:
            endings["done" if act(*arguments) else "nothing"] += 1
        except promotions.FlashRefused:
            endings["nothing"] += 1
        except OperationalError:
            endings["OperationalError"] += 1
    told.put(endings)


def all_try(name: str, act: Callable[..., bool], shares: list[tuple[Any, ...]]) -> Counter[str]:
    endings: Counter[str] = Counter()
    with report(name) as row:
        for _ in range(TRIES // ROUND):
            barrier, told = children.barrier(len(shares)), children.queue()
            children.together(try_often, [(act, share, barrier, told) for share in shares])
            endings += sum((told.get() for _ in shares), Counter())
        row.attempts, row.successes, row.deadlocks = endings.total(), endings["done"], endings["OperationalError"]
    return endings


def take_a_gift(tier_pk: int) -> bool:
    return bool(promotions.take_gifts({tier_pk: 1})[tier_pk])


def take_a_piece(member_pk: int, item_pk: int) -> bool:
    member = Member.objects.get(pk=member_pk)
    promotions.take_flash(member=member, units_by_item={item_pk: 1}, now=NOON)
    return True


def test_every_gift_is_given_once() -> None:
    tier = make_gift_offer(stock=THERE_ARE).tiers.get()

    endings = all_try("the last gift, 16 orders", take_a_gift, [(tier.pk,)] * PROCESSES)

    assert endings == {"done": THERE_ARE, "nothing": PROCESSES * TRIES - THERE_ARE}
    assert PromotionTier.objects.get().gift_left == 0


def test_every_flash_piece_is_sold_once() -> None:
    sku = make_sku(price=900, stock=THERE_ARE)
    item = make_flash(FlashItemDraft(sku.pk, 300, THERE_ARE, per_member=THERE_ARE)).items.get()
    members = [make_member() for _ in range(PROCESSES)]

    endings = all_try("the last flash piece, 16 members", take_a_piece, [(one.pk, item.pk) for one in members])

    assert endings == {"done": THERE_ARE, "nothing": PROCESSES * TRIES - THERE_ARE}
    assert FlashItem.objects.get().taken == THERE_ARE == FlashBought.objects.aggregate(sum=Sum("units"))["sum"]


def test_one_member_on_sixteen_devices_keeps_to_the_limit() -> None:
    sku = make_sku(price=900, stock=5 * THERE_ARE)
    item = make_flash(FlashItemDraft(sku.pk, 300, 5 * THERE_ARE, per_member=7)).items.get()

    endings = all_try("a member's limit, 16 devices", take_a_piece, [(make_member().pk, item.pk)] * PROCESSES)

    assert endings == {"done": 7, "nothing": PROCESSES * TRIES - 7}
    assert (FlashItem.objects.get().taken, FlashBought.objects.get().units) == (7, 7)
