"""The name of the catalogue's present state: kept in the row of the settings, read once a second by each process."""

from shop.lib import fragments
from shop.models import ShopSettings

KEY = "catalogue-version"
LIFETIME = 1  # seconds that another process may show what a merchant has changed meanwhile


def catalogue_version() -> str:
    """Name the present state of the catalogue; whatever was kept under another name is stale."""
    return fragments.fresh(KEY, "", lambda: ShopSettings.load().catalogue_version, lifetime=LIFETIME)


def shop_settings() -> ShopSettings:
    """Return the merchant's settings as they were at most some seconds ago: for words, never for decisions."""
    return fragments.fresh("shop-settings", catalogue_version(), ShopSettings.load)


def forget_version() -> None:
    """Ask the database the next time."""
    fragments.drop(KEY, "")
