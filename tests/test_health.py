"""The health pages: ready fails on the database and on pending migrations only, all else is degraded with 200."""

import shutil
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from shop import health
from shop.lib import sweeps
from shop.lib.sweeps import Heartbeat, sweep


class Usage(NamedTuple):
    free: int


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "migrated", False)


@pytest.fixture(autouse=True)
def own_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sweeps that are made up here not take the place of the real ones."""
    monkeypatch.setattr(sweeps, "SWEEPS", {})


@pytest.fixture
def beating(db: None) -> None:
    beat_all(now=timezone.now())


def beat_all(*, now: datetime) -> None:
    for name in settings.CELERY_BEAT_SCHEDULE:
        Heartbeat.beat(name, now=now)


def test_a_live_process_says_so_without_asking_the_database(client: Client) -> None:
    answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("beating")
def test_a_shop_in_order_is_ready(client: Client) -> None:
    answer = client.get("/health/ready")

    checks = {"database": "ok", "cache": "ok", "sweeps": "ok", "disk": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": checks})


@pytest.mark.django_db
def test_pending_migrations_make_it_unready(client: Client) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="sessions").delete()

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "failed", "checks": {"database": "migrations are pending"}}


def test_a_database_that_does_not_answer_makes_it_unready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused to 10.0.0.1")

    monkeypatch.setattr(connection, "cursor", refuse)

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "failed", "checks": {"database": "does not answer"}}


@pytest.mark.django_db
def test_a_shop_without_a_worker_is_degraded_but_ready(client: Client) -> None:
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["sweeps"] == "no sweep has run yet"


@pytest.mark.django_db
def test_each_sweep_is_measured_by_its_own_interval() -> None:
    now = timezone.now()
    beat_all(now=now)
    Heartbeat.beat("orders.poll_payments", now=now - timedelta(seconds=121))  # every 10 s
    Heartbeat.beat("catalog.tell_low_stock", now=now - timedelta(seconds=901))  # every 300 s

    assert health.sweep_state(now=now) == "late: orders.poll_payments, catalog.tell_low_stock"
    assert health.sweep_state(now=now - timedelta(seconds=1)) == "ok"


@pytest.mark.django_db
def test_a_sweep_that_has_never_run_is_seen_beside_others_that_have() -> None:
    now = timezone.now()
    beat_all(now=now)
    Heartbeat.objects.filter(name="members.deliver_messages").delete()

    assert health.sweep_state(now=now) == "late: members.deliver_messages"


@pytest.mark.django_db
def test_a_sweep_that_no_longer_exists_is_forgotten() -> None:
    now = timezone.now()
    beat_all(now=now)
    Heartbeat.beat("orders.of_an_older_version", now=now - timedelta(days=1))

    assert health.sweep_state(now=now) == "ok"


@pytest.mark.usefixtures("beating")
def test_a_sweep_with_a_poisoned_row_is_named_without_what_the_row_said() -> None:
    broken = True

    @sweep("orders.apply_notices")
    def work(now: datetime) -> int:
        if broken:
            raise ValueError("13800138000")
        return 1

    for _ in range(2):
        with pytest.raises(ValueError, match="13800138000"):
            work()

    said = health.sweep_state(now=timezone.now())
    broken = False
    work()

    assert said == "failing: orders.apply_notices (ValueError, 2 in a row)"
    assert health.sweep_state(now=timezone.now()) == "ok"


@pytest.mark.django_db
def test_a_sweep_that_fails_at_its_first_run_beats_too() -> None:
    @sweep("catalog.publish_due")
    def work(now: datetime) -> int:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  nothing else can raise
        work()

    assert Heartbeat.objects.values_list("name", "note", "failures").get() == ("catalog.publish_due", "ValueError", 1)


@pytest.mark.usefixtures("beating")
def test_a_full_disk_is_degraded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free=100 * 1024 * 1024))

    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["checks"]["disk"] == "100 MB left"
