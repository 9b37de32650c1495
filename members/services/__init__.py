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
from members.services.codes import (
    CodeRefused,
    SmsUnavailable,
    confirm_code,
    forget_throttles,
    request_code,
    verify_code,
)
from members.services.exports import EXPORTS_KEPT_FOR, content_of, forget_exports, keep_export
from members.services.inviting import ensure_invite_code, new_invite_code
from members.services.leaving import erase_person, forget_sessions
from members.services.messages import deliver_messages, mark_read, notify, notify_members, notify_staff
from members.services.operations import BrokenSeal, acting_from, broken_seals, log_operation, seal_operations
from members.services.tagging import switch_members, tag_members, untag_members, write_note
from members.services.visiting import forget_visits, note_visit

__all__ = [
    "EXPORTS_KEPT_FOR",
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
    "confirm_code",
    "content_of",
    "delete_address",
    "deliver_messages",
    "ensure_invite_code",
    "ensure_roles",
    "erase_person",
    "forget_exports",
    "forget_sessions",
    "forget_throttles",
    "forget_visits",
    "keep_export",
    "log_operation",
    "mark_read",
    "new_invite_code",
    "note_visit",
    "notify",
    "notify_members",
    "notify_staff",
    "record_consent",
    "register_by_phone",
    "request_code",
    "save_address",
    "save_profile",
    "seal_operations",
    "set_default_address",
    "switch_members",
    "tag_members",
    "unread_count",
    "untag_members",
    "verify_code",
    "write_note",
]
