"""Pages of coupons, offers and the points shop."""

from promotions.views.inviting import invite, invite_link, invite_poster, invited

__all__ = [
    "invite",
    "invite_link",
    "invite_poster",
    "invited",
]
