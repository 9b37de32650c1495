"""What a shopper pays."""

from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "promotions"
    verbose_name = "营销"

    def ready(self) -> None:
        """Listen to the rooms below."""
        from promotions import receivers  # noqa: F401
