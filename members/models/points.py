"""Points: a ledger in which every change names its cause."""

from django.db import models
from django.db.models import F, Q

from members.models.people import Member


class PointsKind(models.TextChoices):
    ORDER = "order", "购物奖励"
    PROFILE = "profile", "完善资料"
    REVIEW = "review", "首次评价"
    GROUP = "group", "拼团成功"
    INVITE = "invite", "邀请好友"
    INVITED = "invited", "受邀注册"
    SHARE = "share", "分享"
    BIRTHDAY = "birthday", "生日礼"
    ADJUST = "adjust", "人工调整"
    SPEND = "spend", "积分抵现"
    EXCHANGE = "exchange", "积分兑换"
    RETURN = "return", "退回"
    CLAWBACK = "clawback", "退款扣回"
    REPAY = "repay", "抵扣欠分"
    EXPIRE = "expire", "过期"


class PointsEntry(models.Model):
    """One change of a member's points. `source` names the cause, so that a replay writes nothing.

    An entry counts for the balance once `counted_at` is set: at once, or by the sweep after `available_at`. Of points
    that came in, `left` are not taken yet (a lot); they end at `expires_at`. What a clawback did not find is `owed`.
    A clawback of points that do not count yet waits with them. `PointsUse` says which lots an entry took from.
    balance = Σ delta of counted entries; debt = Σ owed + Σ delta of REPAY entries (which are negative).
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="points", verbose_name="会员")
    delta = models.IntegerField("变化")
    owed = models.PositiveIntegerField(default=0)
    kind = models.CharField("原因", max_length=10, choices=PointsKind)
    source = models.CharField("来源", max_length=80)
    note = models.CharField("说明", max_length=80, blank=True)
    actor = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", verbose_name="操作人")
    at = models.DateTimeField("时间")
    available_at = models.DateTimeField("生效时间")
    counted_at = models.DateTimeField(null=True)
    left = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField("过期时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "积分明细"
        constraints = [
            models.UniqueConstraint(fields=["member", "kind", "source"], name="points_once_per_source"),
            models.CheckConstraint(condition=~Q(delta=0) | Q(owed__gt=0), name="points_entry_moves"),
            models.CheckConstraint(condition=Q(left=0) | Q(left__lte=F("delta")), name="points_lot_within_delta"),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="points_of_member"),
            models.Index(fields=["available_at"], name="points_due", condition=Q(counted_at__isnull=True)),
            models.Index(fields=["expires_at"], name="points_expiring", condition=Q(left__gt=0)),
            models.Index(fields=["member", "expires_at", "id"], name="points_lots", condition=Q(left__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.delta:+d} {self.kind}"


class PointsUse(models.Model):
    """How many points of a lot an entry took, and how many of those came back (as a new lot) since.

    left = delta - Σ points of a lot's uses; -delta = Σ points of the uses of an entry that takes.
    """

    entry = models.ForeignKey(PointsEntry, models.CASCADE, related_name="uses")
    lot = models.ForeignKey(PointsEntry, models.CASCADE, related_name="takers")
    points = models.PositiveIntegerField()
    returned = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "lot"], name="points_use_once"),
            models.CheckConstraint(condition=Q(points__gte=1), name="points_use_takes"),
            models.CheckConstraint(condition=Q(returned__lte=F("points")), name="points_use_returned_within"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.points} of {self.lot_id}"
