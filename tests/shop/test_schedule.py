"""The clock and the sweeps agree: whatever is scheduled exists, and whatever sweeps is scheduled."""

from django.conf import settings

from shop.celery import app
from shop.lib.sweeps import SWEEPS


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled - set(app.tasks) == set()


def test_every_sweep_is_scheduled() -> None:
    app.loader.import_default_modules()

    assert set(SWEEPS) == set(settings.CELERY_BEAT_SCHEDULE)


def test_a_sweep_that_waited_longer_than_its_interval_is_dropped() -> None:
    schedule = settings.CELERY_BEAT_SCHEDULE.values()

    assert [entry for entry in schedule if entry["options"]["expires"] > entry["schedule"]] == []
