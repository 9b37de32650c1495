"""I11: points. Each member's balance and debt, each prefix of the ledger, each lot and what took from it."""

from shop.audit.findings import by_query

by_query(
    "I11",
    table="members_member",
    expected="balance = sum of the entries that count, debt = what is owed and not repaid",
    sql="""
    SELECT m.id, m.points_balance, m.points_debt, COALESCE(e.balance, 0), COALESCE(e.debt, 0)
    FROM members_member m
    LEFT JOIN (SELECT member_id,
                      SUM(CASE WHEN counted_at IS NULL THEN 0 ELSE delta END) AS balance,
                      SUM(owed) + SUM(CASE WHEN kind = 'repay' THEN delta ELSE 0 END) AS debt
               FROM members_pointsentry GROUP BY member_id) e ON e.member_id = m.id
    WHERE m.points_balance <> COALESCE(e.balance, 0) OR m.points_debt <> COALESCE(e.debt, 0)
       OR m.points_balance < 0 OR m.points_debt < 0
    """,
)
by_query(
    "I11",
    table="members_pointsentry",
    expected="no entry takes the balance below nothing",
    sql="""
    SELECT id, balance
    FROM (SELECT id, SUM(CASE WHEN counted_at IS NULL THEN 0 ELSE delta END)
                     OVER (PARTITION BY member_id ORDER BY id) AS balance
          FROM members_pointsentry) ledger
    WHERE balance < 0
    """,
)
by_query(
    "I11",
    table="members_pointsentry",
    expected="a lot holds what nobody took of it, and what takes says from which lots",
    sql="""
    SELECT e.id, e.delta, e."left", COALESCE(t.points, 0), COALESCE(u.points, 0)
    FROM (SELECT id, delta, "left" FROM members_pointsentry) e
    LEFT JOIN (SELECT lot_id, SUM(points) AS points FROM members_pointsuse GROUP BY lot_id) t ON t.lot_id = e.id
    LEFT JOIN (SELECT entry_id, SUM(points) AS points FROM members_pointsuse GROUP BY entry_id) u ON u.entry_id = e.id
    WHERE e."left" < 0
       OR (e.delta > 0 AND (e."left" <> e.delta - COALESCE(t.points, 0) OR u.points IS NOT NULL))
       OR (e.delta <= 0 AND (e."left" <> 0 OR -e.delta <> COALESCE(u.points, 0) OR t.points IS NOT NULL))
    """,
)
by_query(
    "I11",
    table="members_pointsuse",
    expected="points of one member, of a lot that counts, and no more of them returned than were taken",
    sql="""
    SELECT u.id, u.points, u.returned
    FROM members_pointsuse u
    JOIN members_pointsentry e ON e.id = u.entry_id
    JOIN members_pointsentry l ON l.id = u.lot_id
    WHERE e.member_id <> l.member_id OR u.returned > u.points OR u.returned < 0
       OR (e.counted_at IS NULL) <> (l.counted_at IS NULL) AND e.kind <> 'clawback'
       OR (e.kind NOT IN ('spend', 'exchange') AND u.returned <> 0)
    """,
)
by_query(
    "I11",
    table="members_member",
    expected="what came back = what was spent and is marked as returned",
    sql="""
    SELECT m.id, COALESCE(u.returned, 0), COALESCE(r.points, 0)
    FROM members_member m
    LEFT JOIN (SELECT e.member_id, SUM(u.returned) AS returned FROM members_pointsuse u
               JOIN members_pointsentry e ON e.id = u.entry_id GROUP BY e.member_id) u ON u.member_id = m.id
    LEFT JOIN (SELECT member_id, SUM(delta) AS points FROM members_pointsentry WHERE kind = 'return'
               GROUP BY member_id) r ON r.member_id = m.id
    WHERE COALESCE(u.returned, 0) <> COALESCE(r.points, 0)
    """,
)
by_query(
    "I11",
    table="members_pointsentry",
    expected="a lot ends once, after its time, as a whole",
    sql="""
    SELECT e.id, COUNT(l.id), MIN(l."left"), MIN(l.expires_at)
    FROM members_pointsentry e
    LEFT JOIN members_pointsuse u ON u.entry_id = e.id
    LEFT JOIN members_pointsentry l ON l.id = u.lot_id
    WHERE e.kind = 'expire'
    GROUP BY e.id, e.at, e.source
    HAVING COUNT(l.id) <> 1 OR MIN(l."left") <> 0 OR MIN(l.expires_at) IS NULL OR MIN(l.expires_at) > e.at
        OR e.source <> 'lot:' || CAST(MIN(l.id) AS varchar(20))
    """,
)
