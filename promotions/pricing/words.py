"""Offers in words: what a tier gives, and what is missing for the next one. Pure, like the rest of the pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass

from promotions.pricing.lines import PricedLine
from promotions.pricing.terms import Offer, Tier
from shop.lib.markup import short_yuan
from shop.lib.money import yuan


@dataclass(frozen=True, slots=True)
class Nudge:
    """What a little more in the cart would give: the offer, and a sentence about it."""

    offer_id: int
    words: str


def plain_yuan(fen: int) -> str:
    """Return `fen` as a number of yuan without empty decimals: 10000 -> "100", 950 -> "9.50"."""
    return yuan(fen).removesuffix(".00")


def percent_words(percent: int) -> str:
    """Say what is paid of a price: 80 -> "8 折", 85 -> "8.5 折"."""
    return f"{percent / 10:g} 折"


def threshold_words(offer: Offer, tier: Tier) -> str:
    """Say what a tier asks for: "满 100", "每满 3 件"."""
    how = "每满" if offer.repeats else "满"
    return f"{how} {tier.threshold} 件" if offer.basis == "pieces" else f"{how} {plain_yuan(tier.threshold)}"


def gift_words(tier: Tier) -> str:
    """Say what a tier gives beside the price, without the name of the gift."""
    return "送赠品" if tier.gift_units == 1 else f"送赠品 {tier.gift_units} 件"


def tier_words(offer: Offer, tier: Tier) -> str:
    """Say what a tier asks for and gives: "满 100 减 10", "满 3 件 8 折", "满 199 送赠品", "满 99 包邮"."""
    gives = {
        "amount_off": f"减 {plain_yuan(tier.off)}",
        "percent_off": percent_words(tier.percent),
        "gift": gift_words(tier),
        "free_freight": "包邮",
    }
    return f"{threshold_words(offer, tier)} {gives[offer.kind]}"


def tag_of(offer: Offer) -> str:
    """Say the lowest tier as shortly as a tag on a picture allows: "满100减10"."""
    lowest = min(offer.tiers, key=lambda tier: tier.threshold)
    return tier_words(offer, lowest).replace(" ", "")


def nudge(lines: Sequence[PricedLine], offers: Sequence[Offer]) -> Nudge | None:
    """Say of the offer that is nearest to its next tier what is missing and what that would give; None for nothing.

    Only offers for goods in the cart count, and only a tier that takes off more than these goods have off already.
    """
    found = [step for offer in offers if (step := _next_step(lines, offer))]
    if not found:
        return None
    return min(found, key=lambda step: (step[0], step[1].offer_id))[1]


def _next_step(lines: Sequence[PricedLine], offer: Offer) -> tuple[float, Nudge] | None:
    """Return which part of the next tier is missing, between 0 and 1, and the sentence."""
    among = [line for line in lines if offer.scope.covers(line.item)]
    base = sum(line.units if offer.basis == "pieces" else line.list_amount - line.level_discount for line in among)
    tier = offer.next_tier(base)
    if not base or tier is None or not _is_worth_more(offer, tier, among):
        return None
    missing = tier.threshold - base
    more = f"再买 {missing} 件" if offer.basis == "pieces" else f"再买 {short_yuan(missing)}"
    gives = {
        "amount_off": f"可减 {short_yuan(tier.off)}",
        "percent_off": f"可打 {percent_words(tier.percent)}",
        "gift": gift_words(tier),
        "free_freight": "包邮",
    }
    return missing / tier.threshold, Nudge(offer.id, f"{more} {gives[offer.kind]}")


def _is_worth_more(offer: Offer, tier: Tier, among: Sequence[PricedLine]) -> bool:
    if offer.kind == "gift":
        return tier.gift_left > 0
    if offer.kind == "amount_off":
        return tier.off > sum(line.promotion_discount for line in among)
    return True
