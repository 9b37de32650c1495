"""The past: payments and refunds of a shop that was filled before its gateway was started."""

import json
import sqlite3
from typing import Any

from shop.sandbox.books import Books
from shop.sandbox.gateway import Account

Row = dict[str, Any]


def record(books: Books, account: Account, *, notify_url: str, content: Row) -> None:
    """Write `{"payments": [...], "refunds": [...]}` into the books as done; rows that stand there stay as they are.

    Amounts are fen, times epoch seconds.
    """
    with books.open() as db:
        for payment in content["payments"]:
            _record_payment(db, account, notify_url, payment)
        for refund in content["refunds"]:
            _record_refund(db, notify_url, refund)


def _record_payment(db: sqlite3.Connection, account: Account, notify_url: str, payment: Row) -> None:
    wish = {
        "appid": account.appid,
        "mchid": account.mchid,
        "description": payment["description"],
        "out_trade_no": payment["out_trade_no"],
        "notify_url": notify_url,
        "amount": {"total": payment["total"], "currency": "CNY"},
    }
    db.execute(
        "INSERT OR IGNORE INTO payments (out_trade_no, prepay_id, transaction_id, kind, wish, total, openid, state,"
        " made_at, prepared_at, paid_at) VALUES (?, ?, ?, 'h5', ?, ?, ?, 'SUCCESS', ?, ?, ?)",
        (
            payment["out_trade_no"],
            f"wx-past-{payment['out_trade_no']}",
            payment["transaction_id"],
            json.dumps(wish, sort_keys=True, ensure_ascii=False),
            payment["total"],
            f"o-past-{payment['transaction_id'][-12:]}",
            payment["made_at"],
            payment["made_at"],
            payment["paid_at"],
        ),
    )


def _record_refund(db: sqlite3.Connection, notify_url: str, refund: Row) -> None:
    wish = {
        "out_trade_no": refund["out_trade_no"],
        "out_refund_no": refund["out_refund_no"],
        "reason": refund["reason"],
        "notify_url": notify_url,
        "amount": {"refund": refund["amount"], "total": refund["total"], "currency": "CNY"},
    }
    db.execute(
        "INSERT OR IGNORE INTO refunds (out_refund_no, refund_id, out_trade_no, wish, amount, state, fate, made_at,"
        " due_at, done_at) VALUES (?, ?, ?, ?, ?, 'SUCCESS', 'SUCCESS', ?, ?, ?)",
        (
            refund["out_refund_no"],
            refund["refund_id"],
            refund["out_trade_no"],
            json.dumps(wish, sort_keys=True, ensure_ascii=False),
            refund["amount"],
            refund["made_at"],
            refund["made_at"],
            refund["done_at"],
        ),
    )
    db.execute("UPDATE payments SET state = 'REFUND' WHERE out_trade_no = ?", (refund["out_trade_no"],))
