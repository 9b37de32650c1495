"""Goods in and out as files: a dry run that says what would happen, then the import; the export of a filtered list."""

from typing import Any
from uuid import uuid4

import tablib
from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from catalog import services as catalog
from catalog.models import Product
from catalog.resources import GOODS_FORMATS, GoodsResource, import_file
from catalog.services.columns import EXPORTED
from shop.backoffice.base import BackofficeForm, log, now, posted, staff_of
from shop.lib.tables import TableRefused

MOST_BYTES = 5 * 1024 * 1024
KEPT_SECONDS = 3600
ROWS_SHOWN = 200
FORMATS: dict[str, Any] = {"xlsx": GOODS_FORMATS[0], "csv": GOODS_FORMATS[1]}
EXAMPLES: list[dict[str, Any]] = [  # one product with a single SKU, one with two
    {"code": "DEMO-1", "name": "示例：手工曲奇（请删除这一行）", "category_path": "零食/饼干", "price": 18.8,
     "stock": 20, "unit": "盒", "status": "已下架"},
    {"code": "DEMO-2", "name": "示例：棉麻毛巾（请删除这两行）", "category_path": "家居", "spec": "颜色:米白; 尺寸:大",
     "price": 39, "market_price": 49, "stock": 10, "unit": "条", "status": "已下架"},
    {"code": "DEMO-2", "spec": "颜色:米白; 尺寸:小", "price": 29, "stock": 10},
]  # fmt: skip


class ImportForm(BackofficeForm):
    """The file and how to treat what is wrong or there already."""

    file = forms.FileField(
        label="文件", required=False, help_text="xlsx 或 csv（UTF-8、GB18030 都可以），最大 5 MB，每个规格一行。",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )  # fmt: skip
    skip_bad = forms.BooleanField(required=False, widget=forms.HiddenInput)
    set_stock = forms.BooleanField(
        label="用文件里的库存覆盖", required=False, help_text="不勾选时，已有规格的库存不变；新规格总是用文件里的库存。"
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MOST_BYTES:
            raise ValidationError("文件太大了，最多 5 MB，请分成几个文件导入")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("file") and not cleaned.get("token") and not self.errors:
            self.add_error("file", "请选择文件")
        return cleaned


def goods_import(request: HttpRequest) -> HttpResponse:
    """Check a file and show what it would do; the second POST, which names the checked file, does it."""
    staff = staff_of(request)
    if not (staff.has_perm("catalog.add_product") and staff.has_perm("catalog.change_product")):
        raise PermissionDenied
    form = ImportForm(posted(request), request.FILES if request.method == "POST" else None)
    context: dict[str, Any] = {"title": "导入商品"}
    if request.method == "POST" and form.is_valid():
        report = take_in(request, form)
        if report and report.written:
            words = f"新增 {report.created} 个、更新 {report.changed} 个、没有变化 {report.unchanged} 个商品"
            messages.success(request, f"导入完成：{words}")
            return redirect("admin:catalog_product_changelist")
        context |= {"report": report, "token": form.cleaned_data["token"]}
        if report:
            context |= {"notes": notes_of(report), "outcomes": outcomes_of(report), "shown": ROWS_SHOWN}
    return TemplateResponse(
        request, "admin/goods/import.html", {**admin.site.each_context(request), **context, "form": form}
    )


def take_in(request: HttpRequest, form: ImportForm) -> catalog.ImportReport | None:
    """Import the file that was checked before, or check the one that was sent now; None when it is no table."""
    facts = form.cleaned_data
    fresh = facts["file"]
    if fresh:
        name, content = fresh.name, fresh.read()
        facts["token"] = uuid4().hex
        cache.set(key_of(request, facts["token"]), (name, content), KEPT_SECONDS)
    else:
        kept = cache.get(key_of(request, facts["token"]))
        if kept is None:
            form.add_error("file", "检查过的文件已过期，请重新选择文件")
            return None
        name, content = kept
    choices = catalog.ImportChoices(dry_run=bool(fresh), skip_bad=facts["skip_bad"], set_stock=facts["set_stock"])
    try:
        return import_file(content=content, name=name, choices=choices, by=staff_of(request), now=now())
    except TableRefused as refused:
        form.add_error("file", str(refused))
        return None


def key_of(request: HttpRequest, token: str) -> str:
    """Name the kept file; nobody else's token opens it."""
    return f"goods-import:{staff_of(request).pk}:{token}"


def notes_of(report: catalog.ImportReport) -> list[tuple[str, str, int, str]]:
    """List `(tone, word, line, sentence)` of everything worth saying about a file."""
    errors = [("wrong", "错误", note.line, note.sentence) for note in report.errors]
    warnings = [("wait", "提醒", note.line, note.sentence) for note in report.warnings]
    return [*errors, *warnings][:ROWS_SHOWN]


def outcomes_of(report: catalog.ImportReport) -> list[tuple[str, str, catalog.Outcome]]:
    """List `(tone, word, outcome)` of the goods that an import makes or changes, new ones first."""
    new = [("done", "新增", outcome) for outcome in report.outcomes if outcome.kind == "new"]
    changed = [("go", "更新", outcome) for outcome in report.outcomes if outcome.kind == "changed"]
    return [*new, *changed][:ROWS_SHOWN]


def goods_template(request: HttpRequest) -> HttpResponse:
    """Send an empty table with all columns and two examples, to be filled in."""
    if not staff_of(request).has_perm("catalog.add_product"):
        raise PermissionDenied
    dataset = tablib.Dataset(headers=[column.label for column in EXPORTED])
    for example in EXAMPLES:
        dataset.append([example.get(column.key, "") for column in EXPORTED])
    form = FORMATS["xlsx"]()
    response = HttpResponse(form.export_data(dataset), content_type=form.get_content_type())
    response["Content-Disposition"] = 'attachment; filename="goods-template.xlsx"'
    return response


def goods_export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the goods that the filters of the address leave, as a file that can be imported again."""
    if kind not in FORMATS:
        raise Http404
    if not staff_of(request).has_perm("catalog.view_product"):
        raise PermissionDenied
    listed = admin.site.get_model_admin(Product).get_changelist_instance(request)
    dataset = GoodsResource().export(Product.objects.filter(pk__in=listed.queryset.order_by().values("pk")))
    form = FORMATS[kind]()
    at = now()
    response = HttpResponse(form.export_data(dataset), content_type=form.get_content_type())
    response["Content-Disposition"] = f'attachment; filename="goods-{timezone.localtime(at):%Y%m%d-%H%M}.{kind}"'
    log(request, "export_products", staff_of(request), summary=f"导出商品 {len(dataset)} 行", after={"format": kind})
    return response


PAGES = [
    ("import/template/", goods_template, "catalog_product_template"),
    ("import/", goods_import, "catalog_product_import"),
    ("export/<slug:kind>/", goods_export, "catalog_product_export"),
]
