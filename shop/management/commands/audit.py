"""`manage.py audit`: check every invariant on the live database."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from shop import audit


class Command(BaseCommand):
    """Prints one line per broken row and ends with 1 if there is any."""

    help = "Check every invariant of the shop: money, stock, orders, messages, the log, personal data."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = audit.run(now=timezone.now())
        for finding in findings:
            self.stdout.write(str(finding))
        names = {name for name, _ in audit.INVARIANTS}
        self.stdout.write(f"{len(names)} invariants, {len(audit.INVARIANTS)} checks, {len(findings)} broken rows")
        if findings:
            raise SystemExit(1)
