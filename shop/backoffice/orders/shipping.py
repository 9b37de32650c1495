"""Shipping many orders at once: rows pasted or from a file, first checked, then sent one by one."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from orders import services as orders
from orders.models import DeliveryMethod, Order, OrderStatus
from shop.backoffice.base import BackofficeForm, posted, staff_of
from shop.backoffice.orders.actions import REFUSALS, perform
from shop.backoffice.orders.forms import COMPANIES
from shop.lib.tables import TableRefused, read_table

MOST_ROWS = 500
MOST_BYTES = 2 * 1024 * 1024
HEADINGS = {"no": ("订单号", "订单编号"), "company": ("快递公司",), "tracking_no": ("快递单号", "单号", "运单号")}


@dataclass
class Parcel:
    """One row: which order leaves with whom under which number, and why it cannot."""

    line: int
    no: str
    company: str
    tracking_no: str
    order: Order | None = None
    fault: str = ""

    @property
    def text(self) -> str:
        return "，".join([self.no, self.company, self.tracking_no])


class ShipManyForm(BackofficeForm):
    """The rows, and the courier of those that name none."""

    company = forms.CharField(
        label="快递公司", required=False, max_length=30, help_text="下面没写快递公司的行都用它。",
        widget=forms.TextInput(attrs={"list": "companies", "autocomplete": "off"}),
    )  # fmt: skip
    rows = forms.CharField(
        label="订单号和快递单号", required=False, max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "bo-code"}),
        help_text="每行一单：订单号，快递公司，快递单号。用逗号、空格或制表符隔开，可以从表格里整块粘贴；快递公司可以省略。",
    )  # fmt: skip
    file = forms.FileField(
        label="或者选择文件", required=False, widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        help_text="xlsx 或 csv，第一行是“订单号、快递公司、快递单号”。导出的订单表填上单号就能用。",
    )  # fmt: skip
    companies = COMPANIES

    def clean_file(self) -> Any:
        """Turn the file into rows as they would have been pasted."""
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > MOST_BYTES:
            raise ValidationError("文件太大了，最多 2 MB")
        try:
            return rows_of_file(file.read(), file.name)
        except TableRefused as refused:
            raise ValidationError(str(refused)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        cleaned["rows"] = cleaned["file"] or cleaned["rows"]
        parcels = read_rows(cleaned["rows"], cleaned["company"].strip())
        if not parcels:
            self.add_error("rows", "请粘贴要发货的订单，或者选择文件")
        elif len(parcels) > MOST_ROWS:
            self.add_error("rows", f"一次最多 {MOST_ROWS} 行，这里有 {len(parcels)} 行")
        cleaned["parcels"] = parcels
        return cleaned


def ship_many(request: HttpRequest) -> HttpResponse:
    """Check the rows and say what each would do; "send" sends those without fault and leaves the others."""
    if not staff_of(request).has_perm("orders.ship_order"):
        raise PermissionDenied
    form = ShipManyForm(posted(request), request.FILES or None, initial={"rows": rows_of_chosen(request)})
    context: dict[str, Any] = {"title": "批量发货", "back": reverse("admin:orders_order_changelist")}
    if request.method == "POST" and form.is_valid():
        context |= answer(request, form.cleaned_data["parcels"])
        kept = {"company": form.cleaned_data["company"], "rows": context["rows"]}
        form = ShipManyForm(initial=kept)
    return TemplateResponse(
        request, "admin/orders/ship_many.html", {**admin.site.each_context(request), **context, "form": form}
    )


def answer(request: HttpRequest, parcels: list[Parcel]) -> dict[str, Any]:
    """Check the rows and, when that was asked for, send the good ones; return what the page says about them."""
    check(request, parcels)
    ready = [parcel for parcel in parcels if not parcel.fault]
    done = "send" in request.POST
    if done:
        ready = send(request, ready)
    left = [parcel for parcel in parcels if not (done and parcel in ready)]
    verb = "已发出" if done else "可以发货"
    faults = len(parcels) - len(ready)
    heading = f"{verb} {len(ready)} 单" + (f"，{faults} 行有问题" if faults else "")
    rows = "\n".join(parcel.text for parcel in left)
    return {"parcels": parcels, "ready": ready, "done": done, "heading": heading, "rows": rows}


def check(request: HttpRequest, parcels: list[Parcel]) -> None:
    """Find the order of every row and write down what stands against sending it."""
    own = Order.objects.of_staff(staff_of(request)).kept()
    by_no = {order.no: order for order in own.filter(no__in={parcel.no for parcel in parcels})}
    first_line: dict[str, int] = {}
    for parcel in parcels:
        parcel.order = by_no.get(parcel.no)
        parcel.fault = fault_of(parcel, first_line)
        first_line.setdefault(parcel.no, parcel.line)


def fault_of(parcel: Parcel, first_line: dict[str, int]) -> str:
    """Return the reason why a row cannot be sent, in a sentence; "" when it can."""
    if not parcel.no.isdecimal():
        return "这一行没有订单号"
    if parcel.order is None:
        return "没有这个订单，或者不归您的门店"
    if parcel.no in first_line:
        return f"和第 {first_line[parcel.no]} 行是同一个订单"
    try:
        orders.check_shippable(order=parcel.order, company=parcel.company, tracking_no=parcel.tracking_no)
    except orders.NotShippable as refusal:
        return refusal.message
    return ""


def send(request: HttpRequest, parcels: list[Parcel]) -> list[Parcel]:
    """Send each in a transaction of its own; return those that left, the others know why not."""
    sent = []
    for parcel in parcels:
        facts = {"company": parcel.company, "tracking_no": parcel.tracking_no}
        try:
            perform(request, "ship", parcel.order, facts)  # type: ignore[arg-type]
        except REFUSALS as refusal:
            parcel.fault = refusal.message
        else:
            sent.append(parcel)
    return sent


def rows_of_chosen(request: HttpRequest) -> str:
    """Write the orders ticked in the list, those that can be sent, a line each, for the numbers to be added."""
    ids = [int(pk) for pk in request.GET.get("ids", "").split(",") if pk.isdecimal()][:MOST_ROWS]
    own = Order.objects.of_staff(staff_of(request)).kept().filter(pk__in=ids, status=OrderStatus.PREPARING)
    numbers = own.filter(delivery_method=DeliveryMethod.EXPRESS).order_by("pk").values_list("no", flat=True)
    return "\n".join(f"{no}，" for no in numbers) if ids else ""


def rows_of_file(content: bytes, name: str) -> str:
    """Write the rows of a file as they would be pasted. Raises TableRefused."""
    table = read_table(content, name=name)
    columns = {key: next((title for title in titles if title in table.columns), "") for key, titles in HEADINGS.items()}
    if not columns["no"] or not columns["tracking_no"]:
        raise TableRefused("表头里要有“订单号”和“快递单号”两列")
    rows = [[row.cells.get(columns[key], "").strip() for key in HEADINGS] for row in table.rows]
    return "\n".join(",".join(row) for row in rows if any(row))


def read_rows(text: str, company: str) -> list[Parcel]:
    """Read pasted lines; `company` is the courier of those that name none. A heading is passed over."""
    parcels = []
    for line, row in enumerate(text.splitlines(), start=1):
        cells = cells_of(row)
        if not cells or cells[0] in HEADINGS["no"]:
            continue
        no, between, number = cells[0], cells[1:-1], cells[-1] if len(cells) > 1 else ""
        parcels.append(Parcel(line, no, " ".join(between) or company, number))
    return parcels


def cells_of(row: str) -> list[str]:
    """Split a line at its commas or tabs, or else at its spaces."""
    by_mark = r"[,，;；\t]+"
    cells = re.split(by_mark if re.search(by_mark, row.strip()) else r"\s+", row.strip())
    return [cell for cell in (cell.strip().strip("'\"").strip() for cell in cells) if cell]
