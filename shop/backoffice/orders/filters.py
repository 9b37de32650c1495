"""What the list of orders can be narrowed by."""

import re
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from members.models import Member
from members.selectors import stores_of_staff
from orders.models import Channel, DeliveryMethod, Order, OrderStatus, OrderType, RefundedPart, Shipment
from shop.backoffice.base import now, staff_of
from shop.backoffice.filters import (
    FormFilter,
    ManyFilter,
    by_person,
    chosen_filter,
    days_filter,
    typed_filter,
)
from shop.lib.crypto import blind_index

TRASH = "trash"
# Tabs of the list: value -> (label, statuses). Statuses that cannot be reached yet have none.
TABS: dict[str, tuple[str, list[str]]] = {
    "": ("全部", [status.value for status in OrderStatus]),
    OrderStatus.PENDING_PAYMENT.value: ("待付款", [OrderStatus.PENDING_PAYMENT]),
    OrderStatus.PENDING_ACCEPTANCE.value: ("待接单", [OrderStatus.PENDING_ACCEPTANCE]),
    OrderStatus.PREPARING.value: ("待发货", [OrderStatus.PREPARING]),
    OrderStatus.READY_FOR_PICKUP.value: ("待提货", [OrderStatus.READY_FOR_PICKUP]),
    OrderStatus.SHIPPED.value: ("已发货", [OrderStatus.SHIPPED, OrderStatus.PARTLY_SHIPPED]),
    OrderStatus.COMPLETED.value: ("交易完成", [OrderStatus.COMPLETED]),
    OrderStatus.CANCELLED.value: ("已取消", [OrderStatus.CANCELLED]),
}
MOST_BUYERS = 1_000  # of one name, to be listed by number; more are left to the database
TERMINALS = {"h5": "手机网页", "pc": "电脑网页"}


class TabFilter(FormFilter):
    """The tab above the list; in the sheet of filters it is a hidden field."""

    title = "标签"
    parameter_name = "tab"
    template = "admin/filters/hidden.html"

    def form_fields(self) -> dict[str, forms.Field]:
        return {"tab": forms.CharField()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        tab = self.typed("tab")
        if tab == TRASH:
            return queryset.filter(deleted_at__isnull=False)
        kept = queryset.filter(deleted_at__isnull=True)
        return kept.filter(status__in=TABS[tab][1]) if tab and tab in TABS else kept


class StoreFilter(ManyFilter):
    """Some of the stores whose orders the person may see; nothing to choose for those who have one."""

    title = "门店"
    parameter_name = "store"

    def options(self) -> list[tuple[Any, str]]:
        if not hasattr(self, "stores"):
            self.stores = list(stores_of_staff(staff_of(self.request)).values_list("pk", "name"))
        return self.stores

    def has_output(self) -> bool:
        return len(self.options()) > 1


def of_number(typed: str) -> Q:
    """Find by the whole number or its beginning."""
    return Q(no__startswith=re.sub(r"\s", "", typed))


def of_goods(typed: str) -> Q:
    """Find by a word of the name, or the code, of something in the order."""
    lines = Order.lines.rel.related_model.objects  # type: ignore[attr-defined]
    found = lines.filter(Q(name__icontains=typed) | Q(code__iexact=typed)).values("order_id")
    return Q(pk__in=found)


def of_parcel(typed: str) -> Q:
    """Find by the courier's number, whole or its beginning."""
    numbers = Shipment.objects.filter(tracking_no__istartswith=re.sub(r"\s", "", typed))
    return Q(pk__in=numbers.values("order_id"))


def past_pickup(typed: str) -> Q:
    """Find what was not collected in time."""
    return Q(status=OrderStatus.READY_FOR_PICKUP, pickup_before__lt=now())


def of_member(typed: str) -> Q:
    """Find by the buyer's number, whole nickname or phone."""
    return bought_by(Q(no=typed) | Q(nickname=typed) | Q(phone_index=blind_index(typed)))


def bought_by(condition: Q) -> Q:
    """Find what certain members bought. They are looked up first, because no index answers an OR over two tables."""
    members = Member.objects.filter(condition).values_list("pk", flat=True)
    found = list(members[: MOST_BUYERS + 1])
    return Q(member__in=found if len(found) <= MOST_BUYERS else members)


def of_pickup_code(typed: str) -> Q:
    """Find by the whole pickup code, with or without its spaces."""
    return Q(pickup_code=re.sub(r"\D", "", typed))


def anything(typed: str) -> Q:
    """Guess what was typed into the one search field: phone, pickup code, number or a name."""
    digits = re.sub(r"[\s-]", "", typed)
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        index = blind_index(digits)
        return Q(receiver_phone_index=index) | bought_by(Q(phone_index=index))
    if re.fullmatch(r"\d{12}", digits):
        return Q(pickup_code=digits) | Q(no__startswith=digits)
    if digits.isdecimal():
        return Q(no__startswith=digits)
    return by_person("receiver_name_index", "receiver_phone_index")(typed) | bought_by(Q(nickname=typed))


HAS_REMARK = ~Q(buyer_remark="") | ~Q(merchant_remark="")

FILTERS: list[Any] = [
    TabFilter,
    chosen_filter("status", "订单状态", OrderStatus.choices),
    chosen_filter("delivery_method", "收货方式", DeliveryMethod.choices),
    StoreFilter,
    chosen_filter("pay_channel", "支付方式", [*Channel.choices, ("none", "无需支付")]),
    chosen_filter("refund_status", "退款状态", RefundedPart.choices),
    chosen_filter("order_type", "订单类型", OrderType.choices),
    typed_filter("order_no", "订单号", of_number),
    typed_filter("receiver_q", "收货人姓名或手机（完整）", by_person("receiver_name_index", "receiver_phone_index")),
    typed_filter("member_q", "会员昵称、编号或手机（完整）", of_member),
    typed_filter("pickup_code", "提货码", of_pickup_code),
    typed_filter("tracking_no", "快递单号", of_parcel),
    typed_filter("product_q", "商品名称或编码", of_goods),
    chosen_filter("terminal", "来源", list(TERMINALS.items())),
    chosen_filter("overdue", "提货期限", [("yes", "超期未提货")], past_pickup),
    chosen_filter(
        "has_remark", "备注", [("yes", "有备注"), ("no", "没有备注")],
        lambda typed: HAS_REMARK if typed == "yes" else ~HAS_REMARK,
    ),
    days_filter("created", "下单日期", "created_at"),
    days_filter("paid", "支付日期", "paid_at"),
    days_filter("completed", "完成日期", "completed_at"),
]  # fmt: skip
