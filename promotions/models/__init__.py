"""What changes a price or rewards a purchase: coupons, threshold offers, flash sales, the points shop, invitations."""

from promotions.models.coupons import (
    Coupon,
    CouponCode,
    CouponKind,
    CouponPush,
    CouponStatus,
    CouponTemplate,
    CouponTerms,
    IssueMode,
    PushStatus,
    ValidityKind,
)
from promotions.models.exchange import ExchangeItem, ExchangeTaken
from promotions.models.flash import FlashBought, FlashGivenBack, FlashItem, FlashSale
from promotions.models.offers import OfferBasis, OfferKind, Promotion, PromotionTier
from promotions.models.referrals import Referral, ReferralCampaign, ReferralStatus
from promotions.models.scope import RunState, Scoped, ScopeKind, Window, in_state

__all__ = [
    "Coupon",
    "CouponCode",
    "CouponKind",
    "CouponPush",
    "CouponStatus",
    "CouponTemplate",
    "CouponTerms",
    "ExchangeItem",
    "ExchangeTaken",
    "FlashBought",
    "FlashGivenBack",
    "FlashItem",
    "FlashSale",
    "IssueMode",
    "OfferBasis",
    "OfferKind",
    "Promotion",
    "PromotionTier",
    "PushStatus",
    "Referral",
    "ReferralCampaign",
    "ReferralStatus",
    "RunState",
    "ScopeKind",
    "Scoped",
    "ValidityKind",
    "Window",
    "in_state",
]
