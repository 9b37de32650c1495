"""Opening hours as merchants write them."""

from datetime import datetime

import pytest

from shop.lib.hours import is_open, spans

WEEK = frozenset(range(1, 8))
MONDAY, SATURDAY, SUNDAY = "2026-05-04", "2026-05-09", "2026-05-10"


def at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("每天 8:30–21:30", [(WEEK, 510, 1290)]),
        ("9:00-21:00", [(WEEK, 540, 1260)]),
        ("周一至周六 9:00–20:00", [(frozenset(range(1, 7)), 540, 1200)]),
        ("星期六、星期天 10:00~16:00", [(frozenset({6, 7}), 600, 960)]),
        ("周六到周一 10：00－16：00", [(frozenset({6, 7, 1}), 600, 960)]),
        (
            "工作日 9:00-12:00、14:00-18:00，周末 10:00-16:00",
            [
                (frozenset(range(1, 6)), 540, 720),
                (frozenset(range(1, 6)), 840, 1080),
                (frozenset({6, 7}), 600, 960),
            ],
        ),
        ("18:00-2:00", [(WEEK, 1080, 1560)]),
    ],
)
def test_hours_are_read(text: str, found: list[tuple[frozenset[int], int, int]]) -> None:
    assert spans(text) == found


@pytest.mark.parametrize(
    "text",
    ["", "全天", "早九点到晚六点", "每天 9:00–21:00，周一休息", "除周一外 9:00-21:00", "9:00-25:00", "9:00-18:00 周日"],
)
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    assert is_open(text, at=at(MONDAY, "12:00")) is None


@pytest.mark.parametrize(
    ("text", "day", "clock", "expected"),
    [
        ("周一至周六 9:00–20:00", MONDAY, "09:00", True),
        ("周一至周六 9:00–20:00", MONDAY, "08:59", False),
        ("周一至周六 9:00–20:00", SATURDAY, "19:59", True),
        ("周一至周六 9:00–20:00", SATURDAY, "20:00", False),
        ("周一至周六 9:00–20:00", SUNDAY, "12:00", False),
        ("周六 18:00-2:00", SUNDAY, "01:59", True),
        ("周六 18:00-2:00", SUNDAY, "02:00", False),
        ("周日 18:00-2:00", MONDAY, "01:00", True),
    ],
)
def test_a_shop_is_open_from_its_first_minute_until_its_last(text: str, day: str, clock: str, expected: bool) -> None:
    assert is_open(text, at=at(day, clock)) is expected
