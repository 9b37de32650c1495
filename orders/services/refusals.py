"""Why an order cannot be placed; each carries the sentence the buyer sees."""


class PlacingRefused(Exception):
    """The order cannot be placed as asked; the message is the sentence the buyer sees."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotForSale(PlacingRefused):
    """A good left the shelf, or the basket is empty."""


class LimitExceeded(PlacingRefused):
    """Fewer or more units than the merchant allows."""


class NotDeliverable(PlacingRefused):
    """The address, the store or the way of delivery does not work."""


class SlotFull(PlacingRefused):
    """The pickup slot is taken, over or does not exist on that day."""


class PriceChanged(PlacingRefused):
    """The order would cost something else than the page said."""


class CouponRefused(PlacingRefused):
    """The coupon is not theirs, used, out of its time or of no use for these goods."""


class PointsRefused(PlacingRefused):
    """There are not enough points."""
