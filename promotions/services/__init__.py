"""What happens to coupons, offers, flash sales, exchanges and invitations."""

from promotions.services.coupon_codes import (make_codes, redeem_code)
from promotions.services.coupon_occasions import (expire_coupons, issue_birthday, issue_birthdays, tell_expiring)
from promotions.services.coupon_pushes import (PUSHED, PushPreview, preview_push, run_pushes, start_push, stop_push)
from promotions.services.coupon_templates import (FROZEN, copy_template, problems_of, revoke_coupon, revoke_unused, save_template, set_goods, stop_template)
from promotions.services.coupons import (claim, claim_shared, give_back_coupon, issue, issue_by_mode, revoke_of_source, spend_coupon, tell_of)
from promotions.services.drafts import (DraftRefused, FlashDraft, FlashItemDraft, OfferDraft, Problem, TierDraft)
from promotions.services.exchanges import (ExchangeRefused, exchange_for_coupon, give_back_exchange, take_exchange)
from promotions.services.flash import (FlashRefused, give_back_flash, return_flash_quota, save_flash_sale, stop_flash_sale, take_flash)
from promotions.services.gifts import (give_back_gifts, take_gifts)
from promotions.services.offers import (save_offer, stop_offer)
from promotions.services.refusals import (CodeRefused, CouponNotIssued, CouponNotUsable, CouponProblem, CouponRefused, PushRefused, TemplateRefused)

__all__ = [
    "CodeRefused",
    "CouponNotIssued",
    "CouponNotUsable",
    "CouponProblem",
    "CouponRefused",
    "DraftRefused",
    "ExchangeRefused",
    "FROZEN",
    "FlashDraft",
    "FlashItemDraft",
    "FlashRefused",
    "OfferDraft",
    "PUSHED",
    "Problem",
    "PushPreview",
    "PushRefused",
    "TemplateRefused",
    "TierDraft",
    "claim",
    "claim_shared",
    "copy_template",
    "exchange_for_coupon",
    "expire_coupons",
    "give_back_coupon",
    "give_back_exchange",
    "give_back_flash",
    "give_back_gifts",
    "issue",
    "issue_birthday",
    "issue_birthdays",
    "issue_by_mode",
    "make_codes",
    "preview_push",
    "problems_of",
    "redeem_code",
    "return_flash_quota",
    "revoke_coupon",
    "revoke_of_source",
    "revoke_unused",
    "run_pushes",
    "save_flash_sale",
    "save_offer",
    "save_template",
    "set_goods",
    "spend_coupon",
    "start_push",
    "stop_flash_sale",
    "stop_offer",
    "stop_push",
    "stop_template",
    "take_exchange",
    "take_flash",
    "take_gifts",
    "tell_expiring",
    "tell_of",
]
