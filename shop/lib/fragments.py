"""What is the same for every visitor, kept by this process for a few seconds.

Ten seconds are short enough for words about stock and long enough that a crowd costs one rendering.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from django.core.cache import caches

Made = TypeVar("Made")

LIFETIME = 10  # seconds


def fresh(key: str, version: str, build: Callable[[], Made]) -> Made:
    """Return what `build` made for `key` and `version` at most LIFETIME ago, or make it now.

    `key` may hold what a visitor typed. Never for one member's own page.
    """
    digest = sha256(f"{version}:{key}".encode()).hexdigest()
    kept: tuple[Made] | None = caches["local"].get(digest)
    if kept is None:
        kept = (build(),)
        caches["local"].set(digest, kept, timeout=LIFETIME)
    return kept[0]


def forget() -> None:
    """Drop everything this process has kept."""
    caches["local"].clear()
