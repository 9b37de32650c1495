"""The interfaces of WeChat Pay under `/mch`: who may ask what, and what goes wrong on demand on the way back."""

import os
import re
import socket
import struct
import time
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import unquote

from shop.sandbox import bills, notices, payments, refunds, signing
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import Answer, Refusal, Request, error_answer, json_answer

PREFIX = "/mch"
OLD_SPELLINGS = {
    "SYSTEM_ERROR": "SYSTEMERROR",
    "ORDER_NOT_EXIST": "ORDERNOTEXIST",
    "ORDER_PAID": "ORDERPAID",
    "RULE_LIMIT": "RULELIMIT",
    "NO_AUTH": "NOAUTH",
}
Call = Callable[[Gateway, Request, str], Answer]


def answer(gateway: Gateway, request: Request) -> Answer:
    """Answer one call of the merchant's."""
    path = request.path.removeprefix(PREFIX)
    found = _route(request.method, path)
    if found is None:
        return _signed(gateway, error_answer(Refusal(404, "RESOURCE_NOT_EXISTS", "接口不存在")))
    operation, call, number = found
    try:
        refuse_on_demand(gateway, operation)
        signed_path = f"{path}?{request.query}" if request.query else path
        account = gateway.account
        signing.check(
            request,
            path=signed_path,
            mchid=account.mchid,
            serial_no=account.serial_no,
            public_key_id=account.public_key_id,
            key=gateway.keys.merchant,
        )
        result = call(gateway, request, number)
    except Refusal as refusal:
        result = error_answer(_spelled(gateway, operation, refusal))
    gateway.wake.set()
    if operation in {"prepay", "refund"} and result.status == 200:
        _tell_first(gateway, operation, request)
    result = lose_on_demand(gateway, operation, request) or result
    return result if operation == "download" else _signed(gateway, result, operation)


def refuse_on_demand(gateway: Gateway, operation: str) -> None:
    """Fail before any work is done, if a fault says so."""
    if gateway.faults.take(name="http_500", operation=operation):
        raise Refusal(500, "SYSTEM_ERROR", "系统异常，请稍后重试")
    if gateway.faults.take(name="http_429", operation=operation):
        raise Refusal(429, "FREQUENCY_LIMITED", "频率超限")
    if gateway.faults.take(name="http_403", operation=operation):
        raise Refusal(403, "NO_AUTH", "商户暂无权限使用此功能")


def lose_on_demand(gateway: Gateway, operation: str, request: Request) -> Answer | None:
    """Lose the answer to work that is done, if a fault says so: late, torn off, never, or replaced by a 500."""
    slow = gateway.faults.take(name="slow", operation=operation)
    if slow:
        time.sleep(float(slow.options.get("seconds", 1)))
    fault = gateway.faults.take(name="timeout_after_commit", operation=operation)
    if fault is None:
        return None
    mode = fault.options.get("mode", "reset")
    if mode == "http_500":
        return error_answer(Refusal(500, "SYSTEM_ERROR", "系统异常，请稍后重试"))
    if mode == "hang":
        time.sleep(float(fault.options.get("seconds", 6)))
    return _reset(request.connection)


def _route(method: str, path: str) -> tuple[str, Call, str] | None:
    for verb, pattern, operation, call in ROUTES:
        match = re.fullmatch(pattern, path)
        if match and verb == method:
            return operation, call, unquote(match[1]) if match.groups() else ""
    return None


def _prepay(gateway: Gateway, request: Request, kind: str) -> Answer:
    with gateway.books.open() as db:
        prepay_id = payments.prepay(gateway, db, kind=kind, wish=request.json())
    cashier = f"{request.origin}/cashier/{prepay_id}"
    told = {
        "h5": {"h5_url": f"{cashier}?package=1"},
        "native": {"code_url": cashier},  # really weixin://wxpay/bizpayurl?pr=…, which only WeChat can open
        "jsapi": {"prepay_id": prepay_id},
    }
    return json_answer(told[kind])


def _query(gateway: Gateway, request: Request, number: str) -> Answer:
    column = "transaction_id" if "/transactions/id/" in request.path else "out_trade_no"
    if request.asked().get("mchid") != gateway.account.mchid:
        raise Refusal(400, "PARAM_ERROR", "参数错误：mchid 缺失或有误")
    with gateway.books.open() as db:
        return json_answer(payments.query(db, column=column, number=number))


def _close(gateway: Gateway, request: Request, number: str) -> Answer:
    with gateway.books.open() as db:
        payments.close(gateway, db, out_trade_no=number, wish=request.json())
    return Answer(204)


def _refund(gateway: Gateway, request: Request, _: str) -> Answer:
    with gateway.books.open() as db:
        return json_answer(refunds.refund(gateway, db, wish=request.json()))


def _query_refund(gateway: Gateway, _: Request, number: str) -> Answer:
    with gateway.books.open() as db:
        return json_answer(refunds.query(db, out_refund_no=number))


def _bill(gateway: Gateway, request: Request, _: str) -> Answer:
    with gateway.books.open() as db:
        return json_answer(bills.prepare(gateway, db, asked=request.asked(), origin=request.origin))


def _download(gateway: Gateway, request: Request, _: str) -> Answer:
    with gateway.books.open() as db:
        content = bills.download(gateway, db, token=request.asked().get("token", ""))
    return Answer(200, content, {"Content-Type": "application/octet-stream"})


ROUTES: tuple[tuple[str, str, str, Call], ...] = (
    ("POST", "/v3/pay/transactions/(h5|native|jsapi)", "prepay", _prepay),
    ("GET", "/v3/pay/transactions/out-trade-no/([^/]+)", "query", _query),
    ("GET", "/v3/pay/transactions/id/([^/]+)", "query", _query),
    ("POST", "/v3/pay/transactions/out-trade-no/([^/]+)/close", "close", _close),
    ("POST", "/v3/refund/domestic/refunds", "refund", _refund),
    ("GET", "/v3/refund/domestic/refunds/([^/]+)", "query_refund", _query_refund),
    ("GET", "/v3/bill/tradebill", "bill", _bill),
    ("GET", "/v3/billdownload/file", "download", _download),
)


def _signed(gateway: Gateway, result: Answer, operation: str = "") -> Answer:
    """Return the answer with the headers that vouch for it, spoiled if a fault says so."""
    if gateway.faults.take(name="missing_signature", operation=operation):
        return result
    forged = gateway.faults.take(name="wrong_signature", operation=operation)
    headers = signing.signed_headers(
        body=result.body,
        serial=gateway.account.public_key_id,
        key=signing.foreign_key() if forged else gateway.keys.gateway,
        probe=gateway.faults.take(name="signtest_answer", operation=operation) is not None,
    )
    return Answer(result.status, result.body, {**result.headers, **headers})


def _spelled(gateway: Gateway, operation: str, refusal: Refusal) -> Refusal:
    if gateway.faults.take(name="old_spelling", operation=operation):
        return Refusal(refusal.status, OLD_SPELLINGS.get(refusal.code, refusal.code), refusal.message)
    return refusal


def _tell_first(gateway: Gateway, operation: str, request: Request) -> None:
    """Let the event and its notice overtake this very answer."""
    if not gateway.faults.take(name="notice_before_answer", operation=operation):
        return
    about = str(request.json()["out_trade_no" if operation == "prepay" else "out_refund_no"])
    with gateway.books.open() as db:
        if operation == "prepay":
            payments.pay(gateway, db, out_trade_no=about, late=False)
        else:
            row = refunds.find(db, about)
            refunds.finish(gateway, db, out_refund_no=about, state=row["fate"])
    notices.deliver(gateway, about=about)


def _reset(connection: socket.socket) -> NoReturn:
    """Tear the connection down, so that the caller sees a reset instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
    raise ConnectionResetError
