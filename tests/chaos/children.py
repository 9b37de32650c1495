"""Processes of their own that live in the shop of the test: the same database and gateway, nothing else shared."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.conf import settings
from django.db import connection

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.chaos.birth", "tests.chaos.children", "tests.orders.shopping", "shop.audit"])

KILLED = -signal.SIGKILL
PATIENCE = 600  # seconds


@dataclass(frozen=True)
class World:
    """What a child has to know: the database of the tests and the settings that a fixture changed."""

    database: str
    settings: dict[str, Any]

    @classmethod
    def of_this_test(cls) -> Self:
        """Describe the world that this process lives in."""
        names = ("WECHAT_PAY", "SMS", "SANDBOX_URL")
        return cls(str(connection.settings_dict["NAME"]), {name: getattr(settings, name) for name in names})

    def enter(self) -> None:
        """Live there: called first of all in a child."""
        connection.settings_dict["NAME"] = self.database
        for name, value in self.settings.items():
            setattr(settings, name, value)


def bear(act: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    """Start a fresh process that enters this world and calls `act`, a function of a module, with `arguments`."""
    child = _context.Process(target=_live, args=(World.of_this_test(), act, arguments))
    child.start()
    return child


def last_words(child: multiprocessing.process.BaseProcess) -> int:
    """Wait for the end of a child and return its exit code: 0, 1 after an exception, KILLED."""
    child.join(PATIENCE)
    assert child.exitcode is not None, "the child hangs"
    return child.exitcode


def barrier(parties: int) -> Any:
    """Make a barrier that children can be given."""
    return _context.Barrier(parties)


def queue() -> Any:
    """Make a queue that children can be given."""
    return _context.SimpleQueue()


def together(act: Callable[..., None], shares: Sequence[tuple[Any, ...]]) -> None:
    """Run `act` in one process per share of arguments and wait for all; each must end well."""
    children = [bear(act, *share) for share in shares]
    assert [last_words(child) for child in children] == [0] * len(shares)


def _live(world: World, act: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    world.enter()
    act(*arguments)
