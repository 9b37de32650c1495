"""The gateway's clock: may be pushed forward, and its waiting times compressed."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock:
    """Tells epoch seconds. `ahead` moves every date; `speed` only shortens waiting, so dates stay those of the wall."""

    def __init__(self, *, speed: float) -> None:
        self.first_speed = speed
        self.speed = speed
        self.ahead = 0.0

    def now(self) -> float:
        """Return the gateway's time."""
        return time.time() + self.ahead

    def wait(self, seconds: float) -> float:
        """Return how long a rule that says `seconds` lasts here."""
        return seconds / self.speed

    def reset(self) -> None:
        """Go back to the wall clock and to the speed the process was started with."""
        self.speed, self.ahead = self.first_speed, 0.0


def rfc3339(moment: float) -> str:
    """Write epoch seconds as the gateway's JSON does."""
    return datetime.fromtimestamp(moment, SHANGHAI).isoformat(timespec="seconds")


def digits_of(moment: float) -> str:
    """Write epoch seconds as the 14 digits that begin the gateway's numbers."""
    return datetime.fromtimestamp(moment, SHANGHAI).strftime("%Y%m%d%H%M%S")
