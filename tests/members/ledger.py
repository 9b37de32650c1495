"""Points for tests: short ways to earn and spend, and what the ledger must say at every moment."""

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import Sum

from members import services
from members.models import Member, PointsEntry, PointsKind, PointsUse
from shop import audit
from shop.models import ShopSettings
from tests.factories import NOON, make_member

DAY = timedelta(days=1)


def earn(member: Member, points: int, *, source: str = "", **facts: Any) -> PointsEntry | None:
    facts = {"kind": PointsKind.ORDER, "now": NOON} | facts
    return services.earn_points(member_id=member.pk, points=points, source=source or uuid.uuid4().hex, **facts)


def spend(member: Member, points: int, *, source: str = "", **facts: Any) -> PointsEntry | None:
    facts = {"kind": PointsKind.SPEND, "now": NOON} | facts
    return services.spend_points(member_id=member.pk, points=points, source=source or uuid.uuid4().hex, **facts)


def claw_back(member: Member, points: int, *, of: str, source: str = "", **facts: Any) -> None:
    facts = {"earned_kind": PointsKind.ORDER, "now": NOON} | facts
    services.claw_back_points(
        member_id=member.pk, points=points, earned_source=of, source=source or uuid.uuid4().hex, **facts
    )


def rich(points: int, **facts: Any) -> Member:
    """Make a member with so many points."""
    member = make_member()
    earn(member, points, **facts)
    return member


def account(member: Member) -> tuple[int, int]:
    """Return balance and debt as they are now."""
    member.refresh_from_db(fields=["points_balance", "points_debt"])
    return member.points_balance, member.points_debt


def frozen(member: Member) -> int:
    return PointsEntry.objects.filter(member=member, counted_at=None).aggregate(sum=Sum("delta", default=0))["sum"]


def entries_of(member: Member) -> list[tuple[str, int]]:
    return list(PointsEntry.objects.filter(member=member).order_by("pk").values_list("kind", "delta"))


def uses_of(entry: PointsEntry | None) -> list[tuple[int, int]]:
    """List (lot, points) of what an entry took."""
    return list(PointsUse.objects.filter(entry=entry).order_by("pk").values_list("lot", "points"))


def unsound() -> list[str]:
    """Return what the auditor says about points."""
    return [str(finding) for finding in audit.run(now=NOON) if finding.invariant == "I11"]


def expire_after(months: int) -> None:
    ShopSettings.load()
    ShopSettings.objects.update(points_expire_months=months)
