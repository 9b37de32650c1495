"""The specs of a product as a merchant types them: dimensions with their values, and a row for every combination.

A row is what stands in the fields of one SKU, `{field: text or value}`, with its combination under "specs". Rows come
from the page and go back to it; nothing here is saved.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

MOST_ROWS = 200
MOST_AXES = 3
SEPARATORS = re.compile(r"[\n、，,;；]")
CELLS = [
    "price", "market_price", "stock", "code", "cost_price", "stock_floor", "daily_stock", "barcode", "weight",
]  # fmt: skip
IDENTITY = ["id", "shown_stock", "DELETE"]
SHARED = [
    "price",
    "market_price",
    "cost_price",
    "stock_floor",
    "weight",
]  # what a new combination takes from the nearest

Row = dict[str, Any]
Specs = tuple[str, ...]


@dataclass(frozen=True)
class Axis:
    """One dimension: 颜色 with 红 and 蓝."""

    name: str
    values: Specs

    @property
    def text(self) -> str:
        """The values as they stand in the page's field: one a line."""
        return "\n".join(self.values)


class TooManyRows(Exception):
    """There are more combinations than a product may have. The message is the sentence."""


def read_axes(post: Mapping[str, Any], rows: Sequence[Row]) -> list[Axis]:
    """Read the dimensions that were typed; those without values do not count, those without a name get one.

    Values stand a line each or between commas; a value that a row has already may hold commas itself.
    """
    known = {value for row in rows for value in row["specs"]}
    found: list[Axis] = []
    for at in range(MOST_AXES):
        values = split_values(post.get(f"axis-{at}-values", ""), known)
        name = " ".join(post.get(f"axis-{at}-name", "").split()) or f"规格{at + 1 if at else ''}"
        if values:
            found.append(Axis(name, values))
    return found


def split_values(text: str, known: set[str]) -> Specs:
    """Split at line ends and commas, without empty and repeated values."""
    parts: list[str] = []
    for line in text.splitlines():
        tidy = " ".join(line.split())
        parts += [tidy] if tidy in known else [" ".join(part.split()) for part in SEPARATORS.split(line)]
    return tuple(dict.fromkeys(part for part in parts if part))


def read_rows(post: Mapping[str, Any], prefix: str = "skus") -> list[Row]:
    """Read the rows as they were typed, right or wrong."""
    total = post.get(f"{prefix}-TOTAL_FORMS", "")
    count = min(int(total), MOST_ROWS) if total.isdecimal() and len(total) < 5 else 0
    return [
        {name: post.get(f"{prefix}-{at}-{name}", "") for name in [*CELLS, *IDENTITY]}
        | {"specs": read_specs(post.get(f"{prefix}-{at}-specs", ""))}
        for at in range(count)
    ]


def read_specs(text: str) -> Specs:
    """Read the JSON list in which a row keeps its combination."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(str(value) for value in found) if isinstance(found, list) else ()


def axes_of(names: Sequence[str], rows: Sequence[Row]) -> list[Axis]:
    """Return the dimensions that rows have, with the values in the order in which they appear."""
    return [Axis(name, _values_at(rows, at)) for at, name in enumerate(names)]


def are_in_step(rows: Sequence[Row], axes: Sequence[Axis]) -> bool:
    """Say whether the rows are about the values of `axes` and no others; some combinations may be missing."""
    if any(len(row["specs"]) != len(axes) for row in rows):
        return False
    return all(set(axis.values) == set(_values_at(rows, at)) for at, axis in enumerate(axes))


def combine(rows: Sequence[Row], axes: Sequence[Axis]) -> list[Row]:
    """Return a row for every combination of `axes`, with what was typed for it; without axes a single row.

    A value that was changed in its place keeps its rows; a new combination takes its price from the one most like it.
    Raises TooManyRows.
    """
    count = prod(len(axis.values) for axis in axes)
    if count > MOST_ROWS:
        raise TooManyRows(f"规格组合最多 {MOST_ROWS} 个，现在会有 {count} 个，请减少一些值")
    renamed = [_renames(_values_at(rows, at), axis.values) for at, axis in enumerate(axes)]
    present: dict[Specs, Row] = {}
    for row in rows:
        if len(row["specs"]) == len(axes):
            specs = tuple(names.get(value, value) for names, value in zip(renamed, row["specs"], strict=True))
            present[specs] = row
    wanted = [tuple(specs) for specs in product(*(axis.values for axis in axes))]
    return [{**present.get(specs, _like(rows, specs)), "specs": specs} for specs in wanted]


def fill(rows: Sequence[Row], which: str, typed: Mapping[str, str]) -> list[Row]:
    """Write what was typed into all rows, or into those of one value: `which` is "0:红" for 红 of the first axis."""
    at, _, value = which.partition(":")
    number = int(at) if at.isdecimal() and len(at) < 2 else None
    values = {name: text for name, text in typed.items() if text.strip()}
    return [{**row, **values} if number is None or row["specs"][number:][:1] == (value,) else row for row in rows]


def _values_at(rows: Sequence[Row], at: int) -> Specs:
    return tuple(dict.fromkeys(row["specs"][at] for row in rows if len(row["specs"]) > at))


def _renames(old: Specs, new: Specs) -> dict[str, str]:
    """Return {old value: new value} of those that were changed in their place."""
    if len(old) != len(new):
        return {}
    pairs = zip(old, new, strict=True)
    return {before: after for before, after in pairs if before not in new and after not in old}


def _like(rows: Sequence[Row], specs: Specs) -> Row:
    """Return a row for a new combination, with the prices of the row that shares most values with it."""
    if not rows:
        return {}
    nearest = max(rows, key=lambda row: len(set(row["specs"]) & set(specs)))
    return {name: nearest.get(name, "") for name in SHARED}
