"""Threshold offers and flash sales in the back office."""

from shop.backoffice.activities import flash, offers

__all__ = ["flash", "offers"]
