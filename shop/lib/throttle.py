"""Limits that hold without Redis: one counter row per key and window, raised by a conditional UPDATE."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F


class TooManyTries(PermissionDenied):
    """The limit of this window is used up. Where no view has words of its own for it, 429.html is the answer."""

    message = "操作太频繁了，请稍后再试"


class ThrottleCount(models.Model):
    """How often `key` was used in the window that began at `window_start`."""

    key = models.CharField(max_length=120)
    window_start = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "shop"
        constraints = [models.UniqueConstraint(fields=["key", "window_start"], name="throttle_key_window")]

    def __str__(self) -> str:
        return f"{self.key} {self.count}"


def hit(key: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Count one use of `key`. Raises TooManyTries, and counts nothing, once `limit` are used up in the window."""
    start = window_start(window, now)
    ThrottleCount.objects.bulk_create([ThrottleCount(key=key, window_start=start)], ignore_conflicts=True)
    rows = ThrottleCount.objects.filter(key=key, window_start=start, count__lt=limit)
    if not rows.update(count=F("count") + 1):
        raise TooManyTries(key)


def used_up(key: str, *, limit: int, window: timedelta, now: datetime) -> bool:
    """Say whether the next `hit` of `key` would be refused."""
    return ThrottleCount.objects.filter(key=key, window_start=window_start(window, now), count__gte=limit).exists()


def window_start(window: timedelta, now: datetime) -> datetime:
    """Return the beginning of the natural window that holds `now`."""
    seconds = int(window.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=now.tzinfo)


def forget(*, before: datetime) -> int:
    """Delete counters of windows that began before `before`; return how many."""
    return ThrottleCount.objects.filter(window_start__lt=before).delete()[0]
