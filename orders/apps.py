"""Carts, orders, money and handing over."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "订单"

    def ready(self) -> None:
        """Listen to the rooms below."""
        from orders import receivers  # noqa: F401
