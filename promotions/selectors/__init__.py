"""What runs now, as terms for the pipeline and as words for pages."""

from promotions.selectors.flash import (
    FlashDeal,
    SessionPage,
    SkuDeal,
    current_session,
    deal_of_sku,
    flash_prices,
    public_deals,
    session_page,
    sessions,
)
from promotions.selectors.offers import (
    OfferPage,
    goods_of,
    offer_page,
    offer_terms,
    offers_shown,
    pages_of,
    public_offers,
    running_offers,
    with_tiers,
)
from promotions.selectors.tags import tagged, tags_of_product

__all__ = [
    "FlashDeal", "OfferPage", "SessionPage", "SkuDeal", "current_session", "deal_of_sku", "flash_prices", "goods_of",
    "offer_page", "offer_terms", "offers_shown", "pages_of", "public_deals", "public_offers", "running_offers",
    "session_page", "sessions", "tagged", "tags_of_product", "with_tiers",
]  # fmt: skip
