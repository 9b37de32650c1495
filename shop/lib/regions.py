"""Provinces, cities and districts of China (GB/T 2260, about 2023), read once from `regions.csv`."""

import csv
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


def is_deliverable(code: str) -> bool:
    """Say whether an address may end at `code`: a region with nothing below it."""
    return code in all_regions() and not children_of(code)
