"""The back office: Django's admin, themed by unfold, as the merchant's and the staff's working place."""

from importlib import import_module

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

SCREENS = [
    "orders", "goods", "members", "levels", "points", "exchanges", "activities", "coupons", "referrals", "till",
    "redemptions", "front", "home", "records",
]  # fmt: skip


class BackofficeConfig(AdminConfig):
    default_site = "shop.backoffice.site.BackofficeSite"

    def ready(self) -> None:
        super().ready()
        for screen in SCREENS:
            import_module(f"shop.backoffice.{screen}")
        keep_own_screens()
        from shop.backoffice.permissions import ensure_roles

        # Signals come app by app; orders is the last of those that the roles speak of.
        post_migrate.connect(ensure_roles, sender=apps.get_app_config("orders"), dispatch_uid="ensure_roles")


def keep_own_screens() -> None:
    """Drop the screens that libraries bring along: they speak English and know no operation log."""
    for model, screen in list(admin.site._registry.items()):
        if not type(screen).__module__.startswith("shop.backoffice."):
            admin.site.unregister(model)
