"""The name of the catalogue's present state."""

import uuid

from django.core.cache import cache

VERSION_KEY = "catalogue-version"


def catalogue_version() -> str:
    """Name the present state of the catalogue; whatever was cached under another name is stale."""
    version: str | None = cache.get(VERSION_KEY)
    if version is None:
        version = uuid.uuid4().hex
        cache.set(VERSION_KEY, version, timeout=None)
    return version
