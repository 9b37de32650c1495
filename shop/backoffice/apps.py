"""The back office: Django's admin, themed by unfold, as the merchant's and the staff's working place."""

from importlib import import_module

from django.apps import apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

SCREENS = ["orders", "goods", "people", "till", "front", "records"]


class BackofficeConfig(AdminConfig):
    default_site = "shop.backoffice.site.BackofficeSite"

    def ready(self) -> None:
        super().ready()
        for screen in SCREENS:
            import_module(f"shop.backoffice.{screen}")
        from shop.backoffice.permissions import ensure_roles

        # Signals come app by app; orders is the last of those that the roles speak of.
        post_migrate.connect(ensure_roles, sender=apps.get_app_config("orders"), dispatch_uid="ensure_roles")
