"""What a price is made from: goods, and the terms that take something off or add to them. Frozen values, fen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shop.lib.money import share
from shop.models import ShopSettings

FULL = 100  # percent: nothing is taken off


@dataclass(frozen=True, slots=True)
class Item:
    """What is bought: `units` of a SKU at the site price of the moment, in fen for one unit.

    `category_ids` holds the product's categories and all above them. The flags say what the goods themselves allow;
    the kind of order may allow less (`Stacking`).
    """

    sku_id: int
    units: int
    site_price: int
    product_id: int = 0
    category_ids: frozenset[int] = frozenset()
    takes_level: bool = True
    takes_points: bool = True
    earns_points: bool = True


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


NO_FREIGHT = FreightRule(0)


def freight_rule(shop: ShopSettings, *, is_pickup: bool) -> FreightRule:
    """Return the freight that the merchant has set: none for what is collected in a store."""
    return NO_FREIGHT if is_pickup else FreightRule(shop.freight_amount, shop.freight_free_over)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which goods something is for: `kind` is a ScopeKind, `ids` are of categories or products."""

    kind: str = "all"
    ids: frozenset[int] = frozenset()

    def covers(self, item: Item) -> bool:
        """Say whether `item` is meant; a category takes in all below it."""
        if self.kind == "category":
            return not self.ids.isdisjoint(item.category_ids)
        if self.kind == "product":
            return item.product_id in self.ids
        return self.kind == "all" or item.product_id not in self.ids


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class LevelTerms:
    """What a member's level gives: the percent of the site price to pay, free freight, the percent of points."""

    name: str = ""
    rate: int = FULL
    free_freight: bool = False
    points_rate: int = 100

    def unit_price(self, item: Item) -> int:
        """Return the price of one unit, rounded half up to the fen; never above the site price."""
        if not item.takes_level or self.rate >= FULL:
            return item.site_price
        return share(item.site_price, self.rate, FULL)


NO_LEVEL = LevelTerms()


@dataclass(frozen=True, slots=True)
class Tier:
    """From `threshold` (fen or pieces) on: `off` fen, or `percent` to pay, or `gift_units` of a gift.

    `gift_left` is the gift's own stock of the moment.
    """

    threshold: int
    off: int = 0
    percent: int = FULL
    id: int = 0
    gift_sku: int | None = None
    gift_units: int = 0
    gift_left: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """A threshold offer: `kind` is an OfferKind, `basis` an OfferBasis. Tiers may come in any order."""

    id: int
    name: str
    kind: str
    tiers: Sequence[Tier]
    basis: str = "amount"
    scope: Scope = EVERYTHING
    repeats: bool = False
    priority: int = 100

    def reached(self, base: int) -> Tier | None:
        """Return the highest tier that `base` (fen or pieces) reaches."""
        return max((tier for tier in self.tiers if tier.threshold <= base), key=_threshold, default=None)

    def next_tier(self, base: int) -> Tier | None:
        """Return the lowest tier that `base` does not reach yet."""
        return min((tier for tier in self.tiers if tier.threshold > base), key=_threshold, default=None)

    def times(self, tier: Tier, base: int) -> int:
        """Return how often `tier` counts for `base`."""
        return base // tier.threshold if self.repeats else 1


def _threshold(tier: Tier) -> int:
    return tier.threshold


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a coupon takes off: `amount` fen, or all but `percent` with at most `max_discount` (0: no cap)."""

    id: int
    name: str = ""
    kind: str = "amount"
    amount: int = 0
    percent: int = FULL
    max_discount: int = 0
    threshold: int = 0
    scope: Scope = EVERYTHING


@dataclass(frozen=True, slots=True)
class PointsTerms:
    """How points are spent and earned.

    `wanted` points are to be spent (never more than `balance`), `per_yuan_off` of them are worth one yuan, at most
    `max_percent` of the goods after the coupon, and at least `least` at once. `per_yuan_paid` are earned for one yuan.
    """

    wanted: int = 0
    balance: int = 0
    per_yuan_off: int = 100
    max_percent: int = 0
    least: int = 0
    per_yuan_paid: int = 0
    rate: int = 100  # percent, for members who come often


NO_POINTS = PointsTerms()


@dataclass(frozen=True, slots=True)
class Stacking:
    """What a kind of order lets work (RULES 2, the table)."""

    level: bool = True
    offers: bool = True
    coupon: bool = True
    spends_points: bool = True
    earns_points: bool = True


NORMAL = Stacking()


def stacking_of(order_type: str, shop: ShopSettings) -> Stacking:
    """Return what works in an order of that kind; only normal ones take everything."""
    if order_type == "normal":
        return NORMAL
    nothing = Stacking(level=False, offers=False, coupon=False, spends_points=False, earns_points=False)
    if order_type == "flash":
        return Stacking(False, False, False, shop.points_for_flash, shop.flash_earns_points)
    return nothing


@dataclass(frozen=True, slots=True)
class Terms:
    """All terms that meet in one order. `choices` {offer kind: offer id, 0 for none} is what the shopper picked."""

    freight: FreightRule = NO_FREIGHT
    level: LevelTerms = NO_LEVEL
    offers: Sequence[Offer] = ()
    choices: Mapping[str, int] = field(default_factory=dict)
    coupon: CouponTerms | None = None
    points: PointsTerms = NO_POINTS
    stacking: Stacking = NORMAL
