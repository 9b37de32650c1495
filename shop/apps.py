"""The shop itself: settings, stores and everything that spans the apps."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "店铺"

    def ready(self) -> None:
        from shop import checks

        checks.register()
