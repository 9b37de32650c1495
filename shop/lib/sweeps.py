"""Sweeps: the functions that time demands, known by name, each leaving a heartbeat when it ends.

An app declares its sweeps in `tasks.py`; Celery's beat runs them there and `manage.py sweep` runs all of them once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django.db import models
from django.utils import timezone

SWEEPS: dict[str, Callable[[], int]] = {}


class Heartbeat(models.Model):
    """When a sweep last ran to its end, so that the health page can tell a dead worker from a quiet day."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def beat(cls, name: str, *, now: datetime, note: str = "") -> None:
        """Record that `name` finished at `now`."""
        cls.objects.update_or_create(name=name, defaults={"at": now, "note": note})

    def age(self, now: datetime) -> timedelta:
        """Return how long ago the last run ended."""
        return now - self.at


def sweep(name: str) -> Callable[[Callable[[datetime], int]], Callable[[], int]]:
    """Register a function of `now` as the sweep `name`; called without arguments it reads the clock itself.

    The function returns how many rows it worked on.
    """

    def register(work: Callable[[datetime], int]) -> Callable[[], int]:
        @wraps(work)
        def run() -> int:
            done = work(timezone.now())
            Heartbeat.beat(name, now=timezone.now(), note=str(done))
            return done

        SWEEPS[name] = run
        return run

    return register
