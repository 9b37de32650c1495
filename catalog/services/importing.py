"""Goods from a file, one row per SKU: read, checked, merged into what the shop holds, written as a whole or not."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, OperationalError, transaction

from catalog.models import Product, StockMoveKind
from catalog.services.columns import Mapped, recognise
from catalog.services.pictures import MissingPicture, Pictures, find_pictures, store_pictures
from catalog.services.planning import Outcome, Plan, category_ids_of, make_plan
from catalog.services.products import save_products
from catalog.services.rows import GoodsGroup, Note, gather, read_row, refuse_repeated
from members import services as members
from members.models import Member
from shop.lib.tables import Table

MOST_TRIES = 3
CLASHES = (IntegrityError, OperationalError)  # the same new row written twice at once; in crossed order: a deadlock


@dataclass(frozen=True)
class ImportChoices:
    """What the person who imports has chosen."""

    columns: Mapping[str, str] = field(default_factory=dict)  # {theirs: ours}
    dry_run: bool = False
    skip_bad: bool = False
    set_stock: bool = False
    folder: Path | None = None  # where picture files may lie


@dataclass
class ImportReport:
    """What a file held and what became of it. `written` says whether the shop changed."""

    rows: int
    goods: int
    mapped: Mapped
    errors: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    missing_pictures: list[MissingPicture] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    written: bool = False

    @property
    def created(self) -> int:
        """How many products are new."""
        return self._count("new")

    @property
    def changed(self) -> int:
        """How many products were there and change."""
        return self._count("changed")

    @property
    def unchanged(self) -> int:
        """How many products are as the file says already."""
        return self._count("same")

    @property
    def new_skus(self) -> int:
        """How many SKUs are new."""
        return sum(outcome.new_skus for outcome in self.outcomes)

    def _count(self, kind: str) -> int:
        return sum(outcome.kind == kind for outcome in self.outcomes)

    @property
    def bad_lines(self) -> list[int]:
        """The lines that are wrong, once each."""
        return sorted({note.line for note in self.errors})


def import_table(*, table: Table, choices: ImportChoices, by: Member | None, now: datetime) -> ImportReport:
    """Import the goods of a table; nothing is written when a row is wrong, unless `skip_bad`, nor in a dry run.

    Raises TableRefused when a column that is needed is not there.
    """
    mapped = recognise(table.columns, choices.columns)
    rows = [read_row(row, mapped.columns) for row in table.rows]
    refuse_repeated(rows)
    report = ImportReport(rows=len(rows) + len(table.broken), goods=len({row.code for row in rows}), mapped=mapped)
    report.errors = [Note(line, sentence) for line, sentence in table.broken]
    report.errors += [Note(row.line, sentence) for row in rows for sentence in row.errors]
    groups = gather([row for row in rows if not row.errors])
    pictures = find_pictures(groups, choices.folder)
    plan = _plan(groups, pictures, choices)
    report.errors += plan.errors
    _tell(report, pictures, plan)
    if not choices.dry_run and plan.drafts and (choices.skip_bad or not report.errors):
        _write(plan.groups, pictures, report, choices, by=by, now=now)
    report.errors.sort(key=lambda note: note.line)
    return report


def _plan(groups: Sequence[GoodsGroup], pictures: Pictures, choices: ImportChoices, *, for_good: bool = False) -> Plan:
    """Plan the groups; `for_good` creates their categories and locks the products."""
    return make_plan(
        groups=groups,
        pictures=pictures,
        category_ids=category_ids_of(groups, create=for_good),
        set_stock=choices.set_stock,
        lock=for_good,
    )


def _tell(report: ImportReport, pictures: Pictures, plan: Plan) -> None:
    report.warnings = sorted((note for group in plan.groups for note in group.warnings), key=lambda note: note.line)
    report.missing_pictures = pictures.missing
    report.outcomes = plan.outcomes


def _write(
    groups: Sequence[GoodsGroup],
    pictures: Pictures,
    report: ImportReport,
    choices: ImportChoices,
    *,
    by: Member | None,
    now: datetime,
) -> None:
    """Store the pictures, then save; whoever made the same goods or categories in the same moment went first."""
    store_pictures(pictures, groups)
    for _ in range(MOST_TRIES):
        try:
            return _save(groups, pictures, report, choices, by=by, now=now)
        except CLASHES as error:
            clash = error
    raise clash


def _save(
    groups: Sequence[GoodsGroup],
    pictures: Pictures,
    report: ImportReport,
    choices: ImportChoices,
    *,
    by: Member | None,
    now: datetime,
) -> None:
    """Plan again under lock and save, all in one transaction."""
    with transaction.atomic():
        plan = _plan(groups, pictures, choices, for_good=True)
        if plan.errors and not choices.skip_bad:  # somebody changed the goods since they were checked
            report.errors += plan.errors
            transaction.set_rollback(True)
            return
        source = f"import:{uuid.uuid4().hex[:12]}"
        saved = save_products(drafts=plan.drafts, by=by, now=now, source=source, stock_kind=StockMoveKind.IMPORT)
        report.outcomes, report.written = plan.outcomes, True
        _log(saved.products, report, by=by, now=now)


def _log(products: Sequence[Product], report: ImportReport, *, by: Member | None, now: datetime) -> None:
    if by:
        summary = f"导入商品：新增 {report.created} 个，更新 {report.changed} 个"
        members.log_operation(actor=by, action="import_products", target=products[0], summary=summary, now=now)
