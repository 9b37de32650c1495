"""Products, what a buyer may take of them, and their pictures."""

from dataclasses import dataclass

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from catalog.models.categories import Category
from shop.lib.money import FenField
from shop.lib.states import Stateful
from shop.lib.uploads import PictureField

MOST_UNITS = 999  # of one SKU, in a cart or an order, whatever the merchant allows


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

    member_price_enabled = models.BooleanField("会员价", default=True, help_text="按会员等级打折。")
    points_usable = models.BooleanField("积分抵扣", default=True, help_text="可以用积分抵扣金额。")
    gives_points = models.BooleanField("赠送积分", default=True, help_text="购买后按实付金额送积分。")

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


class ProductImage(models.Model):
    """A picture of a product; the first by `sort_order` is the one in lists."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images", verbose_name="商品")
    image = PictureField("图片", upload_to="products")
    sort_order = models.IntegerField("排序号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "商品图片"

    def __str__(self) -> str:
        return str(self.image.name)
