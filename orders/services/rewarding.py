"""What a purchase gives its buyer and takes back when it comes to nothing: points, level, coupons, invitations.

What a completed order gives waits for a sweep, so that nobody at a counter waits for it; what a refund takes back is
written with it. Always under the order's lock; the member comes right after it (RELIABILITY R12).
"""

from datetime import datetime, timedelta

from django.db import transaction

from members import services as members
from members.models import PointsEntry, PointsKind
from orders.models import Order, Refund, RefundCause, RefundLine
from orders.services import levelling
from orders.services.scarce import source_of
from promotions import services as promotions
from promotions.models import Coupon, CouponStatus, IssueMode
from shop.lib import outbox
from shop.models import ShopSettings


class RewardSpent(Exception):
    """What completion gave is spent already, so the completion cannot be undone; the message says what."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def after_payment(order: Order, *, now: datetime) -> None:
    """Count a paid order for its buyer."""
    members.count_purchase(member_id=order.member_id, amount=order.payable_amount, orders=1, at=now)


def reward_completed(*, now: datetime, limit: int = 200) -> int:
    """Give what the completed orders that wait for it give; return how many. Each in a transaction of its own."""
    due = Order.objects.filter(reward_due_at__lte=now).order_by("reward_due_at", "pk")
    return outbox.each(list(due.values_list("pk", flat=True)[:limit]), lambda pk: _reward(pk, now))


@transaction.atomic
def _reward(pk: int, now: datetime) -> bool:
    """Give what one completion gives, unless it was undone or somebody else gave it meanwhile."""
    order = Order.objects.select_for_update(of=("self",)).select_related("member").get(pk=pk)
    if order.reward_due_at is None or order.completed_at is None:
        return False
    Order.objects.filter(pk=pk).update(reward_due_at=None)
    _give(order, order.completed_at, now)
    return True


def _give(order: Order, completed_at: datetime, now: datetime) -> None:
    """Give points that count after the after-sale window, the level, coupons, and what an invitation waits for."""
    ends_at = completed_at + timedelta(days=ShopSettings.load().after_sale_days)
    earned = sum(line.points_to_earn - line.refund_earned for line in order.lines.all())
    if earned:
        members.earn_points(
            member_id=order.member_id, points=earned, kind=PointsKind.ORDER, source=_completion(order),
            available_at=ends_at, now=now, note=f"订单 {order.no}",
        )  # fmt: skip
    levelling.relevel(order.member, now=now)
    promotions.issue_by_mode(mode=IssueMode.ORDER_COMPLETED, member=order.member, source=_completion(order), now=now)
    promotions.note_completed_order(member=order.member, order_no=order.no, due_at=ends_at, now=now)


def after_reopening(order: Order, *, completed_at: datetime, now: datetime) -> None:
    """Take back what completion gave, all of it. Raises RewardSpent when some of it was spent since."""
    source = _completion(order, completed_at)
    if Coupon.objects.filter(member=order.member, source=source, status=CouponStatus.USED).exists():
        raise RewardSpent("完成时发的优惠券已经用掉了，不能撤销核销")
    earned = sum(line.points_to_earn - line.refund_earned for line in order.lines.all())
    if earned and not members.can_claw_back(
        member_id=order.member_id, points=earned, earned_kind=PointsKind.ORDER, earned_source=source
    ):
        raise RewardSpent("完成时送的积分已经用掉了，不能撤销核销")
    if earned:
        members.claw_back_points(
            member_id=order.member_id, points=earned, earned_kind=PointsKind.ORDER, earned_source=source,
            source=f"{source}:undone", now=now, note=f"订单 {order.no} 撤销核销",
        )  # fmt: skip
    levelling.relevel(order.member, now=now)
    promotions.revoke_of_source(source=source, now=now)
    promotions.note_reversed_order(member=order.member, order_no=order.no, now=now)


def after_refund(order: Order, refund: Refund, parts: list[RefundLine], *, whole: bool, now: datetime) -> None:
    """Return the points that were spent on refunded units and take back those that they earned.

    With the `whole` order refunded, the coupon that its completion gave goes. Cancelling returned the points already.
    """
    members.count_purchase(member_id=order.member_id, amount=-refund.amount, orders=-1 if whole else 0, at=None)
    if refund.cause != RefundCause.CANCEL:
        for part in parts:
            _settle_points(order, refund, part, now)
    if order.completed_at and order.reward_due_at is None:
        levelling.relevel(order.member, now=now)
    if whole and order.reward_due_at is None:
        promotions.revoke_of_source(source=_completion(order), now=now)
        promotions.note_reversed_order(member=order.member, order_no=order.no, now=now)


def after_free_cancelling(order: Order) -> None:
    """Count a paid order out again that is cancelled without a refund, because nothing was paid for what is left."""
    members.count_purchase(member_id=order.member_id, amount=0, orders=-1, at=None)


def _settle_points(order: Order, refund: Refund, part: RefundLine, now: datetime) -> None:
    source, note = f"{source_of(order)}:refund-line:{part.pk}", f"订单 {order.no} 退款"
    if part.points:
        members.return_points(member_id=order.member_id, points=part.points, source=source, now=now, note=note)
    if part.earned and _has_earned(order, refund):
        members.claw_back_points(
            member_id=order.member_id, points=part.earned, earned_kind=PointsKind.ORDER,
            earned_source=_completion(order), source=source, now=now, note=note,
        )  # fmt: skip


def _has_earned(order: Order, refund: Refund) -> bool:
    """Say whether the order got the points of units that were asked back after its reward, else it left them out."""
    earned = PointsEntry.objects.filter(member=order.member_id, kind=PointsKind.ORDER, source=_completion(order))
    return earned.filter(at__lte=refund.created_at).exists()


def _completion(order: Order, completed_at: datetime | None = None) -> str:
    """Name this completion of the order: one that was undone and done again gives anew."""
    at = completed_at or order.completed_at
    return f"{source_of(order)}:{int(at.timestamp()) if at else 0}"
