"""The days on which members came."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from members.models import Member, MemberVisitDay

VISITS_KEPT_FOR = timedelta(days=400)  # longer than any figure looks back
BATCH = 10_000


@transaction.atomic
def note_visit(*, member_id: int, day: date) -> bool:
    """Note that a shopper came on the Shanghai `day`; say whether this was the first time that day.

    One statement when it was not, one more when it was. Of two first pages at once one is the first.
    """
    shopper = Member.objects.shoppers().filter(pk=member_id, erased_at=None)
    fresh = shopper.filter(Q(last_visit_on__lt=day) | Q(last_visit_on__isnull=True))
    if not fresh.update(last_visit_on=day):
        return False
    MemberVisitDay.objects.bulk_create([MemberVisitDay(member_id=member_id, day=day)], ignore_conflicts=True)
    return True


def forget_visits(*, now: datetime) -> int:
    """Delete up to BATCH days of visits older than VISITS_KEPT_FOR; return how many."""
    old = MemberVisitDay.objects.filter(day__lt=(now - VISITS_KEPT_FOR).date()).order_by("day", "member")
    return MemberVisitDay.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()[0]
