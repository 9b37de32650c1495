"""What the demo shop knows of its shoppers: tags, notes, days of visits, and who brought whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from members import services as members
from members.models import Member, MemberVisitDay
from orders import services as orders
from promotions.models import Referral, ReferralCampaign, ReferralStatus

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Known:
    """What is known of the shopper at this place of `people.SHOPPERS`; days are counted back from today."""

    joined: int
    came: tuple[int, ...]
    tags: tuple[str, ...] = ()
    note: str = ""


KNOWN = (
    Known(62, (1, 2, 4, 5, 9, 16, 23), ("爱喝茶", "老顾客"), "喜欢清香型乌龙，送礼要礼盒装。"),
    Known(48, (3, 12, 20), ("爱喝茶",)),
    Known(75, (41, 44), ("企业采购",), "公司茶水间每月补货一次，要开发票。"),
    Known(40, (1, 6, 7, 14), ("带孩子",)),
    Known(5, (0, 2)),
)
CAMPAIGN = ReferralCampaign(
    name="邀好友，一起喝茶",
    inviter_points=50,
    invitee_points=20,
    cap_per_day=5,
    cap_total=50,
    rules_text="好友用您的链接第一次注册，并完成第一单，售后期结束后 50 积分到账。\n"
    "每位好友只算一次，同一位顾客换手机号注册不算。",
)
INVITER, DOUBTFUL, ORDERED = 0, 3, 1  # places of SHOPPERS


def load_knowledge(shoppers: Sequence[Member], *, now: datetime) -> int:
    """Note what is known of the shoppers and segment them; a second time changes nothing. Return how many tags."""
    if ReferralCampaign.objects.exists():
        return 0
    today = timezone.localdate(now)
    for member, known in zip(shoppers, KNOWN, strict=True):
        days = [MemberVisitDay(member=member, day=today - ago * DAY) for ago in known.came]
        MemberVisitDay.objects.bulk_create(days, ignore_conflicts=True)
        one = Member.objects.filter(pk=member.pk)
        one.update(created_at=now - known.joined * DAY, last_visit_on=today - min(known.came) * DAY, note=known.note)
        members.tag_members(members=one, names=known.tags)
        members.ensure_invite_code(member)
    _bring_friends(shoppers, now)
    orders.segment_members(now=now)
    return sum(len(known.tags) for known in KNOWN)


def _bring_friends(shoppers: Sequence[Member], now: datetime) -> None:
    """Let one friend wait for the staff's decision and another for the end of the after-sale window."""
    CAMPAIGN.pk, CAMPAIGN.starts_at = None, now - 30 * DAY
    CAMPAIGN.save(force_insert=True)
    pairs: list[tuple[int, dict[str, Any]]] = [
        (DOUBTFUL, {"status": ReferralStatus.DOUBTFUL, "doubts": ["device"]}),
        (ORDERED, {"status": ReferralStatus.ORDERED, "due_at": now + 9 * DAY}),
    ]
    for place, facts in pairs:
        invitee = shoppers[place]
        Member.objects.filter(pk=invitee.pk).update(invited_by=shoppers[INVITER])
        Referral.objects.create(
            campaign=CAMPAIGN, inviter=shoppers[INVITER], invitee=invitee, created_at=now - 20 * DAY, **facts
        )
