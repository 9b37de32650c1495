"""`manage.py worker`: Celery's workers and beat in one process, for shops without a broker."""

import os
import threading
import warnings
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService
from celery.exceptions import SecurityWarning
from celery.signals import worker_ready
from celery.worker import WorkController, state
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from shop.celery import app, make_app

QUIET: dict[str, Any] = {
    "pool": "threads",
    "loglevel": "WARNING",
    "without_gossip": True,  # nobody else on the broker needs to know of them
    "without_mingle": True,
    "without_heartbeat": True,
}


class Command(BaseCommand):
    """Run the sweeps on time. All are threads of one process, because `memory://` does not leave a process.

    Each queue has a worker with threads of its own: a gateway that is silent holds only those of `outside`.
    """

    help = "Run every sweep on time, in this one process; needs no broker."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many tasks may run at once."""
        parser.add_argument("--threads", type=int, default=3, help="how many sweeps of each queue may run at once (3)")

    def handle(self, *args: object, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C."""
        warnings.simplefilter("ignore", SecurityWarning)  # root in a container is nobody's fault here
        threads = options["threads"]
        beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        inside = make_worker(app, threads=threads)
        outside = threading.Thread(target=work_outside, kwargs={"threads": threads}, name="outside")

        def start_the_others(**kwargs: object) -> None:
            outside.start()
            beat.start()  # type: ignore[union-attr]  # a thread

        worker_ready.connect(start_the_others, weak=False)
        inside.start()
        raise SystemExit(inside.exitcode)


def make_worker(celery: Celery, *, threads: int) -> Any:
    """Return the worker of the queue `inside`; it is the one that listens to signals."""
    return celery.Worker(queues=[settings.INSIDE], concurrency=threads, quiet=True, redirect_stdouts=False, **QUIET)


def work_outside(*, threads: int) -> None:
    """Serve the queue `outside` until the worker of the other one is asked to stop; when this one fails, both end.

    An app of its own, since an app remembers for all its workers which queues they serve.
    """
    worker = WorkController(
        app=make_app(), hostname="outside@localhost", queues=[settings.OUTSIDE], concurrency=threads, **QUIET
    )
    worker.start()
    if state.should_stop is None and state.should_terminate is None:
        state.should_stop = os.EX_SOFTWARE  # type: ignore[assignment]  # None only until somebody sets it
