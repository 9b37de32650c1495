"""The auditor: says whether one fen, one unit or one message is missing, and names each broken row.

An invariant is a query that must return nothing. `run()` checks all of them on one snapshot of the database.
"""

from shop.audit import activities, coupons, goods, money, orders, outside, points
from shop.audit.findings import INVARIANTS, Finding, run

__all__ = ["INVARIANTS", "Finding", "activities", "coupons", "goods", "money", "orders", "outside", "points", "run"]
