"""Plain calls of the WeChat Pay client with dull defaults."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

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
