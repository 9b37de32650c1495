"""The home page as the merchant arranges it: blocks in an order, some with pictures, some with picked goods."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from catalog.models.categories import Category
from catalog.models.products import Product
from shop.lib.uploads import PictureField

MOST_BLOCKS = 20
MOST_PICTURES = 8  # in one block
MOST_GOODS = 24  # in one block
INSIDE = RegexValidator(r"^/(?!/)", "请填写店内地址，以 / 开头")


class BlockKind(models.TextChoices):
    BANNERS = "banners", "轮播图"
    CATEGORIES = "categories", "分类导航"
    COUPONS = "coupons", "优惠券"
    GOODS = "goods", "商品"
    PICTURES = "pictures", "图片广告"
    PROMISES = "promises", "配送与自提说明"
    STORES = "stores", "门店"


class GoodsSource(models.TextChoices):
    SORTED = "sorted", "按商品排序号"
    NEWEST = "newest", "最新上架"
    SELLING = "selling", "卖得最好"
    CATEGORY = "category", "某个分类"
    PICKED = "picked", "自己挑选"


class GoodsLayout(models.TextChoices):
    SHELF = "shelf", "一排，左右滑动"
    GRID = "grid", "两列，往下排"


class HomeBlock(models.Model):
    """One block of the home page. What its kind does not need keeps its default."""

    kind = models.CharField("类型", max_length=12, choices=BlockKind)
    title = models.CharField("标题", max_length=20, blank=True)
    note = models.CharField("小字说明", max_length=40, blank=True, help_text="显示在标题下面，可以不填。")
    source = models.CharField("放哪些商品", max_length=10, choices=GoodsSource, default=GoodsSource.SORTED)
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True, verbose_name="分类")
    layout = models.CharField("排列", max_length=6, choices=GoodsLayout, default=GoodsLayout.SHELF)
    units = models.PositiveSmallIntegerField(
        "最多几件", default=6, validators=[MinValueValidator(1), MaxValueValidator(MOST_GOODS)],
        help_text=f"1 到 {MOST_GOODS} 件；卖完的也会显示。",
    )  # fmt: skip
    is_visible = models.BooleanField("显示", default=True)
    sort_order = models.IntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "首页布置"

    def __str__(self) -> str:
        return self.title or str(self.get_kind_display())


class HomePicture(models.Model):
    """A picture in a block of banners or pictures; a tap leads somewhere inside the shop."""

    block = models.ForeignKey(HomeBlock, models.CASCADE, related_name="pictures")
    title = models.CharField("标题", max_length=20, help_text="图上的大字；读屏软件也会念出来。")
    note = models.CharField("小字", max_length=30, blank=True)
    image = PictureField("图片", upload_to="home", help_text="建议 1500 × 700 像素，JPG、PNG 或 WebP，最大 6 MB。")
    link = models.CharField("点图打开", max_length=200, default="/goods/", validators=[INSIDE])
    shows_title = models.BooleanField("在图上显示文字", default=True, help_text="图片里已经有字的，请关掉。")
    sort_order = models.IntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "首页图片"

    def __str__(self) -> str:
        return self.title


class HomePick(models.Model):
    """A product that the merchant has picked for a block."""

    block = models.ForeignKey(HomeBlock, models.CASCADE, related_name="picks")
    product = models.ForeignKey(Product, models.CASCADE, related_name="picks")
    sort_order = models.IntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "首页挑选的商品"
        constraints = [models.UniqueConstraint(fields=["block", "product"], name="pick_once_per_block")]

    def __str__(self) -> str:
        return f"{self.block_id} shows {self.product_id}"
