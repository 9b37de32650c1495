"""Coupons, offers, levels, sales and points for tests, made by plain functions with dull defaults."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import F

from catalog.models import Sku
from members.models import Level, Member, PointsEntry, PointsKind
from promotions.models import (
    Coupon,
    CouponTemplate,
    ExchangeItem,
    FlashItem,
    FlashSale,
    IssueMode,
    Promotion,
    PromotionTier,
)
from tests.factories import NOON

_numbers = count(1)


def make_level(rate: int = 95, **fields: Any) -> Level:
    dull = {"name": f"等级 {next(_numbers)}", "min_value": next(_numbers), "discount_rate": rate}
    return Level.objects.create(**(dull | fields))


def make_template(amount: int = 500, **fields: Any) -> CouponTemplate:
    """Make a claimable coupon over `amount` fen without a threshold."""
    dull: dict[str, Any] = {"name": f"券 {next(_numbers)}", "amount": amount}
    return CouponTemplate.objects.create(**(dull | fields))


def give_coupon(
    member: Member, template: CouponTemplate | None = None, *, now: datetime = NOON, **terms: Any
) -> Coupon:
    """Give `member` a coupon that is valid for a month; `terms` are of the template, when none is named."""
    template = template or make_template(**terms)
    CouponTemplate.objects.filter(pk=template.pk).update(issued=F("issued") + 1)
    frozen = ("name", "issue_mode", "kind", "amount", "percent", "max_discount", "threshold", "scope_kind", "scope_ids")
    return Coupon.objects.create(
        template=template, member=member, source=f"test:{next(_numbers)}", issued_at=now,
        valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=30),
        **{name: getattr(template, name) for name in frozen},
    )  # fmt: skip


def make_offer(*tiers: tuple[int, int], now: datetime = NOON, **fields: Any) -> Promotion:
    """Make a running 满减 of tiers (threshold, off)."""
    dull: dict[str, Any] = {"name": f"活动 {next(_numbers)}", "starts_at": now - timedelta(days=1)}
    offer = Promotion.objects.create(**(dull | fields))
    for threshold, off in tiers:
        PromotionTier.objects.create(promotion=offer, threshold=threshold, off=off)
    return offer


def make_gift_offer(sku: Sku, *, threshold: int, stock: int = 10, units: int = 1, **fields: Any) -> Promotion:
    """Make a running 满赠 that gives `units` of `sku` out of a stock of its own."""
    offer = make_offer(kind="gift", **fields)
    PromotionTier.objects.create(
        promotion=offer, threshold=threshold, gift=sku, gift_units=units, gift_total=stock, gift_left=stock
    )
    return offer


def give_points(member: Member, points: int, *, now: datetime = NOON) -> None:
    """Give `member` points that count at once."""
    PointsEntry.objects.create(
        member=member, delta=points, left=points, kind=PointsKind.ADJUST, source=f"test:{next(_numbers)}", at=now,
        available_at=now, counted_at=now,
    )  # fmt: skip
    member.points_balance += points
    member.save(update_fields=["points_balance"])


def make_flash(sku: Sku, *, price: int, quota: int = 5, per_member: int = 2, now: datetime = NOON) -> FlashItem:
    """Make a running session with one SKU; its quota is taken as locked."""
    sale = FlashSale.objects.create(name="午间场", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=5))
    return FlashItem.objects.create(sale=sale, sku=sku, price=price, quota=quota, per_member=per_member)


def make_exchange(sku: Sku, *, points: int, price: int = 0, total: int = 5) -> ExchangeItem:
    return ExchangeItem.objects.create(name="换购", sku=sku, points=points, price=price, total=total, per_member=2)


def completion_coupon(amount: int = 300) -> CouponTemplate:
    """Make the coupon that a completed order brings."""
    return make_template(amount, issue_mode=IssueMode.ORDER_COMPLETED, per_member=9)
