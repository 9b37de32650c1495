"""The health pages: ready fails on the database and on pending migrations only, all else is degraded with 200."""

import shutil
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from shop import health
from shop.lib.sweeps import Heartbeat


class Usage(NamedTuple):
    free: int


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "migrated", False)


@pytest.fixture
def beating(db: None) -> None:
    Heartbeat.beat("orders", now=timezone.now())


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
def test_a_worker_that_stands_still_is_seen() -> None:
    now = timezone.now()
    Heartbeat.beat("orders", now=now - timedelta(seconds=121))
    Heartbeat.beat("messages", now=now - timedelta(hours=1))

    assert health.sweep_state(now=now) == "the last sweep ran 121 s ago"
    assert health.sweep_state(now=now - timedelta(seconds=1)) == "ok"


@pytest.mark.usefixtures("beating")
def test_a_full_disk_is_degraded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free=100 * 1024 * 1024))

    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["checks"]["disk"] == "100 MB left"
