"""What becomes of a member's coupons and invitations when they leave."""

from datetime import datetime

from members.models import Member
from promotions.models import Coupon, CouponStatus, Referral, ReferralStatus
from promotions.services.referrals import forget_devices


def forget_holder(*, member: Member, now: datetime) -> None:
    """End what a member who leaves still holds: unused coupons and invitations that wait; blank their device.

    Used coupons stay, for amounts of orders hang on them. Part of the caller's transaction, under the member's lock.
    """
    unused = Coupon.objects.select_for_update(of=("self",)).filter(member=member, status=CouponStatus.UNUSED)
    for coupon in unused.order_by("pk"):
        coupon.move(CouponStatus.REVOKED, revoked_at=now)
    waiting = [ReferralStatus.WAITING, ReferralStatus.DOUBTFUL]
    pairs = Referral.objects.select_for_update(of=("self",)).filter(invitee=member, status__in=waiting)
    for pair in pairs.order_by("pk"):
        pair.move(ReferralStatus.REFUSED, decided_note="新人已注销账号")
    forget_devices(members_gone=[member.pk])
