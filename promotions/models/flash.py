"""Flash sales: a window, a price and a quota taken out of the stock beforehand."""

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from members.models import Member
from promotions.models.scope import Window
from shop.lib.money import FenField


class FlashSale(Window):
    """A session (场次) of the flash sale. Members who are VIP may enter `vip_early_minutes` before the others."""

    name = models.CharField("场次名称", max_length=30)
    vip_early_minutes = models.PositiveIntegerField("VIP 提前（分钟）", default=0)
    rules_text = models.CharField("活动说明", max_length=300, blank=True)
    returned_at = models.DateTimeField(null=True, editable=False)  # what was left went back to the stock
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "限时抢购"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="flash_window"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "ends_at"], name="flash_running"),
            models.Index(fields=["ends_at"], name="flash_to_return", condition=Q(returned_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name


class FlashItem(models.Model):
    """One SKU in a session: its price, and the quota that was locked from its stock; `taken` of it are ordered."""

    sale = models.ForeignKey(FlashSale, models.PROTECT, related_name="items", verbose_name="场次")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="flash_items", verbose_name="商品")
    price = FenField("抢购价")
    quota = models.PositiveIntegerField("数量")
    taken = models.PositiveIntegerField("已抢", default=0)
    per_member = models.PositiveIntegerField("每人限购", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "抢购商品"
        constraints = [
            models.UniqueConstraint(fields=["sale", "sku"], name="flash_sku_once_per_sale"),
            models.CheckConstraint(condition=Q(taken__lte=F("quota")), name="flash_taken_within_quota"),
            models.CheckConstraint(condition=Q(price__gte=1), name="flash_price"),
            models.CheckConstraint(condition=Q(per_member__gte=1), name="flash_per_member"),
        ]

    def __str__(self) -> str:
        return f"{self.sale_id}: {self.sku_id}"


class FlashBought(models.Model):
    """How many pieces a member holds of a flash item; raised by a conditional UPDATE, never beyond the limit."""

    item = models.ForeignKey(FlashItem, models.PROTECT, related_name="buyers")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    units = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="flash_bought_once")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.member_id} × {self.units}"
