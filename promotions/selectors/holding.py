"""What the marketing tools hold of one member."""

from typing import Any

from members.models import Member
from promotions.models import CouponCode, ExchangeTaken, FlashBought
from promotions.selectors.referrals import invitations_of


def personal_data(member: Member) -> dict[str, Any]:
    """Return all that this app holds of a member, for them to take away."""
    coupons = member.coupons.order_by("pk")
    codes = CouponCode.objects.filter(redeemed_by=member).order_by("pk")
    flash = FlashBought.objects.filter(member=member).order_by("pk")
    taken = ExchangeTaken.objects.filter(member=member).order_by("pk")
    return {
        "优惠券": list(
            coupons.values("name", "issue_mode", "status", "issued_at", "valid_from", "valid_until", "used_at")
        ),
        "兑换码": list(codes.values("code", "redeemed_at")),
        "抢购": list(flash.values("item__sale__name", "units")),
        "积分兑换": list(taken.values("item__name", "units")),
        "邀请": invitations_of(member),
    }
