"""Listening to the project's signals in a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.dispatch import Signal


@contextmanager
def heard(signal: Signal) -> Iterator[list[Any]]:
    """Collect the orders that `signal` is sent for."""
    orders: list[Any] = []

    def note(sender: type[Any], order: Any, **kwargs: Any) -> None:
        orders.append(order)

    signal.connect(note)
    try:
        yield orders
    finally:
        signal.disconnect(note)
