"""A shop to measure in: migrated, seeded, and quiet."""

import logging

from django.conf import settings
from django.core.management import call_command


def open_with(goods: int) -> None:
    """Migrate the database and fill it with `goods` goods and some shoppers; pictures are named, not drawn."""
    logging.disable(logging.CRITICAL)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed", products=goods, members=50, seed=1, without_pictures=True, verbosity=0)
