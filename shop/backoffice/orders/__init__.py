"""Orders in the back office: the list, the page of one order, and everything the staff may do with it."""

from shop.backoffice.orders import listing

__all__ = ["listing"]
