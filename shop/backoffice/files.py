"""Tables that people take with them, as xlsx or csv: what the filters of a list leave, written down and logged."""

import csv
import io
import re
from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from shop.backoffice.base import BackofficeForm, now

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
LONG_NUMBER = re.compile(r"\d{11,}")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for GBK


class FileForm(BackofficeForm):
    """What kind of file it shall be."""

    kind = forms.ChoiceField(label="文件格式", choices=[("xlsx", "xlsx（Excel、WPS）"), ("csv", "csv")])


def listed(request: HttpRequest, model: type[Model]) -> QuerySet[Any]:
    """Return what the list of `model` would show for the address of `request`, on all its pages."""
    try:
        return admin.site.get_model_admin(model).get_changelist_instance(request).queryset
    except IncorrectLookupParameters:
        raise Http404 from None


def download(
    *, name: str, kind: str, title: str, head: list[str], numeric: Collection[str], body: Iterable[list[str]]
) -> HttpResponse:
    """Answer with a table: `head` over `body`, whose columns in `numeric` hold numbers.

    The cells must have been made harmless before (shop.lib.tables.neutralise).
    """
    file = io.BytesIO()
    if kind == "xlsx":
        write_xlsx(file, title, head, numeric, body)
    else:
        write_csv(file, head, body)
    response = HttpResponse(file.getvalue(), content_type=TYPES[kind])
    moment = f"{timezone.localtime(now()):%Y%m%d-%H%M}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{moment}.{kind}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def write_xlsx(
    file: io.BytesIO, title: str, head: list[str], numeric: Collection[str], body: Iterable[list[str]]
) -> None:
    """Write amounts and units as numbers, everything else, phones and codes too, as text."""
    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    page.append(head)
    are_numbers = [heading in numeric for heading in head]
    for row in body:
        page.append([cell_of(text, is_number) for text, is_number in zip(row, are_numbers, strict=True)])
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
