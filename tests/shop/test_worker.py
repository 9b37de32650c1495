"""The embedded worker: two queues in one process, and what waits for the outside holds up nothing else."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# A clock with two sweeps of its own: one that asks the outside and gets no answer, and one that asks nobody.
PROGRAM = """
import sys, time
import django; django.setup()
from celery import shared_task
from django.core.management import call_command
from shop.celery import app

@shared_task(name="orders.tasks.reconcile_with_a_bank")
def outside():
    print("outside", flush=True)
    time.sleep(float(sys.argv[1]))

@shared_task(name="shop.tasks.look_around")
def inside():
    print("inside", flush=True)

app.conf.beat_schedule = {task.name: {"task": task.name, "schedule": 0.1} for task in (outside, inside)}
call_command("worker", threads=2)
"""
Worker = subprocess.Popen[str]
SECONDS_TO_LIVE = 60  # one that has fallen silent is killed, and the test that reads its lines fails


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Callable[[float], Worker]]:
    """Return how to start a worker whose question to the outside takes so many seconds."""
    running: list[tuple[Worker, threading.Timer]] = []

    def start(seconds: float) -> Worker:
        environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
        worker = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(seconds)],
            env=environment | {"VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "shop.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        end = threading.Timer(SECONDS_TO_LIVE, worker.kill)
        end.start()
        running.append((worker, end))
        return worker

    yield start
    for worker, end in running:
        end.cancel()
        worker.kill()
        worker.communicate()


def until(worker: Worker, *, word: str, times: int) -> list[str]:
    """Return the lines that were said until `word` was said so often."""
    said: list[str] = []
    assert worker.stdout is not None
    while said.count(word) < times:
        line = worker.stdout.readline()
        assert line, said
        said.append(line.strip())
    return said


@pytest.mark.embedded
def test_a_silent_gateway_holds_up_no_sweep_that_asks_nobody(workers: Callable[[float], Worker]) -> None:
    worker = workers(600)
    until(worker, word="outside", times=2)  # now it holds both threads of its own queue

    said = until(worker, word="inside", times=20)

    assert "outside" not in said


@pytest.mark.embedded
def test_one_signal_ends_the_workers_of_both_queues(workers: Callable[[float], Worker]) -> None:
    worker = workers(0)
    until(worker, word="outside", times=3)

    worker.terminate()

    worker.communicate(timeout=20)
    assert worker.returncode == 0
