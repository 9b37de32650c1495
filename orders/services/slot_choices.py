"""Pickup slots as a shopper chooses them: day by day, with what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from orders.services.slots import PICKUP_DAYS_AHEAD, is_bookable, places_left
from shop.models import WEEKDAYS, PickupSlot

FEW = 10


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """A slot on a day, as an option; `value` goes into the form."""

    value: str
    words: str
    note: str  # how many places are left, when they are few
    is_full: bool


@dataclass(frozen=True, slots=True)
class SlotDayChoices:
    """The slots of one day that are not over yet."""

    words: str
    slots: list[SlotChoice]


def bookable_days(slots: Sequence[PickupSlot], *, now: datetime) -> list[SlotDayChoices]:
    """Return what may be chosen among the `slots` of one store, earliest first; one query, none without slots."""
    if not slots:
        return []
    today = timezone.localdate(now)
    days = [today + timedelta(days=ahead) for ahead in range(PICKUP_DAYS_AHEAD + 1)]
    left = places_left(slots, days=days)
    found = [(day, [_choice(slot, day, left) for slot in slots if is_bookable(slot, day=day, now=now)]) for day in days]
    return [SlotDayChoices(_day_words(day, today), choices) for day, choices in found if choices]


def _choice(slot: PickupSlot, day: date, left: dict[tuple[int, date], int]) -> SlotChoice:
    places = left[slot.pk, day]
    note = "已约满" if not places else f"剩 {places} 个名额" if places < FEW else ""
    return SlotChoice(value_of(slot.pk, day), str(slot), note, not places)


def _day_words(day: date, today: date) -> str:
    near = {0: "今天 ", 1: "明天 "}.get((day - today).days, "")
    return f"{near}{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"


def value_of(slot_id: int, day: date) -> str:
    """Return how a slot on a day is written in a form: 12@2026-01-31."""
    return f"{slot_id}@{day.isoformat()}"


def read_value(value: str) -> tuple[int, date] | None:
    """Read what `value_of` wrote; None for anything else."""
    slot_id, _, day = value.partition("@")
    try:
        return int(slot_id), date.fromisoformat(day)
    except ValueError:
        return None
