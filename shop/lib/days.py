"""Days of the shop's calendar: midnights, months later, and the birthday that a day is near."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from django.utils import timezone

MONTHS = 12  # in a year


def midnight(day: date) -> datetime:
    """Return the moment at which `day` begins by the shop's clock."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """Return the first moment after `day` by the shop's clock."""
    return midnight(day + timedelta(days=1))


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, before for a negative number: 31 January -> 28 February."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def birthday_near(birthday: date, today: date, *, within: int) -> int | None:
    """Return the year of the birthday that lies at most `within` days before or after `today`; None when it is far.

    The year is the birthday's own, also across the new year. 29 February is kept on the 28th where there is none.
    """
    for year in (today.year - 1, today.year, today.year + 1):
        if abs((months_later(birthday, (year - birthday.year) * MONTHS) - today).days) <= within:
            return year
    return None
