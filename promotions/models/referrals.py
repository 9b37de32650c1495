"""邀请有礼: who brought whom, and what both got for it. One level only."""

from django.db import models
from django.db.models import F, Q

from members.models import Member
from promotions.models.coupons import CouponTemplate
from promotions.models.scope import Window
from shop.lib.states import Stateful


class ReferralCampaign(Window):
    """What an invitation is worth while it runs. Caps count rewarded pairs of one inviter; 0 is no cap."""

    name = models.CharField("活动名称", max_length=30)
    inviter_points = models.PositiveIntegerField("邀请人积分", default=0)
    inviter_coupon = models.ForeignKey(
        CouponTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="邀请人优惠券"
    )
    invitee_points = models.PositiveIntegerField("新人积分", default=0)
    invitee_coupon = models.ForeignKey(
        CouponTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="新人优惠券"
    )
    cap_per_day = models.PositiveIntegerField("每天最多奖励", default=10, help_text="每个邀请人每天最多几次；0 不限。")
    cap_total = models.PositiveIntegerField("累计最多奖励", default=100, help_text="每个邀请人一共最多几次；0 不限。")
    rules_text = models.CharField("活动规则", max_length=500, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "邀请有礼"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="referral_window"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ReferralStatus(models.TextChoices):
    WAITING = "waiting", "等待首单"
    ORDERED = "ordered", "等待售后期结束"
    DOUBTFUL = "doubtful", "待核查"
    REWARDED = "rewarded", "已奖励"
    REFUSED = "refused", "不予奖励"


class Referral(Stateful):
    """A member who came by another's link. The inviter's reward waits for the first order's after-sale window."""

    MOVES = {
        ReferralStatus.WAITING: {ReferralStatus.ORDERED, ReferralStatus.DOUBTFUL, ReferralStatus.REFUSED},
        ReferralStatus.ORDERED: {
            ReferralStatus.WAITING, ReferralStatus.DOUBTFUL, ReferralStatus.REWARDED, ReferralStatus.REFUSED,
        },
        ReferralStatus.DOUBTFUL: {ReferralStatus.WAITING, ReferralStatus.ORDERED, ReferralStatus.REFUSED},
        ReferralStatus.REWARDED: set(),
        ReferralStatus.REFUSED: set(),
    }  # fmt: skip

    campaign = models.ForeignKey(ReferralCampaign, models.PROTECT, related_name="referrals", verbose_name="活动")
    inviter = models.ForeignKey(Member, models.PROTECT, related_name="referrals", verbose_name="邀请人")
    invitee = models.OneToOneField(Member, models.PROTECT, related_name="referral", verbose_name="新人")
    status = models.CharField("状态", max_length=10, choices=ReferralStatus, default=ReferralStatus.WAITING)
    doubts = models.JSONField("疑点", default=list)  # ["device", "address", …]
    device = models.CharField(max_length=64, blank=True)  # a digest of browser and address at registration
    order_no = models.CharField("首单", max_length=20, blank=True)
    due_at = models.DateTimeField(null=True)  # when the window of the first order has ended
    decided_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", verbose_name="核查人")
    decided_note = models.CharField("核查说明", max_length=80, blank=True)
    created_at = models.DateTimeField("注册时间")
    rewarded_at = models.DateTimeField("奖励时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "邀请记录"
        constraints = [
            models.CheckConstraint(condition=~Q(inviter=F("invitee")), name="referral_not_of_oneself"),
        ]
        indexes = [
            models.Index(fields=["inviter", "-id"], name="referral_of_inviter"),
            models.Index(fields=["due_at"], name="referral_due", condition=Q(status="ordered")),
        ]

    def __str__(self) -> str:
        return f"{self.inviter_id} → {self.invitee_id}"
