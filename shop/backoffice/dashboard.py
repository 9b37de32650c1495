"""The first page: what waits to be done, each count a link to the list that shows it."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from catalog.models import Sku
from orders.models import BillLine, Order, OrderStatus, Refund, RefundStatus
from shop.backoffice.base import staff_of


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
        found.append(ToDo("退款异常", count, listed("orders_refund", "trouble=yes"), "退款没有到账，需要处理"))
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
    statuses = {
        OrderStatus.PENDING_ACCEPTANCE: "付款后等待审核",
        OrderStatus.PREPARING: "已接单，等待发货",
        OrderStatus.READY_FOR_PICKUP: "等待顾客到店提货",
    }
    counts = Order.objects.of_staff(staff_of(request)).kept()
    row = counts.aggregate(**{status.value: Count("pk", filter=Q(status=status)) for status in statuses})
    return [
        ToDo(status.label, row[status.value], listed("orders_order", f"tab={status.value}"), hint)
        for status, hint in statuses.items()
    ]


def listed(name: str, query: str) -> str:
    return reverse(f"admin:{name}_changelist") + (f"?{query}" if query else "")
