"""The one way a status changes."""

from collections.abc import Mapping, Set
from typing import Any, ClassVar

from django.db import models


class IllegalMove(Exception):
    """The row is no longer, or never was, in a status from which this step leads on."""

    message = "状态已经变化，请刷新后再试"


class Stateful(models.Model):
    """A model whose `status` changes only through `move()`, along the edges of `MOVES`."""

    MOVES: ClassVar[Mapping[str, Set[str]]]  # status -> statuses it may become
    status: "models.CharField[str, str]"

    class Meta:
        abstract = True

    def move(self, to: str, **changes: Any) -> None:
        """Become `to` and write `changes` in the same UPDATE; this instance then holds them too.

        Needs no lock: the WHERE clause demands the very status this instance was read with, so of
        two racing workers one succeeds and the other gets IllegalMove and must look again.
        """
        rows = type(self)._default_manager.filter(pk=self.pk, status=self.status)  # type: ignore[misc]
        if to not in self.MOVES[self.status] or not rows.update(status=to, **changes):  # type: ignore[misc]
            raise IllegalMove(f"{self._meta.label} {self.pk}: {self.status} -> {to}")
        if any(hasattr(value, "resolve_expression") for value in changes.values()):
            self.refresh_from_db()  # only the database knows what an expression came to
            return
        for name, value in {"status": to, **changes}.items():
            setattr(self, name, value)
