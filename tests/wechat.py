"""Plain calls of the WeChat Pay client with dull defaults."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests

from shop.lib.wechat import signing
from shop.lib.wechat.answers import Refunded
from shop.lib.wechat.pay import WechatPay

NOWHERE = "http://127.0.0.1:9/pay/wechat/notify/"  # a notify address where nobody listens
EXPIRES_AT = datetime(2099, 1, 1, tzinfo=UTC)


def prepay(
    wechat: WechatPay,
    out_trade_no: str,
    *,
    total: int = 1234,
    description: str = "本地苹果 等2件",
    notify_url: str = NOWHERE,
    expires_at: datetime = EXPIRES_AT,
) -> str:
    """Ask for a Native payment and return its code."""
    return wechat.prepay_native(
        out_trade_no=out_trade_no,
        description=description,
        total=total,
        notify_url=notify_url,
        expires_at=expires_at,
    )


def refund(
    wechat: WechatPay,
    out_refund_no: str,
    *,
    out_trade_no: str = "T0000001",
    amount: int = 34,
    total: int = 1234,
    notify_url: str = NOWHERE,
) -> Refunded:
    """Ask for a refund of some fen of the payment that `prepay` made."""
    return wechat.refund(
        out_trade_no=out_trade_no,
        out_refund_no=out_refund_no,
        refund=amount,
        total=total,
        reason="缺货",
        notify_url=notify_url,
    )


def today() -> date:
    """Return the day in Shanghai."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def post(
    wechat: WechatPay, path: str, wish: Any, *, age: int = 0, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Send a wish signed by hand, however wrong; return status and code."""
    body = wish if isinstance(wish, bytes) else json.dumps(wish).encode()
    timestamp = str(int(time.time()) - age)
    message = signing.request_message(method="POST", path=path, timestamp=timestamp, nonce="n", body=body)
    signature = signing.sign(message=message, key=wechat.config.private_key)
    given = {
        "Accept": "application/json",
        "Authorization": f'{signing.SCHEME} mchid="1900000001",nonce_str="n",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{wechat.config.serial_no}"',
    }
    url = f"{wechat.config.base_url}{path}"
    answer = requests.post(url, data=body, headers={**given, **(headers or {})}, timeout=5)
    return answer.status_code, answer.json().get("code", "OK")
