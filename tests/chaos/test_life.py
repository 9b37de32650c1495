"""Many long lives of orders, on PostgreSQL: see tests/orders/life.py."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.chaos.reporting import report
from tests.orders.life import live
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

LIVES, STEPS = 60, 50


def test_in_many_long_lives_the_books_agree(sandbox: Sandbox, settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # a life lasts for days, in which files of other tests would become orphans
    with report(f"lives of orders, {STEPS} steps each") as row:
        live(sandbox, lives=LIVES, steps=STEPS)
        row.attempts = row.successes = LIVES
