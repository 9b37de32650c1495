"""What is the same for every visitor, kept by this process for a few seconds.

Five seconds are long enough that a crowd costs one rendering; what is kept in a page that is kept itself is seen for
ten, which is short enough for words about stock.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

from django.core.cache import caches

Made = TypeVar("Made")

LIFETIME = 5  # seconds


def fresh(key: str, version: str, build: Callable[[], Made]) -> Made:
    """Return what `build` made for `key` and `version` at most LIFETIME ago, or make it now.

    `key` may hold what a visitor typed. Never for one member's own page.
    """
    found: tuple[Made] | None = kept(key, version)
    if found is None:
        found = (build(),)
        keep(key, version, found)
    return found[0]


def kept(key: str, version: str) -> Any:
    """Return what was kept for `key` and `version` at most LIFETIME ago, else None."""
    return caches["local"].get(_digest(key, version))


def keep(key: str, version: str, what: object) -> None:
    """Keep `what` for LIFETIME."""
    caches["local"].set(_digest(key, version), what, timeout=LIFETIME)


def drop(key: str, version: str) -> None:
    """Keep what was kept for `key` and `version` no longer."""
    caches["local"].delete(_digest(key, version))


def forget() -> None:
    """Drop everything this process has kept."""
    caches["local"].clear()


def _digest(key: str, version: str) -> str:
    return sha256(f"{version}:{key}".encode()).hexdigest()
