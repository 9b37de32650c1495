"""Acts at the same moment, each in a thread with a connection of its own, and the guards that can be taken away.

PostgreSQL only. Every statement that writes waits a little before it runs, as on a busy server, so that whatever is
not guarded goes wrong within a few tries. A deadlock ends an act as "OperationalError".
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import QuerySet

from shop.lib.states import Stateful

PAUSE = 0.003  # seconds before a statement that writes
WRITES = ("INSERT", "UPDATE", "DELETE")
Act = Callable[[], object]


def at_once(acts: Sequence[Act]) -> list[object]:
    """Let all acts begin together; return in their order what each returned, or the exception it ended with."""
    together = threading.Barrier(len(acts))
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(lambda act: _acted(act, together), acts))


def endings(acts: Sequence[Act]) -> Counter[str]:
    """Let all acts begin together; count how each ended: "done", or the name of its exception."""
    return Counter(type(result).__name__ if isinstance(result, Exception) else "done" for result in at_once(acts))


def _acted(act: Act, together: threading.Barrier) -> object:
    try:
        connection.ensure_connection()
        together.wait(30)
        with connection.execute_wrapper(_reluctantly):
            return act()
    except Exception as error:
        return error
    finally:
        connection.close()


def _reluctantly(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    if sql.startswith(WRITES):
        time.sleep(PAUSE)
    return execute(sql, params, many, context)


# --- Taking a guard away, for the twin that must fail -----------------------------------------------------------------


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `select_for_update` lock nothing, as on SQLite."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows.all())


def without_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `Stateful.move` trust the status that was read: its UPDATE demands none."""

    def move(row: Stateful, to: str, **changes: Any) -> None:
        type(row)._default_manager.filter(pk=row.pk).update(status=to, **changes)  # type: ignore[misc]
        for name, value in {"status": to, **changes}.items():
            setattr(row, name, value)

    monkeypatch.setattr(Stateful, "move", move)


@contextmanager
def without_constraint(model: type[models.Model], name: str) -> Iterator[None]:
    """Take a constraint of `model` off the table; it comes back when the rows of the block are gone."""
    constraint = next(one for one in model._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model._default_manager.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
