"""What a member has bought, as orders tell it."""

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Greatest

from members.models import Member


def count_purchase(*, member_id: int, amount: int, orders: int, at: datetime | None) -> None:
    """Add `amount` fen and `orders` to what a member bought; below zero for what came to nothing.

    `at` is when they paid, None when nothing was paid. One UPDATE; the caller calls it once per cause. What was paid
    before anybody counted takes neither below nothing.
    """
    changes = {
        "spent_amount": Greatest(F("spent_amount") + amount, 0),
        "paid_orders": Greatest(F("paid_orders") + orders, 0),
    }
    Member.objects.filter(pk=member_id).update(**changes, **({"last_paid_at": at} if at else {}))
