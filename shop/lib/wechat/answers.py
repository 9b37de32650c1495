"""What WeChat Pay tells about payments, refunds and bills, as frozen facts in fen and aware datetimes."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """One payment as the gateway sees it: the answer of a query, or the resource of a payment notice.

    `state` is SUCCESS, REFUND (paid, then refunded at least in part), NOTPAY (not final), CLOSED, REVOKED,
    USERPAYING or PAYERROR. `transaction_id` is empty and `paid_at` None while nobody has paid.
    """

    out_trade_no: str
    transaction_id: str
    state: str
    total: int
    mchid: str
    appid: str
    paid_at: datetime | None
    openid: str = field(repr=False)

    @property
    def is_paid(self) -> bool:
        """Whether the money has arrived, whatever became of it later."""
        return self.state in {"SUCCESS", "REFUND"}

    @classmethod
    def read(cls, resource: Mapping[str, Any]) -> Self:
        """Read the gateway's JSON. Raises KeyError, TypeError or ValueError when it is not a payment."""
        return cls(
            out_trade_no=str(resource["out_trade_no"]),
            transaction_id=str(resource.get("transaction_id", "")),
            state=str(resource["trade_state"]),
            total=_fen(resource.get("amount", {}).get("total", 0)),
            mchid=str(resource["mchid"]),
            appid=str(resource["appid"]),
            paid_at=_moment(resource.get("success_time")),
            openid=str(resource.get("payer", {}).get("openid", "")),
        )


@dataclass(frozen=True, kw_only=True)
class Refunded:
    """One refund as the gateway sees it: the answer of a refund or its query, or the resource of a refund notice.

    `state` is PROCESSING, SUCCESS, CLOSED (failed for good) or ABNORMAL (stuck, a person must help; may still succeed).
    """

    out_refund_no: str
    refund_id: str
    out_trade_no: str
    transaction_id: str
    state: str
    refund: int
    total: int
    succeeded_at: datetime | None

    @classmethod
    def read(cls, resource: Mapping[str, Any]) -> Self:
        """Read the gateway's JSON. Raises KeyError, TypeError or ValueError when it is not a refund."""
        return cls(
            out_refund_no=str(resource["out_refund_no"]),
            refund_id=str(resource["refund_id"]),
            out_trade_no=str(resource["out_trade_no"]),
            transaction_id=str(resource["transaction_id"]),
            state=str(resource.get("status") or resource["refund_status"]),  # a notice calls it refund_status
            refund=_fen(resource["amount"]["refund"]),
            total=_fen(resource["amount"]["total"]),
            succeeded_at=_moment(resource.get("success_time")),
        )


@dataclass(frozen=True, kw_only=True)
class BillRow:
    """One line of the daily trade bill: a payment (`out_refund_no` empty, `refund` 0) or a refund.

    `at` is when the payment succeeded or the refund was accepted; `refund_state` is not updated afterwards.
    """

    at: datetime
    appid: str
    mchid: str
    transaction_id: str
    out_trade_no: str
    trade_type: str
    state: str
    total: int
    refund_id: str
    out_refund_no: str
    refund: int
    refund_state: str
    fee: int


def read_bill(text: str) -> list[BillRow]:
    """Parse a trade bill of type ALL: headings, rows, headings of the sums, sums.

    Fields are not quoted; each begins with a back-tick instead, so a comma inside a name splits nothing.
    Raises ValueError or KeyError when a line does not fit its headings, or lines are missing.
    """
    headings, *lines, sum_headings, sums = text.removeprefix("\ufeff").splitlines()
    rows = [_bill_row(_fields(headings, line)) for line in lines]
    if len(rows) != int(_fields(sum_headings, sums)["总交易单数"]):
        raise ValueError("the bill counts other rows than it has")
    return rows


def _fields(headings: str, line: str) -> dict[str, str]:
    return dict(zip(next(csv.reader([headings])), line.removeprefix("`").split(",`"), strict=True))


def _bill_row(fields: Mapping[str, str]) -> BillRow:
    return BillRow(
        at=datetime.strptime(fields["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI),
        appid=fields["公众账号ID"],
        mchid=fields["商户号"],
        transaction_id=fields["微信订单号"],
        out_trade_no=fields["商户订单号"],
        trade_type=fields["交易类型"],
        state=fields["交易状态"],
        total=_fen_of_yuan(fields["订单金额"]),
        refund_id=_filled(fields["微信退款单号"]),
        out_refund_no=_filled(fields["商户退款单号"]),
        refund=_fen_of_yuan(fields["申请退款金额"]),
        refund_state=fields["退款状态"],
        fee=_fen_of_yuan(fields["手续费"]),
    )


def _filled(number: str) -> str:
    return "" if number == "0" else number  # payments carry a 0 where a refund has its number


def _fen_of_yuan(yuan: str) -> int:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", yuan):
        raise ValueError("not an amount of yuan")
    return int((Decimal(yuan) * 100).to_integral_value())


def _fen(amount: object) -> int:
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise TypeError("an amount is an integer of fen")
    return amount


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
