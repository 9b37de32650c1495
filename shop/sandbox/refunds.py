"""Refunds: accepted, then done a little later, or failed, or stuck. Every rule is the real gateway's."""

import json
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from shop.sandbox import notices, payments, wishes
from shop.sandbox.clock import digits_of, rfc3339
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import Refusal, param_error

TAKES = 2  # seconds from accepted to done
APART = 60
WINDOW = 365 * 86400
MOST = 50
FATES = {"SUCCESS", "ABNORMAL", "CLOSED"}


def refund(gateway: Gateway, db: sqlite3.Connection, *, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Accept a refund. The same number with the same wish is the same refund, in whatever state it is by now."""
    out_refund_no, amount = _check_wish(wish)
    written = json.dumps(wish, sort_keys=True, ensure_ascii=False)
    known = db.execute("SELECT * FROM refunds WHERE out_refund_no = ?", (out_refund_no,)).fetchone()
    if known:
        if known["wish"] != written:
            raise Refusal(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
        return as_json(db, known)
    payment, now = _payment_of(db, wish), gateway.clock.now()
    _check_rules(gateway, db, payment, amount=amount, total=wish["amount"]["total"])
    db.execute(
        "INSERT INTO refunds (out_refund_no, refund_id, out_trade_no, wish, amount, state, fate, made_at, due_at)"
        " VALUES (?, ?, ?, ?, ?, 'PROCESSING', ?, ?, ?)",
        (
            out_refund_no,
            f"5030{digits_of(now)}{secrets.randbelow(10**10):010d}",
            payment["out_trade_no"],
            written,
            amount,
            _fate(gateway),
            now,
            now + gateway.clock.wait(TAKES),
        ),
    )
    db.execute("UPDATE payments SET state = 'REFUND' WHERE out_trade_no = ?", (payment["out_trade_no"],))
    return query(db, out_refund_no=out_refund_no)


def query(db: sqlite3.Connection, *, out_refund_no: str) -> dict[str, Any]:
    """Answer a query for one refund."""
    return as_json(db, find(db, out_refund_no))


def finish(gateway: Gateway, db: sqlite3.Connection, *, out_refund_no: str, state: str) -> None:
    """Let a refund that is under way, or stuck, become `state`, and write its notice."""
    row = find(db, out_refund_no)
    if state not in FATES or row["state"] not in {"PROCESSING", "ABNORMAL"}:
        raise Refusal(400, "INVALID_REQUEST", f"{row['state']} -> {state}")
    done_at = gateway.clock.now() if state == "SUCCESS" else None
    db.execute("UPDATE refunds SET state = ?, done_at = ? WHERE out_refund_no = ?", (state, done_at, out_refund_no))
    if state == "CLOSED":
        _forget_refund(db, row["out_trade_no"])
    url = json.loads(row["wish"]).get("notify_url")
    if url:
        resource = _notice_of(gateway, db, out_refund_no)
        event_type = f"REFUND.{state}"
        notices.write(gateway, db, event_type=event_type, about=out_refund_no, url=url, resource=resource)


def finish_due(gateway: Gateway, *, everything: bool = False) -> None:
    """Finish every refund whose time has come, or simply every one that is under way."""
    with gateway.books.open() as db:
        until = float("inf") if everything else gateway.clock.now()
        due = db.execute("SELECT * FROM refunds WHERE state = 'PROCESSING' AND due_at <= ?", (until,)).fetchall()
        for row in due:
            finish(gateway, db, out_refund_no=row["out_refund_no"], state=row["fate"])


def find(db: sqlite3.Connection, out_refund_no: str) -> sqlite3.Row:
    """Return the refund, or refuse."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM refunds WHERE out_refund_no = ?", (out_refund_no,)).fetchone()
    if row is None:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    return row


def as_json(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """Return the refund in the words of a query's answer."""
    payment = payments.find(db, row["out_trade_no"])
    told = {
        "refund_id": row["refund_id"],
        "out_refund_no": row["out_refund_no"],
        "transaction_id": payment["transaction_id"],
        "out_trade_no": row["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(row["made_at"]),
        "status": row["state"],
        "funds_account": "AVAILABLE",
        "amount": {
            **_amounts(row, payment),
            "settlement_refund": row["amount"],
            "settlement_total": payment["total"],
            "discount_refund": 0,
            "currency": "CNY",
        },
        "promotion_detail": [],
    }
    if row["done_at"] is not None:
        told["success_time"] = rfc3339(row["done_at"])
    return told


def _notice_of(gateway: Gateway, db: sqlite3.Connection, out_refund_no: str) -> dict[str, Any]:
    """Return the refund in the words of a notice, which are a few others than a query's."""
    row = find(db, out_refund_no)
    told = as_json(db, row)
    same = ("refund_id", "out_refund_no", "transaction_id", "out_trade_no", "user_received_account", "success_time")
    return {
        "mchid": gateway.account.mchid,
        "refund_status": row["state"],
        **{name: told[name] for name in same if name in told},
        "amount": _amounts(row, payments.find(db, row["out_trade_no"])),
    }


def _amounts(row: sqlite3.Row, payment: sqlite3.Row) -> dict[str, int]:
    return {
        "total": payment["total"],
        "refund": row["amount"],
        "payer_total": payment["total"],
        "payer_refund": row["amount"],
    }


def _check_wish(wish: Mapping[str, Any]) -> tuple[str, int]:
    wishes.text(wish, "reason", longest=80, shortest=0)
    if "notify_url" in wish:
        wishes.notify_url(wish)
    amounts = wishes.part(wish, "amount")
    wishes.amount(amounts, "total")
    return wishes.number(wish, "out_refund_no", pattern=wishes.OUT_REFUND_NO), wishes.amount(amounts, "refund")


def _payment_of(db: sqlite3.Connection, wish: Mapping[str, Any]) -> sqlite3.Row:
    number = wish.get("transaction_id") or wish.get("out_trade_no")
    if not isinstance(number, str):
        raise param_error("transaction_id", "与out_trade_no二选一")
    column = "transaction_id" if wish.get("transaction_id") else "out_trade_no"
    row: sqlite3.Row | None = db.execute(
        f"SELECT * FROM payments WHERE {column} = ?",  # noqa: S608 one of two constants
        (number,),
    ).fetchone()
    if row is None:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    return row


def _check_rules(gateway: Gateway, db: sqlite3.Connection, payment: sqlite3.Row, *, amount: int, total: int) -> None:
    now = gateway.clock.now()
    if payment["paid_at"] is None:
        raise Refusal(403, "TRADE_ERROR", "订单未支付，不能退款")
    if payment["total"] != total:
        raise Refusal(400, "INVALID_REQUEST", "订单金额与原订单不一致")
    if now > payment["paid_at"] + WINDOW:
        raise Refusal(400, "INVALID_REQUEST", "订单已超过可退款最大期限")
    earlier = db.execute("SELECT * FROM refunds WHERE out_trade_no = ?", (payment["out_trade_no"],)).fetchall()
    if len(earlier) >= MOST:
        raise Refusal(403, "RULE_LIMIT", "该订单退款次数超过限制")
    if sum(row["amount"] for row in earlier if row["state"] != "CLOSED") + amount > total:
        raise Refusal(400, "INVALID_REQUEST", "退款总金额大于订单金额")
    if any(now < row["made_at"] + gateway.clock.wait(APART) for row in earlier):
        raise Refusal(429, "FREQUENCY_LIMITED", "同一笔订单的退款请求需间隔1分钟")


def _fate(gateway: Gateway) -> str:
    for name, fate in (("refund_abnormal", "ABNORMAL"), ("refund_closed", "CLOSED")):
        if gateway.faults.take(name=name, operation="refund"):
            return fate
    return "SUCCESS"


def _forget_refund(db: sqlite3.Connection, out_trade_no: str) -> None:
    """Let the payment be wholly paid again when its only refund has failed."""
    db.execute(
        "UPDATE payments SET state = 'SUCCESS' WHERE out_trade_no = ?1"
        " AND NOT EXISTS (SELECT 1 FROM refunds WHERE out_trade_no = ?1 AND state <> 'CLOSED')",
        (out_trade_no,),
    )
