"""What pages, checkout and the back office read of coupons, offers, flash sales, exchanges and invitations."""

from promotions.selectors.audiences import (SEGMENTS, audience_of, members_by_no, members_by_phone)
from promotions.selectors.coupons import (Held, Offered, checkout_coupons, claimable, claimable_by, claimable_for_product, count_unused, coupon_terms, coupons_of, held_of, held_words, offered_of, scope_names, shared, tabs_at)
from promotions.selectors.exchanges import (ExchangeCard, exchange_card, exchange_cards)
from promotions.selectors.flash import (FlashDeal, SessionPage, current_session, deals_of_products, flash_prices, session_page, sessions)
from promotions.selectors.member_terms import (level_terms, member_price, points_terms)
from promotions.selectors.offers import (OfferPage, goods_of, offer_page, offer_terms, offers_shown, public_offers, running_offers)
from promotions.selectors.tags import (tagged, tags_of_product)

__all__ = [
    "ExchangeCard",
    "FlashDeal",
    "Held",
    "OfferPage",
    "Offered",
    "SEGMENTS",
    "SessionPage",
    "audience_of",
    "checkout_coupons",
    "claimable",
    "claimable_by",
    "claimable_for_product",
    "count_unused",
    "coupon_terms",
    "coupons_of",
    "current_session",
    "deals_of_products",
    "exchange_card",
    "exchange_cards",
    "flash_prices",
    "goods_of",
    "held_of",
    "held_words",
    "level_terms",
    "member_price",
    "members_by_no",
    "members_by_phone",
    "offer_page",
    "offer_terms",
    "offered_of",
    "offers_shown",
    "points_terms",
    "public_offers",
    "running_offers",
    "scope_names",
    "session_page",
    "sessions",
    "shared",
    "tabs_at",
    "tagged",
    "tags_of_product",
]
