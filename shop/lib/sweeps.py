"""Sweeps: the functions that time demands, known by name, each leaving a heartbeat when it ends.

An app declares its sweeps in `tasks.py`; Celery's beat runs them there and `manage.py sweep` runs all of them once.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import wraps

from django.db import DatabaseError, InterfaceError, models
from django.db.models import F
from django.utils import timezone

SWEEPS: dict[str, Callable[[], int]] = {}


class Heartbeat(models.Model):
    """When a sweep last ran, so that the health page can tell a dead worker from a quiet day."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    failures = models.PositiveIntegerField(default=0)  # runs in a row that raised; 0 after one that did not

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def beat(cls, name: str, *, now: datetime, note: str = "") -> None:
        """Record that `name` finished at `now`."""
        cls.objects.update_or_create(name=name, defaults={"at": now, "note": note, "failures": 0})

    @classmethod
    def fail(cls, name: str, *, now: datetime, error: Exception) -> None:
        """Record that `name` ran until `now` and raised `error`; only its kind is kept, for it may quote a person."""
        note = type(error).__name__
        cls.objects.get_or_create(name=name, defaults={"at": now})
        cls.objects.filter(name=name).update(at=now, note=note, failures=F("failures") + 1)

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
            try:
                done = work(timezone.now())
            except Exception as error:
                with suppress(DatabaseError, InterfaceError):  # it may be the very thing that failed
                    Heartbeat.fail(name, now=timezone.now(), error=error)
                raise
            Heartbeat.beat(name, now=timezone.now(), note=str(done))
            return done

        SWEEPS[name] = run
        return run

    return register
