"""Everything that changes what a shopper pays or is given."""

from promotions.services.holding import forget_holder
from promotions.services.referrals import (
    CampaignsOverlap,
    ReferralDecided,
    approve_referral,
    bind_invitation,
    check_overlap,
    note_completed_order,
    note_reversed_order,
    refuse_referral,
    reward_referrals,
    save_campaign,
    switch_campaign,
)

__all__ = [
    "CampaignsOverlap",
    "ReferralDecided",
    "approve_referral",
    "bind_invitation",
    "check_overlap",
    "forget_holder",
    "note_completed_order",
    "note_reversed_order",
    "refuse_referral",
    "reward_referrals",
    "save_campaign",
    "switch_campaign",
]
