"""Paying at the counter: a clerk takes the money, so there is no gateway to ask and a refund is cash at once."""

from collections.abc import Mapping
from datetime import date, datetime

from orders.channels.base import (
    BillEntry,
    GatewayEvent,
    NoticeRefused,
    PaymentFact,
    PaymentState,
    RefundFact,
    RefundState,
)
from orders.models import Payment, Refund
from shop.lib.providers import ProviderRejected


class OfflineChannel:
    """The till."""

    def prepay(
        self, payment: Payment, *, description: str, expires_at: datetime, openid: str, client_ip: str, return_url: str
    ) -> str:
        """Refuse: such an order is paid when it is collected."""
        raise ProviderRejected("OFFLINE", "到店付款的订单在提货时付款")

    def query(self, payment: Payment, *, quickly: bool = False) -> PaymentFact:
        """Return what the clerk recorded."""
        return PaymentFact(
            out_trade_no=payment.out_trade_no,
            state=PaymentState.PAID if payment.paid_at else PaymentState.OPEN,
            amount=payment.amount,
            transaction_id=payment.transaction_id or "",
            paid_at=payment.paid_at,
        )

    def close(self, payment: Payment) -> None:
        """Do nothing: nobody can pay at the till unseen."""

    def refund(self, refund: Refund) -> RefundFact:
        """Report the cash as handed back: the clerk does so when asking for the refund."""
        return self.query_refund(refund)

    def query_refund(self, refund: Refund) -> RefundFact:
        """Report the cash as handed back."""
        return RefundFact(
            out_refund_no=refund.out_refund_no, state=RefundState.DONE, amount=refund.amount, done_at=refund.created_at
        )

    def parse_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> GatewayEvent:
        """Refuse: the till sends no notices."""
        raise NoticeRefused("no_gateway")

    def bill(self, day: date) -> list[BillEntry]:
        """Return nothing: there is no second book to compare with."""
        return []
