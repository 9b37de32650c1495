"""I14 to I17: handing over, nothing stuck, nothing held by the dead, every status on a legal path."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from orders.channels import RefundState
from orders.models import (
    GatewayNotice,
    NoticeKind,
    NoticeStatus,
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from orders.services.pickup_codes import DIGITS, check_digit
from shop.audit.findings import Finding, by_query, invariant, select

UNKNOWN_FOR = timedelta(minutes=15)
REFUND_FOR = timedelta(hours=24)

by_query(
    "I14",
    table="orders_orderline",
    expected="handed over = its redemptions or parcels",
    sql="""
    SELECT l.id, l.units_handed, COALESCE(d.units, 0), COALESCE(s.units, 0)
    FROM orders_orderline l
    JOIN orders_order o ON o.id = l.order_id
    LEFT JOIN (SELECT rl.line_id, SUM(rl.units) AS units
               FROM orders_redemptionline rl JOIN orders_redemption r ON r.id = rl.redemption_id
               WHERE r.undone_at IS NULL GROUP BY rl.line_id) d ON d.line_id = l.id
    LEFT JOIN (SELECT line_id, SUM(units) AS units FROM orders_shipmentline GROUP BY line_id) s ON s.line_id = l.id
    WHERE (o.delivery_method = 'pickup' AND (l.units_handed <> COALESCE(d.units, 0) OR COALESCE(s.units, 0) > 0))
       OR (o.delivery_method = 'express' AND (l.units_handed <> COALESCE(s.units, 0) OR COALESCE(d.units, 0) > 0))
    """,
)
by_query(
    "I14",
    table="orders_redemption",
    expected="a paid pickup order of the same store",
    sql="""
    SELECT r.id, o.status, r.store_id, o.store_id
    FROM orders_redemption r JOIN orders_order o ON o.id = r.order_id
    WHERE r.undone_at IS NULL
      AND (o.delivery_method <> 'pickup' OR o.store_id <> r.store_id
           OR (o.paid_at IS NULL AND o.payable_amount > 0) OR o.status NOT IN ('ready_for_pickup', 'completed'))
    """,
)
by_query(
    "I14",
    table="orders_order",
    expected="a completed pickup order was handed over to its last unit",
    sql="""
    SELECT o.id, SUM(l.units_handed), SUM(l.units - l.units_handed - l.units_cancelled)
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    WHERE o.delivery_method = 'pickup' AND o.status = 'completed'
    GROUP BY o.id
    HAVING SUM(l.units_handed) = 0 OR SUM(l.units - l.units_handed - l.units_cancelled) > 0
    """,
)
by_query(
    "I16",
    table="orders_order",
    expected="a cancelled order holds no stock but that of refunds under way, which return it when they are done",
    sql="""
    SELECT o.id, SUM(l.units), SUM(COALESCE(c.delta, 0)) + SUM(COALESCE(r.delta, 0)) + SUM(COALESCE(w.units, 0))
    FROM orders_order o
    JOIN orders_orderline l ON l.order_id = o.id
    LEFT JOIN (SELECT rl.line_id, SUM(rl.units) AS units
               FROM orders_refundline rl JOIN orders_refund r ON r.id = rl.refund_id
               WHERE r.cause = 'staff' AND r.status NOT IN ('done', 'failed')
               GROUP BY rl.line_id) w ON w.line_id = l.id
    LEFT JOIN catalog_stockmove c ON c.kind = 'cancel' AND c.sku_id = l.sku_id
                                 AND c.source = 'order-line:' || CAST(l.id AS varchar(20))
    LEFT JOIN (SELECT rl.line_id, SUM(m.delta) AS delta
               FROM orders_refundline rl
               JOIN catalog_stockmove m ON m.kind = 'refund' AND m.source = 'refund-line:' || CAST(rl.id AS varchar(20))
               GROUP BY rl.line_id) r ON r.line_id = l.id
    WHERE o.status = 'cancelled' AND l.gift_tier_id IS NULL AND l.flash_item_id IS NULL
    GROUP BY o.id
    HAVING SUM(l.units) <> SUM(COALESCE(c.delta, 0)) + SUM(COALESCE(r.delta, 0)) + SUM(COALESCE(w.units, 0))
    """,
)
by_query(
    "I16",
    table="orders_order",
    expected="the points of a cancelled order went back, but those of refunds under way",
    sql="""
    SELECT o.id, o.points_spent, COALESCE(e.points, 0), COALESCE(w.points, 0)
    FROM orders_order o
    LEFT JOIN (SELECT SUBSTR(source, 7, 18) AS no, SUM(delta) AS points FROM members_pointsentry
               WHERE kind = 'return' AND source LIKE 'order:%' GROUP BY SUBSTR(source, 7, 18)) e ON e.no = o.no
    LEFT JOIN (SELECT r.order_id, SUM(rl.points) AS points
               FROM orders_refundline rl JOIN orders_refund r ON r.id = rl.refund_id
               WHERE r.cause = 'staff' AND r.status NOT IN ('done', 'failed')
               GROUP BY r.order_id) w ON w.order_id = o.id
    WHERE o.status = 'cancelled' AND o.points_spent <> COALESCE(e.points, 0) + COALESCE(w.points, 0)
    """,
)
by_query(
    "I16",
    table="shop_slotday",
    expected="booked = orders that still mean to come or came",
    sql="""
    SELECT d.id, d.booked, COALESCE(o.orders, 0)
    FROM shop_slotday d
    LEFT JOIN (SELECT pickup_slot_id, pickup_day, COUNT(*) AS orders FROM orders_order
               WHERE status <> 'cancelled' AND pickup_slot_id IS NOT NULL
               GROUP BY pickup_slot_id, pickup_day) o ON o.pickup_slot_id = d.slot_id AND o.pickup_day = d.day
    WHERE d.booked <> COALESCE(o.orders, 0)
    """,
)
by_query(
    "I16",
    table="orders_payment",
    expected="no attempt of a cancelled order stays open unless it is to be closed",
    sql="""
    SELECT p.id, p.status FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
    WHERE o.status = 'cancelled' AND p.status IN ('created', 'pending', 'unknown') AND NOT p.to_close
    """,
)
by_query(
    "I16",
    table="orders_order",
    expected="what a cancelled order paid goes back whole",
    sql="""
    SELECT o.id, p.amount, p.refund_claimed
    FROM orders_order o JOIN orders_payment p ON p.order_id = o.id AND p.is_accepted
    WHERE o.status = 'cancelled' AND p.refund_claimed <> p.amount
      AND NOT EXISTS (SELECT 1 FROM orders_refund r WHERE r.payment_id = p.id AND r.status = 'failed')
    """,
)
by_query(
    "I17",
    table="orders_order",
    expected="each event begins where the last one ended, the first at nothing",
    sql="""
    SELECT order_id, id, from_status, before FROM (
        SELECT order_id, id, from_status, LAG(to_status, 1, '') OVER (PARTITION BY order_id ORDER BY id) AS before
        FROM orders_orderevent
    ) steps WHERE from_status <> before
    """,
)
by_query(
    "I17",
    table="orders_order",
    expected="its last event ends at its status",
    sql="""
    SELECT o.id, o.status, e.to_status
    FROM orders_order o
    LEFT JOIN (SELECT order_id, MAX(id) AS last FROM orders_orderevent GROUP BY order_id) m ON m.order_id = o.id
    LEFT JOIN orders_orderevent e ON e.id = m.last
    WHERE e.to_status IS NULL OR e.to_status <> o.status
    """,
)


@invariant("I14")
def codes_are_sound(now: datetime) -> list[Finding]:
    """A pickup order that is ready or done has a code with the right check digit."""
    orders = Order.objects.filter(
        delivery_method="pickup", status__in=[OrderStatus.READY_FOR_PICKUP, OrderStatus.COMPLETED]
    )
    return [
        Finding("I14", "orders_order", str(pk), "a pickup code of 12 digits", "another" if code else "none")
        for pk, code in orders.values_list("pk", "pickup_code").iterator()
        if not _is_sound(code or "")
    ]


def _is_sound(code: str) -> bool:
    return len(code) == DIGITS and code.isdecimal() and check_digit(code[:-1]) == code[-1]


@invariant("I15")
def nothing_is_stuck(now: datetime) -> list[Finding]:
    """Money that arrived is with an order or on its way back, and nothing stays unknown for long."""
    unknown = Payment.objects.filter(status=PaymentStatus.UNKNOWN, created_at__lt=now - UNKNOWN_FOR)
    orphaned = Payment.objects.filter(status=PaymentStatus.PAID, is_accepted=False, refund_claimed=0)
    waiting = Payment.objects.filter(is_accepted=True, order__status=OrderStatus.PENDING_PAYMENT)
    refunds = Refund.objects.filter(status__in=Refund.LIVE, created_at__lt=now - REFUND_FOR)
    told_done = GatewayNotice.objects.filter(
        subject_no=OuterRef("out_refund_no"), kind=NoticeKind.REFUND, facts__state=RefundState.DONE
    ).exclude(status=NoticeStatus.RECEIVED)
    denied = Refund.objects.filter(Exists(told_done), status=RefundStatus.FAILED)
    expected: list[tuple[QuerySet[Any], str]] = [
        (unknown, "known within 15 minutes"),
        (orphaned, "taken by its order or refunded"),
        (waiting, "its order is paid"),
        (refunds, "done within a day"),
        (denied, "done, as the gateway has said"),
    ]
    return [
        Finding("I15", rows.model._meta.db_table, str(pk), words, status)
        for rows, words in expected
        for pk, status in rows.order_by("pk").values_list("pk", "status")
    ]


@invariant("I17")
def every_step_is_legal(now: datetime) -> list[Finding]:
    """Every change of status that an order went through is an edge of the published table."""
    steps = select(
        "SELECT from_status, to_status, MIN(order_id) FROM orders_orderevent GROUP BY from_status, to_status"
    )
    return [
        Finding("I17", "orders_order", str(order), "a legal step", f"{before or 'nothing'} -> {after}")
        for before, after, order in steps
        if not _is_legal(before, after)
    ]


def _is_legal(before: str, after: str) -> bool:
    if not before:
        return after == OrderStatus.PENDING_PAYMENT
    return before == after or after in Order.MOVES[OrderStatus(before)]
