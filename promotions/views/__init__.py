"""Pages of coupons, offers and the points shop."""

from promotions.views.flash import flash
from promotions.views.inviting import invite, invite_link, invite_poster, invited
from promotions.views.offers import offer, offer_list, offer_poster, offer_share

__all__ = [
    "flash",
    "invite",
    "invite_link",
    "invite_poster",
    "invited",
    "offer",
    "offer_list",
    "offer_poster",
    "offer_share",
]
