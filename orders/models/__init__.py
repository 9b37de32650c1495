"""Carts, orders, the money they move and how goods are handed over."""

from orders.models.cart import CartItem
from orders.models.handover import Redemption, RedemptionLine, RedemptionWay, Shipment, ShipmentLine
from orders.models.lines import LineKind, OrderLine, OrderOffer
from orders.models.money import (
    BillDay,
    BillKind,
    BillLine,
    Channel,
    GatewayNotice,
    NoticeKind,
    NoticeStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundCause,
    RefundLine,
    RefundStatus,
)
from orders.models.order import (
    CancelReason,
    DeliveryMethod,
    Order,
    OrderEvent,
    OrderStatus,
    OrderType,
    RefundedPart,
)

__all__ = [
    "BillDay",
    "BillKind",
    "BillLine",
    "CancelReason",
    "CartItem",
    "Channel",
    "DeliveryMethod",
    "GatewayNotice",
    "LineKind",
    "NoticeKind",
    "NoticeStatus",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderOffer",
    "OrderStatus",
    "OrderType",
    "Payment",
    "PaymentStatus",
    "Redemption",
    "RedemptionLine",
    "RedemptionWay",
    "Refund",
    "RefundCause",
    "RefundLine",
    "RefundStatus",
    "RefundedPart",
    "Shipment",
    "ShipmentLine",
]
