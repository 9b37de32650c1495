"""What becomes of a buyer's orders when they leave: amounts, goods and steps stay, whom it was sent to goes."""

from datetime import datetime

from django.db.models import Q

from members.models import Member
from orders.models import Order, OrderEvent, Payment, PaymentStatus, Refund


class StillOpen(Exception):
    """Something with this buyer is not over yet; the message says what, and what to do about it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def hold_orders(*, member: Member) -> None:
    """Lock all orders of a member in the order of their ids, before the member is locked (R12)."""
    list(Order.objects.select_for_update(of=("self",)).filter(member=member).order_by("pk").values_list("pk"))


def check_all_ended(*, member: Member) -> None:
    """Raise StillOpen while an order goes on, or money of one is on its way. Three queries."""
    going = member.orders.exclude(status__in=Order.ENDED).count()
    if going:
        raise StillOpen(f"还有 {going} 个订单没有结束，收货、提货或取消以后才能注销")
    if Refund.objects.filter(order__member=member, status__in=Refund.LIVE).exists():
        raise StillOpen("还有退款没有到账，到账以后才能注销")
    unsettled = Q(status__in=Payment.OPEN) | Q(status=PaymentStatus.PAID, is_accepted=False, refund_claimed=0)
    if Payment.objects.filter(unsettled, order__member=member).exists():
        raise StillOpen("还有一笔付款正在确认结果，请过几分钟再试")


def forget_buyer(*, member: Member, now: datetime) -> int:
    """Blank whom the ended orders of a member went to and what was written about them; empty the cart.

    Region, amounts, goods, parcels and times stay; what a completed one would still give lapses. Return how many
    orders. Part of the caller's transaction.
    """
    member.cart_items.all().delete()
    OrderEvent.objects.filter(order__member=member, kind="remark").update(note="")
    blank = dict.fromkeys(("receiver_name", "receiver_phone", "address_detail", "buyer_remark", "merchant_remark"), "")
    indexes = {"receiver_name_index": None, "receiver_phone_index": None}
    return member.orders.filter(status__in=Order.ENDED).update(**blank, **indexes, reward_due_at=None, updated_at=now)
