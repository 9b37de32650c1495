"""Days of the shop's calendar as moments: when a coupon begins, when it ends, and whose birthday is near."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from promotions.models import CouponTemplate, ValidityKind

DAY = timedelta(days=1)
BIRTHDAY_DAYS = 5  # before and after


def midnight(day: date) -> datetime:
    """Return the first moment of `day` by the shop's clock."""
    return timezone.make_aware(datetime.combine(day, time.min))


def validity_of(template: CouponTemplate, now: datetime) -> tuple[datetime, datetime]:
    """Return from when until when a coupon issued `now` is good: half-open, ending after 23:59:59 of the last day.

    The first day counts: two days from the day of receipt are today and tomorrow.
    """
    if template.validity_kind == ValidityKind.FIXED and template.valid_from and template.valid_to:
        return midnight(template.valid_from), midnight(template.valid_to + DAY)
    today = timezone.localdate(now)
    first = today + DAY if template.from_next_day else today
    begins = midnight(first) if template.from_next_day else now
    return begins, midnight(first + timedelta(days=template.valid_days))


def birthday_in(year: int, birthday: date) -> date:
    """Return the day of `year` on which `birthday` is kept: 29 February on the 28th where there is none."""
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def birthday_near(birthday: date, today: date) -> date | None:
    """Return the birthday within five days of `today`, past or to come, across the new year; None when none is."""
    kept = [birthday_in(year, birthday) for year in (today.year - 1, today.year, today.year + 1)]
    return next((day for day in kept if abs((day - today).days) <= BIRTHDAY_DAYS), None)
