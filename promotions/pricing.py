"""What an order costs: one pure pipeline over frozen values, shared by cart, checkout, placing and tests.

The steps run in the order of the shop's law: unit price, threshold offers, coupon, points, freight. Each
discount is split over its lines by their current amount, so that the parts always sum to the whole. Amounts
are fen. A step that has nothing to give leaves its columns at zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.models import ShopSettings


@dataclass(frozen=True, slots=True)
class Item:
    """What is bought: `units` of a SKU at the site price of the moment, in fen for one unit."""

    sku_id: int
    units: int
    site_price: int


@dataclass(frozen=True, slots=True)
class FreightRule:
    """A flat freight in fen that falls away once the goods cost at least `free_over` fen (0: never)."""

    amount: int
    free_over: int = 0

    def due(self, goods_paid: int) -> int:
        """Return the freight of an order whose goods cost `goods_paid` fen after all discounts."""
        return 0 if self.free_over and goods_paid >= self.free_over else self.amount

    def missing(self, goods_paid: int) -> int:
        """Return how many fen of goods are missing for free delivery; 0 when it is free, or never will be."""
        return max(self.free_over - goods_paid, 0) if self.amount else 0


def freight_rule(shop: ShopSettings, *, is_pickup: bool) -> FreightRule:
    """Return the freight that the merchant has set: none for what is collected in a store."""
    return FreightRule(0) if is_pickup else FreightRule(shop.freight_amount, shop.freight_free_over)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with all that was taken off it, in fen for all its units."""

    sku_id: int
    units: int
    unit_price: int
    list_amount: int
    level_discount: int = 0
    promotion_discount: int = 0
    coupon_discount: int = 0
    points_discount: int = 0

    @property
    def paid_amount(self) -> int:
        """What the buyer pays for the line."""
        return (
            self.list_amount
            - self.level_discount
            - self.promotion_discount
            - self.coupon_discount
            - self.points_discount
        )


@dataclass(frozen=True, slots=True)
class Price:
    """The price of an order: its lines and its freight. Every total is a sum of these, never a second truth."""

    lines: Sequence[PricedLine]
    freight_amount: int = 0

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
    def goods_paid(self) -> int:
        """The goods after every discount."""
        return sum(line.paid_amount for line in self.lines)

    @property
    def payable_amount(self) -> int:
        """What the buyer pays."""
        return self.goods_paid + self.freight_amount


def price(items: Sequence[Item], *, freight: FreightRule) -> Price:
    """Return what `items` cost together, delivered under `freight`."""
    lines = at_unit_price(items)
    return Price(lines=lines, freight_amount=freight.due(sum(line.paid_amount for line in lines)))


def at_unit_price(items: Sequence[Item]) -> list[PricedLine]:
    """Step 1: every item at its site price."""
    return [
        PricedLine(
            sku_id=item.sku_id,
            units=item.units,
            unit_price=item.site_price,
            list_amount=item.site_price * item.units,
        )
        for item in items
    ]
