"""`manage.py load_demo`: fill an empty shop with the demo's goods, people and orders."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.models import Product
from members import services as members
from orders.models import Order
from promotions.models import Coupon
from shop.demo import activities, coupons, knowing, loading, selling, standing
from shop.demo.accounts import ACCOUNTS
from shop.demo.history import tell_sandbox
from shop.demo.pictures.album import ALBUM

OPENED = timedelta(days=30)  # how long ago the demo shop opened


class Command(BaseCommand):
    """Load everything once; a second run changes nothing."""

    help = "Fill an empty shop with the goods, pictures, people and orders of the demo, and print its accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the switches."""
        parser.add_argument("--force", action="store_true", help="load even if the shop has goods: missing parts only")
        parser.add_argument("--without-pictures", action="store_true", help="draw nothing; tests use this")
        parser.add_argument("--quiet-accounts", action="store_true", help="somebody else prints the accounts")

    def handle(self, *args: object, **options: Any) -> None:
        """Refuse outside of a demo: the accounts have passwords that everybody knows."""
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("load_demo makes accounts with printed passwords; it runs with DEMO=1 or DEBUG=1 only.")
        if Product.objects.exists() and not options["force"]:
            self.stdout.write("The shop has goods already; nothing loaded. --force adds what is missing.")
            return
        started = time.monotonic()
        if not options["without_pictures"]:
            self._say("pictures", loading.store_pictures(list(ALBUM)))
        self._load()
        self.stdout.write(f"  loaded in {time.monotonic() - started:.1f} s")
        if not options["quiet_accounts"]:
            self.stdout.write("\n".join(["", *[f"  {line}" for line in ACCOUNTS]]))

    def _load(self) -> None:
        now = timezone.now()
        loading.load_settings()
        stores = loading.load_stores()
        staff = loading.load_staff(stores)
        nodes = loading.load_categories(now=now - OPENED)
        self._say("stores", len(stores))
        self._say("goods", loading.load_goods(nodes, by=staff["owner"], now=now - OPENED))
        loading.load_home(nodes)
        self._say("coupons", coupons.load_coupons(nodes, by=staff["owner"], now=now - OPENED))
        shoppers = loading.load_shoppers(now=now - OPENED)
        self._say("people", len(staff) + len(shoppers))
        if not Coupon.objects.filter(issue_mode="push").exists():
            coupons.hand_out(shoppers, by=staff["owner"], now=now)
        if not Order.objects.exists():
            self._say("orders", len(selling.sell_all(selling.Cast(shoppers, staff, stores), now=now)))
        self._say("levels", standing.load_ladder(by=staff["owner"], now=now))
        self._say("points", standing.load_points(shoppers, by=staff["operator"], now=now))
        self._say("exchanges", standing.load_points_shop(by=staff["owner"], now=now))
        self._say("tags", knowing.load_knowledge(shoppers, now=now))
        self._say("activities", activities.load_activities(nodes, by=staff["owner"], now=now))
        while members.seal_operations(now=now):
            pass  # each call seals one batch
        if settings.DEMO:
            tell_sandbox()

    def _say(self, what: str, count: int) -> None:
        self.stdout.write(f"  {what:<10}{count:>5}")
