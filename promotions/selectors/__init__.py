"""What the pages of the marketing tools read."""

from promotions.selectors.holding import personal_data
from promotions.selectors.referrals import (
    DOUBTS,
    Friend,
    Statement,
    campaigns_with_figures,
    friend_of,
    referrals_by_status,
    referrals_of,
    reward_words,
    running_campaign,
    state_of,
    statement_of,
)

__all__ = [
    "DOUBTS",
    "Friend",
    "Statement",
    "campaigns_with_figures",
    "friend_of",
    "personal_data",
    "referrals_by_status",
    "referrals_of",
    "reward_words",
    "running_campaign",
    "state_of",
    "statement_of",
]
