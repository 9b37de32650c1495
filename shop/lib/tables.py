"""Tables that people send as files: xlsx, or csv in UTF-8 or GB18030, read into rows of text that know their line.

What goes out is made harmless first: a cell that a spreadsheet would run as a formula starts with an apostrophe,
which reading takes away again.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import openpyxl

MOST_BYTES = 50 * 1024 * 1024
MOST_BYTES_UNPACKED = 400 * 1024 * 1024  # a small zip may hold a mountain
LONGEST_CELL = 1_000_000
DELIMITERS = ",\t;"
FORMULA = re.compile(r"'*[=+\-@\t\r]")
QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


class TableRefused(Exception):
    """This file cannot be read as a table; the message is the sentence the person sees."""


@dataclass(frozen=True)
class Row:
    """One record: the line of the file it begins on, and its cells by the names of the header."""

    line: int
    cells: dict[str, str]


@dataclass
class Table:
    """The header, the rows under it, and the lines that are no rows with the reason why."""

    columns: list[str]
    rows: list[Row] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)


Record = tuple[int, list[str]]


def read_table(content: bytes, *, name: str) -> Table:
    """Read a file by the ending of its `name`. Raises TableRefused with what is wrong with the file as a whole."""
    if len(content) > MOST_BYTES:
        raise TableRefused(f"文件不能超过 {MOST_BYTES // 1024 // 1024} MB，请分成几个文件")
    if name.lower().endswith(".xls"):
        raise TableRefused("不支持旧版 xls 文件，请另存为 xlsx 或 csv")
    is_xlsx = name.lower().endswith(".xlsx") or content.startswith(b"PK\x03\x04")
    records = xlsx_records(content) if is_xlsx else csv_records(content)
    return make_table(records, pad=is_xlsx)


def make_table(records: Sequence[Record], *, pad: bool) -> Table:
    """Make a table of numbered records whose first filled one is the header; `pad` fills up short rows."""
    filled = [(line, cells) for line, cells in records if any(cell.strip() for cell in cells)]
    if not filled:
        raise TableRefused("文件是空的")
    header = [cell.strip() for cell in filled[0][1]]
    while not header[-1]:
        header.pop()
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise TableRefused(f"表头有重复的列：{'、'.join(repeated)}")
    table = Table([name for name in header if name])
    for line, cells in filled[1:]:
        _add(table, header, line, cells, pad=pad)
    return table


def csv_records(content: bytes) -> list[Record]:
    """Read records with the number of the line each begins on; a field may span several lines."""
    text = _decode(content)
    csv.field_size_limit(LONGEST_CELL)
    first_line = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records, line = [], 1
    while True:
        try:
            records.append((line, next(reader)))
        except StopIteration:
            return records
        except csv.Error as error:
            raise TableRefused(f"从第 {line} 行起无法读取，请检查引号是否成对（{error}）") from None
        line = reader.line_num + 1


def xlsx_records(content: bytes) -> list[Record]:
    """Read the first sheet of a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_BYTES_UNPACKED:
                raise TableRefused("文件解开后太大，请分成几个文件")
        return _first_sheet(content)
    except TableRefused:
        raise
    except Exception as error:  # a damaged workbook breaks openpyxl in any way it likes
        raise TableRefused("不是有效的 xlsx 文件，请用表格软件重新保存") from error


def _first_sheet(content: bytes) -> list[Record]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    return [(line, [_text(cell) for cell in cells]) for line, cells in rows]


def neutralise(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula; `restore` undoes it exactly."""
    return f"'{text}" if FORMULA.match(text) else text


def restore(text: str) -> str:
    """Undo `neutralise`."""
    return text[1:] if QUOTED_FORMULA.match(text) else text


def _decode(content: bytes) -> str:
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if is_wide else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise TableRefused("认不出文件的编码，请另存为 UTF-8 或 GB18030（GBK）")


def _text(value: object) -> str:
    """Return a cell as a person would have typed it into a csv file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _add(table: Table, header: list[str], line: int, cells: list[str], *, pad: bool) -> None:
    short = len(cells) < len(header)
    if any(cell.strip() for cell in cells[len(header) :]) or (short and not pad):
        table.broken.append((line, f"这一行有 {len(cells)} 列，表头有 {len(header)} 列"))
        return
    padded = cells + [""] * (len(header) - len(cells))
    table.rows.append(Row(line, {name: restore(cell) for name, cell in zip(header, padded, strict=False) if name}))
