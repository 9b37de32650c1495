"""The back office: Django's admin, themed by unfold, as the merchant's and the staff's working place."""

from django.contrib.admin.apps import AdminConfig


class BackofficeConfig(AdminConfig):
    default_site = "shop.backoffice.site.BackofficeSite"
