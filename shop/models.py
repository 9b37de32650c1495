"""What the whole shop stands on: its settings, its stores and their pickup slots. Knows no other app."""

import uuid
from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from shop.lib import fragments, maps, regions
from shop.lib.money import FenField
from shop.lib.sweeps import Heartbeat
from shop.lib.throttle import ThrottleCount
from shop.lib.uploads import PictureField

__all__ = [
    "Heartbeat",
    "LevelMetric",
    "MarketingSettings",
    "PickupSlot",
    "ShopSettings",
    "SlotDay",
    "Store",
    "ThrottleCount",
]

WEEKDAYS = "一二三四五六日"
SHOP_NAME = "shop-name"  # key of a fragment, for catalog.selectors.shop_name


def new_version() -> str:
    """Return a name that no state of the catalogue has had."""
    return uuid.uuid4().hex


class LevelMetric(models.TextChoices):
    AMOUNT = "amount", "消费金额"
    ORDERS = "orders", "完成订单数"


class MarketingSettings(models.Model):
    """The switches of points, levels and rewards. Base of ShopSettings.

    What WeChat or the law forbids to reward is off by default, with the risk beside the switch.
    """

    points_per_yuan = models.PositiveIntegerField(
        "消费积分", default=1, help_text="每实付 1 元商品金额送多少积分，售后期结束后生效；0 表示不送。"
    )
    points_spend_enabled = models.BooleanField(
        "积分抵现", default=True, help_text="打开后结算时可以用积分抵扣商品金额。"
    )
    points_value = models.PositiveIntegerField(
        "多少积分抵 1 元", default=100, validators=[MinValueValidator(1)], help_text="例如 100 积分抵 1 元。"
    )
    points_max_percent = models.PositiveSmallIntegerField(
        "积分抵现百分比", default=20, validators=[MaxValueValidator(100)],
        help_text="积分最多抵优惠后商品金额的百分之几。",
    )  # fmt: skip
    points_min_use = models.PositiveIntegerField("最少使用", default=0, help_text="一次至少用多少积分；0 表示不限。")
    points_expire_months = models.PositiveSmallIntegerField(
        "积分有效期（月）",
        default=0,
        validators=[MaxValueValidator(120)],
        help_text="生效后多少个月过期；0 表示不过期。",
    )
    points_for_flash = models.BooleanField(
        "抢购可用积分", default=False, help_text="打开后限时抢购的订单也能用积分抵现。"
    )
    flash_earns_points = models.BooleanField("抢购送积分", default=False)
    points_profile = models.PositiveIntegerField(
        "完善资料", default=20, help_text="第一次填好昵称和生日送的积分；0 不送。"
    )
    points_review = models.PositiveIntegerField("首次评价", default=5, help_text="每个订单第一次评价送的积分；0 不送。")
    points_share = models.PositiveIntegerField(
        "每日分享", default=0,
        help_text="风险：微信禁止以奖励诱导分享，可能导致网页被封。好友打开链接才算，每天一次；0 表示关闭（建议）。",
    )  # fmt: skip
    vip_birthday_points = models.PositiveIntegerField(
        "VIP 生日积分", default=0, help_text="VIP 会员生日前后来访时送一次。"
    )
    active_points_rate = models.PositiveSmallIntegerField(
        "活跃会员积分倍数（%）", default=100, validators=[MinValueValidator(100), MaxValueValidator(1000)],
        help_text="活跃会员（一周来访 3 天以上）的消费积分倍数，120 就是 1.2 倍。",
    )  # fmt: skip
    level_metric = models.CharField(
        "等级依据", max_length=6, choices=LevelMetric, default=LevelMetric.AMOUNT,
        help_text="按已完成订单的实付金额（扣除退款），或按完成的订单数。",
    )  # fmt: skip
    level_window_months = models.PositiveSmallIntegerField(
        "等级统计期（月）", default=0, validators=[MaxValueValidator(60)],
        help_text="只算最近多少个月的订单；0 表示全部，12 表示滚动一年。",
    )  # fmt: skip
    ladder_changed_at = models.DateTimeField(null=True, editable=False)  # since then every member is looked at anew

    class Meta:
        abstract = True


class ShopSettings(MarketingSettings):
    """The merchant's switches: one row, read through `ShopSettings.load()`."""

    shop_name = models.CharField("店铺名称", max_length=40, default="团铺")
    service_phone = models.CharField("客服电话", max_length=20, blank=True)
    announcement = models.CharField("店铺公告", max_length=120, blank=True)
    hot_words = models.CharField(
        "热门搜索词", max_length=120, blank=True,
        help_text="搜索页上推荐的词，用空格隔开，最多 10 个；不填就用畅销商品的第一个关键词。",
    )  # fmt: skip
    licence = models.CharField("营业执照号", max_length=40, blank=True, help_text="显示在页面底部，法律要求公示。")
    icp_number = models.CharField("ICP 备案号", max_length=40, blank=True)

    express_enabled = models.BooleanField("开通快递配送", default=True)
    pickup_enabled = models.BooleanField("开通到店自提", default=True)
    freight_amount = FenField("运费", default=800, help_text="快递订单统一收取的运费，单位元。")
    freight_free_over = FenField(
        "满额包邮", default=9900, help_text="商品实付金额达到这个数就免运费，单位元；0 表示不包邮。"
    )

    pay_timeout_minutes = models.PositiveIntegerField(
        "付款时限（分钟）", default=30, help_text="下单后多久未付款自动取消；0 表示不限时。"
    )
    auto_receive_days = models.PositiveIntegerField(
        "自动收货（天）", default=10, help_text="发货后多少天自动确认收货，自提订单不受影响；0 表示关闭。"
    )
    after_sale_days = models.PositiveIntegerField(
        "售后时限（天）", default=15, help_text="交易完成后多少天内可以退款；0 表示不限。"
    )
    pickup_days = models.PositiveIntegerField(
        "自提保留（天）", default=0, help_text="已付款的自提订单超过多少天未提货会提醒店员；0 表示关闭。"
    )
    auto_accept = models.BooleanField(
        "自动接单", default=True, help_text="打开后付款成功即进入配货或待提货；关闭后每单需要先审核。"
    )
    pay_at_store_enabled = models.BooleanField(
        "到店付款", default=False, help_text="打开后自提订单可以到店再付款，店员核销时收款。"
    )
    pay_at_store_days = models.PositiveIntegerField(
        "到店付款保留（天）", default=3, help_text="选择到店付款的订单保留多少天，过期自动取消；0 表示不过期。"
    )
    updated_at = models.DateTimeField(auto_now=True)
    # Beside the settings because every page of the shop front reads both: see catalog.selectors.catalogue_version.
    catalogue_version = models.CharField(max_length=32, default=new_version, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "店铺设置"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="settings_one_row")]

    def __str__(self) -> str:
        return "店铺设置"

    @classmethod
    def load(cls) -> "ShopSettings":
        """Return the one row, made with its defaults when the shop is new; the page goes by its name from then on."""
        shop = cls.objects.get_or_create(pk=1)[0]
        fragments.keep(SHOP_NAME, "", shop.shop_name)
        return shop


class StoreQuerySet(models.QuerySet["Store"]):
    """Stores under their business names."""

    def for_pickup(self) -> "StoreQuerySet":
        """Open stores in which a shopper may collect an order."""
        return self.filter(is_active=True, pickup_enabled=True)

    def headquarters(self) -> "StoreQuerySet":
        """The store that express orders belong to."""
        return self.filter(is_headquarters=True)


class Store(models.Model):
    """A shop with a door. One of them is the headquarters, whose staff see the orders of all."""

    name = models.CharField("门店名称", max_length=40, unique=True)
    is_headquarters = models.BooleanField(
        "总店", default=False, help_text="快递订单归总店；总店的员工可以看到所有门店。"
    )
    contact = models.CharField("联系人", max_length=20, blank=True)
    phone = models.CharField("电话", max_length=20, validators=[RegexValidator(r"^[0-9+\- ]{5,20}$", "电话格式不对")])
    region_code = models.CharField("地区", max_length=12, blank=True)
    region_path = models.CharField("地区名称", max_length=120, blank=True)
    address = models.CharField("详细地址", max_length=120)
    longitude = models.DecimalField(
        "经度", max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )  # fmt: skip
    latitude = models.DecimalField(
        "纬度", max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )  # fmt: skip
    hours = models.CharField("营业时间", max_length=60, default="每天 9:00–21:00")
    image = PictureField("门店图片", upload_to="stores", blank=True)
    pickup_enabled = models.BooleanField("可以自提", default=True)
    is_active = models.BooleanField("营业中", default=True)
    sort_order = models.IntegerField("排序号", default=0, help_text="数字越小越靠前。")

    objects = StoreQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "门店"
        constraints = [
            models.UniqueConstraint(
                fields=["is_headquarters"], condition=Q(is_headquarters=True), name="store_one_headquarters"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_address(self) -> str:
        """Region and street in one line, as people write it."""
        return regions.one_line(self.region_path) + self.address

    @property
    def map_url(self) -> str:
        """Where a map outside the shop shows the store."""
        return maps.place_url(
            name=self.name, address=self.full_address, longitude=self.longitude, latitude=self.latitude
        )


class PickupSlot(models.Model):
    """A time of day in which a store hands over at most `capacity` orders, on the chosen weekdays."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="slots", verbose_name="门店")
    weekdays = models.CharField(
        "星期", max_length=7, default="1234567", help_text="1 是星期一，7 是星期日，例如 12345。",
        validators=[RegexValidator(r"^[1-7]+$", "只能填 1 到 7")],
    )  # fmt: skip
    starts = models.TimeField("开始")
    ends = models.TimeField("结束")
    capacity = models.PositiveIntegerField("可约单数", default=50, help_text="同一天这个时段最多接多少单。")

    class Meta:
        verbose_name = verbose_name_plural = "自提时段"
        constraints = [
            models.UniqueConstraint(fields=["store", "starts", "ends"], name="slot_once_per_store"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="slot_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}"

    def is_open_on(self, day: date) -> bool:
        """Say whether the slot exists on `day`."""
        return str(day.isoweekday()) in self.weekdays


class SlotDay(models.Model):
    """How many orders have booked a slot on one day; raised by a conditional UPDATE, never beyond capacity."""

    slot = models.ForeignKey(PickupSlot, models.CASCADE, related_name="days")
    day = models.DateField()
    booked = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slot", "day"], name="slot_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.slot_id}: {self.booked}"
