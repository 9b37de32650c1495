"""`manage.py sweep`: every timer once, for cron, tests and emergencies."""

from typing import Any

from django.core.management.base import BaseCommand

import catalog.tasks
import members.tasks
import orders.tasks
import shop.tasks
from shop.lib.sweeps import SWEEPS

REGISTERED = (catalog.tasks, members.tasks, orders.tasks, shop.tasks)  # importing them fills SWEEPS


class Command(BaseCommand):
    """Runs the sweeps one after another; one that fails does not keep the others from running."""

    help = "Run every sweep once and print what each did."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = [name for name, run in SWEEPS.items() if not self._run(name, run)]
        if failed:
            raise SystemExit(f"failed: {', '.join(failed)}")

    def _run(self, name: str, run: Any) -> bool:
        try:
            done = run()
        except Exception as error:  # whatever it was, the other sweeps still have to run
            self.stderr.write(f"{name}: {type(error).__name__}: {error}")
            return False
        self.stdout.write(f"{name}: {done}")
        return True
