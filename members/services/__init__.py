"""Everything that happens to people: signing in, addresses, messages, and the record of what the staff did."""

from members.selectors import (unread_count)
from members.services.accounts import (BirthdayFixed, PRIVACY_VERSION, birthday_free_on, ensure_roles, record_consent, register_by_phone, save_profile)
from members.services.addresses import (AddressRefused, MOST_ADDRESSES, delete_address, save_address, set_default_address)
from members.services.codes import (CodeRefused, SmsUnavailable, forget_throttles, request_code, verify_code)
from members.services.levels import (LadderRefused, LevelRefused, MOST_LEVELS, Mistake, Rung, ladder_mistakes, level_at, lock_level, lock_standing, save_ladder, set_level_by_value, unlock_level, value_words)
from members.services.messages import (deliver_messages, mark_read, notify, notify_members, notify_selected, notify_staff)
from members.services.operations import (BrokenSeal, acting_from, broken_seals, log_operation, seal_operations)
from members.services.points import (AdjustmentRefused, PointsShort, adjust_points, can_claw_back, claw_back_points, earn_points, return_points, spend_points)
from members.services.points_sweeps import (expire_points, release_points, warn_of_expiry)
from members.services.rewards import (reward_birthday, reward_birthdays, reward_group, reward_profile, reward_review, reward_share, share_token)
from members.services.standing import (count_purchase)

__all__ = [
    "AddressRefused",
    "AdjustmentRefused",
    "BirthdayFixed",
    "BrokenSeal",
    "CodeRefused",
    "LadderRefused",
    "LevelRefused",
    "MOST_ADDRESSES",
    "MOST_LEVELS",
    "Mistake",
    "PRIVACY_VERSION",
    "PointsShort",
    "Rung",
    "SmsUnavailable",
    "acting_from",
    "adjust_points",
    "birthday_free_on",
    "broken_seals",
    "can_claw_back",
    "claw_back_points",
    "count_purchase",
    "delete_address",
    "deliver_messages",
    "earn_points",
    "ensure_roles",
    "expire_points",
    "forget_throttles",
    "ladder_mistakes",
    "level_at",
    "lock_level",
    "lock_standing",
    "log_operation",
    "mark_read",
    "notify",
    "notify_members",
    "notify_selected",
    "notify_staff",
    "record_consent",
    "register_by_phone",
    "release_points",
    "request_code",
    "return_points",
    "reward_birthday",
    "reward_birthdays",
    "reward_group",
    "reward_profile",
    "reward_review",
    "reward_share",
    "save_address",
    "save_ladder",
    "save_profile",
    "seal_operations",
    "set_default_address",
    "set_level_by_value",
    "share_token",
    "spend_points",
    "unlock_level",
    "unread_count",
    "value_words",
    "verify_code",
    "warn_of_expiry",
]
