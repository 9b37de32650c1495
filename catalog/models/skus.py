"""The combinations of specs in which a product is sold, and every movement of their stock."""

from collections.abc import Iterable

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from catalog.models.products import Product, ProductImage, ProductStatus
from members.models import Member
from shop.lib.money import FenField
from shop.lib.uploads import PictureField

BASKET_FIELDS = [
    "product", "code", "spec_text", "price", "stock", "image", "is_active", "product__code", "product__name",
    "product__unit", "product__status", "product__limit_kind", "product__limit_units", "product__min_units",
    "product__member_price_enabled", "product__points_usable", "product__gives_points",
]  # fmt: skip


def first_picture_of(product: str) -> Subquery:
    """Return the storage path of the first picture of what the row outside calls `product`."""
    pictures = ProductImage.objects.filter(product=OuterRef(product)).order_by("sort_order", "pk")
    return Subquery(pictures.values("image")[:1])


class SkuQuerySet(models.QuerySet["Sku"]):
    """SKUs under their business names."""

    def active(self) -> "SkuQuerySet":
        """Combinations that are offered; removed ones are kept for the orders that point at them."""
        return self.filter(is_active=True)

    def for_basket(self) -> "SkuQuerySet":
        """With their product, and of both only what a cart, a price and a line of an order ask for."""
        return self.select_related("product").only(*BASKET_FIELDS)

    def with_picture(self) -> "SkuQuerySet":
        """With the storage path of the product's first picture as `picture`."""
        return self.annotate(picture=first_picture_of("product"))

    def below_floor(self) -> "SkuQuerySet":
        """Offered SKUs of goods on sale whose stock has fallen below the alert floor."""
        return self.active().filter(stock__lt=F("stock_floor"), product__status=ProductStatus.ON_SALE)


class Sku(models.Model):
    """One combination of specs, with its price and the stock that may still be sold."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="skus", verbose_name="商品")
    code = models.CharField("SKU 编码", max_length=60, null=True, blank=True, unique=True)
    specs = models.JSONField("规格", default=list, blank=True)  # ["红", "L"], in the order of product.spec_names
    spec_text = models.CharField("规格", max_length=120, blank=True, default="")  # "红 L"; "" for a single-spec product
    price = FenField("本站价", validators=[MinValueValidator(1)])
    market_price = FenField("市场价", blank=True)
    cost_price = FenField("成本价", blank=True)
    stock = models.IntegerField("库存", default=0)
    stock_floor = models.PositiveIntegerField("库存下限", default=0, help_text="低于这个数会提醒；0 表示不提醒。")
    daily_stock = models.PositiveIntegerField(
        "每日库存", null=True, blank=True, help_text="填写后为不限库存：每天零点恢复到这个数。"
    )
    barcode = models.CharField("条码", max_length=40, blank=True)
    weight = models.PositiveIntegerField("重量（克）", default=0)
    image = PictureField("规格图", upload_to="products", blank=True)
    is_active = models.BooleanField("启用", default=True)
    sort_order = models.IntegerField(default=0)
    daily_filled_on = models.DateField(null=True, editable=False)  # the Shanghai day of the last daily refill
    low_told_on = models.DateField(null=True, editable=False)  # the Shanghai day the staff last heard of low stock

    objects = SkuQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "SKU", "库存预警"  # the back office lists those that run out
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="sku_stock_not_negative"),
            models.CheckConstraint(condition=Q(price__gte=1), name="sku_price_positive"),
            models.UniqueConstraint(fields=["product", "spec_text"], name="sku_once_per_combination"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.spec_text}".strip()


class StockMoveKind(models.TextChoices):
    INITIAL = "initial", "初始库存"
    EDIT = "edit", "手工修改"
    IMPORT = "import", "导入"
    ORDER = "order", "下单"
    CANCEL = "cancel", "取消归还"
    REFUND = "refund", "退款归还"
    DAILY = "daily", "每日恢复"
    FLASH = "flash", "抢购锁定"
    FLASH_BACK = "flash_back", "抢购归还"


class StockMove(models.Model):
    """One change of a SKU's stock. `source` names the cause, so that a replay writes nothing."""

    sku = models.ForeignKey(Sku, models.PROTECT, related_name="moves", verbose_name="SKU")
    delta = models.IntegerField("变化")
    kind = models.CharField("原因", max_length=10, choices=StockMoveKind)
    source = models.CharField("来源", max_length=60)
    actor = models.ForeignKey(Member, models.PROTECT, null=True, verbose_name="操作人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "库存流水"
        constraints = [
            models.UniqueConstraint(fields=["sku", "kind", "source"], name="stock_move_once_per_source"),
            models.CheckConstraint(condition=~Q(delta=0), name="stock_move_moves"),
        ]
        indexes = [models.Index(fields=["sku", "at"], name="stock_move_by_day")]

    def __str__(self) -> str:
        return f"{self.sku_id} {self.delta:+d} {self.kind}"


def spec_text_of(values: Iterable[str]) -> str:
    """Return how a combination is written and compared: its values, trimmed, with spaces between."""
    return " ".join(value.strip() for value in values)
