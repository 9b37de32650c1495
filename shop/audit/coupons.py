"""I10: coupons within quota and limits, spent by one living order each."""

from shop.audit.findings import by_query

by_query(
    "I10",
    table="promotions_coupontemplate",
    expected="issued = its coupons, within the quota",
    sql="""
    SELECT t.id, t.issued, COALESCE(c.units, 0), t.total
    FROM promotions_coupontemplate t
    LEFT JOIN (SELECT template_id, COUNT(*) AS units FROM promotions_coupon GROUP BY template_id) c
           ON c.template_id = t.id
    WHERE t.issued <> COALESCE(c.units, 0) OR (t.total > 0 AND COALESCE(c.units, 0) > t.total)
    """,
)
by_query(
    "I10",
    table="promotions_coupontemplate",
    expected="used = its coupons that are used",
    sql="""
    SELECT t.id, t.used, COALESCE(c.units, 0)
    FROM promotions_coupontemplate t
    LEFT JOIN (SELECT template_id, COUNT(*) AS units FROM promotions_coupon WHERE status = 'used'
               GROUP BY template_id) c ON c.template_id = t.id
    WHERE t.used <> COALESCE(c.units, 0)
    """,
)
by_query(
    "I10",
    table="promotions_coupon",
    expected="no member holds more of a template than one may",
    sql="""
    SELECT MIN(c.id), c.member_id, COUNT(*), MIN(t.per_member)
    FROM promotions_coupon c
    JOIN promotions_coupontemplate t ON t.id = c.template_id AND t.per_member > 0
    GROUP BY c.template_id, c.member_id
    HAVING COUNT(*) > MIN(t.per_member)
    """,
)
by_query(
    "I10",
    table="promotions_coupon",
    expected="used = spent by exactly one order that is neither cancelled nor fully refunded",
    sql="""
    SELECT c.id, c.status, COALESCE(o.units, 0)
    FROM promotions_coupon c
    LEFT JOIN (SELECT coupon_id, COUNT(*) AS units FROM orders_order
               WHERE coupon_id IS NOT NULL AND status <> 'cancelled' AND refund_status <> 'full'
               GROUP BY coupon_id) o ON o.coupon_id = c.id
    WHERE (c.status = 'used' AND COALESCE(o.units, 0) <> 1) OR (c.status <> 'used' AND o.units IS NOT NULL)
    """,
)
by_query(
    "I10",
    table="orders_order",
    expected="it spent a coupon of its own member",
    sql="""
    SELECT o.id, o.member_id, c.member_id
    FROM orders_order o JOIN promotions_coupon c ON c.id = o.coupon_id
    WHERE o.member_id <> c.member_id
    """,
)
by_query(
    "I10",
    table="promotions_couponcode",
    expected="a redeemed code gave its finder one coupon, any other none",
    sql="""
    SELECT k.id, k.redeemed_by_id, c.member_id
    FROM promotions_couponcode k
    LEFT JOIN promotions_coupon c ON c.template_id = k.template_id
                                 AND c.source = 'code:' || CAST(k.id AS varchar(20))
    WHERE COALESCE(k.redeemed_by_id, 0) <> COALESCE(c.member_id, 0)
    """,
)
by_query(
    "I10",
    table="promotions_couponpush",
    expected="issued = the coupons of this push",
    sql="""
    SELECT p.id, p.issued, COALESCE(c.units, 0)
    FROM promotions_couponpush p
    LEFT JOIN (SELECT template_id, SUBSTR(source, 1, LENGTH(source) - LENGTH(CAST(member_id AS varchar(20)))) AS push,
                      COUNT(*) AS units
               FROM promotions_coupon WHERE SUBSTR(source, 1, 5) = 'push:'
               GROUP BY 1, 2) c
           ON c.template_id = p.template_id AND c.push = 'push:' || CAST(p.id AS varchar(20)) || ':'
    WHERE p.issued <> COALESCE(c.units, 0)
    """,
)
