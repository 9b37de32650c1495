"""Batch actions of the list: the same steps as on the page of one order, each order in its own transaction."""

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from orders.models import Order
from shop.backoffice.base import BackofficeForm, staff_of
from shop.backoffice.orders.actions import ACTIONS, REFUSALS, perform

MOST_ORDERS = 200
BatchAction = Callable[[Any, HttpRequest, QuerySet[Order]], HttpResponse | None]


class NothingForm(BackofficeForm):
    """The button is the answer."""


class RemarkManyForm(BackofficeForm):
    """One remark for all chosen orders."""

    text = django_forms.CharField(label="商家备注", max_length=200, widget=django_forms.Textarea(attrs={"rows": 3}))


def batch_of(name: str, title: str, hint: str, form_class: type[BackofficeForm] = NothingForm) -> BatchAction:
    """Make the batch action that does `name` to every chosen order, after a page that asks for it."""

    def run(model_admin: Any, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        orders = list(queryset.order_by("pk")[: MOST_ORDERS + 1])
        if len(orders) > MOST_ORDERS:
            messages.error(request, f"一次最多处理 {MOST_ORDERS} 单，请分批选择")
            return None
        form = form_class(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            perform_all(request, name, orders, form.cleaned_data)
            return None
        context = {
            "title": title,
            "orders": orders,
            "form": form,
            "hint": hint,
            "action": run.__name__,
            "checkbox": ACTION_CHECKBOX_NAME,
            "button": title,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/orders/batch.html", {**admin.site.each_context(request), **context})

    run.__name__ = f"batch_{name}"
    run.short_description = title  # type: ignore[attr-defined]
    run.allowed_permissions = [name]  # type: ignore[attr-defined]
    return run


def perform_all(request: HttpRequest, name: str, orders: list[Order], facts: dict[str, Any]) -> None:
    """Do `name` to each order and tell how many went through and which did not, with the reason."""
    done, refused = 0, []
    for order in orders:
        try:
            perform(request, name, order, facts)
        except REFUSALS as refusal:
            refused.append(f"{order.no}：{refusal.message}")
        else:
            done += 1
    if done:
        messages.success(request, f"{ACTIONS[name].title}：{done} 单已处理")
    if refused:
        messages.warning(request, f"{len(refused)} 单没有处理。" + "；".join(refused[:10]))


def page_of(name: str, title: str, address: str, permission: str = "") -> BatchAction:
    """Make the batch action that leads to a page of its own, with the chosen orders in the address."""

    def run(model_admin: Any, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        if request.POST.get("select_across") == "1":
            return redirect(f"{reverse(address)}?{request.GET.urlencode()}")
        chosen = queryset.order_by("pk").values_list("pk", flat=True)[:MOST_ORDERS]
        return redirect(f"{reverse(address)}?ids={','.join(map(str, chosen))}")

    run.__name__ = name
    run.short_description = title  # type: ignore[attr-defined]
    if permission:
        run.allowed_permissions = [permission]  # type: ignore[attr-defined]
    return run


BATCH_ACTIONS: list[BatchAction] = [
    batch_of("accept", "批量接单", "只有待接单的订单会被处理。自提订单接单后等待核销，不会直接完成。"),
    page_of("batch_ship", "批量发货", "admin:orders_order_ship", "ship"),
    page_of("print_chosen", "打印小票 / 配货单", "admin:orders_order_print"),
    page_of("export", "导出所选", "admin:orders_order_export"),
    batch_of("remark", "批量备注", "会替换所选订单原有的商家备注。", RemarkManyForm),
    batch_of("trash", "批量移入回收站", "只有交易完成和已取消的订单会被移入回收站。"),
]


def permitted(name: str) -> Callable[[Any, HttpRequest], bool]:
    """Make the check that Django's admin asks for `allowed_permissions`."""
    return lambda model_admin, request: bool(staff_of(request).has_perm(ACTIONS[name].permission))
