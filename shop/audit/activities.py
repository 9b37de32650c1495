"""I8, I10 of activities: gifts, and pieces of flash sales. What was set aside is with orders, came back, or is left."""

from shop.audit.findings import by_query

by_query(
    "I10",
    table="promotions_promotiontier",
    expected="gift stock = left + gifts that orders hold",
    sql="""
    SELECT t.id, t.gift_total, t.gift_left, COALESCE(h.held, 0)
    FROM promotions_promotiontier t
    LEFT JOIN (SELECT l.gift_tier_id,
                      SUM(CASE WHEN o.status = 'cancelled' THEN l.units_handed
                               ELSE l.units - COALESCE(b.units, 0) END) AS held
               FROM orders_orderline l
               JOIN orders_order o ON o.id = l.order_id
               LEFT JOIN (SELECT rl.line_id, SUM(rl.units - rl.units_handed) AS units
                          FROM orders_refundline rl
                          JOIN orders_refund r ON r.id = rl.refund_id AND r.status = 'done'
                          GROUP BY rl.line_id) b ON b.line_id = l.id
               WHERE l.gift_tier_id IS NOT NULL
               GROUP BY l.gift_tier_id) h ON h.gift_tier_id = t.id
    WHERE t.gift_total <> t.gift_left + COALESCE(h.held, 0)
    """,
)
by_query(
    "I10",
    table="promotions_flashitem",
    expected="taken = pieces of order lines - those they gave back",
    sql="""
    SELECT i.id, i.taken, COALESCE(l.units, 0), COALESCE(b.units, 0)
    FROM promotions_flashitem i
    LEFT JOIN (SELECT flash_item_id, SUM(units) AS units FROM orders_orderline
               WHERE flash_item_id IS NOT NULL GROUP BY flash_item_id) l ON l.flash_item_id = i.id
    LEFT JOIN (SELECT item_id, SUM(units) AS units FROM promotions_flashgivenback GROUP BY item_id) b
           ON b.item_id = i.id
    WHERE i.taken <> COALESCE(l.units, 0) - COALESCE(b.units, 0)
    """,
)
by_query(
    "I10",
    table="promotions_flashbought",
    expected="what a member holds = pieces of their order lines - those they gave back, within the limit",
    sql="""
    SELECT i.id, i.taken, COALESCE(m.units, 0)
    FROM promotions_flashitem i
    LEFT JOIN (SELECT item_id, SUM(units) AS units FROM promotions_flashbought GROUP BY item_id) m ON m.item_id = i.id
    WHERE i.taken <> COALESCE(m.units, 0)
    """,
)
by_query(
    "I8",
    table="promotions_flashitem",
    expected="quota = locked from stock; what is returned went back to stock; all of it once the session is over",
    sql="""
    SELECT i.id, i.quota, COALESCE(-f.units, 0), i.returned, COALESCE(b.units, 0)
    FROM promotions_flashitem i
    JOIN promotions_flashsale s ON s.id = i.sale_id
    LEFT JOIN (SELECT j.id, SUM(m.delta) AS units FROM promotions_flashitem j
               JOIN catalog_stockmove m ON m.sku_id = j.sku_id AND m.kind = 'flash'
                                       AND m.source LIKE 'flash-item:' || CAST(j.id AS varchar(20)) || ':%%'
               GROUP BY j.id) f ON f.id = i.id
    LEFT JOIN (SELECT j.id, SUM(m.delta) AS units FROM promotions_flashitem j
               JOIN catalog_stockmove m ON m.sku_id = j.sku_id AND m.kind = 'flash_back'
                                       AND m.source LIKE 'flash-item:' || CAST(j.id AS varchar(20)) || ':%%'
               GROUP BY j.id) b ON b.id = i.id
    WHERE i.quota <> COALESCE(-f.units, 0) OR i.returned <> COALESCE(b.units, 0)
       OR (s.returned_at IS NOT NULL AND i.quota <> i.taken + i.returned)
    """,
)
