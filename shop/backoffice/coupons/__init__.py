"""Coupons in the back office: their list and form, sending, codes, promotion, and who holds what."""

from shop.backoffice.coupons import listing, log

__all__ = ["listing", "log"]
