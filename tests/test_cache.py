"""A cache that is down is a miss, costs little and says so once a minute."""

import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from shop.lib import cache as caches
from shop.lib.cache import ForgivingDatabaseCache, ForgivingRedisCache, Outage


@pytest.fixture(autouse=True)
def no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForgivingRedisCache, "outage", Outage())
    monkeypatch.setattr(ForgivingDatabaseCache, "outage", Outage())


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """Lend the address of a server that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def every_answer(cache: Any) -> dict[str, object]:
    return {
        "get": cache.get("key", "default"),
        "set": cache.set("key", 1),
        "add": cache.add("key", 1),
        "touch": cache.touch("key"),
        "delete": cache.delete("key"),
        "has_key": cache.has_key("key"),
        "get_many": cache.get_many(["key"]),
        "set_many": cache.set_many({"key": 1}),
        "delete_many": cache.delete_many(["key"]),
        "clear": cache.clear(),
        "get_or_set": cache.get_or_set("key", lambda: "made"),
    }


MISSES: dict[str, object] = {
    "get": "default", "set": None, "add": False, "touch": False, "delete": False, "has_key": False, "get_many": {},
    "set_many": ["key"], "delete_many": None, "clear": None, "get_or_set": "made",
}  # fmt: skip


def test_every_question_to_a_dead_redis_is_a_miss() -> None:
    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})

    assert every_answer(cache) == MISSES
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")


def test_a_silent_redis_costs_one_timeout_and_not_one_per_question(silent_redis: str) -> None:
    cache = ForgivingRedisCache(silent_redis, {})

    began = time.monotonic()
    answers = every_answer(cache)

    assert answers == MISSES
    assert time.monotonic() - began < 2 * caches.REDIS_TIMEOUT


def test_a_redis_that_came_back_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})
    cache.get("key")

    assert not cache.outage.is_over()

    monkeypatch.setattr(cache.outage, "over_at", time.monotonic())

    assert cache.outage.is_over()


def test_an_outage_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "PAUSE", 0.0)
    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})

    with caplog.at_level(logging.WARNING):
        every_answer(cache)

    assert [record.message for record in caplog.records] == ["cache failed, treated as a miss: ConnectionError"]


@pytest.mark.django_db(transaction=True)
def test_every_question_to_a_missing_cache_table_is_a_miss() -> None:
    assert every_answer(ForgivingDatabaseCache("no_such_table", {})) == MISSES
    assert connection.is_usable()


@pytest.mark.django_db
def test_the_database_cache_keeps_what_it_is_given() -> None:
    cache = ForgivingDatabaseCache("shop_cache", {})

    cache.set("key", {"a": 1})
    cache.set("count", 1)

    assert cache.get("key") == {"a": 1}
    assert cache.get_many(["key", "other"]) == {"key": {"a": 1}}
    assert cache.incr("count", 2) == 3
    assert cache.add("key", 2) is False
    assert cache.get("key") == {"a": 1}
