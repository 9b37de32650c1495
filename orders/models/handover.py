"""Handing over: parcels that leave the shop, and orders collected at a counter."""

from django.db import models
from django.db.models import Q

from members.models import Member, in_scope
from orders.models.lines import OrderLine
from orders.models.order import Order
from shop.models import Store


class Shipment(models.Model):
    """A parcel with the courier's number."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments", verbose_name="订单")
    company = models.CharField("快递公司", max_length=30)
    tracking_no = models.CharField("快递单号", max_length=40)
    shipped_by = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name="操作人")
    shipped_at = models.DateTimeField("发货时间")

    class Meta:
        verbose_name = verbose_name_plural = "包裹"
        constraints = [
            models.UniqueConstraint(fields=["order", "company", "tracking_no"], name="shipment_once_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.company} {self.tracking_no}"


class ShipmentLine(models.Model):
    """Units of an order line that travel in a parcel."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="shipment_lines")
    units = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "line"], name="shipment_line_once"),
            models.CheckConstraint(condition=Q(units__gte=1), name="shipment_line_units"),
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id}: {self.line_id} × {self.units}"


class RedemptionWay(models.TextChoices):
    CODE = "code", "输入提货码"
    SCAN = "scan", "扫码"
    WITHOUT_CODE = "without_code", "无码核销"


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    """Redemptions under their business names."""

    def of_staff(self, staff: Member) -> "RedemptionQuerySet":
        """Redemptions at the stores that `staff` works for."""
        return self.filter(in_scope(staff))


class Redemption(models.Model):
    """Goods handed over at a counter: who, where, when, how. An undone one stays, with its reason."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="redemptions", verbose_name="订单")
    store = models.ForeignKey(Store, models.PROTECT, verbose_name="门店")
    staff = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name="核销员")
    way = models.CharField("方式", max_length=12, choices=RedemptionWay)
    device = models.CharField("设备", max_length=120, blank=True)
    reason = models.CharField("原因", max_length=80, blank=True)  # why no code was needed
    submission = models.CharField(max_length=40, unique=True)  # key of the form: a repeated POST changes nothing
    redeemed_at = models.DateTimeField("核销时间", db_index=True)
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", verbose_name="撤销人")
    undo_reason = models.CharField("撤销原因", max_length=80, blank=True)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "核销记录"
        indexes = [models.Index(fields=["store", "-redeemed_at"], name="redemption_of_store")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.redeemed_at:%F %T}"


class RedemptionLine(models.Model):
    """Units of an order line that were handed over in a redemption."""

    redemption = models.ForeignKey(Redemption, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="redemption_lines")
    units = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["redemption", "line"], name="redemption_line_once"),
            models.CheckConstraint(condition=Q(units__gte=1), name="redemption_line_units"),
        ]

    def __str__(self) -> str:
        return f"{self.redemption_id}: {self.line_id} × {self.units}"
