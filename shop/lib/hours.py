"""Opening hours as merchants write them, 周一至周六 9:00–20:00, and whether a shop is open at a moment."""

import re
import unicodedata
from datetime import datetime

DAYS = "一二三四五六日"
EVERY_DAY = frozenset(range(1, 8))
NAMED = {"每天": EVERY_DAY, "每日": EVERY_DAY, "工作日": frozenset(range(1, 6)), "周末": frozenset({6, 7})}
DAY = rf"(?:周|星期|礼拜)([{DAYS}天])"
RANGE = re.compile(rf"{DAY}\s*(?:至|到|[-–—~])\s*{DAY}")
SINGLE = re.compile(DAY)
SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*(?:至|到|[-–—~])\s*(\d{1,2}):(\d{2})")
MINUTES_A_DAY = 24 * 60


def is_open(text: str, *, at: datetime) -> bool | None:
    """Say whether the hours in `text` cover `at` (local time), closing minute not included.

    None where the text cannot be read: then nothing is said, rather than something wrong.
    """
    opened = spans(text)
    if not opened:
        return None
    minute, day = at.hour * 60 + at.minute, at.isoweekday()
    before = day - 1 or 7
    return any(
        (day in days and start <= minute < end) or (before in days and minute + MINUTES_A_DAY < end)
        for days, start, end in opened
    )


def spans(text: str) -> list[tuple[frozenset[int], int, int]]:
    """Read `text` into [(weekdays, from minute, to minute)]; [] when unclear.

    Past midnight the end lies beyond the day. A stretch of hours belongs to the days named before it:
    周一至周五 9:00–12:00、14:00–18:00，周末 10:00–16:00.
    """
    text = unicodedata.normalize("NFKC", text)
    found, days, at = [], EVERY_DAY, 0
    for span in SPAN.finditer(text):
        between = text[at : span.start()]
        days, at = _days(between) or days, span.end()
        start, end = int(span[1]) * 60 + int(span[2]), int(span[3]) * 60 + int(span[4])
        if not (start < MINUTES_A_DAY and end <= MINUTES_A_DAY) or re.search("休|闭|除", between):
            return []
        found.append((days, start, end if end > start else end + MINUTES_A_DAY))
    rest = RANGE.sub("", text[at:])
    return [] if SINGLE.search(rest) or "休" in rest or re.search(r"\d", rest) else found


def _days(words: str) -> frozenset[int]:
    """Return the weekdays that `words` name, 1 is Monday; none when it names none."""
    found = {day for name, days in NAMED.items() if name in words for day in days}
    for first, last in RANGE.findall(words):
        start, end = _number(first), _number(last)
        found |= {(start + ahead - 1) % 7 + 1 for ahead in range((end - start) % 7 + 1)}
    return frozenset(found | {_number(day) for day in SINGLE.findall(RANGE.sub("", words))})


def _number(day: str) -> int:
    return DAYS.index("日" if day == "天" else day) + 1
