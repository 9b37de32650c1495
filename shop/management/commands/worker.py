"""`manage.py worker`: Celery's worker and beat in one process, for shops without a broker."""

import warnings
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService
from celery.exceptions import SecurityWarning
from celery.signals import worker_ready
from django.core.management.base import BaseCommand, CommandParser

from shop.celery import app


class Command(BaseCommand):
    """Run the sweeps on time. Beat is a thread beside the tasks' threads: `memory://` does not leave a process."""

    help = "Run every sweep on time, in this one process; needs no broker."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many tasks may run at once."""
        parser.add_argument("--threads", type=int, default=4)

    def handle(self, *args: object, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C."""
        warnings.simplefilter("ignore", SecurityWarning)  # root in a container is nobody's fault here
        beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        worker_ready.connect(lambda **kwargs: beat.start(), weak=False)  # type: ignore[union-attr]  # a thread
        worker = make_worker(app, threads=options["threads"])
        worker.start()
        raise SystemExit(worker.exitcode)


def make_worker(celery: Celery, *, threads: int) -> Any:
    """Return a quiet worker with a pool of threads, which nobody else on the broker needs to know of."""
    return celery.Worker(
        pool="threads",
        concurrency=threads,
        quiet=True,
        redirect_stdouts=False,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
