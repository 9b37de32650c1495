"""Accounts, addresses, messages and the staff's operation log."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = "会员"

    def ready(self) -> None:
        from members import receivers  # noqa: F401 registers them
