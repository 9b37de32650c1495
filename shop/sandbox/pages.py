"""The pages a person sees: what there is, the cashier, and the inbox of text messages."""

import json
import sqlite3
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from shop.sandbox import books, payments, sms
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import Answer, Refusal, Request

LATER = {10: "10 秒后", 60: "1 分钟后", 600: "10 分钟后", 2400: "40 分钟后"}
WAYS = {"h5": "手机网页", "native": "扫码", "jsapi": "微信内"}
REFUND_STATES = {"PROCESSING": "退款处理中", "SUCCESS": "退款成功", "CLOSED": "退款失败", "ABNORMAL": "退款异常"}
PARAMS = {"code": "验证码"}
POLICY = "default-src 'none'; style-src 'self'; form-action *; frame-ancestors 'none'; base-uri 'none'"


def answer(gateway: Gateway, request: Request) -> Answer:
    """Answer a browser."""
    try:
        if request.path == "/":
            return _index(gateway)
        if request.path == "/style.css":
            return Answer(200, _style(), {"Content-Type": "text/css; charset=utf-8"})
        if request.path == "/sms/inbox":
            return _inbox(gateway)
        if request.path.startswith("/cashier/"):
            return _cashier(gateway, request)
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "没有这个页面")
    except Refusal as refusal:
        return _page("message", {"title": "出错了", "text": refusal.message}, status=refusal.status)


def _index(gateway: Gateway) -> Answer:
    with gateway.books.open() as db:
        ledger = books.ledger(db)
    shown = {
        "payments": [
            {**row, "yuan": _yuan(row["total"]), "way": WAYS[row["kind"]], "is": payments.DESCRIPTIONS[row["state"]]}
            for row in reversed(ledger["payments"][-30:])
        ],
        "refunds": [
            {**row, "yuan": _yuan(row["amount"]), "is": REFUND_STATES[row["state"]]}
            for row in reversed(ledger["refunds"][-30:])
        ],
    }
    return _page("index", shown)


def _inbox(gateway: Gateway) -> Answer:
    with gateway.books.open() as db:
        messages = sms.inbox(db)
    for message in messages:
        message["said"] = [(PARAMS.get(name, name), value) for name, value in message["params"].items()]
        message["time"] = datetime.fromisoformat(message["sent_at"]).strftime("%m-%d %H:%M:%S")
    return _page("inbox", {"messages": messages})


def _cashier(gateway: Gateway, request: Request) -> Answer:
    prepay_id, back = request.path.removeprefix("/cashier/"), _safe(request.asked().get("redirect_url", ""))
    with gateway.books.open() as db:
        row = payments.by_prepay_id(db, prepay_id)
        if request.method == "POST":
            return _act(gateway, db, row, request.form(), back)
        if row["kind"] == "h5" and not request.headers.get("referer"):
            books.warn(db, code="NO_REFERER", about=row["out_trade_no"])  # the real one: 商家参数格式有误
    return _page("cashier", _cashier_context(gateway, row, back))


def _cashier_context(gateway: Gateway, row: sqlite3.Row, back: str) -> dict[str, Any]:
    now = gateway.clock.now()
    return {
        "description": json.loads(row["wish"])["description"],
        "out_trade_no": row["out_trade_no"],
        "yuan": _yuan(row["total"]),
        "is_paid": row["paid_at"] is not None,
        "is_open": payments.is_open(row, now),
        "is_closed": row["state"] == "CLOSED",
        "will_pay_in": None if row["pay_at"] is None else max(0, round(row["pay_at"] - now)),
        "later": LATER.items(),
        "back": back,
    }


def _act(gateway: Gateway, db: sqlite3.Connection, row: sqlite3.Row, form: dict[str, str], back: str) -> Answer:
    """Do what the person pressed, and send them back to the shop, if it told us where that is."""
    number, action = row["out_trade_no"], form.get("action", "")
    if action in {"pay", "pay_late"}:
        payments.pay(gateway, db, out_trade_no=number, late=action == "pay_late")
    elif action == "pay_later" and row["paid_at"] is None:
        seconds = (
            int(form.get("seconds", "")) if form.get("seconds", "").isascii() and form["seconds"].isdigit() else 60
        )
        pay_at = gateway.clock.now() + gateway.clock.wait(min(seconds, 86400))
        db.execute("UPDATE payments SET pay_at = ? WHERE out_trade_no = ?", (pay_at, number))
    elif action != "cancel":
        raise Refusal(400, "PARAM_ERROR", "没有这个操作")
    elif not back:
        return _page("message", {"title": "支付未完成", "text": "你取消了支付，订单仍可继续支付。"})
    here = f"/cashier/{row['prepay_id']}" + (f"?redirect_url={quote(back, safe='')}" if back else "")
    return Answer(303, b"", {"Location": back or here})


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _safe(url: str) -> str:
    """Return an address to go back to, or nothing if it is not a web page or could break a header."""
    parts = urlsplit(url) if url.isprintable() and url.isascii() else None
    return url if parts and parts.scheme in {"http", "https"} and parts.hostname else ""


def _page(name: str, context: dict[str, Any], *, status: int = 200) -> Answer:
    html = render_to_string(f"sandbox/{name}.html", context)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(status, html.encode(), headers)


@cache
def _style() -> bytes:
    return (Path(settings.BASE_DIR) / "templates" / "sandbox" / "style.css").read_bytes()
