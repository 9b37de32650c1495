"""The name of the catalogue's present state: kept in the row of the settings, told through the cache."""

from django.core.cache import cache

from shop.models import ShopSettings

VERSION_KEY = "catalogue-version"


def catalogue_version() -> str:
    """Name the present state of the catalogue; whatever was cached under another name is stale."""
    version: str | None = cache.get(VERSION_KEY)
    if version is None:
        version = ShopSettings.load().catalogue_version
        cache.set(VERSION_KEY, version, timeout=None)
    return version
