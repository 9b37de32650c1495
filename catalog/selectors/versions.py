"""What nearly every page wants of the settings: the catalogue's present state, the shop's name, its words."""

from django.db import DatabaseError

from shop.lib import fragments
from shop.models import ShopSettings

KEY, SETTINGS, NAME = "catalogue-version", "shop-settings", "shop-name"
LIFETIME = 1  # seconds that another process may show what a merchant has changed meanwhile


def catalogue_version() -> str:
    """Name the present state of the catalogue; whatever was kept under another name is stale."""
    return fragments.fresh(KEY, "", lambda: _row().catalogue_version, lifetime=LIFETIME)


def shop_settings() -> ShopSettings:
    """Return the merchant's settings as they were at most some seconds ago: for words, never for decisions."""
    return fragments.fresh(SETTINGS, catalogue_version(), _row)


def shop_name() -> str:
    """Return the name of the shop as it was at most some seconds ago; "" while nobody can be asked for it."""
    try:
        return fragments.fresh(NAME, "", lambda: _row().shop_name)
    except DatabaseError:
        return ""


def forget_version() -> None:
    """Ask the database the next time."""
    fragments.drop(KEY, "")
    fragments.drop(NAME, "")


def _row() -> ShopSettings:
    """Return the settings, and of a shop that has none yet what they would be; a page writes nothing.

    Whoever reads them for whatever reason tells the name of the shop along.
    """
    shop = ShopSettings.objects.filter(pk=1).first() or ShopSettings(pk=1, catalogue_version="")
    fragments.keep(NAME, "", (shop.shop_name,))
    return shop
