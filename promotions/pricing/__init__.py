"""What an order costs: one pure pipeline over frozen values, shared by cart, checkout, placing and tests.

The steps run in the order of the shop's law: unit price, threshold offers, coupon, points, freight, points to earn.
Each discount is split over its lines by their current amount, so that the parts always sum to the whole. Amounts
are fen. A step that has nothing to give leaves its columns at zero.
"""

from collections.abc import Sequence

from promotions.pricing.coupons import CouponJudged, apply_coupon, best_coupon, judge_coupon
from promotions.pricing.lines import AppliedOffer, Gift, Price, PricedLine, at_unit_price
from promotions.pricing.offers import KINDS, Base, apply_offers, gifts_of
from promotions.pricing.points import PointsRoom, apply_points, promise_points, room_for_points
from promotions.pricing.terms import (
    EVERYTHING,
    NO_FREIGHT,
    NO_LEVEL,
    NO_POINTS,
    NORMAL,
    CouponTerms,
    FreightRule,
    Item,
    LevelTerms,
    Offer,
    PointsTerms,
    Scope,
    Stacking,
    Terms,
    Tier,
    freight_rule,
    stacking_of,
)
from promotions.pricing.words import Nudge, nudge, tag_of, tier_words

__all__ = [
    "EVERYTHING",
    "KINDS",
    "NORMAL",
    "NO_FREIGHT",
    "NO_LEVEL",
    "NO_POINTS",
    "AppliedOffer",
    "Base",
    "CouponJudged",
    "CouponTerms",
    "FreightRule",
    "Gift",
    "Item",
    "LevelTerms",
    "Nudge",
    "Offer",
    "PointsRoom",
    "PointsTerms",
    "Price",
    "PricedLine",
    "Scope",
    "Stacking",
    "Terms",
    "Tier",
    "after_offers",
    "best_coupon",
    "freight_rule",
    "judge_coupon",
    "nudge",
    "price",
    "room_for_points",
    "stacking_of",
    "tag_of",
    "tier_words",
]  # fmt: skip


def price(items: Sequence[Item], terms: Terms) -> Price:
    """Return what `items` cost together under `terms`."""
    level, stacking = _level(terms), terms.stacking
    lines, applied = after_offers(items, terms)
    lines, coupon_id = apply_coupon(lines, terms.coupon if stacking.coupon else None)
    if stacking.spends_points:
        lines = apply_points(lines, terms.points)
    goods_paid = sum(line.paid_amount for line in lines)
    is_free = level.free_freight or any(used.offer.kind == "free_freight" for used in applied)
    if stacking.earns_points:
        lines = promise_points(lines, terms.points, level)
    return Price(
        lines=lines,
        freight_amount=0 if is_free else terms.freight.due(goods_paid),
        offers=applied,
        gifts=gifts_of(applied),
        coupon_id=coupon_id,
    )


def after_offers(items: Sequence[Item], terms: Terms) -> tuple[list[PricedLine], list[AppliedOffer]]:
    """Return the lines as they stand before the coupon, and the offers that worked: what coupons are judged by."""
    lines = at_unit_price(items, _level(terms))
    return apply_offers(lines, terms.offers if terms.stacking.offers else (), terms.choices)


def _level(terms: Terms) -> LevelTerms:
    return terms.level if terms.stacking.level else NO_LEVEL
