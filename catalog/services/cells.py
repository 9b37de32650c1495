"""Cells of goods tables: how each value is written, and how it is read back. A wrong one raises CellRefused."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from catalog.models import MAX_CATEGORY_DEPTH, LimitKind, ProductStatus
from catalog.services.columns import LABELS
from catalog.services.drafts import MOST_STOCK, one_line, without_controls
from shop.lib.money import parse_yuan

YES = {"1", "是", "true", "yes", "y"}
NO = {"", "0", "否", "false", "no", "n"}
ON_SALE = YES | {"出售中", "上架", "已上架", "在售", "on_sale", "on sale", "published"}
OFF_SHELF = NO | {"已下架", "下架", "未上架", "仓库中", "off_shelf", "off shelf"}
LIMIT_KINDS = {str(label): value for value, label in LimitKind.choices} | {value: value for value in LimitKind.values}
MARKS = {"；": ";", "：": ":"}
LONGEST_CATEGORY = 30
FIRST_YEAR, LAST_YEAR = 2000, 2199

Pairs = tuple[tuple[str, str], ...]


class CellRefused(Exception):
    """A cell does not hold what its column asks for; the message is the sentence."""


def read_cell(key: str, text: str) -> Any:
    """Read the text of our column `key`. Raises CellRefused."""
    return READERS[key](unicodedata.normalize("NFKC", text).strip() if key in PLAIN else text)


def read_pairs(text: str) -> Pairs:
    """Read "颜色:金色; 容量:16G", or the JSON that shops export: [{"name"|"key": …, "value": …}], {…} or [[…, …]]."""
    if text.strip().startswith(("[", "{")):
        return _json_pairs(text)
    return tuple(_pair(part) for part in split(text, ";") if part.strip())


def write_pairs(pairs: Iterable[Sequence[str]]) -> str:
    """Write pairs so that `read_pairs` reads them back."""
    return "; ".join(f"{escape(name, ':;')}:{escape(value, ';')}" for name, value in pairs)


def read_paths(text: str) -> list[tuple[str, ...]]:
    """Read "居家/布艺; 礼物" into category paths."""
    paths = []
    for part in split(text, ";"):
        path = tuple(one_line(unescape(name)) for name in split(part, "/") if name.strip())
        if len(path) > MAX_CATEGORY_DEPTH:
            raise CellRefused(f"分类最多 {MAX_CATEGORY_DEPTH} 级：“{part.strip()}”")
        if any(len(name) > LONGEST_CATEGORY for name in path):
            raise CellRefused(f"分类名称最多 {LONGEST_CATEGORY} 个字：“{part.strip()}”")
        if path and path not in paths:
            paths.append(path)
    return paths


def write_paths(paths: Iterable[Sequence[str]]) -> str:
    """Write category paths so that `read_paths` reads them back."""
    return "; ".join("/".join(escape(name, "/;") for name in path) for path in paths)


def read_list(text: str) -> list[str]:
    """Read picture names or addresses: a JSON list, or texts between semicolons or line ends."""
    if text.strip().startswith("["):
        return [one_line(str(item)) for item in _json(text) if item]
    return [one_line(part) for part in re.split(r"[;；\n]", text) if part.strip()]


def split(text: str, mark: str) -> list[str]:
    """Split at `mark`, ASCII or full-width, but not where a backslash stands before it."""
    wide = "".join(full for full, plain in MARKS.items() if plain == mark)
    found = re.findall(rf"((?:\\[\\;:/；：]|[^{mark}{wide}])*)([{mark}{wide}]|$)", text)
    parts = [part for part, _ in found]
    return parts[:-1] if len(parts) > 1 and not found[-1][0] and not found[-2][1] else parts


def escape(text: str, marks: str) -> str:
    """Put a backslash before the marks, their full-width twins and backslashes that would be taken for ours."""
    wide = "".join(full for full, plain in MARKS.items() if plain in marks)
    return re.sub(rf"[\\{marks}{wide}]", lambda found: "\\" + found.group(), text)


def unescape(text: str) -> str:
    """Take the backslashes of `escape` away."""
    return re.sub(r"\\([\\;:/；：])", r"\1", text)


def _pair(part: str) -> tuple[str, str]:
    name, *rest = split(part, ":")
    if not rest:
        return "规格", one_line(unescape(name))
    at = len(name) + 1
    return one_line(unescape(name)), one_line(unescape(part[at:]))


def _json_pairs(text: str) -> Pairs:
    found = _json(text)
    items = list(found.items()) if isinstance(found, dict) else found
    return tuple(_json_pair(item) for item in items)


def _json_pair(item: Any) -> tuple[str, str]:
    if isinstance(item, dict):
        item = (item.get("name") or item.get("key") or "", item.get("value") or "")
    if not isinstance(item, Sequence) or isinstance(item, str) or len(item) != 2:
        raise CellRefused("JSON 里每一项要有名称和内容")
    return one_line(str(item[0])), one_line(str(item[1]))


def _json(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise CellRefused("JSON 格式不对") from None
    if not isinstance(found, list | dict):
        raise CellRefused("JSON 格式不对")
    return found


def _reader(key: str, empty: Any, read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader that takes nothing for `empty` and puts the column's name before every sentence."""

    def reader(text: str) -> Any:
        if not text.strip():
            return empty
        try:
            return read(text)
        except (CellRefused, ValueError) as error:
            raise CellRefused(f"{LABELS[key]}：{error}") from None

    return reader


def _yuan(text: str) -> int:
    try:
        return parse_yuan(text)
    except ValueError as error:
        raise CellRefused(f"“{text[:20]}”不对，{error}") from None


def _whole(text: str) -> int:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise CellRefused(f"“{text[:20]}”不是整数") from None
    if not number.is_finite() or abs(number) > MOST_STOCK or number != int(number):
        raise CellRefused(f"“{text[:20]}”不是 {MOST_STOCK} 以内的整数")
    return int(number)


def _one_of(choices: Mapping[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text.lower() not in choices:
            raise CellRefused(f"不认识“{text[:20]}”")
        return choices[text.lower()]

    return read


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - refused below
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise CellRefused(f"“{text[:20]}”不是时间，例如 2026-03-01 10:00")
    return moment if moment.tzinfo else timezone.make_aware(moment)


STATUSES = dict.fromkeys(ON_SALE, ProductStatus.ON_SALE) | dict.fromkeys(OFF_SHELF - {""}, ProductStatus.OFF_SHELF)
TRUTHS = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
KINDS: list[tuple[Any, Callable[[str], Any], str]] = [  # what an empty cell means, how a filled one is read, of which
    ("", one_line, "code sku_code name brand selling_point keywords barcode"),
    ("件", one_line, "unit"),
    (None, _yuan, "price"),
    (0, _yuan, "market_price cost_price"),
    (0, _whole, "stock stock_floor virtual_sold limit_units weight"),
    (None, _whole, "daily_stock"),
    (100, _whole, "sort_order"),
    (1, _whole, "min_units"),
    (None, _one_of(STATUSES), "status"),
    (None, _moment, "on_sale_at"),
    (LimitKind.NONE, _one_of(LIMIT_KINDS), "limit_kind"),
    (False, _one_of(TRUTHS), "deleted"),
    ([], read_paths, "category_path"),
    ((), read_pairs, "spec spec_json attributes"),
    ([], read_list, "images gallery sku_image"),
    ("", without_controls, "detail_html"),
]
READERS = {key: _reader(key, empty, read) for empty, read, keys in KINDS for key in keys.split()}
PLAIN = {
    "price", "market_price", "cost_price", "stock", "stock_floor", "virtual_sold", "limit_units", "weight",
    "daily_stock", "sort_order", "min_units", "status", "on_sale_at", "limit_kind", "deleted",
}  # fmt: skip
