"""What runs, on the home page: a strip of the flash sale, one of the offers, and tags on the goods."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from catalog.models import BlockKind
from catalog.selectors import Block
from promotions import pricing
from promotions import selectors as promotions
from promotions.selectors import FlashDeal
from promotions.selectors.flash import Session

DEALS_ON_HOME = 6
OFFERS_ON_HOME = 3


@dataclass(frozen=True, slots=True)
class Strip:
    """The session of the flash sale that is open, with its first pieces."""

    session: Session
    deals: Sequence[FlashDeal]


def flash_strip(*, now: datetime) -> Strip | None:
    """Return the strip of the session that is open; None when there is none, which the tags on goods know already.

    Queries: session, its pieces.
    """
    if not promotions.public_deals(now=now):
        return None
    found = promotions.current_session(now=now, limit=DEALS_ON_HOME)
    return Strip(*found) if found else None


def offer_strip(*, now: datetime) -> list[tuple[int, str, str]]:
    """Return (id, name, words) of the first offers that run for all. Queries when nothing is cached: offers, tiers."""
    offers = promotions.public_offers(now=now)[:OFFERS_ON_HOME]
    return [(offer.id, offer.name, pricing.tier_words(offer, offer.tiers[0])) for offer in offers]


def dressed(blocks: Sequence[Block], *, now: datetime) -> list[Block]:
    """Return the blocks with tags on their goods, and a place for what runs before the first of them."""
    tagged = iter(promotions.tagged([card for block in blocks for card in block.cards], now=now))
    found = [replace(block, cards=[next(tagged) for _ in block.cards]) for block in blocks]
    at = next((at for at, block in enumerate(found) if block.kind == BlockKind.GOODS), len(found))
    return [*found[:at], PLACE, *found[at:]]


PLACE = Block(kind="activities", title="", note="", layout="", source="", category=None, units=0)
