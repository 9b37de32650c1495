"""What pages, checkout and the back office read of levels, points and exchanges."""

from promotions.selectors.exchanges import ExchangeCard, exchange_card, exchange_cards
from promotions.selectors.member_terms import level_terms, member_price, points_terms

__all__ = ["ExchangeCard", "exchange_card", "exchange_cards", "level_terms", "member_price", "points_terms"]
