"""The first page: what waits to be done, each count a link to the list that shows it."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from catalog.models import Sku
from orders.models import BillLine, Order, OrderStatus, Refund, RefundStatus
from shop.backoffice.base import staff_of
from shop.backoffice.orders.filters import past_pickup


@dataclass(frozen=True)
class ToDo:
    """Work of one kind: how much of it there is and where it is done."""

    title: str
    count: int
    url: str
    hint: str


def to_dos(request: HttpRequest) -> list[ToDo]:
    """Return the work that the signed-in person may do."""
    staff = staff_of(request)
    found = []
    if staff.has_perm("orders.view_order"):
        found += orders_to_do(request)
    if staff.has_perm("orders.view_refund"):
        count = Refund.objects.of_staff(staff).filter(status__in=[RefundStatus.FAILED, RefundStatus.ABNORMAL]).count()
        found.append(ToDo("退款失败", count, listed("orders_refund", "tab=trouble"), "退款没有到账，需要处理"))
    if staff.has_perm("orders.view_billline"):
        count = BillLine.objects.exclude(difference="").count()
        found.append(ToDo("对账差异", count, listed("orders_billline", "differs=yes"), "账单和店铺记录不一致"))
    if staff.has_perm("catalog.view_sku"):
        found.append(
            ToDo("库存预警", Sku.objects.below_floor().count(), listed("catalog_sku", ""), "低于库存下限的规格")
        )
    return found


def orders_to_do(request: HttpRequest) -> list[ToDo]:
    """Count the orders that wait for the staff, in one query."""
    waiting = {
        "pending_acceptance": ("待接单", Q(status=OrderStatus.PENDING_ACCEPTANCE), "", "付款后等待审核"),
        "preparing": ("待发货", Q(status=OrderStatus.PREPARING), "", "已接单，等待发货"),
        "ready_for_pickup": ("待提货", Q(status=OrderStatus.READY_FOR_PICKUP), "", "等待顾客到店提货"),
        "overdue": ("超期未提货", past_pickup(""), "tab=ready_for_pickup&overdue=yes", "过了保留时间，请联系顾客"),
    }
    open_ones = [OrderStatus.PENDING_ACCEPTANCE, OrderStatus.PREPARING, OrderStatus.READY_FOR_PICKUP]
    found = Order.objects.of_staff(staff_of(request)).kept().filter(status__in=open_ones)
    row = found.aggregate(**{name: Count("pk", filter=condition) for name, (_, condition, _, _) in waiting.items()})
    return [
        ToDo(title, row[name], listed("orders_order", query or f"tab={name}"), hint)
        for name, (title, _, query, hint) in waiting.items()
    ]


def listed(name: str, query: str) -> str:
    return reverse(f"admin:{name}_changelist") + (f"?{query}" if query else "")
