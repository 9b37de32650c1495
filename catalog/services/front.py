"""Telling the shop front that its settings have changed."""

from django.core.cache import cache

from catalog.selectors import NAME_KEY, NAME_LIFETIME
from catalog.services.products import bump_catalogue
from shop.lib import fragments
from shop.models import ShopSettings


def settings_changed() -> None:
    """Make the next page of every process show the settings as they are. Call it after commit.

    Pages and fragments that were kept go stale with the version of the catalogue.
    """
    fragments.forget()
    cache.set(NAME_KEY, ShopSettings.load().shop_name, timeout=NAME_LIFETIME)
    bump_catalogue()
