"""Caches whose failure is a miss: the shop works without them, only slower.

After a failure the cache is left alone for `PAUSE` seconds, so that a Redis which swallows packets costs one request
its timeout and not every request. What must hold without a cache (limits, sessions, tokens) lives in the database.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import connections, router
from django.db.utils import Error as DatabaseFailure
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

PAUSE = 5.0
SECONDS_BETWEEN_LOGS = 60.0
REDIS_TIMEOUT = 0.5


@dataclass
class Outage:
    """What this process knows about a cache that failed, in seconds of the monotonic clock."""

    over_at: float = 0.0
    told_at: float = -SECONDS_BETWEEN_LOGS

    def begin(self, error: Exception) -> None:
        now = time.monotonic()
        self.over_at = now + PAUSE
        if now - self.told_at >= SECONDS_BETWEEN_LOGS:
            self.told_at = now
            log.warning("cache failed, treated as a miss: %s", type(error).__name__)

    def is_over(self) -> bool:
        return time.monotonic() >= self.over_at


class ForgivingCache(BaseCache):
    """A cache that answers "not there" where the one behind it raises `failures`."""

    failures: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    outage: ClassVar[Outage]

    def _try(self, ask: Callable[..., Answer], miss: Answer, *arguments: Any) -> Answer:
        """Return what `ask` answers, or `miss` when the cache is down."""
        if not self.outage.is_over():
            return miss
        try:
            return ask(*arguments)
        except self.failures as error:
            self.outage.begin(error)
            return miss

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return self._try(super().add, False, key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._try(super().get, default, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        self._try(super().set, None, key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return self._try(super().touch, False, key, timeout, version)

    def delete(self, key: Any, version: Any = None) -> bool:
        return self._try(super().delete, False, key, version)

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        return self._try(super().get_many, {}, list(keys), version)

    def set_many(self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> list[Any]:
        return self._try(super().set_many, list(data), data, timeout, version)

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        self._try(super().delete_many, None, list(keys), version)

    def has_key(self, key: Any, version: Any = None) -> bool:
        return self._try(super().has_key, False, key, version)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Add `delta` to a number; raise ValueError for one that is not there, as every cache does."""
        answer = self._try(super().incr, None, key, delta, version)
        if answer is None:
            raise ValueError(f"Key '{key}' not found")
        return answer

    def clear(self) -> None:
        self._try(super().clear, None)


class ForgivingRedisCache(ForgivingCache, RedisCache):
    """Redis, asked once and for half a second at most."""

    failures = (RedisError, OSError)
    outage = Outage()

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        patience = {"socket_timeout": REDIS_TIMEOUT, "socket_connect_timeout": REDIS_TIMEOUT}
        options = {**patience, "retry": Retry(NoBackoff(), 0), **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})


class ForgivingDatabaseCache(ForgivingCache, DatabaseCache):
    """A table of the database, for shops without Redis."""

    failures = (DatabaseFailure,)
    outage = Outage()

    def _try(self, ask: Callable[..., Answer], miss: Answer, *arguments: Any) -> Answer:
        """Forgive outside transactions only: inside, the failed statement has doomed whatever else was written."""
        if connections[router.db_for_write(self.cache_model_class)].in_atomic_block:
            return ask(*arguments)
        return super()._try(ask, miss, *arguments)
