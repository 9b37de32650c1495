"""Payments: made by a prepay, paid by a person, asked for, closed. Every rule is the real gateway's."""

import json
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from shop.sandbox import notices, wishes
from shop.sandbox.books import warn
from shop.sandbox.clock import digits_of, rfc3339
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import Refusal, param_error

VALID = {"h5": 300, "native": 7200, "jsapi": 7200}  # seconds that the way to the cashier stays open
CLOSE_AFTER = 300
LEAST_EXPIRY = 60
TRADE_TYPES = {"h5": "MWEB", "native": "NATIVE", "jsapi": "JSAPI"}
DESCRIPTIONS = {
    "SUCCESS": "支付成功",
    "REFUND": "转入退款",
    "NOTPAY": "订单未支付",
    "CLOSED": "订单已关闭",
}


def prepay(gateway: Gateway, db: sqlite3.Connection, *, kind: str, wish: Mapping[str, Any]) -> str:
    """Open a payment and return its prepay id. The same wish again gets the same id, any other one is refused."""
    out_trade_no, expires_at = _check_wish(gateway, kind, wish)
    known = db.execute("SELECT * FROM payments WHERE out_trade_no = ?", (out_trade_no,)).fetchone()
    now, written = gateway.clock.now(), _written(wish)
    if known:
        _check_repeat(known, kind, written)
        db.execute("UPDATE payments SET prepared_at = ? WHERE out_trade_no = ?", (now, out_trade_no))
        return str(known["prepay_id"])
    if expires_at is not None and expires_at < now + LEAST_EXPIRY - 1:
        raise param_error("time_expire", "应晚于当前时间至少1分钟")
    prepay_id = f"wx{digits_of(now)}{secrets.token_hex(10)}"
    db.execute(
        "INSERT INTO payments"
        " (out_trade_no, prepay_id, kind, wish, total, openid, state, made_at, prepared_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'NOTPAY', ?, ?, ?)",
        (out_trade_no, prepay_id, kind, written, wish["amount"]["total"], _openid(kind, wish), now, now, expires_at),
    )
    return prepay_id


def query(db: sqlite3.Connection, *, column: str, number: str) -> dict[str, Any]:
    """Answer a query by `out_trade_no` or `transaction_id`."""
    row = find(db, number) if column == "out_trade_no" else _by_transaction(db, number)
    return as_json(row)


def close(gateway: Gateway, db: sqlite3.Connection, *, out_trade_no: str, wish: Mapping[str, Any]) -> None:
    """Close an unpaid payment; doing it again changes nothing, doing it in the first 5 minutes is noted."""
    wishes.merchant(wish, mchid=gateway.account.mchid)
    row = find(db, out_trade_no)
    if row["state"] in {"SUCCESS", "REFUND"}:
        raise Refusal(400, "ORDER_PAID", "该订单已支付")
    if row["state"] == "CLOSED":
        return
    now = gateway.clock.now()
    if now < row["made_at"] + gateway.clock.wait(CLOSE_AFTER):
        warn(db, code="CLOSED_TOO_EARLY", about=out_trade_no)
    db.execute("UPDATE payments SET state = 'CLOSED', closed_at = ? WHERE out_trade_no = ?", (now, out_trade_no))


def pay(gateway: Gateway, db: sqlite3.Connection, *, out_trade_no: str, late: bool) -> str:
    """Pay as a person would and return the transaction id; the notice is written in the same transaction.

    `late` is the person who had already reached the password page: expiry and closing do not stop them.
    """
    row, now = find(db, out_trade_no), gateway.clock.now()
    if row["state"] in {"SUCCESS", "REFUND"}:
        raise Refusal(400, "ORDER_PAID", "该订单已支付")
    if not late and not is_open(row, now):
        raise Refusal(400, "ORDER_CLOSED", "订单已关闭或已过期")
    transaction_id = f"4200{digits_of(now)}{secrets.randbelow(10**10):010d}"
    db.execute(
        "UPDATE payments SET state = 'SUCCESS', paid_at = ?, pay_at = NULL, transaction_id = ?, openid = ?"
        " WHERE out_trade_no = ?",
        (now, transaction_id, row["openid"] or f"o{secrets.token_hex(13)}", out_trade_no),
    )
    paid = find(db, out_trade_no)
    notices.write(
        gateway,
        db,
        event_type="TRANSACTION.SUCCESS",
        about=out_trade_no,
        url=json.loads(paid["wish"])["notify_url"],
        resource=as_json(paid),
    )
    return transaction_id


def pay_due(gateway: Gateway) -> None:
    """Pay for everybody who said they would pay later and whose moment has come."""
    with gateway.books.open() as db:
        due = db.execute("SELECT out_trade_no FROM payments WHERE pay_at <= ?", (gateway.clock.now(),)).fetchall()
        for row in due:
            pay(gateway, db, out_trade_no=row["out_trade_no"], late=True)


def find(db: sqlite3.Connection, out_trade_no: str) -> sqlite3.Row:
    """Return the payment, or refuse."""
    row = db.execute("SELECT * FROM payments WHERE out_trade_no = ?", (out_trade_no,)).fetchone()
    return _known(row)


def by_prepay_id(db: sqlite3.Connection, prepay_id: str) -> sqlite3.Row:
    """Return the payment of a cashier's address, or refuse."""
    return _known(db.execute("SELECT * FROM payments WHERE prepay_id = ?", (prepay_id,)).fetchone())


def is_open(row: sqlite3.Row, now: float) -> bool:
    """Say whether the cashier still lets a person begin to pay."""
    expires_at = row["expires_at"] if row["expires_at"] is not None else row["made_at"] + 7 * 86400
    until: float = min(expires_at, row["prepared_at"] + VALID[row["kind"]])
    return row["state"] == "NOTPAY" and now < until


def as_json(row: sqlite3.Row) -> dict[str, Any]:
    """Return the payment in the words of a query's answer, which are those of a notice too."""
    wish = json.loads(row["wish"])
    told = {
        "appid": wish["appid"],
        "mchid": wish["mchid"],
        "out_trade_no": row["out_trade_no"],
        "trade_state": row["state"],
        "trade_state_desc": DESCRIPTIONS[row["state"]],
        "attach": wish.get("attach", ""),
        "amount": {"total": row["total"], "currency": "CNY"},
        "promotion_detail": [],
    }
    if row["paid_at"] is not None:
        told |= {
            "transaction_id": row["transaction_id"],
            "trade_type": TRADE_TYPES[row["kind"]],
            "bank_type": "OTHERS",
            "success_time": rfc3339(row["paid_at"]),
            "payer": {"openid": row["openid"]},
        }
        told["amount"] |= {"payer_total": row["total"], "payer_currency": "CNY"}
    return told


def _check_wish(gateway: Gateway, kind: str, wish: Mapping[str, Any]) -> tuple[str, float | None]:
    wishes.merchant(wish, mchid=gateway.account.mchid)
    if wish.get("appid") != gateway.account.appid:
        raise Refusal(400, "APPID_MCHID_NOT_MATCH", "商户号mchid与appid不匹配")
    wishes.text(wish, "description", longest=127)
    wishes.text(wish, "attach", longest=128, shortest=0)
    wishes.notify_url(wish)
    wishes.amount(wishes.part(wish, "amount"), "total")
    if kind == "jsapi":
        wishes.text(wishes.part(wish, "payer"), "openid", longest=128)
    if kind == "h5":
        _check_scene(wishes.part(wish, "scene_info"))
    return wishes.number(wish, "out_trade_no", pattern=wishes.OUT_TRADE_NO), wishes.expiry(wish)


def _check_scene(scene: Mapping[str, Any]) -> None:
    wishes.text(scene, "payer_client_ip", longest=45)
    if wishes.part(scene, "h5_info").get("type") not in {"iOS", "Android", "Wap"}:
        raise param_error("scene_info.h5_info.type", "应为iOS、Android或Wap")


def _check_repeat(known: sqlite3.Row, kind: str, written: str) -> None:
    if known["state"] in {"SUCCESS", "REFUND"}:
        raise Refusal(400, "ORDER_PAID", "该订单已支付")
    if known["state"] == "CLOSED":
        raise Refusal(400, "ORDER_CLOSED", "该订单已关闭")
    if (known["kind"], known["wish"]) != (kind, written):
        raise Refusal(403, "OUT_TRADE_NO_USED", "商户订单号重复")


def _written(wish: Mapping[str, Any]) -> str:
    """Return what has to be the same in a repeat: all but where the buyer stands, who may have walked on."""
    return json.dumps({**wish, "scene_info": None}, sort_keys=True, ensure_ascii=False)


def _openid(kind: str, wish: Mapping[str, Any]) -> str:
    return str(wish["payer"]["openid"]) if kind == "jsapi" else ""


def _by_transaction(db: sqlite3.Connection, number: str) -> sqlite3.Row:
    return _known(db.execute("SELECT * FROM payments WHERE transaction_id = ?", (number,)).fetchone())


def _known(row: sqlite3.Row | None) -> sqlite3.Row:
    if row is None:
        raise Refusal(404, "ORDER_NOT_EXIST", "订单不存在")
    return row
