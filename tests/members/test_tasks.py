"""The timers of the room: registered as sweeps, run by beat, each leaving a heartbeat."""

import pytest
from django.conf import settings

from members import tasks
from shop.celery import app
from shop.lib.sweeps import SWEEPS, Heartbeat

NAMES = ["deliver_messages", "seal_operations", "forget_throttles"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_timer_runs_and_leaves_a_heartbeat(name: str) -> None:
    getattr(tasks, name)()

    assert Heartbeat.objects.get(name=f"members.{name}").note == "0"
    assert f"members.{name}" in SWEEPS


@pytest.mark.parametrize("name", NAMES)
def test_beat_knows_the_timer(name: str) -> None:
    app.loader.import_default_modules()

    assert settings.CELERY_BEAT_SCHEDULE[f"members.{name}"]["task"] in app.tasks
