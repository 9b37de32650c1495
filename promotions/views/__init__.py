"""Pages of coupons, offers and the points shop."""

from promotions.views.coupons import (
    coupon_centre,
    coupon_claim,
    coupon_code,
    coupon_poster,
    coupon_share,
    coupon_take,
    my_coupons,
)
from promotions.views.flash import flash
from promotions.views.inviting import invite, invite_link, invite_poster, invited
from promotions.views.offers import offer, offer_list, offer_poster, offer_share

__all__ = [
    "coupon_centre",
    "coupon_claim",
    "coupon_code",
    "coupon_poster",
    "coupon_share",
    "coupon_take",
    "flash",
    "invite",
    "invite_link",
    "invite_poster",
    "invited",
    "my_coupons",
    "offer",
    "offer_list",
    "offer_poster",
    "offer_share",
]
