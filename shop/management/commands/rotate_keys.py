"""`manage.py rotate_keys`: re-encrypt personal data with the newest key of PII_KEYS."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.lib import crypto


class Command(BaseCommand):
    help = (
        "Re-encrypt every encrypted column with the newest key of PII_KEYS. Put the new key first and keep the old one "
        "until this has run to its end. It may be stopped, repeated and run while the shop is open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="rows per transaction (500)")

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for field in crypto.encrypted_fields(apps.get_models()):
            rewritten, failed = self._rotate(field, options["batch"])
            self.stdout.write(f"{field.column_name}: {rewritten} re-encrypted, {len(failed)} unreadable")
            for pk in failed:
                self.stderr.write(f"{field.column_name}: no key opens the value of row {pk}")
            unreadable += len(failed)
        if unreadable:
            raise CommandError(f"{unreadable} values could not be opened and were left as they are.")

    def _rotate(self, field: crypto.EncryptedTextField, batch: int) -> tuple[int, list[Any]]:
        rewritten, failed, last = 0, [], None
        while done := crypto.rotate(field, after=last, limit=batch):
            rewritten += len(done.rewritten)
            failed += done.unreadable
            last = done.last
        return rewritten, failed
