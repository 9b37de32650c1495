"""What the pages about invitations read, and what makes a pair doubtful."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from members.models import Member, PointsEntry, PointsKind, mask_name
from promotions.models import Coupon, Referral, ReferralCampaign, ReferralStatus, RunState

DEVICE, ADDRESS, PHONE = "device", "address", "phone"
DOUBTS = {DEVICE: "同一台设备", ADDRESS: "同一个收货地址", PHONE: "收货手机号相同"}


def running_campaign(now: datetime) -> ReferralCampaign | None:
    """Return the campaign that runs at `now`, with its coupons; at most one does."""
    running = ReferralCampaign.objects.filter(is_stopped=False, starts_at__lte=now)
    running = running.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
    return running.select_related("inviter_coupon", "invitee_coupon").order_by("-pk").first()


def state_of(campaign: ReferralCampaign, *, now: datetime) -> RunState:
    """Say what a campaign is in at `now`."""
    if campaign.is_stopped:
        return RunState.STOPPED
    if now < campaign.starts_at:
        return RunState.SCHEDULED
    return RunState.ENDED if campaign.ends_at and campaign.ends_at <= now else RunState.RUNNING


def doubts_at_registration(*, inviter: Member, device: str) -> list[str]:
    """Name what is odd about a new member: others of the inviter, or the inviter, registered on the same device."""
    if not device:
        return []
    pairs = Referral.objects.filter(Q(inviter=inviter) | Q(invitee=inviter), device=device)
    return [DEVICE] if pairs.exists() else []


def doubts_at_order(*, inviter: Member, invitee: Member) -> list[str]:
    """Name what both have in common in their address books: a place, or the phone of a receiver. Two queries."""
    theirs, own = ([*one.addresses.order_by("pk")] for one in (inviter, invitee))
    found = []
    if {_place(one) for one in theirs} & {_place(one) for one in own}:
        found.append(ADDRESS)
    if {inviter.phone, *(one.receiver_phone for one in theirs)} & {one.receiver_phone for one in own} - {""}:
        found.append(PHONE)
    return found


def _place(address: Any) -> tuple[str, str]:
    """Return where an address is, however its street was typed: without blanks and punctuation."""
    return address.region_code, re.sub(r"[\W_]", "", address.detail).lower()


@dataclass(frozen=True, slots=True)
class Friend:
    """One line of the statement of a member's invitations."""

    name: str  # masked
    at: datetime
    status: str
    words: str
    reward: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What came of a member's invitations."""

    invited: int
    ordered: int
    rewarded: int
    points: int
    coupons: int


def statement_of(inviter: Member) -> Statement:
    """Add up a member's invitations. Three queries."""
    done = [ReferralStatus.ORDERED, ReferralStatus.REWARDED]
    pairs = Referral.objects.filter(inviter=inviter).aggregate(
        invited=Count("pk"),
        ordered=Count("pk", filter=Q(status__in=done)),
        rewarded=Count("pk", filter=Q(status=ReferralStatus.REWARDED)),
    )
    points = PointsEntry.objects.filter(member=inviter, kind=PointsKind.INVITE).aggregate(sum=Sum("delta"))["sum"]
    coupons = Coupon.objects.filter(member=inviter, source__startswith="referral:", source__endswith=":inviter")
    return Statement(**pairs, points=points or 0, coupons=coupons.count())


def referrals_of(inviter: Member) -> QuerySet[Referral]:
    """The friends a member brought, newest first."""
    rows = Referral.objects.filter(inviter=inviter).select_related("invitee", "campaign__inviter_coupon")
    return rows.order_by("-pk")


WORDS = {  # what an inviter reads; doubts are the shop's own business until they are decided
    ReferralStatus.WAITING: "已注册，等待首单",
    ReferralStatus.ORDERED: "首单完成，等售后期满",
    ReferralStatus.DOUBTFUL: "核实中",
    ReferralStatus.REWARDED: "奖励已到账",
    ReferralStatus.REFUSED: "未获奖励",
}


def friend_of(referral: Referral) -> Friend:
    """Write a pair of `referrals_of` as its inviter reads it."""
    status = ReferralStatus(referral.status)
    reward = reward_words(referral.campaign) if status == ReferralStatus.REWARDED else ""
    return Friend(mask_name(referral.invitee.nickname) or "新朋友", referral.created_at, status, WORDS[status], reward)


def reward_words(campaign: ReferralCampaign, *, invitee: bool = False) -> str:
    """Say what one side of an invitation gets: 50 积分和满 50 减 5 券; "" for nothing."""
    points = campaign.invitee_points if invitee else campaign.inviter_points
    coupon = campaign.invitee_coupon if invitee else campaign.inviter_coupon
    return " 和 ".join([*([f"{points} 积分"] if points else []), *([coupon.name] if coupon else [])])


def referrals_by_status() -> dict[str, int]:
    """Count the pairs of all campaigns by status."""
    return dict(Referral.objects.order_by().values_list("status").annotate(Count("pk")))


def campaigns_with_figures() -> QuerySet[ReferralCampaign]:
    """Campaigns with how many they brought (`brought`), how many of those bought (`bought`) and were rewarded."""
    bought = [ReferralStatus.ORDERED, ReferralStatus.REWARDED]
    figures = ReferralCampaign.objects.annotate(
        brought=Count("referrals"),
        bought=Count("referrals", filter=Q(referrals__status__in=bought)),
        rewarded=Count("referrals", filter=Q(referrals__status=ReferralStatus.REWARDED)),
        doubtful=Count("referrals", filter=Q(referrals__status=ReferralStatus.DOUBTFUL)),
    )
    return figures.order_by("-pk")


def invitations_of(member: Member) -> dict[str, Any]:
    """Return what is held of a member's invitations, for them to take away; friends are masked."""
    came = Referral.objects.filter(invitee=member).first()
    friends = [friend_of(one) for one in referrals_of(member)]
    return {
        "受邀": {"时间": came.created_at, "状态": came.get_status_display()} if came else None,
        "邀请的好友": [{"昵称": one.name, "时间": one.at, "状态": one.words, "奖励": one.reward} for one in friends],
    }
