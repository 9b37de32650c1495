"""What pages, checkout and the back office read of coupons, offers, flash sales, exchanges and invitations."""

from promotions.selectors.audiences import SEGMENTS, audience_of, members_by_no, members_by_phone
from promotions.selectors.coupon_posters import poster_of
from promotions.selectors.coupons import (
    Held,
    Offered,
    checkout_coupons,
    claimable,
    claimable_by,
    claimable_for_product,
    count_unused,
    coupon_terms,
    coupons_of,
    held_of,
    held_words,
    scope_names,
    shared,
    tabs_at,
)

__all__ = [
    "SEGMENTS", "Held", "Offered", "audience_of", "checkout_coupons", "claimable", "claimable_by",
    "claimable_for_product", "count_unused", "coupon_terms", "coupons_of", "held_of", "held_words", "members_by_no",
    "members_by_phone", "poster_of", "scope_names", "shared", "tabs_at",
]  # fmt: skip
