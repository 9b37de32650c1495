"""Tags on cards and on the product page: what runs for everybody. For words only: prices come from the pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from catalog.selectors.cards import Card
from catalog.selectors.categories import category_ids_of
from promotions.pricing.terms import Item, Offer
from promotions.pricing.words import tag_of
from promotions.selectors.flash import public_deals
from promotions.selectors.offers import public_offers

TAGS_ON_A_CARD = 2


def tagged(cards: Sequence[Card], *, now: datetime) -> list[Card]:
    """Return the cards with the tags of what runs for everybody: the flash price first, then offers.

    Queries when nothing is cached: offers, tiers, flash prices, and categories where an offer asks for them.
    """
    ids = [card.id for card in cards]
    if not ids:
        return []
    offers, deals = public_offers(now=now), public_deals(now=now)
    categories = _categories(ids, offers)
    return [_tagged(card, offers, deals.get(card.id, ""), categories.get(card.id, frozenset())) for card in cards]


def tags_of_product(product_id: int, *, now: datetime) -> list[tuple[int, str]]:
    """Return (offer id, tag) of every offer that runs for everybody on a product."""
    offers = public_offers(now=now)
    item = _item(product_id, _categories([product_id], offers).get(product_id, frozenset()))
    return [(offer.id, tag_of(offer)) for offer in offers if offer.scope.covers(item)]


def _tagged(card: Card, offers: Sequence[Offer], deal: str, categories: frozenset[int]) -> Card:
    item = _item(card.id, categories)
    tags = [tag_of(offer) for offer in offers if offer.scope.covers(item)]
    if not deal and not tags:
        return card
    return replace(card, deal=deal, tags=tuple(tags[:TAGS_ON_A_CARD]), sold_out=card.sold_out and not deal)


def _categories(ids: Sequence[int], offers: Sequence[Offer]) -> Mapping[int, frozenset[int]]:
    return category_ids_of(ids) if any(offer.scope.kind == "category" for offer in offers) else {}


def _item(product_id: int, categories: frozenset[int]) -> Item:
    return Item(sku_id=0, units=1, site_price=0, product_id=product_id, category_ids=categories)
