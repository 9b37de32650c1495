"""What points buy: a coupon, or goods for points and, if set, money."""

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from promotions.models.coupons import CouponTemplate
from shop.lib.money import FenField


class ExchangeItem(models.Model):
    """An entry of the points shop: either `coupon` or `sku`, for `points` each and `price` fen besides for goods."""

    name = models.CharField("名称", max_length=40)
    coupon = models.ForeignKey(
        CouponTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="优惠券"
    )
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="商品")
    points = models.PositiveIntegerField("积分")
    price = FenField("另付", help_text="除积分外还要付多少元；0 表示不用付钱。")
    total = models.PositiveIntegerField("可兑数量")
    taken = models.PositiveIntegerField("已兑", default=0, editable=False)
    per_member = models.PositiveIntegerField("每人限兑", default=1)
    is_active = models.BooleanField("启用", default=True)
    sort_order = models.IntegerField("排序号", default=100)

    class Meta:
        verbose_name = verbose_name_plural = "积分兑换"
        constraints = [
            models.CheckConstraint(
                condition=Q(coupon__isnull=False, sku__isnull=True) | Q(coupon__isnull=True, sku__isnull=False),
                name="exchange_for_one_thing",
            ),
            models.CheckConstraint(condition=Q(taken__lte=F("total")), name="exchange_within_total"),
            models.CheckConstraint(condition=Q(points__gte=1), name="exchange_costs_points"),
        ]

    def __str__(self) -> str:
        return self.name


class ExchangeTaken(models.Model):
    """How many a member took of an entry; raised by a conditional UPDATE, never beyond the limit."""

    item = models.ForeignKey(ExchangeItem, models.PROTECT, related_name="takers")
    member = models.ForeignKey("members.Member", models.PROTECT, related_name="+")
    units = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="exchange_taken_once")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.member_id} × {self.units}"
