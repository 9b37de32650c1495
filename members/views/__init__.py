"""Pages for one person: signing in, profile, address book, messages."""

from members.views.access import MemberRequest, shopper_required
from members.views.addresses import (
    address_add,
    address_default,
    address_delete,
    address_edit,
    address_list,
    address_regions,
)
from members.views.messages import message_list, message_open, message_read_all
from members.views.points import points, share_opened
from members.views.profile import profile
from members.views.signing_in import code_resend, login, login_code, logout

__all__ = [
    "MemberRequest",
    "address_add",
    "address_default",
    "address_delete",
    "address_edit",
    "address_list",
    "address_regions",
    "code_resend",
    "login",
    "login_code",
    "logout",
    "message_list",
    "message_open",
    "message_read_all",
    "points",
    "profile",
    "share_opened",
    "shopper_required",
]
