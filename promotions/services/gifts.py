"""The gifts' own stock: taken with an order, given back with it. Locks: tier rows in pk order."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Case, F, IntegerField, Value, When

from promotions.models import PromotionTier


@transaction.atomic
def take_gifts(units_by_tier: Mapping[int, int]) -> dict[int, int]:
    """Take `{tier_id: units}` of gifts, as many as are left; return `{tier_id: units really taken}`.

    An order sells without the gifts that are gone, so this never refuses. Two statements, under locks in pk order.
    """
    rows = PromotionTier.objects.select_for_update(no_key=True).filter(pk__in=list(units_by_tier)).order_by("pk")
    left = dict(rows.values_list("pk", "gift_left").iterator())
    taken = {pk: min(units, left.get(pk, 0)) for pk, units in units_by_tier.items()}
    _add({pk: -units for pk, units in taken.items() if units})
    return taken


@transaction.atomic
def give_back_gifts(units_by_tier: Mapping[int, int]) -> None:
    """Put `{tier_id: units}` back. The caller does so once: where an order is cancelled or a refund is done."""
    rows = PromotionTier.objects.select_for_update(no_key=True).filter(pk__in=list(units_by_tier)).order_by("pk")
    known = list(rows.values_list("pk", flat=True).iterator())
    _add({pk: units_by_tier[pk] for pk in known if units_by_tier[pk]})


def _add(changes: Mapping[int, int]) -> None:
    if not changes:
        return
    cases = [When(pk=pk, then=Value(units)) for pk, units in sorted(changes.items())]
    change = Case(*cases, default=Value(0), output_field=IntegerField())
    PromotionTier.objects.filter(pk__in=list(changes)).update(gift_left=F("gift_left") + change)
