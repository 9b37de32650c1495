"""Flash sales: a window, a price and a quota taken out of the stock beforehand."""

from datetime import datetime, timedelta

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

    def opens_at(self, *, is_vip: bool) -> datetime:
        """Return when a member may begin to buy."""
        return self.starts_at - timedelta(minutes=self.vip_early_minutes if is_vip else 0)

    def is_open(self, *, now: datetime, is_vip: bool) -> bool:
        """Say whether a member may buy at `now`."""
        return not self.is_stopped and self.opens_at(is_vip=is_vip) <= now < (self.ends_at or now)


class FlashItem(models.Model):
    """One SKU in a session: its price, and the quota that was locked from its stock.

    Of the quota, `taken` pieces belong to orders, `returned` went back to the stock, the rest may still be bought.
    """

    sale = models.ForeignKey(FlashSale, models.PROTECT, related_name="items", verbose_name="场次")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="flash_items", verbose_name="商品")
    price = FenField("抢购价")
    quota = models.PositiveIntegerField("数量")
    taken = models.PositiveIntegerField("已抢", default=0)
    returned = models.PositiveIntegerField("已归还", default=0, editable=False)
    per_member = models.PositiveIntegerField("每人限购", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "抢购商品"
        constraints = [
            models.UniqueConstraint(fields=["sale", "sku"], name="flash_sku_once_per_sale"),
            models.CheckConstraint(condition=Q(quota__gte=F("taken") + F("returned")), name="flash_taken_within_quota"),
            models.CheckConstraint(condition=Q(price__gte=1), name="flash_price"),
            models.CheckConstraint(condition=Q(per_member__gte=1), name="flash_per_member"),
        ]

    def __str__(self) -> str:
        return f"{self.sale_id}: {self.sku_id}"

    @property
    def left(self) -> int:
        """Pieces that may still be bought."""
        return self.quota - self.taken - self.returned

    @property
    def taken_percent(self) -> int:
        """How much of what was offered is gone, in whole percent; 100 only when nothing is left."""
        if self.left <= 0:
            return 100
        return min(self.taken * 100 // self.quota, 99)


class FlashBought(models.Model):
    """How many pieces a member holds of a flash item; raised by a conditional UPDATE, never beyond the limit."""

    item = models.ForeignKey(FlashItem, models.PROTECT, related_name="buyers")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    units = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="flash_bought_once")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.member_id} × {self.units}"


class FlashGivenBack(models.Model):
    """Pieces that an order gave back to its flash item, or past the end of the sale to the stock: once per source."""

    item = models.ForeignKey(FlashItem, models.PROTECT, related_name="given_back")
    source = models.CharField(max_length=80)
    units = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "source"], name="flash_given_back_once")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.source} × {self.units}"
