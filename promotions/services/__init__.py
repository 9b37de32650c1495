"""Everything that happens to what changes a price: activities are written, their gifts and quotas taken."""

from promotions.services.drafts import DraftRefused, FlashDraft, FlashItemDraft, OfferDraft, Problem, TierDraft
from promotions.services.flash import (
    FlashRefused,
    give_back_flash,
    return_flash_quota,
    save_flash_sale,
    stop_flash_sale,
    take_flash,
)
from promotions.services.gifts import give_back_gifts, take_gifts
from promotions.services.offers import save_offer, stop_offer

__all__ = [
    "DraftRefused",
    "FlashDraft",
    "FlashItemDraft",
    "FlashRefused",
    "OfferDraft",
    "Problem",
    "TierDraft",
    "give_back_flash",
    "give_back_gifts",
    "return_flash_quota",
    "save_flash_sale",
    "save_offer",
    "stop_flash_sale",
    "stop_offer",
    "take_flash",
    "take_gifts",
]
