"""WeChat Pay: our words on one side, APIv3's on the other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from orders.channels.base import (
    BillEntry,
    GatewayEvent,
    NoticeRefused,
    PaymentFact,
    PaymentState,
    RefundFact,
    RefundState,
)
from orders.models import BillKind, NoticeKind, Payment, Refund
from shop.lib.providers import ProviderRejected, ProviderUnavailable
from shop.lib.wechat import pay
from shop.lib.wechat.answers import Refunded, Transaction

REFUND_STATES = {
    "PROCESSING": RefundState.SENT,
    "SUCCESS": RefundState.DONE,
    "ABNORMAL": RefundState.ABNORMAL,
    "CLOSED": RefundState.FAILED,
}
QUICK = (1.0, 2.0)  # seconds to connect and to read: DESIGN 4 lets a cancelling member wait for three
NOT_FOUND = frozenset({"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS", "NOT_FOUND"})


class WechatChannel:
    """The payment channel of WeChat Pay."""

    def prepay(
        self, payment: Payment, *, description: str, expires_at: datetime, openid: str, client_ip: str, return_url: str
    ) -> str:
        """Return an H5 address, a code for a QR picture, or a prepay id, as `payment.product` says."""
        wish: dict[str, Any] = {
            "out_trade_no": payment.out_trade_no,
            "description": description,
            "total": payment.amount,
            "notify_url": notify_url(),
            "expires_at": expires_at,
        }
        if payment.product == "h5":
            return client().prepay_h5(**wish, client_ip=client_ip, return_url=return_url)
        if payment.product == "native":
            return client().prepay_native(**wish)
        return client().prepay_jsapi(**wish, openid=openid)

    def query(self, payment: Payment, *, quickly: bool = False) -> PaymentFact:
        """Ask for the trade state; a number that never arrived is MISSING."""
        try:
            return _payment_fact(client(quickly=quickly).query(payment.out_trade_no))
        except ProviderRejected as error:
            if error.code in NOT_FOUND:
                return PaymentFact(out_trade_no=payment.out_trade_no, state=PaymentState.MISSING)
            raise

    def close(self, payment: Payment) -> None:
        """Close the attempt; WeChat wants it to be five minutes old."""
        client().close(payment.out_trade_no)

    def refund(self, refund: Refund) -> RefundFact:
        """Ask for the refund under its fixed number."""
        payment = refund.payment
        if payment is None:
            raise ProviderRejected("NO_PAYMENT", "没有可以退款的支付")
        return _refund_fact(
            client().refund(
                out_trade_no=payment.out_trade_no,
                out_refund_no=refund.out_refund_no,
                refund=refund.amount,
                total=payment.amount,
                reason=refund.reason or refund.get_cause_display(),
                notify_url=notify_url(),
            )
        )

    def query_refund(self, refund: Refund) -> RefundFact:
        """Ask for the refund's state; a number that never arrived is MISSING."""
        try:
            return _refund_fact(client().query_refund(refund.out_refund_no))
        except ProviderRejected as error:
            if error.code in NOT_FOUND:
                return RefundFact(out_refund_no=refund.out_refund_no, state=RefundState.MISSING)
            raise

    def parse_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> GatewayEvent:
        """Verify, decrypt and translate; a well-signed notice that is neither payment nor refund carries no fact."""
        try:
            notice = client().parse_notice(headers=headers, body=body, now=now)
        except pay.NoticeRefused as error:
            raise NoticeRefused(error.code) from error
        try:
            return _event(notice)
        except (KeyError, TypeError, ValueError) as error:
            raise NoticeRefused("malformed") from error

    def bill(self, day: date) -> list[BillEntry]:
        """Return the payments and refunds of the day."""
        return [
            BillEntry(kind=BillKind.REFUND, number=row.out_refund_no, gateway_number=row.refund_id, amount=row.refund)
            if row.out_refund_no
            else BillEntry(
                kind=BillKind.PAYMENT, number=row.out_trade_no, gateway_number=row.transaction_id, amount=row.total
            )
            for row in client().trade_bill(day)
        ]


def client(*, quickly: bool = False) -> pay.WechatPay:
    """Return the client of the current settings, made once; `quickly` waits as long as a person may be kept waiting.

    Raises ProviderUnavailable while there are no keys to sign with, as before the sandbox's first start.
    """
    try:
        patient = _client_of(tuple(sorted((name, str(value)) for name, value in settings.WECHAT_PAY.items())))
    except OSError as error:
        raise ProviderUnavailable("NO_KEYS", str(error)) from error
    return pay.WechatPay(replace(patient.config, timeout=QUICK)) if quickly else patient


@lru_cache(maxsize=2)
def _client_of(given: tuple[tuple[str, str], ...]) -> pay.WechatPay:
    return pay.WechatPay.from_settings()


def notify_url() -> str:
    """Return where WeChat shall send its notices."""
    return f"{settings.SITE_URL}/pay/wechat/notify/"


def _event(notice: pay.Notice) -> GatewayEvent:
    if notice.event_type.startswith("TRANSACTION."):
        payment = _payment_fact(Transaction.read(notice.resource))
        return GatewayEvent(event_id=notice.id, kind=NoticeKind.PAYMENT, subject_no=payment.out_trade_no, fact=payment)
    if notice.event_type.startswith("REFUND."):
        refund = _refund_fact(Refunded.read(notice.resource))
        return GatewayEvent(event_id=notice.id, kind=NoticeKind.REFUND, subject_no=refund.out_refund_no, fact=refund)
    return GatewayEvent(event_id=notice.id, kind=NoticeKind.OTHER, subject_no="", fact=None)


def _payment_fact(told: Transaction) -> PaymentFact:
    given = settings.WECHAT_PAY
    state = PaymentState.CLOSED if told.state in {"CLOSED", "REVOKED", "PAYERROR"} else PaymentState.OPEN
    return PaymentFact(
        out_trade_no=told.out_trade_no,
        state=PaymentState.PAID if told.is_paid else state,
        amount=told.total,
        transaction_id=told.transaction_id,
        paid_at=told.paid_at,
        is_ours=(told.mchid, told.appid) == (given["mchid"], given["appid"]),
    )


def _refund_fact(told: Refunded) -> RefundFact:
    return RefundFact(
        out_refund_no=told.out_refund_no,
        state=REFUND_STATES[told.state],
        amount=told.refund,
        gateway_refund_id=told.refund_id,
        done_at=told.succeeded_at,
    )
