"""Limits lie in the database, so they hold without a cache and for all processes together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.models import Sum

from shop.lib import throttle
from shop.lib.throttle import ThrottleCount, TooManyTries

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def hit(key: str = "k", *, limit: int = 2, now: datetime = NOW) -> None:
    throttle.hit(key, limit=limit, window=MINUTE, now=now)


@pytest.mark.django_db
def test_the_limit_of_a_window_is_used_up() -> None:
    hit()
    assert not throttle.used_up("k", limit=2, window=MINUTE, now=NOW)
    hit()
    assert throttle.used_up("k", limit=2, window=MINUTE, now=NOW)

    with pytest.raises(TooManyTries) as refused:
        hit()

    assert refused.value.message == "操作太频繁了，请稍后再试"
    assert ThrottleCount.objects.get().count == 2


@pytest.mark.django_db
def test_a_new_window_begins_on_the_full_minute() -> None:
    hit(limit=1, now=NOW)

    with pytest.raises(TooManyTries):
        hit(limit=1, now=NOW + timedelta(seconds=58.999))
    hit(limit=1, now=NOW + timedelta(seconds=59))


@pytest.mark.django_db
def test_keys_do_not_share_a_limit() -> None:
    hit("a", limit=1)
    hit("b", limit=1)

    assert ThrottleCount.objects.count() == 2


@pytest.mark.django_db
def test_a_limit_of_none_lets_nobody_through() -> None:
    with pytest.raises(TooManyTries):
        hit(limit=0)


@pytest.mark.parametrize(("window", "start"), [(60, "03:02:00"), (3600, "03:00:00"), (86400, "00:00:00")])
def test_windows_are_natural_ones(window: int, start: str) -> None:
    began = throttle.window_start(timedelta(seconds=window), NOW)

    assert f"{began:%H:%M:%S}" == start
    assert began.tzinfo is UTC


@pytest.mark.django_db
def test_only_counters_of_old_windows_are_forgotten() -> None:
    hit(now=NOW)
    hit(now=NOW + MINUTE)

    assert throttle.forget(before=throttle.window_start(MINUTE, NOW + MINUTE)) == 1
    assert ThrottleCount.objects.get().window_start == throttle.window_start(MINUTE, NOW + MINUTE)


def hit_by_reading_first(key: str, *, limit: int) -> None:
    """What `hit` must not be: it looks, then writes."""
    row, _ = ThrottleCount.objects.get_or_create(key=key, window_start=throttle.window_start(MINUTE, NOW))
    if row.count >= limit:
        raise TooManyTries(key)
    row.count += 1
    row.save()


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_tries_at_once_the_limit_gets_through() -> None:
    assert race(lambda: hit(limit=20)) == 20
    assert ThrottleCount.objects.get().count == 20


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_update_more_would_get_through() -> None:
    let_through = [race(partial(hit_by_reading_first, f"k{n}", limit=20)) for n in range(5)]

    assert max(let_through) > 20
    assert ThrottleCount.objects.aggregate(total=Sum("count"))["total"] <= sum(let_through)


def race(once: Callable[[], None], tries: int = 200) -> int:
    """Call `once` from 16 threads, `tries` times in all; return how many got through."""

    def attempt(_: int) -> bool:
        try:
            once()
        except TooManyTries:
            return False
        return True

    def worker(numbers: range) -> int:
        try:
            return sum(attempt(number) for number in numbers)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(worker, [range(first, tries, 16) for first in range(16)]))
