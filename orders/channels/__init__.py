"""Ways to pay, one module each, behind one protocol."""

from orders.channels.base import (
    BillEntry,
    GatewayEvent,
    NoticeRefused,
    PaymentChannel,
    PaymentFact,
    PaymentState,
    RefundFact,
    RefundState,
)
from orders.channels.offline import OfflineChannel
from orders.channels.wechat import WechatChannel

__all__ = [
    "BillEntry",
    "GatewayEvent",
    "NoticeRefused",
    "PaymentChannel",
    "PaymentFact",
    "PaymentState",
    "RefundFact",
    "RefundState",
    "channel_of",
]

_CHANNELS: dict[str, PaymentChannel] = {"wechat": WechatChannel(), "offline": OfflineChannel()}


def channel_of(name: str) -> PaymentChannel:
    """Return the channel called `name`, a value of `models.Channel`. Raises KeyError for any other."""
    return _CHANNELS[name]
