"""What happens to coupons, offers, flash sales, exchanges and invitations."""

from promotions.services.coupon_codes import make_codes, redeem_code
from promotions.services.coupon_occasions import expire_coupons, issue_birthday, issue_birthdays, tell_expiring
from promotions.services.coupon_pushes import PUSHED, PushPreview, preview_push, run_pushes, start_push, stop_push
from promotions.services.coupon_templates import (
    FROZEN,
    copy_template,
    problems_of,
    revoke_coupon,
    revoke_unused,
    save_template,
    set_goods,
    stop_template,
)
from promotions.services.coupons import (
    claim,
    claim_shared,
    give_back_coupon,
    issue,
    issue_by_mode,
    revoke_of_source,
    spend_coupon,
    tell_of,
    why_none,
)
from promotions.services.refusals import (
    CodeRefused,
    CouponNotIssued,
    CouponNotUsable,
    CouponProblem,
    CouponRefused,
    PushRefused,
    TemplateRefused,
)

__all__ = [
    "FROZEN", "PUSHED", "CodeRefused", "CouponNotIssued", "CouponNotUsable", "CouponProblem", "CouponRefused",
    "PushPreview", "PushRefused", "TemplateRefused", "claim", "claim_shared", "copy_template", "expire_coupons",
    "give_back_coupon", "issue", "issue_birthday", "issue_birthdays", "issue_by_mode", "make_codes", "preview_push",
    "problems_of", "redeem_code", "revoke_coupon", "revoke_of_source", "revoke_unused", "run_pushes", "save_template",
    "set_goods", "spend_coupon", "start_push", "stop_push", "stop_template", "tell_expiring", "tell_of",
    "why_none",
]  # fmt: skip
