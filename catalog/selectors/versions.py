"""What every page wants to know of the settings: the name of the shop, and of the catalogue's present state.

Both stand in the row of the settings and are told through the cache. The name is remembered by each process for some
seconds besides, so that a page which has no business with the settings need not look; never beyond a new version.
"""

from django.core.cache import cache
from django.db import DatabaseError

from shop.lib import fragments
from shop.models import SHOP_NAME, ShopSettings

VERSION_KEY = "catalogue-version"
NAME_KEY = "shop-name"
NAME_LIFETIME = 600  # seconds until a name that was changed past the back office is seen


class Told:
    """The version that this process was told last."""

    version = ""


def catalogue_version() -> str:
    """Name the present state of the catalogue; whatever was cached under another name is stale."""
    version: str | None = cache.get(VERSION_KEY)
    if version is None:
        version = ShopSettings.load().catalogue_version
        cache.add(VERSION_KEY, version, timeout=None)  # whoever changed it meanwhile knows better
    elif version != Told.version:
        fragments.drop(SHOP_NAME, "")
    Told.version = version
    return version


def shop_name() -> str:
    """Return the name of the shop; "" while nobody can be asked for it.

    As this process last read it, at most some seconds ago; otherwise one look at the cache.
    """
    name: str | None = fragments.kept(SHOP_NAME, "")
    if name is None:
        try:
            name = _read_name()
        except DatabaseError:
            name = ""
        fragments.keep(SHOP_NAME, "", name)
    return name


def _read_name() -> str:
    name: str | None = cache.get(NAME_KEY)
    if name is None:
        name = ShopSettings.load().shop_name
        cache.add(NAME_KEY, name, timeout=NAME_LIFETIME)
    return name
