"""Coupons for tests, made with dull defaults through the services."""

from datetime import datetime
from typing import Any

from members.models import Member
from promotions import services as promotions
from promotions.models import Coupon, CouponTemplate
from tests.factories import NOON, make_member


def make_template(name: str = "满 50 减 5", *, now: datetime = NOON, **fields: Any) -> CouponTemplate:
    """Make a coupon that everybody may claim once: ¥5 off from ¥50 on, good for thirty days."""
    dull = {"amount": 500, "threshold": 5000} if fields.get("kind") != "percent" else {}
    template = CouponTemplate(name=name, **(dull | fields))
    return promotions.save_template(template=template, by=None, now=now)


def make_coupon(
    template: CouponTemplate | None = None, *, member: Member | None = None, now: datetime = NOON, source: str = ""
) -> Coupon:
    """Give a member a coupon."""
    template, member = template or make_template(), member or make_member()
    count = template.coupons.count()
    coupon = promotions.issue(template=template, member=member, source=source or f"test:{count}", now=now)
    assert coupon
    return coupon


def fields_refused(template: CouponTemplate, *, now: datetime = NOON) -> dict[str, str]:
    """Return {field: sentence} of why the template cannot be saved; empty when it was."""
    try:
        promotions.save_template(template=template, by=None, now=now)
    except promotions.TemplateRefused as refusal:
        return {problem.field: problem.sentence for problem in refusal.problems}
    return {}
