"""Whatever happens to orders, in whatever order, the books agree; tests/chaos runs many more and longer lives."""

import pytest

from tests.orders.life import live
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def test_whatever_happens_the_books_agree(sandbox: Sandbox) -> None:
    live(sandbox, lives=10, steps=20)
