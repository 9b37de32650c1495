"""Pages of the marketing tools."""

from promotions.views.coupons import (
    coupon_centre,
    coupon_claim,
    coupon_code,
    coupon_poster,
    coupon_share,
    coupon_take,
    my_coupons,
)

__all__ = [
    "coupon_centre", "coupon_claim", "coupon_code", "coupon_poster", "coupon_share", "coupon_take", "my_coupons",
]  # fmt: skip
