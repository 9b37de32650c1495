"""What a check is and what it finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken row: which invariant, which table and key, what was expected and what was found."""

    invariant: str
    table: str
    key: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.table} {self.key}: expected {self.expected}, found {self.found}"


Check = Callable[[datetime], list[Finding]]
INVARIANTS: list[tuple[str, Check]] = []


def invariant(name: str) -> Callable[[Check], Check]:
    """Register a check under the name that RELIABILITY gives its invariant."""

    def register(check: Check) -> Check:
        INVARIANTS.append((name, check))
        return check

    return register


def by_query(name: str, *, table: str, expected: str, sql: str) -> None:
    """Register a query that must return no row; its columns are the key and what was found instead of `expected`."""

    def check(now: datetime) -> list[Finding]:
        return [Finding(name, table, str(key), expected, " ".join(map(str, found))) for key, *found in select(sql)]

    INVARIANTS.append((name, check))


def select(sql: str, parameters: Sequence[Any] = ()) -> Rows:
    """Run one query that needs nothing of the ORM and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        rows: Rows = cursor.fetchall()
        return rows


def run(*, now: datetime) -> list[Finding]:
    """Check every invariant on one snapshot and return all findings, in the order of the invariants."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            select_nothing("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [finding for _, check in INVARIANTS for finding in check(now)]


def select_nothing(sql: str) -> None:
    """Run one statement that returns no rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
