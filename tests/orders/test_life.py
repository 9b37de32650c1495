"""Whatever happens to orders, in whatever order, the books agree; tests/chaos runs many more and longer lives."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.orders.life import live
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def test_whatever_happens_the_books_agree(sandbox: Sandbox, settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # a life lasts for days, in which files of other tests would become orphans
    live(sandbox, lives=6, steps=20)
