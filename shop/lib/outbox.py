"""How sweeps take their work: rows are claimed by one conditional UPDATE each, so two sweeps never share one."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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


@dataclass
class Patience:
    """How much a round of questions to somebody outside may cost: silence ends it, and so does the clock.

    What it leaves over is taken up by the next round, so that one dead provider keeps no worker from other sweeps.
    """

    silences: int = 3
    seconds: float = 30
    began: float = field(default_factory=time.monotonic)

    def lose(self) -> None:
        """Count a question that was not answered."""
        self.silences -= 1

    @property
    def is_over(self) -> bool:
        """Say whether nothing more shall be asked in this round."""
        return self.silences <= 0 or time.monotonic() - self.began >= self.seconds


def each_in_turn(
    due: models.QuerySet[Row],
    *,
    column: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    patience: Patience,
    work: Callable[[Row], None],
) -> int:
    """Claim up to `limit` rows one by one, each right before `work` on it, while `patience` lasts; return how many.

    For work that calls outside: no row lies claimed behind a slow one, so a `lease` longer than the seconds of
    `patience` and one row's timeouts is never outrun. Errors are raised in the end, as in `each`.
    """

    def rows() -> Iterator[Row]:
        for _ in range(limit):
            claimed = [] if patience.is_over else claim(due, column=column, now=now, lease=lease, limit=1)
            if not claimed:
                return
            taken.append(claimed[0].pk)
            yield claimed[0]

    taken: list[object] = []
    each(rows(), work)
    return len(taken)


def retry_at(now: datetime, attempts: int) -> datetime:
    """Return when to try again after `attempts` failures: 15 s at first, an hour in the end."""
    return now + timedelta(seconds=BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1 if attempts else 0])
