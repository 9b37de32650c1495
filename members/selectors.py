"""What the pages about people read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, Q, QuerySet, Sum

from members.models import Address, Level, Member, Message, MessageChannel, PointsEntry, in_scope
from shop.lib.money import yuan
from shop.models import Store


def addresses_of(member: Member) -> QuerySet[Address]:
    """The member's addresses, the default first, then the newest."""
    return member.addresses.order_by("-is_default", "-pk")


def inbox(member: Member) -> QuerySet[Message]:
    """The member's notices on the site, newest first."""
    return member.messages.filter(channel=MessageChannel.SITE).order_by("-pk")


def unread_count(member: Member) -> int:
    """How many notices on the site the member has not opened."""
    return inbox(member).filter(read_at=None).count()


def stores_of_staff(staff: Member) -> QuerySet[Store]:
    """The stores whose orders `staff` may see, open or closed, in the shop's order."""
    return Store.objects.filter(in_scope(staff, "pk")).order_by("sort_order", "pk")


def active_staff(*, store_id: int | None, permission: str = "") -> QuerySet[Member]:
    """Working staff who see the orders of `store_id`; of the headquarters alone for None.

    With `permission` ("orders.accept_order") only those whose role, or they themselves, hold it.
    """
    scope = Q(is_superuser=True) | Q(stores__is_headquarters=True)
    if store_id is not None:
        scope |= Q(stores=store_id)
    staff: QuerySet[Member] = Member.objects.filter(scope, is_staff=True, is_active=True)
    if permission:
        app, _, codename = permission.partition(".")
        of_role = Q(groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
        of_person = Q(user_permissions__codename=codename, user_permissions__content_type__app_label=app)
        staff = staff.filter(Q(is_superuser=True) | of_role | of_person)
    return staff.distinct().order_by("pk")


def inviter_of(code: str) -> Member | None:
    """Return the shopper whose invite code this is, if they may still bring somebody."""
    if not code:
        return None
    found: Member | None = Member.objects.shoppers().filter(invite_code=code, is_active=True, erased_at=None).first()
    return found


def personal_data(member: Member) -> dict[str, Any]:
    """Return all that this app holds of a member, for them to take away."""
    level = member.level
    return {
        "会员": {
            "编号": member.no, "昵称": member.nickname, "手机": member.phone, "生日": member.birthday,
            "注册时间": member.created_at, "最近登录": member.last_login, "最近访问": member.last_visit_on,
            "等级": level.name if level else "", "分组": member.get_activity_display(), "VIP": member.is_vip,
            "标签": [tag.name for tag in member.tags.order_by("name")], "商家备注": member.note,
            "消费金额（元）": yuan(member.spent_amount), "订单数": member.paid_orders,
            "积分": member.points_balance, "欠积分": member.points_debt, "邀请码": member.invite_code or "",
            "由会员邀请": member.invited_by_id is not None,
        },
        "收货地址": [
            {"收货人": one.receiver_name, "手机": one.receiver_phone, "地址": one.full_address}
            for one in addresses_of(member)
        ],
        "同意记录": list(member.consents.order_by("pk").values("document", "version", "given_at", "ip")),
        "消息": list(member.messages.order_by("pk").values("title", "body", "channel", "created_at", "read_at")),
        "积分明细": list(member.points.order_by("pk").values("at", "delta", "kind", "note", "expires_at")),
        "来访日期": list(member.visit_days.order_by("day").values_list("day", flat=True)),
    }  # fmt: skip


# --- Levels and points ---------------------------------------------------------------------------------------------
def ladder() -> QuerySet[Level]:
    """All levels from the lowest up."""
    return Level.objects.order_by("min_value")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a member stands between two levels. Values are fen or orders; `percent` is the part of the way behind them."""

    value: int
    level: Level | None
    following: Level | None
    missing: int
    percent: int


def progress_of(member: Member, levels: Sequence[Level], value: int) -> Progress:
    """Say how far `member`, who has reached `value`, is from the level above theirs; `levels` from the lowest up."""
    level = next((one for one in levels if one.pk == member.level_id), None)
    above = [one for one in levels if one.min_value > max(value, level.min_value if level else -1)]
    following = above[0] if above else None
    if following is None:
        return Progress(value, level, None, 0, 100)
    return Progress(
        value, level, following, following.min_value - value, value * 100 // following.min_value if value > 0 else 0
    )


@dataclass(frozen=True, slots=True)
class PointsAccount:
    """What a member has in points: to spend, still frozen until `next_at` at the earliest, and owed."""

    balance: int
    frozen: int
    next_at: datetime | None
    debt: int


def points_account(member: Member) -> PointsAccount:
    """Return the member's points in sum. One query, for the frozen ones."""
    waiting = member.points.filter(counted_at__isnull=True).aggregate(
        frozen=Sum("delta", default=0), next_at=Min("available_at", filter=Q(left__gt=0))
    )
    next_at = waiting["next_at"] if waiting["frozen"] else None
    return PointsAccount(member.points_balance, waiting["frozen"], next_at, member.points_debt)


def points_entries(member: Member) -> QuerySet[PointsEntry]:
    """The member's statement, newest first."""
    return member.points.order_by("-pk")
