"""The SMS gateway under `/sms`: Aliyun's SendSms with its signature and its limits, and an inbox anybody may read."""

import hmac
import json
import re
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shop.lib import sms
from shop.sandbox.clock import SHANGHAI, rfc3339
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import Answer, Refusal, Request, json_answer
from shop.sandbox.mch import lose_on_demand, refuse_on_demand

SIGNED = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
SKEW = timedelta(minutes=15)
SHANGHAI_AHEAD = 8 * 3600  # a natural day begins at midnight in Shanghai
CODE_LIMITS = ((1, 60, "分钟级流控Permits:1"), (5, 3600, "小时级流控Permits:5"), (10, 86400, "天级流控Permits:10"))
NOTICE_LIMITS = ((50, 86400, "天级流控Permits:50"),)


def answer(gateway: Gateway, request: Request) -> Answer:
    """Answer one SendSms; a refusal of the business itself comes with 200, as Aliyun does it."""
    try:
        refuse_on_demand(gateway, "sms")
        _check_signature(gateway, request)
        result = json_answer({"Code": "OK", "Message": "OK", **_take_in(gateway, request.asked())})
    except Refusal as refusal:
        result = json_answer({"Code": refusal.code, "Message": refusal.message}, status=refusal.status)
    return lose_on_demand(gateway, "sms", request) or result


def inbox(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return what was sent to whom, newest first."""
    rows = db.execute("SELECT * FROM messages ORDER BY seq DESC LIMIT 200")
    return [
        {
            **{name: row[name] for name in ("phone", "sign_name", "template", "biz_id")},
            "params": json.loads(row["params"]),
            "sent_at": rfc3339(row["sent_at"]),
        }
        for row in rows
    ]


def _check_signature(gateway: Gateway, request: Request) -> None:
    pattern = rf"{sms.SCHEME} Credential=([^,]*),\s*SignedHeaders=([^,]*),\s*Signature=([0-9a-f]{{64}})"
    match = re.fullmatch(pattern, request.headers.get("authorization", ""))
    if match is None or not set(match[2].split(";")) >= SIGNED or not set(match[2].split(";")) <= set(request.headers):
        raise Refusal(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
    if match[1] != gateway.account.access_key_id:
        raise Refusal(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    signed = {name: request.headers[name] for name in match[2].split(";")}
    expected = sms.sign(
        method="POST",
        query=sms.canonical_query(request.asked()),
        headers=signed,
        secret=gateway.account.access_key_secret,
    )
    if not hmac.compare_digest(expected, match[3]):
        raise Refusal(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
    _check_freshness(signed)


def _check_freshness(signed: Mapping[str, str]) -> None:
    try:
        sent_at = datetime.fromisoformat(signed["x-acs-date"])
        is_fresh = abs(datetime.now(SHANGHAI) - sent_at) < SKEW
    except (ValueError, TypeError) as error:
        raise Refusal(
            400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
        ) from error
    if not is_fresh:
        raise Refusal(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    if (signed["x-acs-action"], signed["x-acs-version"]) != ("SendSms", sms.VERSION):
        raise Refusal(404, "InvalidAction.NotFound", "Specified api is not found.")


def _take_in(gateway: Gateway, asked: Mapping[str, str]) -> dict[str, str]:
    params = _checked_params(asked)
    if gateway.faults.take(name="business_limit", operation="sms"):
        raise Refusal(200, "isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1")
    phone, sign_name, now = asked["PhoneNumbers"], asked["SignName"], gateway.clock.now()
    biz_id = f"{secrets.randbelow(10**18):018d}^0"
    with gateway.books.open() as db:
        _check_limits(gateway, db, phone=phone, sign_name=sign_name, is_code="code" in params)
        db.execute(
            "INSERT INTO messages (biz_id, phone, sign_name, template, params, sent_at) VALUES (?, ?, ?, ?, ?, ?)",
            (biz_id, phone, sign_name, asked["TemplateCode"], json.dumps(params, ensure_ascii=False), now),
        )
    return {"RequestId": secrets.token_hex(16).upper(), "BizId": biz_id}


def _checked_params(asked: Mapping[str, str]) -> dict[str, str]:
    if not re.fullmatch(r"1[3-9]\d{9}", asked.get("PhoneNumbers", "")):
        raise Refusal(200, "isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
    if not asked.get("SignName"):
        raise Refusal(200, "isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
    if not re.fullmatch(r"SMS_\w+", asked.get("TemplateCode", "")):
        raise Refusal(200, "isv.SMS_TEMPLATE_ILLEGAL", "短信模版不合法")
    try:
        params = json.loads(asked.get("TemplateParam", "{}"))
        return {str(name): str(value) for name, value in params.items()}
    except (ValueError, AttributeError) as error:
        raise Refusal(200, "isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值") from error


def _check_limits(gateway: Gateway, db: sqlite3.Connection, *, phone: str, sign_name: str, is_code: bool) -> None:
    """Refuse more than the natural minute, hour and day allow one phone and one signature."""
    now = gateway.clock.now()
    rows = db.execute("SELECT params, sent_at FROM messages WHERE phone = ? AND sign_name = ?", (phone, sign_name))
    sent = [row["sent_at"] for row in rows if ("code" in json.loads(row["params"])) is is_code]
    for most, seconds, message in CODE_LIMITS if is_code else NOTICE_LIMITS:
        window = gateway.clock.wait(seconds)
        if sum(_window(moment, window) == _window(now, window) for moment in sent) >= most:
            raise Refusal(200, "isv.BUSINESS_LIMIT_CONTROL", f"触发{message}")


def _window(moment: float, length: float) -> float:
    return (moment + SHANGHAI_AHEAD) // length
