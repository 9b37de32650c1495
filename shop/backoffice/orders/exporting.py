"""The export of orders: those ticked, or all that the filters leave, as xlsx or csv."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from orders.models import Order
from shop.backoffice.base import BackofficeForm, log, now, posted, staff_of
from shop.backoffice.orders.sheet import HEADINGS, NUMERIC, Sheet, rows

MOST_ORDERS = 20_000
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
LONG_NUMBER = re.compile(r"\d{11,}")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for GBK


class ExportForm(BackofficeForm):
    """How the file shall look; who wants people in clear says why."""

    by = forms.ChoiceField(
        label="每行是什么", choices=[("order", "每个订单一行"), ("line", "每种商品一行（一个订单可能有几行）")],
        help_text="按商品时，订单的金额只写在它的第一行，整列相加不会重复。",
    )  # fmt: skip
    kind = forms.ChoiceField(label="文件格式", choices=[("xlsx", "xlsx（Excel、WPS）"), ("csv", "csv")])
    in_clear = forms.BooleanField(
        label="收货人不打码", required=False, help_text="导出完整的姓名、手机和地址。谁为什么导出，会记入操作日志。"
    )
    reason = forms.CharField(label="为什么需要明文", max_length=80, required=False, help_text="例如：交给快递公司打单")

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
    try:
        listed = admin.site.get_model_admin(Order).get_changelist_instance(request)
    except IncorrectLookupParameters:
        raise Http404 from None
    return own.filter(pk__in=listed.queryset.order_by().values("pk"))


def file_of(request: HttpRequest, found: QuerySet[Order], count: int, facts: dict[str, Any]) -> HttpResponse:
    """Write the file, log who took it, and send it."""
    sheet = Sheet(by_line=facts["by"] == "line", in_clear=bool(facts.get("in_clear")))
    kind, at = facts["kind"], now()
    file = io.BytesIO()
    write = write_xlsx if kind == "xlsx" else write_csv
    write(file, HEADINGS, rows(found, sheet))
    after = {"format": kind, "rows": "商品" if sheet.by_line else "订单", "in_clear": sheet.in_clear}
    after["reason"] = facts.get("reason", "")
    log(request, "export_orders", staff_of(request), summary=f"导出订单 {count} 单", after=after)
    name = f"orders-{timezone.localtime(at):%Y%m%d-%H%M}.{kind}"
    response = HttpResponse(file.getvalue(), content_type=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def write_xlsx(file: io.BytesIO, head: list[str], body: Iterable[list[str]]) -> None:
    """Write amounts and units as numbers, everything else, phones and codes too, as text."""
    book = Workbook(write_only=True)
    page = book.create_sheet("订单")
    page.append(head)
    numeric = [title in NUMERIC for title in head]
    for row in body:
        page.append([cell_of(text, is_number) for text, is_number in zip(row, numeric, strict=True)])
    book.save(file)


def cell_of(text: str, is_number: bool) -> str | float | None:
    if is_number:
        return float(text) if text else None
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def write_csv(file: io.BytesIO, head: list[str], body: Iterable[list[str]]) -> None:
    """Write UTF-8 with a mark. A tab before a long number keeps spreadsheets from rounding it."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([f"\t{cell}" if LONG_NUMBER.fullmatch(cell) else cell for cell in row] for row in body)
    text.detach()
