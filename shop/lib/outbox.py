"""How sweeps take their work: rows are claimed by one conditional UPDATE each, so two sweeps never share one."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, models, transaction

Row = TypeVar("Row", bound=models.Model)
Item = TypeVar("Item")

BACKOFF_SECONDS = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600)


def claim(due: models.QuerySet[Row], *, column: str, now: datetime, lease: timedelta, limit: int) -> list[Row]:
    """Take up to `limit` rows of `due` by pushing their `column` (the due time) `lease` into the future.

    A worker that dies loses nothing: the lease runs out and the next sweep takes the row again. On
    PostgreSQL rows that another sweep holds are skipped, on SQLite writers are serial anyway.
    """
    with transaction.atomic():
        rows = due.order_by(column, "pk")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        claimed = list(rows[:limit])
        due.model._default_manager.filter(pk__in=[row.pk for row in claimed]).update(**{column: now + lease})
    return claimed


def each(rows: Iterable[Item], work: Callable[[Item], int | None]) -> int:
    """Work on every row, whatever becomes of the others; return the sum of what `work` returned.

    Raises all that went wrong in the end, as one ExceptionGroup: a broken row keeps none behind it waiting.
    """
    done, errors = 0, []
    for row in rows:
        try:
            done += work(row) or 0
        except Exception as error:  # catching it per row is the point
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} rows failed", errors)
    return done


def retry_at(now: datetime, attempts: int) -> datetime:
    """Return when to try again after `attempts` failures: 15 s at first, an hour in the end."""
    return now + timedelta(seconds=BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1 if attempts else 0])
