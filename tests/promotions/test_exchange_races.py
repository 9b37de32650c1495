"""The last entry of the points shop, wanted by many. PostgreSQL only."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db.models import F, QuerySet

from promotions import services
from promotions.models import ExchangeItem, ExchangeTaken
from tests.factories import NOON, make_member, make_sku
from tests.racing import endings

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def make_entry(**facts: int) -> ExchangeItem:
    return ExchangeItem.objects.create(name="杯", sku=make_sku(), points=1, **({"total": 3, "per_member": 1} | facts))


def want_at_once(entry: ExchangeItem) -> Counter[str]:
    members = [make_member() for _ in range(8)]
    return endings([
        partial(services.take_exchange, item_id=entry.pk, member=member, units=1, now=NOON) for member in members
    ])  # fmt: skip


def test_three_of_eight_get_the_last_three() -> None:
    entry = make_entry()

    assert want_at_once(entry) == {"done": 3, "ExchangeRefused": 5}

    entry.refresh_from_db()
    assert (entry.taken, ExchangeTaken.objects.filter(units=1).count()) == (3, 3)


def test_without_the_condition_more_of_them_reach_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    filtered: Any = QuerySet.filter

    def carelessly(rows: QuerySet[Any], *args: Any, **facts: Any) -> QuerySet[Any]:
        facts.pop("taken__lte", None)
        found: QuerySet[Any] = filtered(rows, *args, **facts)
        return found

    monkeypatch.setattr(QuerySet, "filter", carelessly)

    assert want_at_once(make_entry())["IntegrityError"] > 0  # only the CHECK of the table holds them back


def test_a_member_with_six_tabs_gets_as_many_as_one_may() -> None:
    entry, member = make_entry(total=10, per_member=2), make_member()

    ended = endings([partial(services.take_exchange, item_id=entry.pk, member=member, units=1, now=NOON)] * 6)

    assert ended == {"done": 2, "ExchangeRefused": 4}
    entry.refresh_from_db()
    assert (entry.taken, ExchangeTaken.objects.get().units) == (2, 2)


def test_taking_and_giving_back_at_once_keeps_count() -> None:
    entry, members = make_entry(total=50), [make_member() for _ in range(6)]
    for member in members[:3]:
        services.take_exchange(item_id=entry.pk, member=member, units=1, now=NOON)

    acts = [partial(services.give_back_exchange, item_id=entry.pk, member=member, units=1, now=NOON)
            for member in members[:3]]  # fmt: skip
    acts += [partial(services.take_exchange, item_id=entry.pk, member=member, units=1, now=NOON)
             for member in members[3:]]  # fmt: skip

    assert endings(acts) == {"done": 6}
    assert ExchangeItem.objects.filter(pk=entry.pk, taken=F("taken")).get().taken == 3
