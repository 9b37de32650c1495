"""What was bought: the lines of an order, and the offers that took something off them."""

from django.db import models
from django.db.models import F, Q

from catalog.models import Product, Sku
from orders.models.order import Order
from promotions.models import ExchangeItem, FlashItem, Promotion, PromotionTier
from shop.lib.money import FenField


class LineKind(models.TextChoices):
    GOODS = "goods", "商品"
    GIFT = "gift", "赠品"


class OrderLine(models.Model):
    """A line of an order: a snapshot of what was bought, and how far it was handed over or refunded.

    `units_cancelled` were refunded before they left the shop, `units_returned` afterwards; both count
    refunds that are on their way as well as those that are done. Columns of money are fen for all units.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT)
    sku = models.ForeignKey(Sku, models.PROTECT)
    name = models.CharField("商品名称", max_length=100)
    code = models.CharField("编码", max_length=60, blank=True)
    spec_text = models.CharField("规格", max_length=120, blank=True)
    image = models.CharField(max_length=200, blank=True)  # storage path of the picture at the time

    unit_price = FenField("单价")
    units = models.PositiveIntegerField("数量")
    list_amount = FenField("小计")  # site price × units
    level_discount = FenField()
    promotion_discount = FenField()
    coupon_discount = FenField()
    points_discount = FenField()
    price_change = FenField()  # what the staff added before payment; below zero they made it cheaper
    paid_amount = FenField("实付")
    points_spent = models.PositiveIntegerField(default=0)
    points_to_earn = models.PositiveIntegerField(default=0)

    kind = models.CharField("种类", max_length=5, choices=LineKind, default=LineKind.GOODS)
    gift_tier = models.ForeignKey(
        PromotionTier, models.PROTECT, null=True, related_name="+"
    )  # whose stock a gift is of
    flash_item = models.ForeignKey(FlashItem, models.PROTECT, null=True, related_name="+")
    exchange_item = models.ForeignKey(ExchangeItem, models.PROTECT, null=True, related_name="+")

    units_handed = models.PositiveIntegerField(default=0)  # shipped or redeemed
    units_cancelled = models.PositiveIntegerField(default=0)
    units_returned = models.PositiveIntegerField(default=0)
    refund_amount = FenField()  # of those units, on their way or done; so are the points below
    refund_withheld = FenField()  # kept back of those units' money for a gift that did not come back
    refund_points = models.PositiveIntegerField(default=0)  # of points_spent
    refund_earned = models.PositiveIntegerField(default=0)  # of points_to_earn

    class Meta:
        verbose_name = verbose_name_plural = "订单商品"
        constraints = [
            models.UniqueConstraint(fields=["order", "sku"], condition=Q(kind="goods"), name="order_line_once_per_sku"),
            models.UniqueConstraint(
                fields=["order", "gift_tier"], condition=Q(kind="gift"), name="order_line_once_per_gift"
            ),
            models.CheckConstraint(
                condition=Q(kind="goods", gift_tier__isnull=True)
                | Q(kind="gift", gift_tier__isnull=False, list_amount=0, paid_amount=0),
                name="line_gift_is_free",
            ),
            models.CheckConstraint(condition=Q(units__gte=1), name="line_units_positive"),
            models.CheckConstraint(
                condition=Q(
                    paid_amount=F("list_amount")
                    - F("level_discount")
                    - F("promotion_discount")
                    - F("coupon_discount")
                    - F("points_discount")
                    + F("price_change")
                )
                & Q(paid_amount__gte=0),
                name="line_paid_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(units__gte=F("units_handed") + F("units_cancelled"))
                & Q(units_handed__gte=F("units_returned")),
                name="line_units_within_bought",
            ),
            models.CheckConstraint(
                condition=Q(refund_amount__gte=0, refund_withheld__gte=0)
                & Q(paid_amount__gte=F("refund_amount") + F("refund_withheld")),
                name="line_refunds_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(refund_points__lte=F("points_spent"), refund_earned__lte=F("points_to_earn")),
                name="line_points_within_spent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.spec_text} × {self.units}"

    @property
    def units_left(self) -> int:
        """Units still to be handed over."""
        return self.units - self.units_handed - self.units_cancelled

    @property
    def units_refunded(self) -> int:
        """Units whose money went back or is on its way."""
        return self.units_cancelled + self.units_returned

    @property
    def units_refundable(self) -> int:
        """Units whose money could still go back."""
        return self.units - self.units_refunded


class OrderOffer(models.Model):
    """A threshold offer that an order used, as it was: what it took off in fen, and what it asked for.

    Figures per activity add these up. `sku_ids` are the lines that counted; a refund that leaves less than `threshold`
    (fen after the level price, or pieces) of them asks for the gift back.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="offers")
    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="uses", verbose_name="活动")
    name = models.CharField("活动名称", max_length=30)
    kind = models.CharField(max_length=12)
    basis = models.CharField(max_length=6)
    threshold = models.PositiveIntegerField()
    repeats = models.BooleanField(default=False)
    gift_units = models.PositiveIntegerField(default=0)  # for one time
    sku_ids = models.JSONField(default=list)
    discount = FenField("优惠")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "promotion"], name="order_offer_once")]
        indexes = [models.Index(fields=["promotion", "order"], name="offer_uses")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.name}"

    def times(self, base: int) -> int:
        """Return how often the offer counts for `base` fen or pieces of its goods."""
        return base // self.threshold if self.repeats else int(base >= self.threshold)
