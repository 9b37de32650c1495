"""Threshold offers: 满立减, 满减, 折扣, 满赠, 包邮."""

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from promotions.models.scope import Scoped, Window
from shop.lib.money import FenField


class OfferKind(models.TextChoices):
    AMOUNT_OFF = "amount_off", "满减"
    PERCENT_OFF = "percent_off", "满折"
    GIFT = "gift", "满赠"
    FREE_FREIGHT = "free_freight", "满包邮"


class OfferBasis(models.TextChoices):
    AMOUNT = "amount", "按金额"
    PIECES = "pieces", "按件数"


class Promotion(Scoped, Window):
    """An offer that works by itself once its goods reach a tier. For chosen levels it is called 满立减."""

    name = models.CharField("活动名称", max_length=30)
    kind = models.CharField("方式", max_length=12, choices=OfferKind, default=OfferKind.AMOUNT_OFF)
    basis = models.CharField("门槛", max_length=6, choices=OfferBasis, default=OfferBasis.AMOUNT)
    repeats = models.BooleanField(
        "每满都减", default=False, help_text="打开后每满一次减一次，例如每满 100 减 10；多档时按最高一档重复。"
    )
    level_ids = models.JSONField("适用等级", default=list, blank=True)  # [] for everybody, guests too
    priority = models.IntegerField("优先级", default=100, help_text="数字越小越先使用；相同时取优惠最多的。")
    rules_text = models.CharField("活动说明", max_length=300, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "满减满赠"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="promotion_window"
            )
        ]
        indexes = [models.Index(fields=["is_stopped", "starts_at"], name="promotion_running")]

    def __str__(self) -> str:
        return self.name


class PromotionTier(models.Model):
    """From `threshold` (fen or pieces) on: `off` fen, or `percent` to pay, or gifts while `gift_left` lasts."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="tiers")
    threshold = models.PositiveIntegerField("门槛")
    off = FenField("减")
    percent = models.PositiveSmallIntegerField("折扣（%）", default=0)
    gift = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="赠品")
    gift_units = models.PositiveIntegerField("赠送件数", default=1)
    gift_total = models.PositiveIntegerField("赠品库存", default=0)  # a stock of its own, beside the SKU's
    gift_left = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["promotion", "threshold"], name="tier_once_per_threshold"),
            models.CheckConstraint(condition=Q(threshold__gte=1), name="tier_threshold"),
            models.CheckConstraint(condition=Q(gift_left__lte=F("gift_total")), name="tier_gifts_within_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id}: {self.threshold}"
