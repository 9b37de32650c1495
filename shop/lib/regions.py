"""Provinces, cities and districts of China (GB/T 2260, about 2023), read once from `regions.csv`."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("regions.csv")
PROVINCE, CITY, DISTRICT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Region:
    """One province, city or district; `path` is its full name with slashes."""

    code: str
    name: str
    level: int
    parent_code: str
    path: str


@cache
def all_regions() -> dict[str, Region]:
    """Return `{code: Region}` in the order of the file."""
    with SOURCE.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["code"]: Region(row["code"], row["name"], int(row["level"]), row["parent_code"], row["full_path"])
            for row in csv.DictReader(file)
        }


@cache
def children_of(parent_code: str) -> list[Region]:
    """Return the regions right below `parent_code`; the provinces for ""."""
    return [region for region in all_regions().values() if region.parent_code == parent_code]


def region(code: str) -> Region | None:
    """Return the region of `code`, or None when there is none."""
    return all_regions().get(code)


def one_line(path: str) -> str:
    """Write a path as people do, without saying 北京市 twice."""
    return "".join(dict.fromkeys(path.split("/")))


def is_deliverable(code: str) -> bool:
    """Say whether an address may end at `code`: a region with nothing below it."""
    return code in all_regions() and not children_of(code)


@dataclass(frozen=True, slots=True)
class Step:
    """One level of picking a region: what there is to choose from, and what is chosen."""

    options: list[Region]
    chosen: Region | None


def steps(codes: Sequence[str]) -> list[Step]:
    """Walk down from the provinces along `codes`, as far as they fit, and one level further.

    A level with a single option chooses it, so nobody has to pick 东莞市 below 东莞市. Complete when the last
    step is chosen and nothing lies below it.
    """
    found: list[Step] = []
    options = children_of("")
    while options:
        wanted = codes[len(found)] if len(found) < len(codes) else ""
        fitting = [option for option in options if option.code == wanted] or (options if len(options) == 1 else [])
        found.append(Step(options, fitting[0] if fitting else None))
        options = children_of(fitting[0].code) if fitting else []
    return found


def ancestry(code: str) -> list[str]:
    """Return the codes from the province down to `code`; empty when there is no such region."""
    place = region(code)
    return [*ancestry(place.parent_code), code] if place else []
