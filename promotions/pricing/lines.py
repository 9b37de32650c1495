"""Lines on their way through the steps, and the price they end in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promotions.pricing.terms import Item, LevelTerms, Offer, Tier
from shop.lib.money import split


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with all that was taken off it, in fen for all its units, and its share of the points."""

    item: Item
    list_amount: int
    level_discount: int = 0
    promotion_discount: int = 0
    coupon_discount: int = 0
    points_discount: int = 0
    points_spent: int = 0
    points_to_earn: int = 0

    @property
    def sku_id(self) -> int:
        """The SKU that is bought."""
        return self.item.sku_id

    @property
    def units(self) -> int:
        """How many of it."""
        return self.item.units

    @property
    def unit_price(self) -> int:
        """The price of one unit before any discount."""
        return self.item.site_price

    @property
    def paid_amount(self) -> int:
        """What the buyer pays for the line, or would pay as far as the steps have come."""
        return (
            self.list_amount
            - self.level_discount
            - self.promotion_discount
            - self.coupon_discount
            - self.points_discount
        )


@dataclass(frozen=True, slots=True)
class AppliedOffer:
    """An offer that worked: its tier, how often, on which SKUs, and what it took off in fen."""

    offer: Offer
    tier: Tier
    times: int
    sku_ids: frozenset[int]
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift that a tier gives: `units` of a SKU, as many as its stock lasts; `missing` could not be given."""

    offer_id: int
    tier_id: int
    sku_id: int
    units: int
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """The price of an order: its lines and its freight. Every total is a sum of these, never a second truth."""

    lines: Sequence[PricedLine]
    freight_amount: int = 0
    offers: Sequence[AppliedOffer] = ()
    gifts: Sequence[Gift] = ()
    coupon_id: int | None = None

    @property
    def goods_amount(self) -> int:
        """The goods at site price."""
        return sum(line.list_amount for line in self.lines)

    @property
    def level_discount(self) -> int:
        """What the member's level takes off."""
        return sum(line.level_discount for line in self.lines)

    @property
    def promotion_discount(self) -> int:
        """What threshold offers take off."""
        return sum(line.promotion_discount for line in self.lines)

    @property
    def coupon_discount(self) -> int:
        """What the coupon takes off."""
        return sum(line.coupon_discount for line in self.lines)

    @property
    def points_discount(self) -> int:
        """What points take off."""
        return sum(line.points_discount for line in self.lines)

    @property
    def points_spent(self) -> int:
        """How many points are spent."""
        return sum(line.points_spent for line in self.lines)

    @property
    def points_to_earn(self) -> int:
        """How many points the buyer gets once the order is completed."""
        return sum(line.points_to_earn for line in self.lines)

    @property
    def goods_paid(self) -> int:
        """The goods after every discount."""
        return sum(line.paid_amount for line in self.lines)

    @property
    def payable_amount(self) -> int:
        """What the buyer pays."""
        return self.goods_paid + self.freight_amount

    @property
    def saved(self) -> int:
        """What all discounts together take off."""
        return self.goods_amount - self.goods_paid


def at_unit_price(items: Sequence[Item], level: LevelTerms) -> list[PricedLine]:
    """Step 1: every item at its site price, less what the level takes off one unit, times the units."""
    return [
        PricedLine(
            item=item,
            list_amount=item.site_price * item.units,
            level_discount=(item.site_price - level.unit_price(item)) * item.units,
        )
        for item in items
    ]


def take_off(
    lines: Sequence[PricedLine], column: str, total: int, among: Sequence[PricedLine]
) -> tuple[list[PricedLine], int]:
    """Split `total` fen over the lines `among` by what they cost now and book it in `column`; never beyond a line.

    Return the lines and what was really taken off.
    """
    weights = [line.paid_amount for line in among]
    taken = min(total, sum(weights))
    return add_to(lines, column, dict(zip(_skus(among), split(taken, weights), strict=True))), taken


def add_to(lines: Sequence[PricedLine], column: str, parts: Mapping[int, int]) -> list[PricedLine]:
    """Add `{sku_id: part}` to `column` of the lines."""
    return [
        replace(line, **{column: getattr(line, column) + parts[line.sku_id]}) if parts.get(line.sku_id) else line
        for line in lines
    ]


def _skus(lines: Sequence[PricedLine]) -> list[int]:
    return [line.sku_id for line in lines]
