"""Files that somebody broke: always a report or a sentence, never a crash, never half a file."""

import csv
import io
import random
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Product
from catalog.resources import import_file
from catalog.services import ImportChoices, ImportReport
from catalog.services.columns import COLUMNS
from shop.lib.tables import TableRefused
from tests.factories import NOON

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"
NASTY = [
    "", " ", "\0", "'", "=1+1", "1e999999", "-1", "NaN", "sNaN", "Infinity", "99999999999999999999", "[" * 5000,
    '["\\ud800", "\\u0000"]', '{"a": {"b": 1}}', '[["a"]]', "a:b;c:d;e:f;g:h", "/" * 300, "products/../../etc/passwd",
    "products/" + "x" * 5000, "0001-01-01", "9999-12-31 23:59:59", "<img src=x onerror=y>", "字" * 40_000,
    "\\", ";", "：；",
]  # fmt: skip
relaxed = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=20)


def bring(content: bytes, name: str = "goods.csv", *, skip_bad: bool = False) -> ImportReport | None:
    choices = ImportChoices(skip_bad=skip_bad, set_stock=True, folder=FIXTURES)
    try:
        return import_file(content=content, name=name, choices=choices, by=None, now=NOON)
    except TableRefused:
        return None


@relaxed
@given(st.lists(st.lists(st.sampled_from(NASTY), min_size=len(COLUMNS), max_size=len(COLUMNS)), min_size=1, max_size=3))
def test_nasty_cells_are_reported(rows: list[list[str]]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([column.label for column in COLUMNS])
    for number, row in enumerate(rows):
        cells = [cell.replace("\0", "")[:32_000] for cell in row]
        sheet.append([f"C{number}", *cells[1:]])
    target = io.BytesIO()
    book.save(target)

    report = bring(target.getvalue(), "goods.xlsx")

    assert report is not None
    assert report.written is (not report.errors)


@pytest.mark.parametrize("column", [column.label for column in COLUMNS])
def test_each_nasty_cell_is_taken_or_named_with_its_line(column: str) -> None:
    names = list(dict.fromkeys(["商品编码", "商品名称", "本站价", column]))
    target = io.StringIO()
    writer = csv.DictWriter(target, names)
    writer.writeheader()
    for number, text in enumerate(NASTY):
        writer.writerow({"商品编码": f"C{number}", "商品名称": "杯", "本站价": "1"} | {column: text.replace("\0", "")})

    report = bring(target.getvalue().encode(), skip_bad=True)

    assert report is not None
    assert len(report.bad_lines) + len(report.outcomes) == len(NASTY)
    assert Product.objects.count() == len(report.outcomes)


def test_a_file_with_broken_bytes_never_crashes() -> None:
    chance = random.Random(20260302)  # the same breaks in every run
    for name in ("goods_one_spec.csv", "goods_two_specs.csv"):
        whole = (FIXTURES / name).read_bytes()
        for _ in range(30):
            content = bytearray(whole)
            for _ in range(chance.randrange(1, 6)):
                at = chance.randrange(len(content))
                content[at : at + chance.randrange(0, 9)] = chance.randbytes(chance.randrange(0, 4))
            bring(bytes(content))

    assert Product.objects.exists()


def test_a_damaged_workbook_is_refused_or_read() -> None:
    chance = random.Random(20260302)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number in range(50):
        sheet.append([f"C{number}", "杯", number])
    target = io.BytesIO()
    book.save(target)
    for _ in range(30):
        content = bytearray(target.getvalue())
        at = chance.randrange(len(content))
        content[at : at + 40] = chance.randbytes(40)
        bring(bytes(content), "goods.xlsx")

    assert not Product.objects.exists()
