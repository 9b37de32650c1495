"""Money in and out: payments, the gateway's notices, refunds and the gateway's bill."""

from django.db import models
from django.db.models import F, Q

from members.models import Member, in_scope
from orders.models.lines import OrderLine
from orders.models.order import Order
from shop.lib.money import FenField
from shop.lib.states import Stateful


class Channel(models.TextChoices):
    WECHAT = "wechat", "微信支付"
    OFFLINE = "offline", "到店付款"


class PaymentStatus(models.TextChoices):
    CREATED = "created", "发起中"  # the row stands, the gateway has not answered yet
    PENDING = "pending", "待支付"  # the buyer holds a handle and may pay
    UNKNOWN = "unknown", "结果未知"  # the gateway did not answer: only a query tells
    PAID = "paid", "已支付"
    CLOSED = "closed", "已关闭"


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Payments under their business names."""

    def of_staff(self, staff: Member) -> "PaymentQuerySet":
        """Payments of the orders that `staff` may see."""
        return self.filter(in_scope(staff, "order__store"))


class Payment(Stateful):
    """One attempt to pay one order, with a number of its own at the gateway.

    `refund_claimed` is what refunds on their way or done have taken of it, `refunded_amount` what is done.
    `is_accepted` says that the order took this money; money that it refused goes back by itself.
    """

    MOVES = {
        PaymentStatus.CREATED: {
            PaymentStatus.PENDING,
            PaymentStatus.UNKNOWN,
            PaymentStatus.PAID,
            PaymentStatus.CLOSED,
        },
        PaymentStatus.PENDING: {PaymentStatus.UNKNOWN, PaymentStatus.PAID, PaymentStatus.CLOSED},
        PaymentStatus.UNKNOWN: {PaymentStatus.PENDING, PaymentStatus.PAID, PaymentStatus.CLOSED},
        PaymentStatus.PAID: set(),
        PaymentStatus.CLOSED: {PaymentStatus.PAID},  # money may still arrive (RELIABILITY R8)
    }
    OPEN = frozenset({PaymentStatus.CREATED, PaymentStatus.PENDING, PaymentStatus.UNKNOWN})

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name="订单")
    attempt_no = models.PositiveSmallIntegerField()
    channel = models.CharField("渠道", max_length=10, choices=Channel)
    product = models.CharField(max_length=10, blank=True)  # h5, native or jsapi
    out_trade_no = models.CharField("商户单号", max_length=32, unique=True)
    amount = FenField("金额")
    status = models.CharField("状态", max_length=10, choices=PaymentStatus, default=PaymentStatus.CREATED)
    transaction_id = models.CharField("流水号", max_length=40, null=True)
    handle = models.CharField(max_length=600, blank=True)  # h5_url, code_url or prepay_id
    handle_expires_at = models.DateTimeField(null=True)
    is_accepted = models.BooleanField(default=False)
    to_close = models.BooleanField(default=False)
    next_query_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)  # when somebody last wanted to know at once what became of it
    queries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    refund_claimed = FenField()
    refunded_amount = FenField("已退款")
    created_at = models.DateTimeField("发起时间")
    paid_at = models.DateTimeField("支付时间", null=True)
    closed_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")  # the clerk, for cash

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支付单"
        constraints = [
            models.UniqueConstraint(fields=["order", "attempt_no"], name="payment_attempt_once"),
            models.UniqueConstraint(fields=["channel", "transaction_id"], name="payment_transaction_once"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(is_accepted=True), name="payment_one_accepted_per_order"
            ),
            models.CheckConstraint(condition=Q(amount__gte=1), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0)
                & Q(refunded_amount__lte=F("refund_claimed"))
                & Q(refund_claimed__lte=F("amount")),
                name="payment_refunds_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(is_accepted=False) | Q(status="paid"), name="payment_accepted_only_when_paid"
            ),
        ]
        indexes = [
            models.Index(fields=["next_query_at"], name="payment_due_query", condition=Q(next_query_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.out_trade_no


class NoticeKind(models.TextChoices):
    PAYMENT = "payment", "支付"
    REFUND = "refund", "退款"
    OTHER = "other", "其他"


class NoticeStatus(models.TextChoices):
    RECEIVED = "received", "待处理"
    APPLIED = "applied", "已处理"
    REFUSED = "refused", "已拒收"  # a true fact that the order could not take: the money goes back
    IGNORED = "ignored", "无需处理"
    REJECTED = "rejected", "验签失败"  # nobody knows who sent it; nothing changed


class GatewayNotice(Stateful):
    """The inbox: a fact that the gateway told us, by notification or as the answer to a query, stored before use.

    `event_id` is unique per channel, so the same notice is stored once and applied once. Of a forged one
    only a digest is kept.
    """

    MOVES = {
        NoticeStatus.RECEIVED: {NoticeStatus.APPLIED, NoticeStatus.REFUSED, NoticeStatus.IGNORED},
        NoticeStatus.APPLIED: set(),
        NoticeStatus.REFUSED: set(),
        NoticeStatus.IGNORED: set(),
        NoticeStatus.REJECTED: set(),
    }

    channel = models.CharField(max_length=10, choices=Channel)
    event_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=NoticeKind)
    status = models.CharField(max_length=10, choices=NoticeStatus, default=NoticeStatus.RECEIVED)
    subject_no = models.CharField(max_length=64, db_index=True)  # out_trade_no or out_refund_no
    facts = models.JSONField(default=dict)  # what `channels` made of the payload; no openid, no personal data
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "event_id"], name="notice_once_per_event")]
        indexes = [models.Index(fields=["due_at"], name="notice_due", condition=Q(status="received"))]

    def __str__(self) -> str:
        return self.event_id


class RefundStatus(models.TextChoices):
    CREATED = "created", "待提交"
    SENT = "sent", "退款中"
    UNKNOWN = "unknown", "结果未知"
    ABNORMAL = "abnormal", "退款异常"  # the gateway could not reach the buyer's account: staff must act
    DONE = "done", "已退款"
    FAILED = "failed", "退款失败"


class RefundCause(models.TextChoices):
    STAFF = "staff", "商家退款"
    CANCEL = "cancel", "取消订单"
    LATE_MONEY = "late_money", "支付未被订单接受"
    GROUP_FAILED = "group_failed", "拼团未成功"


class RefundQuerySet(models.QuerySet["Refund"]):
    """Refunds under their business names."""

    def of_staff(self, staff: Member) -> "RefundQuerySet":
        """Refunds of the orders that `staff` may see."""
        return self.filter(in_scope(staff, "order__store"))


class Refund(Stateful):
    """Money on its way back from one payment. The number is fixed before the gateway is called and never changes."""

    MOVES = {
        RefundStatus.CREATED: {
            RefundStatus.SENT,
            RefundStatus.UNKNOWN,
            RefundStatus.ABNORMAL,
            RefundStatus.DONE,
            RefundStatus.FAILED,
        },
        RefundStatus.SENT: {RefundStatus.UNKNOWN, RefundStatus.ABNORMAL, RefundStatus.DONE, RefundStatus.FAILED},
        RefundStatus.UNKNOWN: {RefundStatus.SENT, RefundStatus.ABNORMAL, RefundStatus.DONE, RefundStatus.FAILED},
        RefundStatus.ABNORMAL: {RefundStatus.SENT, RefundStatus.DONE, RefundStatus.FAILED},
        RefundStatus.DONE: set(),
        RefundStatus.FAILED: {RefundStatus.DONE},  # the gateway's last word was another (RELIABILITY R8)
    }
    LIVE = frozenset({RefundStatus.CREATED, RefundStatus.SENT, RefundStatus.UNKNOWN, RefundStatus.ABNORMAL})

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name="订单")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="refunds")  # None: nothing was paid
    out_refund_no = models.CharField("退款单号", max_length=64, unique=True)
    cause = models.CharField("来源", max_length=12, choices=RefundCause)
    amount = FenField("退款金额")
    freight_amount = FenField("其中运费")
    reason = models.CharField("原因", max_length=80, blank=True)
    status = models.CharField("状态", max_length=10, choices=RefundStatus, default=RefundStatus.CREATED)
    restock = models.BooleanField("退回库存", default=True)  # of units that had left the shop
    requested_by = models.ForeignKey(
        Member, models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )  # None: automatic
    gateway_refund_id = models.CharField("退款流水号", max_length=64, blank=True)
    retry_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="retry")  # a failed one, tried once
    due_at = models.DateTimeField(null=True)  # when a sweep shall send or ask again
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField("申请时间")
    sent_at = models.DateTimeField(null=True)  # the last time
    done_at = models.DateTimeField("到账时间", null=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "退款单"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, freight_amount__gte=0)
                & Q(freight_amount__lte=F("amount"))
                & (Q(amount=0) | Q(payment__isnull=False)),
                name="refund_amount_has_payment",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="refund_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return self.out_refund_no


class RefundLine(models.Model):
    """Units of an order line that a refund covers, and their share of the money in fen."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="refund_lines")
    units = models.PositiveIntegerField()
    units_handed = models.PositiveIntegerField(default=0)  # of these, how many had left the shop
    amount = FenField()
    withheld = FenField()  # kept back for a gift that does not come back
    points = models.PositiveIntegerField(default=0)  # spent points that go back
    earned = models.PositiveIntegerField(default=0)  # points to be earned, or earned, that are taken back

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="refund_line_once"),
            models.CheckConstraint(
                condition=Q(units__gte=1) & Q(units_handed__lte=F("units")), name="refund_line_units"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refund_id}: {self.line_id} × {self.units}"


class BillKind(models.TextChoices):
    PAYMENT = "payment", "支付"
    REFUND = "refund", "退款"


class BillDay(models.Model):
    """A Shanghai day whose bill was fetched and compared: a day without a row still has to be."""

    channel = models.CharField(max_length=10, choices=Channel)
    bill_date = models.DateField("账单日")
    reconciled_at = models.DateTimeField("对账时间")
    rows = models.PositiveIntegerField(default=0)
    differences = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "bill_date"], name="bill_day_once")]

    def __str__(self) -> str:
        return f"{self.bill_date} {self.channel}"


class BillLine(models.Model):
    """One row of the gateway's daily bill, and what the comparison with our books found."""

    channel = models.CharField(max_length=10, choices=Channel)
    bill_date = models.DateField("账单日", db_index=True)
    kind = models.CharField("类型", max_length=10, choices=BillKind)
    number = models.CharField("商户单号", max_length=64)  # out_trade_no or out_refund_no
    gateway_number = models.CharField("流水号", max_length=64, blank=True)
    amount = FenField("金额")
    difference = models.CharField("差异", max_length=100, blank=True)  # "" when both books agree

    class Meta:
        verbose_name = verbose_name_plural = "对账单"
        constraints = [
            models.UniqueConstraint(fields=["channel", "bill_date", "kind", "number"], name="bill_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.bill_date} {self.number}"
