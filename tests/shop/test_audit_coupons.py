"""The auditor on coupons (I10): silent on sound ones, and naming each of many single broken rows."""

from typing import Any

import pytest

from promotions import services as promotions
from promotions.models import Coupon, CouponCode, CouponTemplate
from shop import audit
from shop.audit.findings import Finding
from tests.factories import NOON, make_member, make_order, make_staff
from tests.promotions.coupons import make_coupon, make_template
from tests.shop.test_audit import broken

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> dict[str, Any]:
    """A coupon of each fate, a code that was found and one that was not, and a push."""
    member = make_member()
    template, coded = make_template(per_member=2, total=50), make_template(issue_mode="code")
    held = {name: make_coupon(template) for name in ("unused", "revoked")}
    order = make_order(member=member)
    held["used"] = make_coupon(template, member=member)
    promotions.spend_coupon(member=member, coupon_id=held["used"].pk, now=NOON)
    type(order).objects.filter(pk=order.pk).update(coupon=held["used"])
    cancelled = make_order(member=member, status="cancelled")
    held["returned"] = make_coupon(template, member=member)
    type(order).objects.filter(pk=cancelled.pk).update(coupon=held["returned"])
    promotions.revoke_coupon(coupon=held["revoked"], reason="", by=None, now=NOON)
    promotions.make_codes(template=coded, units=2, by=None, now=NOON)
    code = CouponCode.objects.order_by("pk")[0]
    promotions.redeem_code(member=member, code=code.code, ip="1.2.3.4", now=NOON)
    push = promotions.start_push(template=template, audience={"everybody": True}, by=make_staff(), now=NOON)
    promotions.run_pushes(now=NOON)
    spare = CouponCode.objects.order_by("-pk")[0]
    return held | {
        "template": template, "order": order, "cancelled": cancelled, "code": code, "spare": spare, "push": push,
    }  # fmt: skip


def found() -> list[Finding]:
    return [finding for finding in audit.run(now=NOON) if finding.invariant == "I10"]


def test_sound_coupons_are_left_alone(shop: dict[str, Any]) -> None:
    assert found() == []
    assert (Coupon.objects.count(), CouponTemplate.objects.count()) == (7, 2)


@pytest.mark.parametrize(
    ("statement", "table", "row"),
    [
        ("UPDATE promotions_coupontemplate SET issued = 99 WHERE id = {template}", "coupontemplate", "template"),
        ("UPDATE promotions_coupontemplate SET total = 3 WHERE id = {template}", "coupontemplate", "template"),
        ("UPDATE promotions_coupontemplate SET used = 0 WHERE id = {template}", "coupontemplate", "template"),
        ("UPDATE promotions_coupontemplate SET used = 2 WHERE id = {template}", "coupontemplate", "template"),
        ("UPDATE promotions_coupon SET member_id = {used}.member WHERE id = {unused}", "coupon", "unused"),
        ("UPDATE promotions_coupontemplate SET per_member = 1 WHERE id = {template}", "coupon", "used"),
        ("UPDATE promotions_coupon SET status = 'unused', used_at = NULL WHERE id = {used}", "coupon", "used"),
        ("UPDATE orders_order SET coupon_id = NULL WHERE id = {order}", "coupon", "used"),
        ("UPDATE orders_order SET status = 'cancelled' WHERE id = {order}", "coupon", "used"),
        ("UPDATE orders_order SET refund_status = 'full' WHERE id = {order}", "coupon", "used"),
        ("UPDATE orders_order SET status = 'preparing' WHERE id = {cancelled}", "coupon", "returned"),
        ("UPDATE promotions_coupon SET member_id = {unused}.member WHERE id = {used}", "order", "order"),
        ("UPDATE orders_order SET member_id = {unused}.member WHERE id = {order}", "order", "order"),
        ("UPDATE promotions_couponcode SET redeemed_by_id = NULL WHERE id = {code}", "couponcode", "code"),
        (
            "UPDATE promotions_couponcode SET redeemed_by_id = {used}.member WHERE id = {spare}",
            "couponcode", "spare",
        ),
        ("UPDATE promotions_couponpush SET issued = issued + 1 WHERE id = {push}", "couponpush", "push"),
        ("UPDATE promotions_couponpush SET issued = 0 WHERE id = {push}", "couponpush", "push"),
    ],
)  # fmt: skip
def test_a_broken_row_is_named(shop: dict[str, Any], statement: str, table: str, row: str) -> None:
    for name, thing in shop.items():
        if isinstance(thing, Coupon):
            statement = statement.replace(f"{{{name}}}.member", str(thing.member_id))
        statement = statement.replace(f"{{{name}}}", str(thing.pk))

    with broken(statement):
        named = {(finding.table.partition("_")[2], finding.key) for finding in found()}

    assert (table, str(shop[row].pk)) in named
