"""Giving points and coupons from other parts of the marketing tools."""

from datetime import datetime
from importlib import import_module
from typing import Any

from django.db import transaction

from members.models import Member
from promotions.models import CouponTemplate


def give_points(*, member_id: int, points: int, kind: str, source: str, now: datetime, note: str) -> None:
    """Add to a member's points at once; a repeat with the same source adds nothing."""
    members: Any = import_module("members.services")
    members.earn_points(member_id=member_id, points=points, kind=kind, source=source, now=now, note=note)


def give_coupon(*, template: CouponTemplate, member: Member, source: str, now: datetime) -> bool:
    """Issue a coupon; say whether there was one to give: none of a source that has it, none when all are gone."""
    coupons: Any = import_module("promotions.services")
    try:
        with transaction.atomic():
            return coupons.issue(template=template, member=member, source=source, now=now) is not None
    except coupons.CouponNotIssued:
        return False
