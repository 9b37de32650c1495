"""`manage.py sandbox`: run the imitation of WeChat Pay and SMS, for the demo and for tests."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.sandbox.books import Books
from shop.sandbox.clock import Clock
from shop.sandbox.gateway import Account, Gateway
from shop.sandbox.recording import record
from shop.sandbox.server import serve
from shop.sandbox.signing import Keys, KeysInTheWay, keys_in


class Command(BaseCommand):
    """Serve until stopped. Makes the keys of both sides at its first start."""

    help = "Run the imitation of WeChat Pay and of an SMS gateway. Demo and tests only."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address, and how fast waiting times pass."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8900, help="0 takes a free one and says which")
        parser.add_argument("--keys-only", action="store_true", help="make the keys and stop")
        parser.add_argument("--record", metavar="FILE", help="write payments and refunds of the past, and stop")
        parser.add_argument("--speed", type=float, default=1.0, help="waiting times are divided by this")

    def handle(self, *args: object, **options: Any) -> None:
        """Refuse to run beside real money; else make the keys and serve."""
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("The sandbox runs with DEMO=1 or DEBUG=1 only: it must never meet real money.")
        if options["speed"] <= 0:
            raise CommandError("--speed must be positive")
        books = Books(settings.VAR_DIR / "sandbox.sqlite3")
        if options["record"]:
            content = json.loads(Path(options["record"]).read_text(encoding="utf-8"))
            record(books, _account(), notify_url=f"{settings.SITE_URL}/pay/wechat/notify/", content=content)
            return
        keys = self._keys()
        if options["keys_only"]:
            return
        gateway = Gateway(
            account=_account(),
            keys=keys,
            books=books,
            clock=Clock(speed=options["speed"]),
        )
        try:
            serve(gateway, host=options["host"], port=options["port"], ready=self._announce)
        except KeyboardInterrupt:
            self.stdout.write("sandbox stopped")

    def _keys(self) -> Keys:
        try:
            return keys_in(
                folder=settings.KEYS_DIR,
                merchant_private=settings.WECHAT_PAY["private_key_file"],
                gateway_public=settings.WECHAT_PAY["public_key_file"],
            )
        except KeysInTheWay as error:
            raise CommandError(str(error)) from error

    def _announce(self, address: str) -> None:
        self.stdout.write(f"sandbox at {address}")
        self.stdout.flush()


def _account() -> Account:
    pay, sms = settings.WECHAT_PAY, settings.SMS
    return Account(
        mchid=pay["mchid"],
        appid=pay["appid"],
        serial_no=pay["serial_no"],
        apiv3_key=pay["apiv3_key"],
        public_key_id=pay["public_key_id"],
        access_key_id=sms["access_key_id"],
        access_key_secret=sms["access_key_secret"],
    )
