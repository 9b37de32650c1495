"""Rows of a goods table read into values, and gathered by product: what one product's rows say together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.models import ProductStatus, spec_text_of
from catalog.services.cells import CellRefused, Pairs, read_cell
from catalog.services.columns import LABELS
from shop.lib import wording
from shop.lib.money import yuan
from shop.lib.richtext import clean
from shop.lib.tables import Row

SKU_KEYS = {
    "sku_code", "price", "market_price", "cost_price", "stock", "stock_floor", "daily_stock", "barcode", "weight",
    "sku_image",
}  # fmt: skip
KEY_COLUMNS = {"code", "spec", "spec_json"}


@dataclass(frozen=True)
class Note:
    """Something to say about a line of the file."""

    line: int
    sentence: str


@dataclass(frozen=True)
class GoodsRow:
    """One SKU as the file tells it: the values of the columns that the file has, and what is wrong with them."""

    line: int
    cells: dict[str, str]  # our key -> text
    values: dict[str, Any]  # our key -> value
    errors: list[str]

    @property
    def code(self) -> str:
        """The product's code, by which rows are gathered."""
        return str(self.values.get("code", ""))

    @property
    def specs(self) -> Pairs | None:
        """Names and values of the combination; None when the file has no such column."""
        if "spec" not in self.values and "spec_json" not in self.values:
            return None
        found: Pairs = self.values.get("spec_json") or self.values.get("spec") or ()
        return found

    @property
    def identity(self) -> tuple[str, str]:
        """What makes this SKU itself: its code, else the product's code and the combination."""
        if self.values.get("sku_code"):
            return "", str(self.values["sku_code"])
        return self.code, spec_text_of(value for _, value in self.specs or ())


@dataclass
class GoodsGroup:
    """The rows of one product and what they say about it; a cell filled first counts."""

    code: str
    rows: list[GoodsRow]
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # our key -> the line its value is from
    warnings: list[Note] = field(default_factory=list)
    dropped_pictures: list[str] = field(default_factory=list)  # foreign pictures in the description

    @property
    def line(self) -> int:
        """Where the product begins in the file."""
        return self.rows[0].line


def read_row(row: Row, columns: Mapping[str, str]) -> GoodsRow:
    """Read the cells of our columns; `columns` is {our key: their name}."""
    cells = {key: row.cells[name] for key, name in columns.items()}
    values: dict[str, Any] = {}
    errors = []
    for key, text in cells.items():
        try:
            values[key] = read_cell(key, text)
        except CellRefused as error:
            errors.append(str(error))
    if not values.get("code") and not any(error.startswith(LABELS["code"]) for error in errors):
        errors.append("缺少商品编码")
    return GoodsRow(row.line, cells, values, errors)


def refuse_repeated(rows: Sequence[GoodsRow]) -> None:
    """Add an error to every row whose SKU an earlier row already told of."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        first = seen.setdefault(row.identity, row.line)
        if first != row.line and not row.errors:
            row.errors.append(f"与第 {first} 行重复：同一个 SKU 只能有一行")


def gather(rows: Sequence[GoodsRow]) -> list[GoodsGroup]:
    """Gather rows by product, in the order in which the products first appear."""
    by_code: dict[str, list[GoodsRow]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    return [group_of(found) for found in by_code.values()]


def group_of(rows: Sequence[GoodsRow]) -> GoodsGroup:
    """Return what the rows of one product say together."""
    group = GoodsGroup(rows[0].code, list(rows))
    _merge(group)
    _mend(group)
    return group


def _merge(group: GoodsGroup) -> None:
    """Take each of the product's values from the first row that has one; warn of rows that say otherwise."""
    keys = [key for key in group.rows[0].values if key not in SKU_KEYS | KEY_COLUMNS]
    for key in keys:
        told = [row for row in group.rows if row.cells[key].strip()] or group.rows[:1]
        group.values[key], group.lines[key] = told[0].values.get(key), told[0].line
        for row in told[1:]:
            if row.values.get(key) != group.values[key]:
                sentence = f"{LABELS[key]}与第 {told[0].line} 行不同，以第 {told[0].line} 行为准"
                group.warnings.append(Note(row.line, sentence))


def _mend(group: GoodsGroup) -> None:
    """Settle what several columns say about one thing, and warn of what looks wrong."""
    if group.values.pop("deleted", False):
        group.values["status"] = ProductStatus.OFF_SHELF
        group.warnings.append(Note(group.lines["deleted"], "文件里标记为已删除，按下架导入"))
    if "detail_html" in group.values:
        cleaned = clean(group.values["detail_html"])
        group.values["detail_html"], group.dropped_pictures = cleaned.html, cleaned.dropped_pictures
    if "gallery" in group.values:
        both = [*group.values.get("images", []), *group.values.pop("gallery")]
        group.values["images"] = list(dict.fromkeys(both))
    for row in group.rows:
        price, market = row.values.get("price"), row.values.get("market_price")
        if price and market and market < price:
            group.warnings.append(Note(row.line, f"市场价 {yuan(market)} 低于本站价 {yuan(price)}，不会显示"))
    _lint(group)


def _lint(group: GoodsGroup) -> None:
    """Warn of absolute words (绝对化用语) in what shoppers will read."""
    for key in ("name", "selling_point", "detail_html"):
        found = wording.judge(str(group.values.get(key) or ""))
        words = found.forbidden + found.doubtful
        if words:
            sentence = f"{LABELS[key]}里的{wording.quoted(words)}是绝对化用语，广告法禁止，请改掉"
            group.warnings.append(Note(group.lines.get(key, group.line), sentence))
