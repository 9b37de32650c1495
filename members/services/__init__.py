"""Everything that happens to people: signing in, addresses, messages, and the record of what the staff did."""

from members.selectors import unread_count
from members.services.accounts import (
    PRIVACY_VERSION,
    BirthdayFixed,
    birthday_free_on,
    ensure_roles,
    record_consent,
    register_by_phone,
    save_profile,
)
from members.services.addresses import MOST_ADDRESSES, AddressRefused, delete_address, save_address, set_default_address
from members.services.codes import CodeRefused, SmsUnavailable, forget_throttles, request_code, verify_code
from members.services.messages import deliver_messages, mark_read, notify, notify_members, notify_selected, notify_staff
from members.services.operations import BrokenSeal, acting_from, broken_seals, log_operation, seal_operations

__all__ = [
    "MOST_ADDRESSES",
    "PRIVACY_VERSION",
    "AddressRefused",
    "BirthdayFixed",
    "BrokenSeal",
    "CodeRefused",
    "SmsUnavailable",
    "acting_from",
    "birthday_free_on",
    "broken_seals",
    "delete_address",
    "deliver_messages",
    "ensure_roles",
    "forget_throttles",
    "log_operation",
    "mark_read",
    "notify",
    "notify_members",
    "notify_selected",
    "notify_staff",
    "record_consent",
    "register_by_phone",
    "request_code",
    "save_address",
    "save_profile",
    "seal_operations",
    "set_default_address",
    "unread_count",
    "verify_code",
]
