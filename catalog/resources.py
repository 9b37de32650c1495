"""Goods for django-import-export, through which both the back office and `manage.py import_products` go.

The library's formats read and write the files, its Resource is the door; what a row means is our own (docs/adr/0014).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import tablib
from django.db.models import QuerySet
from import_export import fields, resources
from import_export.formats import base_formats
from import_export.results import Error, Result

from catalog.models import Product, Sku
from catalog.services import ImportChoices, ImportReport, import_table
from catalog.services.columns import EXPORTED
from catalog.services.exporting import category_paths, export_row, exported_skus
from members.models import Member
from shop.lib.tables import Table, TableRefused, read_table

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for GBK


class GoodsDataset(tablib.Dataset):  # type: ignore[misc]
    """A dataset that remembers the lines of its file, or why the file is no table."""

    table: Table | None = None
    refusal = ""


class GoodsCsv(base_formats.CSV):  # type: ignore[misc]
    """csv in UTF-8 with a mark for Excel; read in UTF-8 or GB18030."""

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> GoodsDataset:
        return _dataset(in_stream, kwargs.get("name", "goods.csv"))

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        return (BYTE_ORDER_MARK + str(super().export_data(dataset, **kwargs))).encode()

    def _escape_formulae(self, dataset: tablib.Dataset) -> None:
        """Leave the cells alone: `export_row` made them harmless in a way that the import undoes."""


class GoodsXlsx(base_formats.XLSX):  # type: ignore[misc]
    """xlsx with numbers as numbers."""

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> GoodsDataset:
        return _dataset(in_stream, kwargs.get("name", "goods.xlsx"))

    def _escape_formulae(self, dataset: tablib.Dataset) -> None:
        """Leave the cells alone: `export_row` made them harmless in a way that the import undoes."""


GOODS_FORMATS = [GoodsXlsx, GoodsCsv]


class GoodsResource(resources.ModelResource):  # type: ignore[misc]
    """Goods as rows, one per SKU.

    `import_data` wants `now`, and takes `choices` and `user` besides; its result carries our `report`. `export` takes
    a QuerySet of products.
    """

    class Meta:
        model = Sku
        fields: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = {column.key: fields.Field(attribute=column.key, column_name=column.label) for column in EXPORTED}

    def get_export_order(self) -> tuple[str, ...]:
        return tuple(self.fields)

    def get_import_order(self) -> tuple[str, ...]:
        return tuple(self.fields)

    def get_queryset(self) -> QuerySet[Product]:
        return Product.objects.all()

    def filter_export(self, queryset: QuerySet[Product], **kwargs: Any) -> QuerySet[Sku]:
        self.paths = category_paths()
        return exported_skus(queryset)

    def export_resource(self, instance: Sku, selected_fields: Any = None, **kwargs: Any) -> list[Any]:
        cells = export_row(instance, paths=self.paths)
        return [cells[field.attribute] for field in self.get_export_fields(selected_fields)]

    def import_data(
        self, dataset: GoodsDataset, dry_run: bool = False, raise_errors: bool = False, **kwargs: Any
    ) -> Result:
        """Import the whole dataset, or nothing when a row is wrong, unless `choices` skip bad rows."""
        result = Result()
        choices = replace(kwargs.get("choices") or ImportChoices(), dry_run=dry_run)
        try:
            if dataset.table is None:
                raise TableRefused(dataset.refusal)
            report = import_table(table=dataset.table, choices=choices, by=kwargs.get("user"), now=kwargs["now"])
        except TableRefused as refused:
            if raise_errors:
                raise
            result.append_base_error(Error(refused))
            return result
        result.report, result.total_rows = report, report.rows
        for note in [] if choices.skip_bad else report.errors:
            result.append_base_error(Error(ValueError(f"第 {note.line} 行：{note.sentence}"), number=note.line))
        return result


def import_file(*, content: bytes, name: str, choices: ImportChoices, by: Member | None, now: datetime) -> ImportReport:
    """Import the goods of a csv or xlsx file. Raises TableRefused for a file that cannot be read as a table."""
    form = GoodsXlsx() if name.lower().endswith(".xlsx") else GoodsCsv()
    dataset = form.create_dataset(content, name=name)
    result = GoodsResource().import_data(
        dataset, dry_run=choices.dry_run, raise_errors=True, choices=choices, user=by, now=now
    )
    report: ImportReport = result.report
    return report


def _dataset(content: bytes, name: str) -> GoodsDataset:
    dataset = GoodsDataset()
    try:
        dataset.table = read_table(content, name=name)
    except TableRefused as refused:
        dataset.refusal = str(refused)
        return dataset
    dataset.headers = dataset.table.columns
    for row in dataset.table.rows:
        dataset.append([row.cells[column] for column in dataset.table.columns])
    return dataset
