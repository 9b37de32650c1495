"""Giving points and coupons from other parts of the marketing tools."""

from datetime import datetime

from django.db import transaction

from members import services as members
from members.models import Member
from promotions.models import CouponTemplate
from promotions.services.coupons import issue
from promotions.services.refusals import CouponNotIssued


def give_points(*, member_id: int, points: int, kind: str, source: str, now: datetime, note: str) -> None:
    """Add to a member's points at once; a repeat with the same source adds nothing."""
    members.earn_points(member_id=member_id, points=points, kind=kind, source=source, now=now, note=note)


def give_coupon(*, template: CouponTemplate, member: Member, source: str, now: datetime) -> bool:
    """Issue a coupon; say whether there was one to give: none of a source that has it, none when all are gone."""
    try:
        with transaction.atomic():
            return issue(template=template, member=member, source=source, now=now) is not None
    except CouponNotIssued:
        return False
