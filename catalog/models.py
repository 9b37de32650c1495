"""Goods: categories, products, their SKUs with stock, pictures, and every movement of stock."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from members.models import Member
from shop.lib.money import FenField
from shop.lib.states import Stateful
from shop.lib.uploads import PictureField

MAX_CATEGORY_DEPTH = 3
MOST_UNITS = 999  # of one SKU, in a cart or an order, whatever the merchant allows


class Category(models.Model):
    """A node of the category tree, at most three levels deep."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级分类"
    )
    name = models.CharField("名称", max_length=30)
    image = PictureField("图片", upload_to="categories", blank=True)
    sort_order = models.IntegerField("排序号", default=0, help_text="数字越小越靠前。")
    is_visible = models.BooleanField("显示", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "分类"
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="category_name_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent__isnull=True), name="category_root_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.pk and self.pk in [node.pk for node in self._parents()]:
            raise ValidationError({"parent": "分类不能放到自己的下级里"})
        if self.parent and len(self._parents()) + self._height() > MAX_CATEGORY_DEPTH:
            raise ValidationError({"parent": f"分类最多 {MAX_CATEGORY_DEPTH} 级"})

    def _parents(self) -> list["Category"]:
        found: list[Category] = []
        node = self.parent
        while node and node not in found:
            found.append(node)
            node = node.parent
        return found

    def _height(self) -> int:
        """Return how many levels this category and all below it take."""
        level, height = [self.pk], 0
        while level and height < MAX_CATEGORY_DEPTH:
            level = list(Category.objects.filter(parent__in=level).values_list("pk", flat=True)) if self.pk else []
            height += 1
        return height


class ProductStatus(models.TextChoices):
    ON_SALE = "on_sale", "出售中"
    OFF_SHELF = "off_shelf", "已下架"
    TRASHED = "trashed", "回收站"


class LimitKind(models.TextChoices):
    NONE = "none", "不限购"
    PER_ORDER = "per_order", "每单限购"
    LIFETIME = "lifetime", "每人限购"


class ProductQuerySet(models.QuerySet["Product"]):
    """Products under their business names."""

    def on_sale(self) -> "ProductQuerySet":
        """What shoppers may see and buy."""
        return self.filter(status=ProductStatus.ON_SALE)

    def kept(self) -> "ProductQuerySet":
        """Everything outside the recycle bin."""
        return self.exclude(status=ProductStatus.TRASHED)


class Product(Stateful):
    """A good. Price and stock live on its SKUs; `price_min`, `price_max` and `sold` are kept here for lists."""

    MOVES = {
        ProductStatus.ON_SALE: {ProductStatus.OFF_SHELF, ProductStatus.TRASHED},
        ProductStatus.OFF_SHELF: {ProductStatus.ON_SALE, ProductStatus.TRASHED},
        ProductStatus.TRASHED: {ProductStatus.OFF_SHELF},
    }

    code = models.CharField("商品编码", max_length=40, unique=True)
    name = models.CharField("商品名称", max_length=100)
    categories = models.ManyToManyField(Category, blank=True, related_name="products", verbose_name="分类")
    brand = models.CharField("品牌", max_length=40, blank=True)
    selling_point = models.CharField("卖点", max_length=200, blank=True)
    keywords = models.CharField("关键词", max_length=200, blank=True, help_text="搜索用，空格隔开。")
    unit = models.CharField("单位", max_length=10, default="件")
    status = models.CharField("状态", max_length=10, choices=ProductStatus, default=ProductStatus.OFF_SHELF)
    on_sale_at = models.DateTimeField("定时上架", null=True, blank=True, help_text="到这个时间自动上架。")
    spec_names = models.JSONField("规格名", default=list, blank=True)  # ["颜色", "尺寸"]; [] for a single-spec product
    attributes = models.JSONField("参数", default=list, blank=True)  # [["产地", "云南"], …]
    detail_html = models.TextField("商品详情", blank=True)
    sort_order = models.IntegerField("排序号", default=100, help_text="数字越小越靠前。")
    virtual_sold = models.PositiveIntegerField("虚拟销量", default=0, help_text="加在顾客看到的销量上，不计入报表。")
    limit_kind = models.CharField("限购", max_length=10, choices=LimitKind, default=LimitKind.NONE)
    limit_units = models.PositiveIntegerField("限购数量", default=0)
    min_units = models.PositiveIntegerField("起购数量", default=1, validators=[MinValueValidator(1)])

    # Kept by catalog.services; lists read only these.
    price_min = FenField("最低价", editable=False)
    price_max = FenField("最高价", editable=False)
    market_price = FenField("市场价", editable=False)  # of the cheapest SKU; 0 when it has none
    sold = models.PositiveIntegerField("销量", default=0, editable=False)
    search_text = models.TextField(
        editable=False, default=""
    )  # name, keywords, brand, code, pinyin, initials; lower case
    created_at = models.DateTimeField("创建时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "商品"
        constraints = [
            models.CheckConstraint(condition=Q(min_units__gte=1), name="product_min_units"),
            models.CheckConstraint(
                condition=Q(limit_kind="none") | Q(limit_units__gte=F("min_units")), name="product_limit_allows_minimum"
            ),
        ]
        indexes = [
            models.Index(fields=["sort_order", "-id"], name="product_by_sort", condition=Q(status="on_sale")),
            models.Index(fields=["price_min", "id"], name="product_by_price", condition=Q(status="on_sale")),
            models.Index(
                (F("sold") + F("virtual_sold")).desc(), F("id").desc(),
                name="product_by_shown_sold", condition=Q(status="on_sale"),
            ),
            models.Index(fields=["-created_at", "-id"], name="product_by_newness", condition=Q(status="on_sale")),
            models.Index(fields=["status", "-id"], name="product_by_status"),
            models.Index(fields=["on_sale_at"], name="product_due", condition=Q(on_sale_at__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def shown_sold(self) -> int:
        """The sales that shoppers see: real and virtual."""
        return self.sold + self.virtual_sold

    @property
    def limit(self) -> "Limit":
        """What one buyer may take of the product."""
        return Limit(self.limit_kind, self.limit_units, self.min_units, self.unit)

    @property
    def has_specs(self) -> bool:
        """Say whether a buyer has to choose."""
        return bool(self.spec_names)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many units of a product one buyer may take, counted over all its SKUs.

    `bought` is what they have bought of it ever; it counts only where `for_life` says so.
    """

    kind: str
    units: int
    least: int
    unit: str

    @property
    def for_life(self) -> bool:
        """Say whether earlier orders count too."""
        return self.kind == LimitKind.LIFETIME

    def most(self, *, stock: int, bought: int = 0) -> int:
        """Return how many of a SKU with so much `stock` may be chosen."""
        left = self._left(bought)
        return max(min(stock, MOST_UNITS if left is None else left, MOST_UNITS), 0)

    def too_few(self, units: int) -> str:
        """Say why `units` are not enough; "" when they are."""
        return f"{self.least} {self.unit}起购" if units < self.least else ""

    def too_many(self, units: int, *, bought: int = 0) -> str:
        """Say why `units` in one order are too many; "" when they are not."""
        left = self._left(bought)
        if left is None or units <= left:
            return ""
        return f"{self.words}，您还可以买 {left} {self.unit}" if self.for_life else self.words

    @property
    def words(self) -> str:
        """The limit as the product page says it; "" for none."""
        if self.kind == LimitKind.NONE:
            return ""
        return f"{'每人' if self.for_life else '每单'}限购 {self.units} {self.unit}"

    def _left(self, bought: int) -> int | None:
        if self.kind == LimitKind.NONE:
            return None
        return max(self.units - bought, 0) if self.for_life else self.units


class SkuQuerySet(models.QuerySet["Sku"]):
    """SKUs under their business names."""

    def active(self) -> "SkuQuerySet":
        """Combinations that are offered; removed ones are kept for the orders that point at them."""
        return self.filter(is_active=True)

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
        verbose_name = verbose_name_plural = "SKU"
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="sku_stock_not_negative"),
            models.CheckConstraint(condition=Q(price__gte=1), name="sku_price_positive"),
            models.UniqueConstraint(fields=["product", "spec_text"], name="sku_once_per_combination"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.spec_text}".strip()


class ProductImage(models.Model):
    """A picture of a product; the first by `sort_order` is the one in lists."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images", verbose_name="商品")
    image = PictureField("图片", upload_to="products")
    sort_order = models.IntegerField("排序号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "商品图片"

    def __str__(self) -> str:
        return str(self.image.name)


class StockMoveKind(models.TextChoices):
    INITIAL = "initial", "初始库存"
    EDIT = "edit", "手工修改"
    IMPORT = "import", "导入"
    ORDER = "order", "下单"
    CANCEL = "cancel", "取消归还"
    REFUND = "refund", "退款归还"
    DAILY = "daily", "每日恢复"


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
