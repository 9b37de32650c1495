"""The words of combinations.md, which a merchant reads as they stand, as terms that a test can act on.

Amounts are fen here and yuan in the table, rates are percent ("9.5折" is 95), "—" is nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from shop.lib.money import parse_yuan

T = TypeVar("T")
TABLE = Path(__file__).with_name("combinations.md")
NONE = "—"
ALL = "all"

GOODS = re.compile(r"(?P<name>[^\d\s（]+)(?:（(?P<notes>[^）]*)）)? (?P<price>[\d.]+)×(?P<units>\d+)")
TIER = re.compile(
    r"满(?P<threshold>[\d.]+)(?P<pieces>件)?"
    r"(?:减(?P<off>[\d.]+)|打(?P<rate>[\d.]+)折|(?P<free>包邮)|送(?P<gift>[^×]+)×(?P<units>\d+))"
)
COUPON = re.compile(
    r"(?:满(?P<threshold>[\d.]+))?(?:减(?P<off>[\d.]+)|打?(?P<rate>[\d.]+)折)(?:，最多减(?P<cap>[\d.]+))?"
)
NOTES = re.compile(r"（([^）]*)）")
STEP = re.compile(
    r"(?P<act>付款|发货|收货|提货|取消|商家取消|改价(?P<goods>[\d.]+)(?:运费(?P<freight>[\d.]+))?|退(?P<what>.+))"
)


@dataclass(frozen=True)
class Scope:
    """Which goods something is for: all, or those of `names`, of the category `names`, or all but `names`."""

    kind: str = ALL
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Goods:
    """What is bought of one SKU; `path` is its category with those above it, the highest first."""

    name: str
    price: int
    units: int
    path: Sequence[str] = ()
    takes_level: bool = True
    takes_points: bool = True
    earns_points: bool = True


@dataclass(frozen=True)
class Tier:
    """From `threshold` (fen or pieces) on: `off` fen, `rate` percent to pay, or `units` of `gift`."""

    threshold: int
    off: int = 0
    rate: int = 0
    gift: str = ""
    units: int = 0


@dataclass(frozen=True)
class Offer:
    """A threshold offer; `choice` is "自选" when the shopper picks it, "不用" when they want none of its kind."""

    kind: str
    tiers: Sequence[Tier]
    basis: str = "amount"
    repeats: bool = False
    members_only: bool = False
    scope: Scope = Scope()
    priority: int = 100
    choice: str = ""
    gift_price: int = 0
    gift_stock: int = 0


@dataclass(frozen=True)
class Coupon:
    threshold: int = 0
    off: int = 0
    rate: int = 0
    cap: int = 0
    scope: Scope = Scope()


@dataclass(frozen=True)
class Step:
    """One act on the order: `units` {name: units} are refunded, `goods` and `freight` are a new price."""

    act: str
    units: Mapping[str, int] = field(default_factory=dict)
    goods: int = 0
    freight: int | None = None


@dataclass(frozen=True)
class Row:
    """One combination: what is bought on which terms, what is done then, and what the merchant is promised."""

    line: int
    cells: Mapping[str, str]
    goods: Sequence[Goods]
    offers: Sequence[Offer]
    coupon: Coupon | None
    steps: Sequence[Step]

    def number(self, column: str, word: str, missing: int = 0) -> int:
        """Read the number after `word` in a cell, such as 5000 after "有" in "有5000 用2109"."""
        found = re.search(rf"{word}(\d+)", self.cells[column])
        return int(found[1]) if found else missing

    def money(self, column: str, word: str, missing: int = 0) -> int:
        """Read the amount after `word` in a cell, in fen."""
        found = re.search(rf"{word}([\d.]+)", self.cells[column])
        return parse_yuan(found[1]) if found else missing

    def has(self, column: str, word: str) -> bool:
        """Say whether a cell holds `word`."""
        return word in self.cells[column]


def rows(path: Path = TABLE) -> list[Row]:
    """Read every row of every table; a heading line of a table names its columns."""
    found: list[Row] = []
    heads: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells or set(cells[0]) <= {"-", ":"}:
            continue
        if cells[0] == "名称":
            heads = cells
        else:
            found.append(read_row(number, dict(zip(heads, cells, strict=True))))
    return found


def read_row(line: int, cells: Mapping[str, str]) -> Row:
    """Read the cells of a row, {column: text}, that stands in that line of the file."""
    return Row(
        line=line,
        cells=cells,
        goods=_each(cells["商品"], "、", _goods),
        offers=_each(cells["活动"], "；", _offer),
        coupon=None if cells["优惠券"] == NONE else _coupon(cells["优惠券"]),
        steps=_each(cells["步骤"], "→", _step),
    )


def _each(cell: str, between: str, read: Callable[[str], T]) -> list[T]:
    return [] if cell == NONE else [read(part.strip()) for part in cell.split(between)]


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    assert found, f"cannot read {text!r}"
    return found


def _goods(text: str) -> Goods:
    found = _match(GOODS, text)
    notes = (found["notes"] or "").split("，")
    path = next((note.split(">") for note in notes if note.endswith("类")), [])
    return Goods(
        found["name"], parse_yuan(found["price"]), int(found["units"]), path, takes_level="不打会员折" not in notes,
        takes_points="不用积分" not in notes, earns_points="不送积分" not in notes,
    )  # fmt: skip


def _offer(text: str) -> Offer:
    notes = "，".join(NOTES.findall(text)).split("，")
    words = NOTES.sub("", text)
    body = words.removeprefix("会员").replace("每满", "满")
    found = [_match(TIER, part) for part in body.split("，")]
    return Offer(
        kind=_kind(found[0]),
        tiers=[_tier(one) for one in found],
        basis="pieces" if found[0]["pieces"] else "amount",
        repeats="每满" in words,
        members_only=words.startswith("会员"),
        scope=_scope(notes),
        priority=int(_noted(notes, "优先") or 100),
        choice=next((note for note in notes if note in {"自选", "不用"}), ""),
        gift_price=parse_yuan(_noted(notes, "值") or "0"),
        gift_stock=int(_noted(notes, "剩") or 0),
    )


def _kind(tier: re.Match[str]) -> str:
    if tier["off"]:
        return "amount_off"
    if tier["rate"]:
        return "percent_off"
    return "gift" if tier["gift"] else "free_freight"


def _tier(found: re.Match[str]) -> Tier:
    threshold = int(found["threshold"]) if found["pieces"] else parse_yuan(found["threshold"])
    off, rate = parse_yuan(found["off"] or "0"), _rate(found["rate"])
    return Tier(threshold, off, rate, found["gift"] or "", int(found["units"] or 0))


def _coupon(text: str) -> Coupon:
    found = _match(COUPON, NOTES.sub("", text))
    threshold, off, cap = (parse_yuan(found[name] or "0") for name in ("threshold", "off", "cap"))
    return Coupon(threshold, off, _rate(found["rate"]), cap, _scope("，".join(NOTES.findall(text)).split("，")))


def _scope(notes: Sequence[str]) -> Scope:
    for word, kind in (("限", "product"), ("除", "exclude")):
        names = (_noted(notes, word) or "").split("和")
        if names != [""]:
            return Scope("category" if names[0].endswith("类") else kind, names)
    return Scope()


def _noted(notes: Sequence[str], word: str) -> str | None:
    return next((note.removeprefix(word) for note in notes if note.startswith(word)), None)


def _rate(text: str | None) -> int:
    return parse_yuan(text) // 10 if text else 0


def _step(text: str) -> Step:
    found = _match(STEP, text)
    if found["what"]:
        parts = [part.partition("×") for part in found["what"].split("+")]
        return Step("退", {name: int(units or 1) for name, _, units in parts})
    if found["goods"]:
        freight = parse_yuan(found["freight"]) if found["freight"] else None
        return Step("改价", goods=parse_yuan(found["goods"]), freight=freight)
    return Step(found["act"])


def member_rate(row: Row) -> int:
    """Return the percent that the member's level pays."""
    found = re.match(r"([\d.]+)折", row.cells["会员"])
    return _rate(found[1]) if found else 100


def points_rate(row: Row) -> int:
    """Return the percent of points that the member's level earns."""
    found = re.search(r"([\d.]+)倍", row.cells["会员"])
    return parse_yuan(found[1]) if found else 100
