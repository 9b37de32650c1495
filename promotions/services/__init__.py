"""What happens to exchanges."""

from promotions.services.exchanges import (
    ExchangeRefused,
    exchange_for_coupon,
    give_back_exchange,
    take_exchange,
)

__all__ = ["ExchangeRefused", "exchange_for_coupon", "give_back_exchange", "take_exchange"]
