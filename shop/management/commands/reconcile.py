"""`manage.py reconcile`: hold our books against the gateway's daily bill."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from orders import services as orders
from orders.models import BillLine
from shop.lib.providers import ProviderError


class Command(BaseCommand):
    """Reconciles one day, again if it was before, and prints one line per row on which the books differ."""

    help = "Fetch the gateway's bill of a day (in Shanghai), apply forgotten payments and print what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("day", type=_day, help="such as 2026-01-31; several days: the oldest first")

    def handle(self, *args: Any, **options: Any) -> None:
        day, now = options["day"], timezone.now()
        if day >= timezone.localdate(now):
            raise CommandError("The bill of a day is out on the next one, at about ten o'clock.")
        try:
            rows = orders.reconcile(day=day, now=now)
        except ProviderError as error:
            raise CommandError(f"No bill to be had: {error}") from error
        different = BillLine.objects.filter(bill_date=day).exclude(difference="").order_by("kind", "number")
        for line in different:
            self.stdout.write(f"{line.kind} {line.number} {line.amount}: {line.difference}")
        self.stdout.write(f"{day}: {rows} rows, {len(different)} differences")
        if different:
            raise SystemExit(1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is no day; write it as 2026-01-31.") from error
