"""What every way to pay can do, and the facts it reports: in our words, fen and aware datetimes.

Every call may raise the three errors of `shop.lib.providers`; none may be made inside a transaction.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol, Self

from orders.models import BillKind, NoticeKind, Payment, Refund


class PaymentState(StrEnum):
    """What the gateway says of a payment."""

    PAID = "paid"
    OPEN = "open"  # nobody paid yet; somebody still may
    CLOSED = "closed"
    MISSING = "missing"  # the gateway knows no such number


class RefundState(StrEnum):
    """What the gateway says of a refund."""

    SENT = "sent"
    DONE = "done"
    ABNORMAL = "abnormal"
    FAILED = "failed"
    MISSING = "missing"


class _Fact:
    """A fact that can be kept as JSON in the inbox."""

    def as_json(self) -> dict[str, Any]:
        """Return the fact as JSON values; datetimes as ISO text."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()  # type: ignore[call-overload]  # every subclass is a dataclass
        }


@dataclass(frozen=True, kw_only=True)
class PaymentFact(_Fact):
    """A payment as the gateway sees it. `is_ours` is False when it belongs to another merchant or app."""

    out_trade_no: str
    state: PaymentState
    amount: int = 0
    transaction_id: str = ""
    paid_at: datetime | None = None
    is_ours: bool = True

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(**{**kept, "state": PaymentState(kept["state"]), "paid_at": _moment(kept["paid_at"])})


@dataclass(frozen=True, kw_only=True)
class RefundFact(_Fact):
    """A refund as the gateway sees it."""

    out_refund_no: str
    state: RefundState
    amount: int = 0
    gateway_refund_id: str = ""
    done_at: datetime | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(**{**kept, "state": RefundState(kept["state"]), "done_at": _moment(kept["done_at"])})


@dataclass(frozen=True, kw_only=True)
class GatewayEvent:
    """A verified notification: its id at the gateway and the fact it carries (none for events we do not know)."""

    event_id: str
    kind: NoticeKind
    subject_no: str
    fact: PaymentFact | RefundFact | None


@dataclass(frozen=True, kw_only=True)
class BillEntry:
    """One row of the gateway's daily bill. `number` is our out_trade_no or out_refund_no."""

    kind: BillKind
    number: str
    gateway_number: str
    amount: int


class NoticeRefused(Exception):
    """A notification that nobody may believe; the code says at which step it failed."""


class PaymentChannel(Protocol):
    """One way to pay."""

    def prepay(
        self, payment: Payment, *, description: str, expires_at: datetime, openid: str, client_ip: str, return_url: str
    ) -> str:
        """Open the attempt at the gateway and return the handle that lets the buyer pay it."""

    def query(self, payment: Payment, *, quickly: bool = False) -> PaymentFact:
        """Ask what became of an attempt; MISSING instead of an error when the gateway knows nothing of it.

        `quickly`, because a person waits: whoever needs more than 3 seconds to answer has not answered.
        """

    def close(self, payment: Payment) -> None:
        """Make sure that nobody pays the attempt any more. Raises ProviderRejected when somebody has."""

    def refund(self, refund: Refund) -> RefundFact:
        """Ask for the money to go back; repeating it refunds once."""

    def query_refund(self, refund: Refund) -> RefundFact:
        """Ask what became of a refund; MISSING instead of an error when the gateway knows nothing of it."""

    def parse_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> GatewayEvent:
        """Verify and read a notification. Raises NoticeRefused."""

    def bill(self, day: date) -> list[BillEntry]:
        """Return the gateway's own list of a Shanghai day."""


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
