"""The export of orders: those ticked, or all that the filters leave, as xlsx or csv."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from orders.models import Order
from shop.backoffice.base import log, posted, staff_of
from shop.backoffice.files import FileForm, download, listed
from shop.backoffice.orders.sheet import HEADINGS, NUMERIC, Sheet, rows

MOST_ORDERS = 20_000


class ExportForm(FileForm):
    """How the file shall look; who wants people in clear says why."""

    by = forms.ChoiceField(
        label="每行是什么", choices=[("order", "每个订单一行"), ("line", "每种商品一行（一个订单可能有几行）")],
        help_text="按商品时，订单的金额只写在它的第一行，整列相加不会重复。",
    )  # fmt: skip
    in_clear = forms.BooleanField(
        label="收货人不打码", required=False, help_text="导出完整的姓名、手机和地址。谁为什么导出，会记入操作日志。"
    )
    reason = forms.CharField(label="为什么需要明文", max_length=80, required=False, help_text="例如：交给快递公司打单")
    field_order = ("by",)

    def __init__(self, *args: Any, may_reveal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_reveal:
            del self.fields["in_clear"], self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("in_clear") and not cleaned.get("reason"):
            self.add_error("reason", "导出明文要写明原因")
        return cleaned


def order_export(request: HttpRequest) -> HttpResponse:
    """Ask how the file shall look, then send it. The address carries the filters of the list, or `ids`."""
    staff = staff_of(request)
    if not staff.has_perm("orders.view_order"):
        raise PermissionDenied
    found = wanted(request)
    count = found.count()
    form = ExportForm(posted(request), may_reveal=staff.has_perm("orders.reveal_personal_data"))
    if request.method == "POST" and form.is_valid():
        if 0 < count <= MOST_ORDERS:
            return file_of(request, found, count, form.cleaned_data)
        words = f"一次最多导出 {MOST_ORDERS} 单，请缩小筛选范围" if count else "没有符合条件的订单"
        form.add_error(None, words)
    context = {
        "title": "导出订单", "form": form, "hint": f"将导出 {count} 个订单。", "button": "导出",
        "back": reverse("admin:orders_order_changelist"),
    }  # fmt: skip
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})


def wanted(request: HttpRequest) -> QuerySet[Order]:
    """Return the orders that the address names, of those the person may see."""
    own = Order.objects.of_staff(staff_of(request))
    if "ids" in request.GET:
        return own.filter(pk__in=[int(pk) for pk in request.GET["ids"].split(",") if pk.isdecimal() and len(pk) < 19])
    return own.filter(pk__in=listed(request, Order).order_by().values("pk"))


def file_of(request: HttpRequest, found: QuerySet[Order], count: int, facts: dict[str, Any]) -> HttpResponse:
    """Log who takes the file, and send it."""
    sheet = Sheet(by_line=facts["by"] == "line", in_clear=bool(facts.get("in_clear")))
    after = {"format": facts["kind"], "rows": "商品" if sheet.by_line else "订单", "in_clear": sheet.in_clear}
    after["reason"] = facts.get("reason", "")
    log(request, "export_orders", staff_of(request), summary=f"导出订单 {count} 单", after=after)
    return download(
        name="orders", kind=facts["kind"], title="订单", head=HEADINGS, numeric=NUMERIC, body=rows(found, sheet)
    )
