"""`manage.py seed`: a shop of any size, for benches and screenshots."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.models import Product
from members.models import Member
from orders.models import Order
from shop.demo import loading
from shop.demo.goods import CATEGORY_PICTURES, GOODS
from shop.demo.history import tell_sandbox
from shop.demo.pictures.shapes import dice
from shop.demo.seeding import catalogue, crowd, trade
from shop.lib.crypto import blind_index
from shop.models import Store

OPENED = timedelta(days=400)


class Command(BaseCommand):
    """Add goods, shoppers and orders in bulk; the same seed at the same moment makes the same shop."""

    help = "Add goods, shoppers and orders in bulk. They obey every invariant of `manage.py audit`."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the sizes and the seed."""
        parser.add_argument("--products", type=int, default=0)
        parser.add_argument("--members", type=int, default=0)
        parser.add_argument("--orders", type=int, default=0, help="among the goods and shoppers that are there by then")
        parser.add_argument("--seed", type=int, default=1, help="0 to 999; each once per shop")
        parser.add_argument("--without-pictures", action="store_true", help="goods name their pictures, none is drawn")

    def handle(self, *args: object, **options: Any) -> None:
        """Check what was asked for, then make goods, people and orders, in this order."""
        now = timezone.now()
        check(options)
        if not Store.objects.exists():
            loading.load_stores()
        seed, products, people, orders = (options[name] for name in ("seed", "products", "members", "orders"))
        if products:
            if not options["without_pictures"]:
                loading.store_pictures(sorted({good.picture for good in GOODS} | set(CATEGORY_PICTURES.values())))
            self._timed("products", products, lambda: seed_products(products, seed=seed, now=now))
        if people:
            chance = dice(seed * 10 + 1)
            self._timed("members", people, lambda: crowd.seed_members(people, seed=seed, random=chance, now=now))
        if orders:
            chances = dice(seed * 10 + 2)
            try:
                self._timed("orders", orders, lambda: trade.seed_orders(orders, seed=seed, random=chances, now=now))
            except trade.EmptyMarket as error:
                raise CommandError(str(error)) from error
        if orders and settings.DEMO:
            self._timed("payments", orders, tell_sandbox)

    def _timed(self, what: str, count: int, work: Callable[[], object]) -> None:
        started = time.monotonic()
        work()
        self.stdout.write(f"  {what:<10}{count:>9}{time.monotonic() - started:>9.1f} s")


def check(options: dict[str, Any]) -> None:
    """Raise CommandError when the sizes make no sense or the seed was used before."""
    sizes = {name: options[name] for name in ("products", "members", "orders")}
    if min(sizes.values()) < 0 or not 0 <= options["seed"] <= 999:
        raise CommandError("Sizes are 0 or more, seeds 0 to 999.")
    if not any(sizes.values()):
        raise CommandError("Say how much: --products N --members N --orders N")
    used = {
        "products": Product.objects.filter(code=catalogue.code_of(0, options["seed"])),
        "members": Member.objects.filter(phone_index=blind_index(crowd.phone_of(0, options["seed"]))),
        "orders": Order.objects.filter(idempotency_key=trade.key_of(0, options["seed"])),
    }
    for name, rows in used.items():
        if sizes[name] and rows.exists():
            raise CommandError(f"Seed {options['seed']} has made {name} in this shop already; take another --seed.")


def seed_products(count: int, *, seed: int, now: datetime) -> None:
    """Put the seeded goods into the demo's category tree."""
    opened = now - OPENED
    nodes = loading.load_categories(now=opened)
    catalogue.seed_products(count, seed=seed, random=dice(seed * 10), nodes=nodes, by=crowd.clerk(), now=opened)
