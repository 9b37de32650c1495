"""A member's own data: all of it to take away, and forgetting the person for good.

What each app holds and what it forgets stands in the app; here stands in which order, and what is in the way.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from catalog import selectors as catalog_selectors
from catalog import services as catalog
from members import services as members
from members.models import Member
from members.selectors import personal_data as data_of_members
from orders import services as orders
from orders.selectors.holding import personal_data as data_of_orders
from orders.services import StillOpen
from promotions import services as promotions
from promotions.selectors import personal_data as data_of_promotions


def data_of(member: Member, *, now: datetime) -> dict[str, Any]:
    """Return everything that the shop holds of `member`, in the words of its pages."""
    return {
        "说明": "店铺保存的关于您的全部数据。金额单位是元，时间是协调世界时（比北京时间早 8 小时）。",
        "生成时间": now,
        **data_of_members(member),
        **catalog_selectors.personal_data(member),
        **data_of_promotions(member),
        **data_of_orders(member),
    }


def note_download(*, member: Member, now: datetime) -> None:
    """Write into the operation log that a member took their data."""
    summary = f"会员下载自己的数据 {member.no}"
    members.log_operation(actor=None, action="member_data", target=member, summary=summary, now=now)


def what_is_open(member: Member) -> str:
    """Say what keeps `member` from leaving; "" for nothing."""
    try:
        orders.check_all_ended(member=member)
    except StillOpen as still:
        return still.message
    return ""


@transaction.atomic
def erase(*, member: Member, by: Member | None, reason: str, now: datetime) -> None:
    """Forget the person behind `member`, who asked for it (`by` None) or asked the staff to. Raises StillOpen.

    Orders with their amounts stay, without whom they went to; so do points and used coupons, for sums hang on them.
    Whatever is open is looked for under the locks. A second call changes nothing. See `members.erase_person`.
    """
    orders.hold_orders(member=member)
    locked = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if locked.erased_at or locked.is_staff:
        return
    orders.check_all_ended(member=locked)
    orders.forget_buyer(member=locked, now=now)
    promotions.forget_holder(member=locked, now=now)
    catalog.forget_shopper(locked)
    members.erase_person(member=locked, now=now)
    members.log_operation(
        actor=by, action="erase_member", target=locked, summary=f"注销会员 {member.no}",
        after={"reason": reason}, now=now,
    )  # fmt: skip
