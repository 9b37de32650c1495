"""I1 to I7: every fen of an order, its payments and its refunds."""

from shop.audit.findings import by_query

by_query(
    "I1",
    table="orders_order",
    expected="payable = goods - discounts + freight, nothing negative",
    sql="""
    SELECT id, payable_amount FROM orders_order
    WHERE payable_amount <> goods_amount - level_discount - promotion_discount - coupon_discount - points_discount
                            + price_change + freight_amount
       OR payable_amount < 0 OR goods_amount < 0 OR freight_amount < 0 OR level_discount < 0
       OR promotion_discount < 0 OR coupon_discount < 0 OR points_discount < 0
    """,
)
by_query(
    "I1",
    table="orders_order",
    expected="goods = sum of its lines at list price",
    sql="""
    SELECT o.id, o.goods_amount, COALESCE(l.goods, 0)
    FROM orders_order o
    LEFT JOIN (SELECT order_id, SUM(list_amount) AS goods
               FROM orders_orderline GROUP BY order_id) l ON l.order_id = o.id
    WHERE o.goods_amount <> COALESCE(l.goods, 0)
    """,
)
by_query(
    "I2",
    table="orders_order",
    expected="each discount = sum of its parts on the lines",
    sql="""
    SELECT o.id, o.level_discount, l.level, o.promotion_discount, l.promotion, o.coupon_discount, l.coupon,
           o.points_discount, l.points, o.price_change, l.change, o.points_spent, l.spent, o.points_to_earn, l.earn
    FROM orders_order o
    JOIN (SELECT order_id, SUM(level_discount) AS level, SUM(promotion_discount) AS promotion,
                 SUM(coupon_discount) AS coupon, SUM(points_discount) AS points, SUM(price_change) AS change,
                 SUM(points_spent) AS spent, SUM(points_to_earn) AS earn
          FROM orders_orderline GROUP BY order_id) l ON l.order_id = o.id
    WHERE o.level_discount <> l.level OR o.promotion_discount <> l.promotion
       OR o.coupon_discount <> l.coupon OR o.points_discount <> l.points OR o.price_change <> l.change
       OR o.points_spent <> l.spent OR o.points_to_earn <> l.earn
    """,
)
by_query(
    "I2",
    table="orders_orderline",
    expected="list = price × units, 0 for a gift; paid = list - discounts; each discount within the line",
    sql="""
    SELECT id, list_amount, paid_amount FROM orders_orderline
    WHERE paid_amount <> list_amount - level_discount - promotion_discount - coupon_discount - points_discount
                         + price_change
       OR list_amount <> CASE WHEN kind = 'gift' THEN 0 ELSE unit_price * units END OR paid_amount < 0
       OR level_discount < 0 OR promotion_discount < 0 OR coupon_discount < 0 OR points_discount < 0
    """,
)
by_query(
    "I3",
    table="orders_orderline",
    expected="units and money refunded = those of its live and finished refunds, within what was bought",
    sql="""
    SELECT l.id, l.units_cancelled + l.units_returned, COALESCE(r.units, 0), l.refund_amount, COALESCE(r.amount, 0)
    FROM orders_orderline l
    LEFT JOIN (SELECT rl.line_id, SUM(rl.units) AS units, SUM(rl.units_handed) AS handed, SUM(rl.amount) AS amount,
                      SUM(rl.withheld) AS withheld, SUM(rl.points) AS points, SUM(rl.earned) AS earned
               FROM orders_refundline rl JOIN orders_refund r ON r.id = rl.refund_id
               WHERE r.status <> 'failed' GROUP BY rl.line_id) r ON r.line_id = l.id
    WHERE l.units_cancelled + l.units_returned <> COALESCE(r.units, 0)
       OR l.units_returned <> COALESCE(r.handed, 0)
       OR l.refund_amount <> COALESCE(r.amount, 0)
       OR l.refund_withheld <> COALESCE(r.withheld, 0) OR l.refund_points <> COALESCE(r.points, 0)
       OR l.refund_earned <> COALESCE(r.earned, 0)
       OR l.refund_amount + l.refund_withheld > l.paid_amount
       OR l.units_handed + l.units_cancelled > l.units OR l.units_returned > l.units_handed
       OR (l.units_cancelled + l.units_returned = l.units AND l.refund_amount + l.refund_withheld <> l.paid_amount)
    """,
)
by_query(
    "I4",
    table="orders_payment",
    expected="claimed and refunded = its refunds, within the payment",
    sql="""
    SELECT p.id, p.amount, p.refund_claimed, COALESCE(r.claimed, 0), p.refunded_amount, COALESCE(r.done, 0)
    FROM orders_payment p
    LEFT JOIN (SELECT payment_id, SUM(CASE WHEN status <> 'failed' THEN amount ELSE 0 END) AS claimed,
                      SUM(CASE WHEN status = 'done' THEN amount ELSE 0 END) AS done
               FROM orders_refund GROUP BY payment_id) r ON r.payment_id = p.id
    WHERE p.refund_claimed <> COALESCE(r.claimed, 0) OR p.refunded_amount <> COALESCE(r.done, 0)
       OR p.refund_claimed > p.amount OR (p.refund_claimed > 0 AND p.status <> 'paid')
    """,
)
by_query(
    "I4",
    table="orders_order",
    expected="refunded = its finished refunds, within what was paid",
    sql="""
    SELECT o.id, o.paid_amount, o.refunded_amount, COALESCE(r.done, 0)
    FROM orders_order o
    LEFT JOIN (SELECT order_id, SUM(amount) AS done FROM orders_refund
               WHERE status = 'done' AND cause <> 'late_money' GROUP BY order_id) r ON r.order_id = o.id
    WHERE o.refunded_amount <> COALESCE(r.done, 0) OR o.refunded_amount > o.paid_amount
    """,
)
by_query(
    "I4",
    table="orders_refund",
    expected="amount = its lines and freight, unless it returns money that no order took",
    sql="""
    SELECT r.id, r.amount, r.freight_amount + COALESCE(l.amount, 0)
    FROM orders_refund r
    LEFT JOIN (SELECT refund_id, SUM(amount) AS amount
               FROM orders_refundline GROUP BY refund_id) l ON l.refund_id = r.id
    WHERE r.cause <> 'late_money' AND r.amount <> r.freight_amount + COALESCE(l.amount, 0)
    """,
)
by_query(
    "I5",
    table="orders_billline",
    expected="the gateway's bill and our books agree",
    sql="SELECT number, difference FROM orders_billline WHERE difference <> ''",
)
by_query(
    "I6",
    table="orders_order",
    expected="paid = what was due = the one payment it accepted; nothing due: no payment",
    sql="""
    SELECT o.id, o.payable_amount, o.paid_amount, COALESCE(p.accepted, 0)
    FROM orders_order o
    LEFT JOIN (SELECT order_id, SUM(CASE WHEN is_accepted THEN amount ELSE 0 END) AS accepted,
                      SUM(CASE WHEN is_accepted THEN 1 ELSE 0 END) AS times, COUNT(*) AS attempts
               FROM orders_payment GROUP BY order_id) p ON p.order_id = o.id
    WHERE o.paid_amount <> COALESCE(p.accepted, 0) OR COALESCE(p.times, 0) > 1
       OR (o.paid_at IS NOT NULL AND o.paid_amount <> o.payable_amount)
       OR (o.paid_at IS NULL AND o.paid_amount <> 0)
       OR (o.payable_amount = 0 AND COALESCE(p.attempts, 0) > 0)
    """,
)
by_query(
    "I6",
    table="orders_payment",
    expected="a paid attempt has its amount, its time and, at a gateway, its transaction",
    sql="""
    SELECT p.id, p.amount, o.payable_amount, p.status
    FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
    WHERE (p.status = 'paid' AND (p.paid_at IS NULL OR (p.channel <> 'offline' AND p.transaction_id IS NULL)))
       OR (p.status <> 'paid' AND (p.paid_at IS NOT NULL OR p.is_accepted))
       OR (p.amount <> o.payable_amount AND (p.is_accepted OR (p.status NOT IN ('closed', 'paid') AND NOT p.to_close)))
    """,
)
by_query(
    "I7",
    table="orders_payment",
    expected="at most 50 refunds",
    sql="""
    SELECT payment_id, COUNT(*) FROM orders_refund
    WHERE payment_id IS NOT NULL GROUP BY payment_id HAVING COUNT(*) > 50
    """,
)
