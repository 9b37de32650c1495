"""Coupons: the terms a merchant writes once, and what each member holds of them."""

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from members.models import Member
from promotions.models.scope import RunState, Scoped, ScopeKind
from shop.lib.markup import short_yuan
from shop.lib.money import FenField
from shop.lib.states import Stateful


class CouponKind(models.TextChoices):
    AMOUNT = "amount", "满减券"
    PERCENT = "percent", "折扣券"


class IssueMode(models.TextChoices):
    CLAIM = "claim", "领取"
    PUSH = "push", "定向发放"
    REGISTER = "register", "新客立减"
    ORDER_COMPLETED = "order_completed", "下单返券"
    BIRTHDAY = "birthday", "会员生日券"
    WAKE_UP = "wake_up", "唤醒券"
    SHARE = "share", "裂变券"
    CODE = "code", "兑换码"
    GROUP = "group", "拼团券"
    REWARD = "reward", "奖励券"  # given by invitations, exchanges and groups


class ValidityKind(models.TextChoices):
    FIXED = "fixed", "固定时间"
    DAYS = "days", "领取后若干天"


class CouponTerms(Scoped):
    """What a coupon is worth, on a template and frozen on every coupon issued from it. Amounts are fen.

    `percent` is what the buyer pays: 85 is 8.5 折, at most `max_discount` off (0: no cap). `threshold` is asked of the
    eligible goods after threshold offers, without freight.
    """

    kind = models.CharField("类型", max_length=8, choices=CouponKind, default=CouponKind.AMOUNT)
    amount = FenField("面额")
    percent = models.PositiveSmallIntegerField(
        "折扣（%）", default=0, validators=[MaxValueValidator(99)], help_text="按百分之几付款：85 就是 8.5 折。"
    )
    max_discount = FenField("最多减", help_text="折扣券最多减多少元；0 表示不封顶。")
    threshold = FenField("使用门槛", help_text="商品金额满多少元可用；0 表示无门槛。")

    class Meta:
        abstract = True

    @property
    def worth_words(self) -> str:
        """What it takes off, as people say it: "减 ¥5" or "8.5 折，最多减 ¥20"."""
        if self.kind == CouponKind.AMOUNT:
            return f"减 {short_yuan(self.amount)}"
        cap = f"，最多减 {short_yuan(self.max_discount)}" if self.max_discount else ""
        return f"{self.percent / 10:g} 折{cap}"

    @property
    def short_words(self) -> str:
        """Threshold and worth in the shortest words: "满 59 减 6", "9 折"."""
        over = f"满 {self.threshold / 100:g} " if self.threshold else ""
        return (
            f"{over}减 {self.amount / 100:g} 元"
            if self.kind == CouponKind.AMOUNT
            else f"{over}{self.percent / 10:g} 折"
        )

    @property
    def threshold_words(self) -> str:
        """What has to be bought for it."""
        return f"满 {short_yuan(self.threshold)} 可用" if self.threshold else "无门槛"

    @property
    def scope_words(self) -> str:
        """Which goods it is for."""
        return "全部商品可用" if self.scope_kind == ScopeKind.ALL else SCOPE_WORDS[self.scope_kind]


SCOPE_WORDS: dict[str, str] = {
    ScopeKind.CATEGORY: "指定分类可用",
    ScopeKind.PRODUCT: "指定商品可用",
    ScopeKind.EXCLUDE: "部分商品除外",
}


class CouponTemplateQuerySet(models.QuerySet["CouponTemplate"]):
    """Coupons as the merchant writes them, under their business names."""

    def handed_out_at(self, now: datetime) -> "CouponTemplateQuerySet":
        """Those of which one may be issued at `now`, quota and limits apart."""
        running = self.filter(
            Q(claim_from__isnull=True) | Q(claim_from__lte=now),
            Q(claim_to__isnull=True) | Q(claim_to__gt=now),
            Q(validity_kind=ValidityKind.DAYS) | Q(valid_to__gte=timezone.localdate(now)),
            is_stopped=False,
        )
        return running.exclude(scope_kind__in=[ScopeKind.CATEGORY, ScopeKind.PRODUCT], scope_ids=[])

    def with_some_left(self) -> "CouponTemplateQuerySet":
        """Those whose quota is not used up."""
        return self.filter(Q(total=0) | Q(issued__lt=F("total")))


class CouponTemplate(CouponTerms):
    """A coupon as the merchant writes it. Once one is issued its terms no longer change: it is copied or stopped."""

    name = models.CharField("名称", max_length=30)
    issue_mode = models.CharField("发放方式", max_length=16, choices=IssueMode, default=IssueMode.CLAIM)
    total = models.PositiveIntegerField("发放总量", default=0, help_text="0 表示不限量。")
    per_member = models.PositiveIntegerField("每人限领", default=1, help_text="0 表示不限。")
    level_ids = models.JSONField("限领等级", default=list, blank=True)  # [] for everybody
    vip_only = models.BooleanField("仅限 VIP", default=False)
    claim_from = models.DateTimeField("开始发放", null=True, blank=True)
    claim_to = models.DateTimeField("停止发放", null=True, blank=True)
    validity_kind = models.CharField("有效期", max_length=6, choices=ValidityKind, default=ValidityKind.DAYS)
    valid_from = models.DateField("生效日期", null=True, blank=True)
    valid_to = models.DateField("失效日期", null=True, blank=True, help_text="当天 23:59:59 前有效。")
    valid_days = models.PositiveIntegerField(
        "有效天数", default=30, validators=[MinValueValidator(1)], help_text="从生效当天算起。"
    )
    from_next_day = models.BooleanField("次日生效", default=False)
    remark = models.CharField("使用说明", max_length=200, blank=True)
    share_token = models.CharField(max_length=24, null=True, unique=True, editable=False)  # opens a 裂变券
    is_stopped = models.BooleanField("已停发", default=False, editable=False)
    issued = models.PositiveIntegerField("已发", default=0, editable=False)
    used = models.PositiveIntegerField("已用", default=0, editable=False)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    objects = CouponTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "优惠券"
        constraints = [
            models.CheckConstraint(condition=Q(total=0) | Q(issued__lte=F("total")), name="template_within_quota"),
            models.CheckConstraint(condition=Q(used__lte=F("issued")), name="template_used_within_issued"),
            models.CheckConstraint(
                condition=Q(kind="percent", percent__gte=1, percent__lte=99) | Q(kind="amount", amount__gte=1),
                name="template_is_worth_something",
            ),
        ]
        indexes = [models.Index(fields=["issue_mode", "-id"], name="template_by_mode")]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int | None:
        """How many may still be issued; None for a quota without end."""
        return max(self.total - self.issued, 0) if self.total else None

    @property
    def is_gone(self) -> bool:
        """Say whether the quota is used up."""
        return self.left == 0

    @property
    def lacks_goods(self) -> bool:
        """Say whether it is for chosen goods and none are chosen yet: nothing is issued of it then."""
        return self.scope_kind in {ScopeKind.CATEGORY, ScopeKind.PRODUCT} and not self.scope_ids

    @property
    def validity_words(self) -> str:
        """How long it will be good for, before it is issued."""
        if self.validity_kind == ValidityKind.FIXED:
            return f"{self.valid_from:%Y-%m-%d} 至 {self.valid_to:%Y-%m-%d}"
        return f"{'领取次日起' if self.from_next_day else '领取当天起'} {self.valid_days} 天"

    def run_state(self, now: datetime) -> RunState:
        """Say whether it is handed out at `now`."""
        if self.is_stopped:
            return RunState.STOPPED
        is_over = self.validity_kind == ValidityKind.FIXED and self.valid_to and self.valid_to < timezone.localdate(now)
        if is_over or (self.claim_to and self.claim_to <= now):
            return RunState.ENDED
        return RunState.SCHEDULED if self.claim_from and self.claim_from > now else RunState.RUNNING


class CouponStatus(models.TextChoices):
    UNUSED = "unused", "未使用"
    USED = "used", "已使用"
    EXPIRED = "expired", "已过期"
    REVOKED = "revoked", "已作废"


class CouponQuerySet(models.QuerySet["Coupon"]):
    """Coupons of members under their business names."""

    def usable_at(self, now: datetime) -> "CouponQuerySet":
        """Those that may be spent at `now`."""
        return self.filter(status=CouponStatus.UNUSED, valid_from__lte=now, valid_until__gt=now)

    def kept_at(self, now: datetime) -> "CouponQuerySet":
        """Those that may be spent now or later."""
        return self.filter(status=CouponStatus.UNUSED, valid_until__gt=now)


class Coupon(CouponTerms, Stateful):
    """One coupon of one member, with the terms it was issued under. `source` names why, so that a replay issues none.

    Valid in [valid_from, valid_until): the end is the first moment after 23:59:59 in Shanghai.
    """

    MOVES = {
        CouponStatus.UNUSED: {CouponStatus.USED, CouponStatus.EXPIRED, CouponStatus.REVOKED},
        CouponStatus.USED: {CouponStatus.UNUSED, CouponStatus.EXPIRED},
        CouponStatus.EXPIRED: set(),
        CouponStatus.REVOKED: set(),
    }

    template = models.ForeignKey(CouponTemplate, models.PROTECT, related_name="coupons", verbose_name="优惠券")
    member = models.ForeignKey(Member, models.PROTECT, related_name="coupons", verbose_name="会员")
    name = models.CharField("名称", max_length=30)
    issue_mode = models.CharField("来源", max_length=16, choices=IssueMode)
    source = models.CharField(max_length=80)
    status = models.CharField("状态", max_length=8, choices=CouponStatus, default=CouponStatus.UNUSED)
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("失效时间")
    issued_at = models.DateTimeField("领取时间")
    used_at = models.DateTimeField("使用时间", null=True)
    revoked_at = models.DateTimeField("作废时间", null=True)
    told_at = models.DateTimeField(null=True)  # when the member heard that it expires soon

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "会员的优惠券"
        constraints = [
            models.UniqueConstraint(fields=["template", "source"], name="coupon_once_per_source"),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="coupon_validity"),
            models.CheckConstraint(
                condition=Q(status="used", used_at__isnull=False) | (~Q(status="used") & Q(used_at__isnull=True)),
                name="coupon_used_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "status", "valid_until"], name="coupon_of_member"),
            models.Index(fields=["template", "-id"], name="coupon_of_template"),
            models.Index(fields=["valid_until"], name="coupon_due", condition=Q(status="unused")),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"

    @property
    def last_moment(self) -> datetime:
        """The last second in which it is good, by the shop's clock: what people read."""
        return timezone.localtime(self.valid_until) - timedelta(seconds=1)

    def is_valid_at(self, now: datetime) -> bool:
        """Say whether the coupon may be spent at `now`."""
        return self.status == CouponStatus.UNUSED and self.valid_from <= now < self.valid_until


class CouponCode(models.Model):
    """A printed code that gives its finder one coupon."""

    template = models.ForeignKey(CouponTemplate, models.PROTECT, related_name="codes")
    batch = models.CharField("批次", max_length=20, db_index=True)
    code = models.CharField("兑换码", max_length=12, unique=True)
    created_at = models.DateTimeField("生成时间")
    redeemed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", verbose_name="兑换会员")
    redeemed_at = models.DateTimeField("兑换时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "兑换码"
        constraints = [
            models.CheckConstraint(
                condition=Q(redeemed_by__isnull=True, redeemed_at__isnull=True)
                | Q(redeemed_by__isnull=False, redeemed_at__isnull=False),
                name="code_redeemed_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.code


class PushStatus(models.TextChoices):
    RUNNING = "running", "发放中"
    DONE = "done", "已完成"
    STOPPED = "stopped", "已停止"


class CouponPush(Stateful):
    """A coupon on its way to many members, in batches by member id; `last_member` is where it goes on after a crash."""

    MOVES = {
        PushStatus.RUNNING: {PushStatus.DONE, PushStatus.STOPPED},
        PushStatus.DONE: set(),
        PushStatus.STOPPED: set(),
    }

    template = models.ForeignKey(CouponTemplate, models.PROTECT, related_name="pushes", verbose_name="优惠券")
    audience = models.JSONField("对象", default=dict)  # {"levels": [..]} or tags, segments, members, everybody
    status = models.CharField("状态", max_length=8, choices=PushStatus, default=PushStatus.RUNNING)
    reached = models.PositiveIntegerField("预计人数", default=0)
    issued = models.PositiveIntegerField("已发", default=0)
    last_member = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name="操作人")
    created_at = models.DateTimeField("开始时间")
    due_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    tells = models.BooleanField("发站内消息", default=True)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发券任务"

    def __str__(self) -> str:
        return f"{self.template_id} {self.created_at:%F %T}"
