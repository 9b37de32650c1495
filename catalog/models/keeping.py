"""What members keep of the goods: those they like and those they looked at."""

from django.db import models

from catalog.models.products import Product
from members.models import Member
from shop.lib.money import FenField


class Favourite(models.Model):
    """A product that a member likes, with the lowest price it had then, so that a fall can be told."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="favourites", verbose_name="会员")
    product = models.ForeignKey(Product, models.CASCADE, related_name="favourites", verbose_name="商品")
    price_then = FenField("收藏时价格", default=0)
    added_at = models.DateTimeField("收藏时间")

    class Meta:
        verbose_name = verbose_name_plural = "收藏"
        constraints = [models.UniqueConstraint(fields=["member", "product"], name="favourite_once")]
        indexes = [models.Index(fields=["member", "-id"], name="favourite_newest")]

    def __str__(self) -> str:
        return f"{self.member_id} likes {self.product_id}"


class Footprint(models.Model):
    """That a member looked at a product, and when last. Old ones are forgotten by a sweep."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="footprints", verbose_name="会员")
    product = models.ForeignKey(Product, models.CASCADE, related_name="footprints", verbose_name="商品")
    seen_at = models.DateTimeField("最近浏览", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "浏览足迹"
        constraints = [models.UniqueConstraint(fields=["member", "product"], name="footprint_once")]
        indexes = [models.Index(fields=["member", "-seen_at", "-id"], name="footprint_newest")]

    def __str__(self) -> str:
        return f"{self.member_id} saw {self.product_id}"
