"""What nearly every page wants of the settings: the catalogue's present state, the shop's name, its words.

The row is read once a second by each process, for both; what was read is shown until the catalogue's version moves on,
which saving goods or settings lets it do.
"""

from django.db import DatabaseError

from shop.lib import fragments
from shop.models import ShopSettings

KEY, SETTINGS = "catalogue-version", "shop-settings"
LIFETIME = 1  # seconds that another process may show what a merchant has changed meanwhile


def catalogue_version() -> str:
    """Name the present state of the catalogue; whatever was kept under another name is stale."""
    version: tuple[str] | None = fragments.kept(KEY, "")
    return version[0] if version else _read().catalogue_version


def shop_settings() -> ShopSettings:
    """Return the merchant's settings as they were at most some seconds ago: for words, never for decisions."""
    shop: tuple[ShopSettings] | None = fragments.kept(SETTINGS, catalogue_version())
    return shop[0] if shop else _read()


def shop_name() -> str:
    """Return the name of the shop as it was at most some seconds ago; "" while nobody can be asked for it."""
    try:
        return shop_settings().shop_name
    except DatabaseError:
        return ""


def forget_version() -> None:
    """Ask the database the next time."""
    fragments.drop(KEY, "")


def _read() -> ShopSettings:
    shop = ShopSettings.load()
    fragments.keep(KEY, "", (shop.catalogue_version,), lifetime=LIFETIME)
    fragments.keep(SETTINGS, shop.catalogue_version, (shop,))
    return shop
