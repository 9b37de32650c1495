"""Members: the list, the page of one with its tabs, what the staff may do with them, and the messages sent to them."""

from shop.backoffice.members import listing, messages  # noqa: F401 they register their screens
