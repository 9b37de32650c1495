"""What may stand in a merchant's wish: lengths, characters and addresses, as the pages of APIv3 prescribe them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from shop.sandbox.http import Refusal, param_error

LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}
OUT_TRADE_NO = r"[0-9A-Za-z_\-|*]{6,32}"
OUT_REFUND_NO = r"[0-9A-Za-z_\-|*@]{1,64}"
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"


def text(wish: Mapping[str, Any], name: str, *, longest: int, shortest: int = 1) -> str:
    """Return the field, a string of so many characters; empty when it may be left out and is."""
    value = wish.get(name, "")
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise param_error(name, f"长度应为{shortest}到{longest}个字符")
    return value


def number(wish: Mapping[str, Any], name: str, *, pattern: str) -> str:
    """Return the field, a number of the merchant's in its allowed characters."""
    value = wish.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise param_error(name, "长度或字符不符合要求")
    return value


def part(wish: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object inside the wish."""
    value = wish.get(name)
    if not isinstance(value, dict):
        raise param_error(name, "缺失")
    return value


def amount(wish: Mapping[str, Any], name: str) -> int:
    """Return an amount of fen."""
    value = wish.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100_000_000_00:
        raise param_error(f"amount.{name}", "应为大于0的整数，单位为分")
    if wish.get("currency", "CNY") != "CNY":
        raise param_error("amount.currency", "仅支持CNY")
    return value


def expiry(wish: Mapping[str, Any]) -> float | None:
    """Return `time_expire` in epoch seconds, if the merchant set one."""
    value = wish.get("time_expire")
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(RFC3339, value):
        raise param_error("time_expire", "不符合RFC3339格式")
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError as error:
        raise param_error("time_expire", "不是有效时间") from error


def notify_url(wish: Mapping[str, Any]) -> str:
    """Return where notices go: https, without a query; http only to this very machine."""
    url = text(wish, "notify_url", longest=255)
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname:
        raise param_error("notify_url", "必须是https地址")
    if parts.query or parts.fragment or "?" in url:
        raise param_error("notify_url", "不能携带参数")
    return url


def merchant(wish: Mapping[str, Any], *, mchid: str) -> None:
    """Refuse a wish in another merchant's name."""
    if wish.get("mchid") != mchid:
        raise Refusal(400, "MCH_NOT_EXISTS", "商户号不存在")
