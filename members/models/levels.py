"""Levels: what a member has reached and what that gives them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from shop.lib.money import FenField

FULL_PRICE = 100  # percent


class Level(models.Model):
    """A step of the ladder. What is counted, and over which months, says `ShopSettings.level_metric`.

    `min_value` and `max_value` are both inside the range: fen, or completed orders. The last level has no end.
    The ladder is saved as a whole by `members.services.save_ladder`, so that ranges leave no gap and never overlap.
    """

    name = models.CharField("等级名称", max_length=20, unique=True)
    min_value = models.PositiveIntegerField("从")
    max_value = models.PositiveIntegerField("到", null=True, blank=True)
    discount_rate = models.PositiveSmallIntegerField(
        "折扣", default=FULL_PRICE, validators=[MinValueValidator(1), MaxValueValidator(FULL_PRICE)],
        help_text="按本站价的百分之几付款：95 就是 9.5 折，100 不打折。",
    )  # fmt: skip
    free_freight = models.BooleanField("免运费", default=False)
    points_rate = models.PositiveSmallIntegerField(
        "积分倍数（%）", default=100, validators=[MaxValueValidator(1000)], help_text="150 就是 1.5 倍积分。"
    )
    birthday_points = models.PositiveIntegerField("生日积分", default=0, help_text="生日前后来访时送一次，0 表示不送。")

    class Meta:
        verbose_name = verbose_name_plural = "会员等级"
        constraints = [
            models.CheckConstraint(
                condition=Q(max_value__isnull=True) | Q(max_value__gte=F("min_value")), name="level_range"
            ),
            models.CheckConstraint(condition=Q(discount_rate__gte=1, discount_rate__lte=100), name="level_rate"),
            models.UniqueConstraint(fields=["min_value"], name="level_starts_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def discount_words(self) -> str:
        """How people say the discount: 95 -> 9.5 折; "" at full price."""
        return "" if self.discount_rate == FULL_PRICE else f"{self.discount_rate / 10:g} 折"


class MemberStanding(models.Model):
    """What a member has bought so far, kept by orders, and what the nightly sweep made of it. Base of Member."""

    level = models.ForeignKey(
        Level, models.PROTECT, null=True, blank=True, related_name="members", verbose_name="等级", editable=False
    )
    level_locked_until = models.DateField("等级锁定至", null=True, editable=False)  # set by hand: not recomputed before
    levelled_at = models.DateTimeField(null=True, editable=False)  # when the level was last looked at
    relevel_at = models.DateTimeField(null=True, editable=False)  # when it has to be, because a lock or a window ends
    spent_amount = FenField("消费金额", editable=False)  # paid minus refunded, all orders
    paid_orders = models.PositiveIntegerField("订单数", default=0, editable=False)
    last_paid_at = models.DateTimeField("最近消费", null=True, editable=False)
    points_balance = models.PositiveIntegerField("积分", default=0, editable=False)
    points_debt = models.PositiveIntegerField("欠积分", default=0, editable=False)  # later earnings pay it first

    class Meta:
        abstract = True
