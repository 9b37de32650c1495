"""Reads in the books what was given: points and coupons, from the beginning of the test or the last `clear()` on."""

from typing import Any

from members.models import PointsEntry
from promotions.models import Coupon


class Given:
    """What members were given, in order."""

    points_before = coupons_before = 0

    @property
    def points(self) -> list[tuple[int, int, str, str]]:
        """List `(member, points, kind, source)`."""
        rows = PointsEntry.objects.filter(pk__gt=self.points_before).order_by("pk")
        return list(rows.values_list("member", "delta", "kind", "source"))

    @property
    def coupons(self) -> list[tuple[int, str]]:
        """List `(member, source)`."""
        rows = Coupon.objects.filter(pk__gt=self.coupons_before).order_by("pk")
        return list(rows.values_list("member", "source"))

    def clear(self) -> None:
        """Look only at what is given from now on."""
        self.points_before, self.coupons_before = (last_of(model) for model in (PointsEntry, Coupon))


def last_of(model: Any) -> int:
    return model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
