"""邀请有礼: who brought whom, and the reward of both. One level; nothing is given for the act of sharing.

A pair is made once, at the first registration. The inviter waits until the invitee's first order is completed and its
after-sale window is over. Pairs that look like one person with two phones wait for somebody of the staff.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from members import services as members
from members.models import Member, PointsKind, mask_name
from promotions.models import Referral, ReferralCampaign, ReferralStatus
from promotions.selectors.referrals import doubts_at_order, doubts_at_registration, running_campaign
from promotions.services.giving import give_coupon, give_points
from shop.lib.outbox import each
from shop.lib.states import IllegalMove

OPEN = frozenset({ReferralStatus.WAITING, ReferralStatus.DOUBTFUL})  # no order counts yet, or nobody has looked
UNDECIDED = frozenset({ReferralStatus.WAITING, ReferralStatus.ORDERED, ReferralStatus.DOUBTFUL})


@transaction.atomic
def bind_invitation(*, invitee: Member, inviter: Member, device: str, now: datetime) -> Referral | None:
    """Make the pair of a new member and who brought them, while a campaign runs, and give the new member's reward.

    None when no campaign runs, for oneself, for a loop, and for an inviter who is staff, switched off or gone. A
    second call changes nothing. A doubtful pair gets nothing before it was approved.
    """
    campaign = running_campaign(now)
    if campaign is None or not _may_bring(inviter, invitee):
        return None
    doubts = doubts_at_registration(inviter=inviter, device=device)
    referral, is_new = Referral.objects.get_or_create(
        invitee=invitee,
        defaults={
            "campaign": campaign,
            "inviter": inviter,
            "device": device,
            "doubts": doubts,
            "status": ReferralStatus.DOUBTFUL if doubts else ReferralStatus.WAITING,
            "created_at": now,
        },
    )
    if is_new and not doubts:
        _reward_invitee(referral, now)
    return referral


def _may_bring(inviter: Member, invitee: Member) -> bool:
    is_open = inviter.is_active and not inviter.is_staff and inviter.erased_at is None
    return is_open and inviter.pk != invitee.pk and inviter.invited_by_id != invitee.pk


@transaction.atomic
def note_completed_order(*, member: Member, order_no: str, due_at: datetime, now: datetime) -> None:
    """Let the pair of `member`, if they were brought by somebody, wait for the end of the order's after-sale window.

    Only the first completed order counts. A pair that looks like one person goes to the staff, unless they have
    looked at it before. A repeat changes nothing.
    """
    referral = _locked(invitee=member)
    if referral is None or referral.order_no or referral.status not in OPEN:
        return
    ordered = {"order_no": order_no, "due_at": due_at}
    doubts = [] if referral.decided_by_id else doubts_at_order(inviter=referral.inviter, invitee=member)
    if referral.status == ReferralStatus.DOUBTFUL or doubts:
        found = sorted({*referral.doubts, *doubts})
        if referral.status == ReferralStatus.WAITING:
            referral.move(ReferralStatus.DOUBTFUL, doubts=found, **ordered)
        else:
            Referral.objects.filter(pk=referral.pk).update(doubts=found, **ordered)
        return
    referral.move(ReferralStatus.ORDERED, **ordered)


@transaction.atomic
def note_reversed_order(*, member: Member, order_no: str, now: datetime) -> None:
    """Forget an order that was undone or fully refunded: the next completed one counts. A reward that is paid stays."""
    referral = _locked(invitee=member)
    if referral is None or referral.order_no != order_no:
        return
    nothing = {"order_no": "", "due_at": None}
    if referral.status == ReferralStatus.ORDERED:
        referral.move(ReferralStatus.WAITING, **nothing)
    elif referral.status == ReferralStatus.DOUBTFUL:
        Referral.objects.filter(pk=referral.pk).update(**nothing)


def reward_referrals(*, now: datetime, limit: int = 200) -> int:
    """Reward the inviters whose friends' first orders can no longer be refunded; return how many were looked at.

    Each pair has a transaction of its own. Beyond the cap of a day it waits for the next, beyond the cap of the
    campaign it ends without a reward.
    """
    due = Referral.objects.filter(status=ReferralStatus.ORDERED, due_at__lte=now)
    pks = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])
    return each(pks, lambda pk: _reward_if_due(pk, now))


@transaction.atomic
def _reward_if_due(pk: int, now: datetime) -> bool:
    """Reward one pair. The inviter is locked first: two pairs of one inviter cannot both be the last within a cap."""
    inviter_id = Referral.objects.values_list("inviter_id", flat=True).get(pk=pk)
    inviter = Member.objects.select_for_update(no_key=True).get(pk=inviter_id)
    referral = _locked(pk=pk)
    if referral is None or referral.status != ReferralStatus.ORDERED or not referral.due_at or referral.due_at > now:
        return False
    if inviter.erased_at or not inviter.is_active:
        referral.move(ReferralStatus.REFUSED, decided_note="邀请人的账号已停用或注销")
    elif _is_beyond(referral.campaign.cap_total, _rewarded(referral)):
        referral.move(ReferralStatus.REFUSED, decided_note="已达到活动的累计上限")
    elif _is_beyond(referral.campaign.cap_per_day, _rewarded(referral, since=_midnight(now))):
        Referral.objects.filter(pk=pk).update(due_at=_midnight(now) + timedelta(days=1))
    else:
        _reward_inviter(referral, inviter, now)
    return True


def _rewarded(referral: Referral, *, since: datetime | None = None) -> int:
    """Count the rewarded pairs of the inviter in the campaign, from `since` on."""
    pairs = Referral.objects.filter(
        inviter=referral.inviter_id, campaign=referral.campaign_id, status=ReferralStatus.REWARDED
    )
    return (pairs.filter(rewarded_at__gte=since) if since else pairs).count()


def _is_beyond(cap: int, count: int) -> bool:
    return bool(cap) and count >= cap


def _midnight(now: datetime) -> datetime:
    """Return the beginning of the Shanghai day."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _reward_inviter(referral: Referral, inviter: Member, now: datetime) -> None:
    campaign = referral.campaign
    referral.move(ReferralStatus.REWARDED, rewarded_at=now)
    given = []
    if campaign.inviter_points:
        give_points(
            member_id=inviter.pk, points=campaign.inviter_points, kind=PointsKind.INVITE,
            source=source_of(referral), now=now, note="邀请好友奖励",
        )  # fmt: skip
        given.append(f"{campaign.inviter_points} 积分")
    if campaign.inviter_coupon and give_coupon(
        template=campaign.inviter_coupon, member=inviter, source=f"{source_of(referral)}:inviter", now=now
    ):
        given.append(f"优惠券“{campaign.inviter_coupon.name}”")
    if given:
        friend = mask_name(referral.invitee.nickname) or "好友"
        _tell(inviter, referral, f"您邀请的{friend}完成了首单，送您{'和'.join(given)}。", now)


def _tell(inviter: Member, referral: Referral, body: str, now: datetime) -> None:
    members.notify(
        member=inviter, scene="invite_rewarded", key=source_of(referral), title="邀请奖励到账", body=body,
        link="/me/invite/", now=now,
    )  # fmt: skip


def _reward_invitee(referral: Referral, now: datetime) -> None:
    """Give the new member's reward; a repeat gives nothing."""
    campaign = referral.campaign
    if campaign.invitee_points:
        give_points(
            member_id=referral.invitee_id, points=campaign.invitee_points, kind=PointsKind.INVITED,
            source=source_of(referral), now=now, note="受邀注册礼",
        )  # fmt: skip
    if campaign.invitee_coupon:
        give_coupon(
            template=campaign.invitee_coupon, member=referral.invitee, source=f"{source_of(referral)}:invitee", now=now
        )


def source_of(referral: Referral) -> str:
    """Name a pair as the cause of points and coupons."""
    return f"referral:{referral.pk}"


class ReferralDecided(Exception):
    """Somebody has decided already, or the reward is paid."""

    message = "这一对已经处理过了，请刷新后再看"


@transaction.atomic
def approve_referral(*, referral: Referral, by: Member, note: str, now: datetime) -> None:
    """Let a doubtful pair go on, with the new member's reward, which waited. Raises ReferralDecided.

    The new member is locked before the pair, as by those who complete an order.
    """
    Member.objects.select_for_update(no_key=True).get(pk=referral.invitee_id)
    locked = _locked(pk=referral.pk)
    if locked is None or locked.status != ReferralStatus.DOUBTFUL:
        raise ReferralDecided
    to = ReferralStatus.ORDERED if locked.order_no else ReferralStatus.WAITING
    locked.move(to, decided_by=by, decided_note=note)
    if locked.invitee.is_active and locked.invitee.erased_at is None:
        _reward_invitee(locked, now)


@transaction.atomic
def refuse_referral(*, referral: Referral, by: Member, note: str, now: datetime) -> None:
    """End a pair without a reward, doubtful or not. Raises ReferralDecided when it has ended."""
    locked = _locked(pk=referral.pk)
    if locked is None or locked.status not in UNDECIDED:
        raise ReferralDecided
    try:
        locked.move(ReferralStatus.REFUSED, decided_by=by, decided_note=note)
    except IllegalMove as race:
        raise ReferralDecided from race


class CampaignsOverlap(Exception):
    """Two campaigns would run at once; the message names the other one."""

    def __init__(self, other: ReferralCampaign) -> None:
        self.message = f"和「{other.name}」的时间重叠，请先停止那个活动，或者换一个时间"
        super().__init__(self.message)


@transaction.atomic
def save_campaign(campaign: ReferralCampaign) -> None:
    """Write a campaign. Raises CampaignsOverlap, and writes nothing, when another would run at the same time."""
    check_overlap(campaign)
    campaign.save()


@transaction.atomic
def switch_campaign(*, campaign: ReferralCampaign, is_stopped: bool) -> None:
    """Stop a campaign, which makes no new pairs then, or let it run again. Raises CampaignsOverlap."""
    campaign.is_stopped = is_stopped
    if not is_stopped:
        check_overlap(campaign)
    campaign.save(update_fields=["is_stopped"])


def check_overlap(campaign: ReferralCampaign) -> None:
    """Take turns with others who change campaigns, then raise CampaignsOverlap if another runs at the same time.

    Needs the caller's transaction.
    """
    rows = ReferralCampaign.objects.select_for_update().order_by("pk")
    others = [other for other in rows if other.pk != campaign.pk and not other.is_stopped]
    clashing = [other for other in others if not campaign.is_stopped and _overlap(campaign, other)]
    if clashing:
        raise CampaignsOverlap(clashing[0])


def _overlap(one: ReferralCampaign, other: ReferralCampaign) -> bool:
    starts_before = other.ends_at is None or one.starts_at < other.ends_at
    return starts_before and (one.ends_at is None or other.starts_at < one.ends_at)


def forget_devices(*, members_gone: Collection[int]) -> None:
    """Blank the digests of the browsers on which these members registered."""
    Referral.objects.filter(invitee__in=members_gone).update(device="")


def _locked(**which: object) -> Referral | None:
    rows = Referral.objects.select_for_update(of=("self",)).filter(**which)
    return rows.select_related("campaign__inviter_coupon", "campaign__invitee_coupon", "inviter", "invitee").first()
