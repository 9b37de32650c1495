"""The order and the trail of everything that happened to it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from members.models import Member, in_scope, mask_name, mask_phone
from promotions.models import Coupon
from shop.lib import regions
from shop.lib.crypto import BlindIndexField, EncryptedTextField
from shop.lib.money import FenField
from shop.lib.states import Stateful
from shop.models import PickupSlot, Store


class OrderStatus(models.TextChoices):
    PENDING_PAYMENT = "pending_payment", "待付款"
    AWAITING_GROUP = "awaiting_group", "待成团"
    PENDING_ACCEPTANCE = "pending_acceptance", "待接单"
    PENDING_ASSIGNMENT = "pending_assignment", "待分配"
    PREPARING = "preparing", "配货中"
    READY_FOR_PICKUP = "ready_for_pickup", "待提货"
    PARTLY_SHIPPED = "partly_shipped", "部分发货"
    SHIPPED = "shipped", "已发货"
    COMPLETED = "completed", "交易完成"
    CANCELLED = "cancelled", "已取消"


class RefundedPart(models.TextChoices):
    NONE = "none", "无退款"
    PART = "part", "部分退款"
    FULL = "full", "全部退款"


class CancelReason(models.TextChoices):
    TIMEOUT = "timeout", "超时未付款"
    MEMBER = "member", "买家取消"
    ADMIN = "admin", "商家取消"
    GROUP_FAILED = "group_failed", "拼团未成功"
    GROUP_FULL = "group_full", "团已满"
    SOLD_OUT = "sold_out", "已售罄"
    REJECTED = "rejected", "门店拒单"
    FULL_REFUND = "full_refund", "全部退款"


class OrderType(models.TextChoices):
    NORMAL = "normal", "普通"
    GROUP = "group", "拼团"
    FLASH = "flash", "秒杀"
    POINTS = "points", "积分兑换"


class DeliveryMethod(models.TextChoices):
    EXPRESS = "express", "快递配送"
    PICKUP = "pickup", "到店自提"


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders under their business names; every page starts from one of the scopes."""

    def of_staff(self, staff: Member) -> "OrderQuerySet":
        """Orders of the stores that `staff` works for; all of them for headquarters and owners."""
        return self.filter(in_scope(staff))

    def kept(self) -> "OrderQuerySet":
        """Everything outside the recycle bin."""
        return self.filter(deleted_at__isnull=True)


class Order(Stateful):
    """A purchase. Columns of money are fen and obey: payable = goods − discounts + freight."""

    MOVES = {
        OrderStatus.PENDING_PAYMENT: {
            OrderStatus.AWAITING_GROUP,
            OrderStatus.PENDING_ACCEPTANCE,
            OrderStatus.CANCELLED,
        },
        OrderStatus.AWAITING_GROUP: {OrderStatus.PENDING_ACCEPTANCE, OrderStatus.CANCELLED},
        OrderStatus.PENDING_ACCEPTANCE: {
            OrderStatus.PREPARING,
            OrderStatus.READY_FOR_PICKUP,
            OrderStatus.PENDING_ASSIGNMENT,
            OrderStatus.CANCELLED,
        },
        OrderStatus.PENDING_ASSIGNMENT: {OrderStatus.PENDING_ACCEPTANCE, OrderStatus.CANCELLED},
        OrderStatus.PREPARING: {OrderStatus.PARTLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.CANCELLED},
        OrderStatus.READY_FOR_PICKUP: {OrderStatus.COMPLETED, OrderStatus.CANCELLED},
        OrderStatus.PARTLY_SHIPPED: {OrderStatus.SHIPPED, OrderStatus.COMPLETED},
        OrderStatus.SHIPPED: {OrderStatus.COMPLETED},
        OrderStatus.COMPLETED: {OrderStatus.READY_FOR_PICKUP},  # only when a redemption is undone
        OrderStatus.CANCELLED: set(),
    }
    ENDED = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED})
    BEFORE_SHIPPING = frozenset(
        {
            OrderStatus.PENDING_PAYMENT,
            OrderStatus.AWAITING_GROUP,
            OrderStatus.PENDING_ACCEPTANCE,
            OrderStatus.PENDING_ASSIGNMENT,
            OrderStatus.PREPARING,
        }
    )

    no = models.CharField("订单号", max_length=20, unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="orders", verbose_name="会员")
    store = models.ForeignKey(Store, models.PROTECT, related_name="orders", verbose_name="门店")
    idempotency_key = models.CharField(max_length=40)
    order_type = models.CharField("类型", max_length=10, choices=OrderType, default=OrderType.NORMAL)
    delivery_method = models.CharField("收货方式", max_length=10, choices=DeliveryMethod)
    status = models.CharField("状态", max_length=20, choices=OrderStatus, default=OrderStatus.PENDING_PAYMENT)
    refund_status = models.CharField("退款", max_length=8, choices=RefundedPart, default=RefundedPart.NONE)
    cancel_reason = models.CharField("取消原因", max_length=20, choices=CancelReason, blank=True)
    held = models.BooleanField(default=False)  # placed for a group: after payment it waits for release

    goods_amount = FenField("商品总额")
    level_discount = FenField("会员优惠")
    promotion_discount = FenField("满减优惠")
    coupon_discount = FenField("优惠券")
    points_discount = FenField("积分抵扣")
    price_change = FenField("改价")  # by the staff before payment; below zero they made it cheaper
    freight_amount = FenField("运费")
    payable_amount = FenField("应付")
    paid_amount = FenField("实付")
    refunded_amount = FenField("已退款")
    points_spent = models.PositiveIntegerField("使用积分", default=0)
    points_to_earn = models.PositiveIntegerField("赠送积分", default=0)
    coupon = models.ForeignKey(Coupon, models.PROTECT, null=True, related_name="orders", verbose_name="优惠券")
    pay_channel = models.CharField("支付方式", max_length=10, blank=True)  # a Channel, or "none" when nothing was due

    receiver_name = EncryptedTextField("收货人", blank=True, default="")
    receiver_name_index = BlindIndexField(of="receiver_name", db_index=True)
    receiver_phone = EncryptedTextField("手机", blank=True, default="")
    receiver_phone_index = BlindIndexField(of="receiver_phone", db_index=True)
    region_code = models.CharField(max_length=12, blank=True)
    region_path = models.CharField("地区", max_length=120, blank=True)
    address_detail = EncryptedTextField("详细地址", blank=True, default="")

    pickup_slot = models.ForeignKey(PickupSlot, models.SET_NULL, null=True, related_name="orders")
    pickup_day = models.DateField("自提日期", null=True)
    pickup_window = models.CharField("自提时段", max_length=20, blank=True)
    pickup_code = models.CharField("提货码", max_length=12, null=True, unique=True)

    buyer_remark = models.CharField("买家留言", max_length=200, blank=True)
    merchant_remark = models.CharField("商家备注", max_length=200, blank=True)
    terminal = models.CharField("来源", max_length=10, default="h5")

    created_at = models.DateTimeField("下单时间", db_index=True)
    pay_before = models.DateTimeField("付款截止", null=True)
    paid_at = models.DateTimeField("支付时间", null=True)
    accepted_at = models.DateTimeField("接单时间", null=True)
    shipped_at = models.DateTimeField("发货时间", null=True)
    receive_before = models.DateTimeField("自动收货时间", null=True)
    pickup_before = models.DateTimeField("自提截止", null=True)
    completed_at = models.DateTimeField("完成时间", null=True)
    reward_due_at = models.DateTimeField(null=True, editable=False)  # until what completion gives is given
    cancelled_at = models.DateTimeField("取消时间", null=True)
    deleted_at = models.DateTimeField("回收站", null=True)
    hidden_by_buyer_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField("最近操作", auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "订单"
        default_permissions = ("view",)  # orders change through actions; each has a permission of its own
        permissions = [
            ("accept_order", "接单"),
            ("ship_order", "发货"),
            ("edit_address", "修改地址"),
            ("receive_order", "确认收货"),
            ("change_price", "改价"),
            ("cancel_order", "取消订单"),
            ("refund_order", "退款"),
            ("remark_order", "备注订单"),
            ("trash_order", "移入回收站"),
            ("redeem_order", "核销"),
            ("redeem_without_code", "无码核销"),
            ("undo_redemption", "撤销他人的核销"),
            ("reveal_personal_data", "查看明文"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member", "idempotency_key"], name="order_once_per_key"),
            models.UniqueConstraint(
                fields=["coupon"],
                condition=Q(coupon__isnull=False) & ~Q(status="cancelled") & ~Q(refund_status="full"),
                name="order_one_live_per_coupon",
            ),
            models.CheckConstraint(
                condition=Q(
                    payable_amount=F("goods_amount")
                    - F("level_discount")
                    - F("promotion_discount")
                    - F("coupon_discount")
                    - F("points_discount")
                    + F("price_change")
                    + F("freight_amount")
                ),
                name="order_payable_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    payable_amount__gte=0,
                    goods_amount__gte=0,
                    freight_amount__gte=0,
                    level_discount__gte=0,
                    promotion_discount__gte=0,
                    coupon_discount__gte=0,
                    points_discount__gte=0,
                ),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("paid_amount"))
                & Q(paid_amount__in=[0, F("payable_amount")]),
                name="order_refunds_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(status__in=["completed", "cancelled"]),
                name="order_only_ended_in_bin",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["member", "-id"], name="order_of_member"),
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["store", "status", "-id"], name="order_of_store"),
            # Answers alone what the back office adds up, so that nobody reads 100,000 wide rows for it.
            models.Index(
                fields=["deleted_at", "status", "store", "paid_amount", "refunded_amount"], name="order_totals"
            ),
            models.Index(fields=["paid_at", "store", "paid_amount"], name="order_by_payment"),
            models.Index(
                fields=["pay_before"], name="order_due_payment",
                condition=Q(status="pending_payment", pay_before__isnull=False),
            ),
            models.Index(
                fields=["receive_before"], name="order_due_receipt",
                condition=Q(status="shipped", receive_before__isnull=False),
            ),
            models.Index(
                fields=["reward_due_at"], name="order_due_reward", condition=Q(reward_due_at__isnull=False),
            ),
            models.Index(
                fields=["pickup_before"], name="order_due_pickup",
                condition=Q(status="ready_for_pickup", pickup_before__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.no

    @property
    def is_pickup(self) -> bool:
        """Say whether the buyer collects the order in a store."""
        return self.delivery_method == DeliveryMethod.PICKUP

    @property
    def pays_at_store(self) -> bool:
        """Say whether the money is taken at the counter."""
        return self.pay_channel == "offline"

    @property
    def can_pay(self) -> bool:
        """Say whether the buyer may start a payment now."""
        return self.status == OrderStatus.PENDING_PAYMENT

    @property
    def can_cancel(self) -> bool:
        """Say whether the buyer may cancel by themselves: nothing was paid yet."""
        return self.status == OrderStatus.PENDING_PAYMENT or self.awaits_counter_payment

    @property
    def awaits_counter_payment(self) -> bool:
        """Say whether the order is ready and still has to be paid at the counter."""
        return self.status == OrderStatus.READY_FOR_PICKUP and self.paid_at is None and self.payable_amount > 0

    @property
    def was_paid_at_counter(self) -> bool:
        """Say whether a clerk has taken the money of the order."""
        return self.pays_at_store and self.paid_at is not None

    @property
    def can_receive(self) -> bool:
        """Say whether the buyer may confirm receipt; a pickup order never can."""
        return not self.is_pickup and self.status in {OrderStatus.SHIPPED, OrderStatus.PARTLY_SHIPPED}

    @property
    def can_edit_address(self) -> bool:
        """Say whether a parcel could still go elsewhere: nothing has left the shop."""
        return not self.is_pickup and self.status in self.BEFORE_SHIPPING

    @property
    def shows_code(self) -> bool:
        """Say whether the pickup code is of use now."""
        return self.status == OrderStatus.READY_FOR_PICKUP and bool(self.pickup_code)

    @property
    def receiver_name_masked(self) -> str:
        """王小明 -> 王**."""
        return mask_name(self.receiver_name)

    @property
    def receiver_phone_masked(self) -> str:
        """13800000000 -> 138****0000."""
        return mask_phone(self.receiver_phone)

    @property
    def full_address(self) -> str:
        """Region and street in one line, as people write it."""
        return regions.one_line(self.region_path) + self.address_detail

    @property
    def goods_paid(self) -> int:
        """What the goods cost the buyer in fen, without freight."""
        return self.payable_amount - self.freight_amount

    def refundable_until(self, days: int) -> datetime | None:
        """Return when refunds of this order end, `days` after completion; None while there is no end."""
        return self.completed_at + timedelta(days=days) if self.completed_at and days else None


class OrderEvent(models.Model):
    """One step of an order: who, when, from, to and why. `to_status` equals `from_status` for a remark or a refund."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    actor = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")  # None: a timer or the gateway
    kind = models.CharField(max_length=20)
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="event_of_order")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.from_status} -> {self.to_status}"
