"""What may become of a seeded order, how often, and how long ago such an order was placed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Fate(StrEnum):
    """How far a seeded order has come."""

    RECEIVED = "received"
    REDEEMED = "redeemed"
    SHIPPED = "shipped"
    PREPARING = "preparing"
    READY = "ready"
    UNPAID = "unpaid"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"  # whole, before anything was handed over
    RETURNED = "returned"  # one unit, after it was received


@dataclass(frozen=True)
class Odds:
    """How often a fate befalls an order, out of a thousand, and how many hours ago it was placed."""

    weight: int
    youngest: float
    oldest: float


YEAR = 24 * 365.0
ODDS = {
    Fate.RECEIVED: Odds(400, 24 * 5, YEAR),
    Fate.REDEEMED: Odds(300, 24 * 2, YEAR),
    Fate.SHIPPED: Odds(60, 24, 24 * 9),
    Fate.PREPARING: Odds(50, 0.5, 24 * 2),
    Fate.READY: Odds(50, 0.5, 24 * 4),
    Fate.UNPAID: Odds(5, 0.02, 0.4),
    Fate.TIMED_OUT: Odds(65, 1, YEAR),
    Fate.CANCELLED: Odds(30, 1, YEAR),
    Fate.REFUNDED: Odds(20, 24, YEAR),
    Fate.RETURNED: Odds(20, 24 * 6, YEAR),
}
IN_STORE = frozenset({Fate.REDEEMED, Fate.READY})
BY_COURIER = frozenset({Fate.RECEIVED, Fate.SHIPPED, Fate.PREPARING, Fate.RETURNED, Fate.REFUNDED})
UNPAID = frozenset({Fate.UNPAID, Fate.TIMED_OUT, Fate.CANCELLED})
SENT = frozenset({Fate.RECEIVED, Fate.SHIPPED, Fate.RETURNED})
HANDED = SENT | {Fate.REDEEMED}


def draw(random: Random) -> tuple[Fate, float]:
    """Draw a fate and how many hours ago its order was placed."""
    fate = random.choices(list(ODDS), weights=[odds.weight for odds in ODDS.values()])[0]
    odds = ODDS[fate]
    return fate, random.uniform(odds.youngest, odds.oldest)
