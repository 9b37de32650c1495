"""Step 2: threshold offers. Of each kind at most one works on a line; the best is taken unless the shopper chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promotions.pricing.lines import AppliedOffer, Gift, PricedLine, take_off
from promotions.pricing.terms import Offer, Tier
from shop.lib.money import share

KINDS = ("amount_off", "percent_off", "gift", "free_freight")  # in the order in which they work


@dataclass(frozen=True, slots=True)
class Base:
    """What the threshold of an offer is asked of: lines as they stood after step 1."""

    lines: Sequence[PricedLine]

    def of(self, offer: Offer) -> int:
        """Return their fen or pieces."""
        if offer.basis == "pieces":
            return sum(line.units for line in self.lines)
        return sum(line.paid_amount for line in self.lines)


def apply_offers(
    lines: Sequence[PricedLine], offers: Sequence[Offer], choices: Mapping[str, int]
) -> tuple[list[PricedLine], list[AppliedOffer]]:
    """Return the lines with what the offers take off them, and the offers that worked.

    Thresholds are asked of the amounts after step 1, so that no offer lifts another one below its own.
    """
    priced, applied = list(lines), []
    for kind in KINDS:
        free = {line.sku_id for line in lines}
        for offer in _in_order(lines, [offer for offer in offers if offer.kind == kind], choices.get(kind)):
            used = _applied(lines, offer, free)
            if used:
                priced, used = _worked(priced, used)
                free -= used.sku_ids
                applied.append(used)
    return priced, applied


def _in_order(lines: Sequence[PricedLine], offers: Sequence[Offer], chosen: int | None) -> list[Offer]:
    """Return the offers of one kind in the order in which they may take lines; none when the shopper wants none."""
    if chosen == 0:
        return []
    return sorted(offers, key=lambda offer: (offer.id != chosen, offer.priority, -_worth(lines, offer), offer.id))


def _worth(lines: Sequence[PricedLine], offer: Offer) -> int:
    """Return what an offer would take off if it were the only one, in fen."""
    used = _applied(lines, offer, {line.sku_id for line in lines})
    return _worked(list(lines), used)[1].discount if used else 0


def _applied(lines: Sequence[PricedLine], offer: Offer, free: set[int]) -> AppliedOffer | None:
    among = [line for line in lines if line.sku_id in free and offer.scope.covers(line.item)]
    base = Base(among).of(offer)
    tier = offer.reached(base)
    if tier is None or not among:
        return None
    return AppliedOffer(offer, tier, offer.times(tier, base), frozenset(line.sku_id for line in among))


def _worked(lines: list[PricedLine], used: AppliedOffer) -> tuple[list[PricedLine], AppliedOffer]:
    """Take off what an offer gives and write down how much that was."""
    among = [line for line in lines if line.sku_id in used.sku_ids]
    now = sum(line.paid_amount for line in among)
    wanted = 0
    if used.offer.kind == "amount_off":
        wanted = used.tier.off * used.times
    elif used.offer.kind == "percent_off":
        wanted = now - share(now, used.tier.percent, 100)
    priced, taken = take_off(lines, "promotion_discount", wanted, among)
    return priced, replace(used, discount=taken)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far goods have come with an offer: the tier they reach and what it takes off in fen, and the next tier.

    `missing` fen or pieces are lacking to the next one.
    """

    offer: Offer
    tier: Tier | None
    discount: int
    next_tier: Tier | None
    missing: int


def reach_of(lines: Sequence[PricedLine], offer: Offer) -> Reach | None:
    """Return how far `lines`, as they stand after step 1, come with `offer` alone; None when none of them counts."""
    among = [line for line in lines if offer.scope.covers(line.item)]
    if not among:
        return None
    base = Base(among).of(offer)
    following = offer.next_tier(base)
    missing = following.threshold - base if following else 0
    return Reach(offer, offer.reached(base), _worth(lines, offer), following, missing)


def gifts_of(applied: Sequence[AppliedOffer]) -> list[Gift]:
    """Return what the 满赠 offers that worked give, as far as their stock lasts."""
    found = []
    for used in applied:
        tier = used.tier
        if used.offer.kind == "gift" and tier.gift_sku is not None:
            wanted = tier.gift_units * used.times
            units = min(wanted, tier.gift_left)
            found.append(Gift(used.offer.id, tier.id, tier.gift_sku, units, missing=wanted - units))
    return found
