"""The clock and the sweeps agree: whatever is scheduled exists, and whatever sweeps is scheduled."""

from typing import Any

from celery.beat import ScheduleEntry
from django.conf import settings

from shop.celery import app
from shop.lib.sweeps import SWEEPS

SCHEDULE: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in SCHEDULE.values()}

    assert scheduled - set(app.tasks) == set()


def test_every_sweep_is_scheduled() -> None:
    app.loader.import_default_modules()

    assert set(SWEEPS) == set(SCHEDULE)


def test_only_what_asks_the_outside_waits_in_its_queue() -> None:
    queues = {name: app.amqp.router.route({}, entry["task"]) for name, entry in SCHEDULE.items()}

    outside = {name for name, route in queues.items() if route["queue"].name == settings.OUTSIDE}

    expected = {"orders.poll_payments", "orders.send_refunds", "orders.expire_unpaid", "members.deliver_messages"}
    assert outside - {name for name in SCHEDULE if name.startswith("orders.reconcile")} == expected
    assert len(outside) > len(expected)
    assert {route["queue"].name for name, route in queues.items() if name not in outside} == {settings.INSIDE}


def test_a_clock_that_starts_runs_every_sweep_at_once() -> None:
    entries = [ScheduleEntry(name=name, app=app, **entry) for name, entry in SCHEDULE.items()]

    assert [entry.name for entry in entries if not entry.is_due()[0]] == []


def test_a_sweep_that_waited_longer_than_its_interval_is_dropped() -> None:
    assert [entry for entry in SCHEDULE.values() if entry["options"]["expires"] > entry["schedule"]] == []
