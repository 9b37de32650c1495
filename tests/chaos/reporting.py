"""What the long proofs have to show at their end: a table of attempts, successes, deadlocks and seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table. `successes` is how many attempts got what they wanted."""

    name: str
    attempts: int = 0
    successes: int = 0
    deadlocks: int = 0
    seconds: float = 0.0


TABLE: list[Row] = []


@contextmanager
def report(name: str) -> Iterator[Row]:
    """Add a line to the table, or go on with the one of this name; it counts its own seconds."""
    row = next((known for known in TABLE if known.name == name), Row(name))
    if row not in TABLE:
        TABLE.append(row)
    began = time.monotonic()
    try:
        yield row
    finally:
        row.seconds += time.monotonic() - began


def lines() -> list[str]:
    """Return the table as text."""
    head = f"{'proof':<56} {'attempts':>9} {'successes':>9} {'deadlocks':>9} {'seconds':>8}"
    rows = [f"{r.name:<56} {r.attempts:>9} {r.successes:>9} {r.deadlocks:>9} {r.seconds:>8.1f}" for r in TABLE]
    return [head, *rows]
