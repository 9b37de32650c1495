"""`manage.py import_products FILE`: goods from a csv or xlsx file, with a report line by line."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.resources import import_file
from catalog.services import ImportChoices, ImportReport, MissingPicture
from shop.lib.tables import TableRefused

MOST_LINES_SHOWN = 20


class Command(BaseCommand):
    help = "从 csv 或 xlsx 文件导入商品：一行一个 SKU，按商品编码新增或更新。有一行出错就什么都不写入。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="csv（UTF-8 或 GB18030）或 xlsx 文件")
        parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
        parser.add_argument("--skip-bad", action="store_true", help="跳过出错的行，写入其余的")
        parser.add_argument("--set-stock", action="store_true", help="已有 SKU 的库存也改成文件里的数")
        parser.add_argument("--columns", default="", help="文件的列名=本店的列名，多个用逗号隔开")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        choices = ImportChoices(
            columns=_columns(options["columns"]),
            dry_run=options["dry_run"],
            skip_bad=options["skip_bad"],
            set_stock=options["set_stock"],
            folder=path.parent,
        )
        try:
            content = path.read_bytes()
            report = import_file(content=content, name=path.name, choices=choices, by=None, now=timezone.now())
        except OSError as error:
            raise CommandError(f"无法打开 {path}：{error.strerror}") from None
        except TableRefused as refused:
            raise CommandError(str(refused)) from None
        for line in report_lines(report, verbose=options["verbosity"] > 1):
            self.stdout.write(line)
        if report.errors and not report.written and not choices.dry_run:
            raise CommandError("没有写入任何商品。请改正上面的行，或加 --skip-bad 跳过它们。")
        if report.errors and choices.dry_run:
            raise CommandError("检查完毕，有出错的行，没有写入任何商品。")


def report_lines(report: ImportReport, *, verbose: bool) -> list[str]:
    """Return the report as lines of text: columns, bad lines, warnings, pictures, result."""
    lines = [f"共 {report.rows} 行，{report.goods} 个商品。"]
    if report.mapped.ignored:
        lines.append(f"没有用到的列：{'、'.join(report.mapped.ignored)}")
    lines += [f"第 {note.line} 行 错误：{note.sentence}" for note in report.errors]
    lines += [f"第 {note.line} 行 提醒：{note.sentence}" for note in report.warnings]
    return [*lines, *_picture_lines(report.missing_pictures, verbose=verbose), _result(report)]


def _columns(text: str) -> dict[str, str]:
    found = {}
    for part in filter(None, (part.strip() for part in text.replace("，", ",").split(","))):
        theirs, equals, ours = part.partition("=")
        if not equals or not theirs.strip() or not ours.strip():
            raise CommandError(f"--columns 里的“{part}”应写成 文件的列名=本店的列名")
        found[theirs.strip()] = ours.strip()
    return found


def _picture_lines(missing: Sequence[MissingPicture], *, verbose: bool) -> list[str]:
    """Sum up the pictures that did not come in by their reason; name each when verbose."""
    if verbose:
        return [f"第 {picture.line} 行 缺图：{picture.reason} {picture.name}" for picture in missing]
    by_reason = sorted(missing, key=lambda picture: (picture.reason, picture.line))
    return [
        _picture_line(reason, [picture.line for picture in found])
        for reason, found in groupby(by_reason, key=lambda picture: picture.reason)
    ]


def _picture_line(reason: str, lines: Sequence[int]) -> str:
    different = sorted(set(lines))
    shown = "、".join(str(line) for line in different[:MOST_LINES_SHOWN])
    more = f" 等 {len(different)} 行" if len(different) > MOST_LINES_SHOWN else " 行"
    return f"缺图 {len(lines)} 张（{reason}），不影响商品：第 {shown}{more}"


def _result(report: ImportReport) -> str:
    goods = f"新增 {report.created} 个商品，更新 {report.changed} 个，未变 {report.unchanged} 个"
    counts = f"{goods}；新增 SKU {report.new_skus} 个"
    bad = f"；出错 {len(report.bad_lines)} 行" if report.errors else ""
    if report.written:
        return f"已导入：{counts}{bad}。"
    return f"没有写入。能导入的有：{counts}{bad}。"
