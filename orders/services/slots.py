"""Pickup slots: an order books one place of a day and gives it back when it is cancelled."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import F
from django.utils import timezone

from orders.models import Order
from orders.services.refusals import SlotFull
from shop.models import PickupSlot, SlotDay

PICKUP_DAYS_AHEAD = 7


def is_bookable(slot: PickupSlot, *, day: date, now: datetime) -> bool:
    """Say whether `slot` may still be booked for `day`: within a week, on its weekdays, not over yet."""
    local = timezone.localtime(now)
    if not local.date() <= day <= local.date() + timedelta(days=PICKUP_DAYS_AHEAD) or not slot.is_open_on(day):
        return False
    return day > local.date() or slot.ends > local.time()


def places_left(slots: Sequence[PickupSlot], *, days: Sequence[date]) -> dict[tuple[int, date], int]:
    """Return `{(slot_id, day): orders that still fit}` in one query."""
    rows = SlotDay.objects.filter(slot__in=slots, day__in=days).values_list("slot_id", "day", "booked")
    booked = {(slot_id, day): count for slot_id, day, count in rows}
    return {(slot.pk, day): max(slot.capacity - booked.get((slot.pk, day), 0), 0) for slot in slots for day in days}


def book(order: Order) -> None:
    """Take one place of the order's slot and day. Raises SlotFull."""
    if order.pickup_slot is None or order.pickup_day is None:
        return
    SlotDay.objects.bulk_create([SlotDay(slot=order.pickup_slot, day=order.pickup_day)], ignore_conflicts=True)
    places = SlotDay.objects.filter(slot=order.pickup_slot, day=order.pickup_day)
    if not places.filter(booked__lt=order.pickup_slot.capacity).update(booked=F("booked") + 1):
        raise SlotFull("这个自提时段刚刚约满，请换一个时段")


def release(order: Order) -> None:
    """Give the place of an order that will not be collected to somebody else."""
    if order.pickup_slot_id and order.pickup_day:
        places = SlotDay.objects.filter(slot_id=order.pickup_slot_id, day=order.pickup_day, booked__gt=0)
        places.update(booked=F("booked") - 1)
