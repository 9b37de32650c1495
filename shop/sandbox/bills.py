"""The daily trade bill, byte for byte in the documented shape: back-ticks, yuan, two lines of sums.

Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html (as of 2023-09-26).
"""

import gzip
import hashlib
import json
import re
import secrets
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

from shop.sandbox.clock import SHANGHAI
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import Refusal, param_error
from shop.sandbox.payments import TRADE_TYPES

LIVES = 300  # seconds that a download address works
HEADINGS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUM_HEADINGS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
KINDS = {"ALL", "SUCCESS", "REFUND"}


def prepare(gateway: Gateway, db: sqlite3.Connection, *, asked: dict[str, str], origin: str) -> dict[str, Any]:
    """Write the bill of a day and say where to fetch it; here a day may be asked for before it is over."""
    day, kind = _day(asked), asked.get("bill_type", "ALL")
    if kind not in KINDS:
        raise param_error("bill_type", "应为ALL、SUCCESS或REFUND")
    if day > datetime.fromtimestamp(gateway.clock.now(), SHANGHAI).date():
        raise param_error("bill_date", "不能晚于今天")
    paid = _of_day(db, "SELECT * FROM payments WHERE paid_at >= ? AND paid_at < ? ORDER BY paid_at", day)
    refunds = _of_day(db, REFUNDS, day)
    lines = [_payment_line(row) for row in paid if kind != "REFUND"]
    lines += [_refund_line(row) for row in refunds if kind != "SUCCESS"]
    if not lines:
        raise Refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    sums = _sums(len(lines), paid if kind != "REFUND" else [], refunds if kind != "SUCCESS" else [])
    content = "\r\n".join([HEADINGS, *lines, SUM_HEADINGS, sums, ""]).encode()
    token = secrets.token_urlsafe(24)
    packed = gzip.compress(content) if asked.get("tar_type") == "GZIP" else content
    db.execute("INSERT INTO bills VALUES (?, ?, ?)", (token, packed, gateway.clock.now() + LIVES))
    return {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "download_url": f"{origin}/mch/v3/billdownload/file?token={token}",
    }


def download(gateway: Gateway, db: sqlite3.Connection, *, token: str) -> bytes:
    """Return a prepared bill while its address lives."""
    row = db.execute("SELECT * FROM bills WHERE token = ?", (token,)).fetchone()
    if row is None or gateway.clock.now() > row["until"]:
        raise Refusal(400, "INVALID_REQUEST", "token已失效")
    return bytes(row["content"])


REFUNDS = (
    "SELECT refunds.*, payments.wish AS payment_wish, payments.kind, payments.openid, payments.transaction_id"
    " FROM refunds JOIN payments USING (out_trade_no) WHERE refunds.made_at >= ? AND refunds.made_at < ?"
    " ORDER BY refunds.made_at"
)


def _day(asked: dict[str, str]) -> date:
    try:
        return date.fromisoformat(asked.get("bill_date", ""))
    except ValueError as error:
        raise param_error("bill_date", "格式应为yyyy-MM-dd") from error


def _of_day(db: sqlite3.Connection, sql: str, day: date) -> list[sqlite3.Row]:
    midnight = datetime.combine(day, datetime.min.time(), SHANGHAI)
    return db.execute(sql, (midnight.timestamp(), (midnight + timedelta(days=1)).timestamp())).fetchall()


def _payment_line(row: sqlite3.Row) -> str:
    amount = _yuan(row["total"])
    return _line(
        *_head(row["paid_at"], json.loads(row["wish"]), row, "SUCCESS"),
        *(amount, "0.00", "0", "0", "0.00", "0.00", "", ""),
        *_tail(json.loads(row["wish"])),
        *(amount, "0.00", ""),
    )


def _refund_line(row: sqlite3.Row) -> str:
    amount = _yuan(row["amount"])
    return _line(
        *_head(row["made_at"], json.loads(row["payment_wish"]), row, "REFUND"),
        *("0.00", "0.00", row["refund_id"], row["out_refund_no"], amount, "0.00", "ORIGINAL", row["state"]),
        *_tail(json.loads(row["payment_wish"])),
        *("0.00", amount, ""),
    )


def _head(at: float, wish: dict[str, Any], row: sqlite3.Row, state: str) -> tuple[str, ...]:
    time = datetime.fromtimestamp(at, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return (
        *(time, wish["appid"], wish["mchid"], "0", "", row["transaction_id"], row["out_trade_no"], row["openid"]),
        *(TRADE_TYPES[row["kind"]], state, "OTHERS", "CNY"),
    )


def _tail(wish: dict[str, Any]) -> tuple[str, ...]:
    return wish["description"], wish.get("attach", ""), "0.00000", "0.60%"


def _sums(count: int, paid: list[sqlite3.Row], refunds: list[sqlite3.Row]) -> str:
    total, back = _yuan(sum(row["total"] for row in paid)), _yuan(sum(row["amount"] for row in refunds))
    return _line(str(count), total, back, "0.00", "0.00000", total, back)


def _line(*fields: str) -> str:
    return ",".join("`" + re.sub(r"[`\r\n]", " ", field) for field in fields)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
