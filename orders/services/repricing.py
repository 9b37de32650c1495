"""改价: the staff changes what an unpaid order costs; its lines carry the change, and attempts at the old sum end."""

from datetime import datetime

from django.db import transaction

from members.models import Member
from orders.models import LineKind, Order, OrderLine, OrderStatus, Payment
from orders.services import paying
from orders.services.events import record_event
from shop.lib.money import MAX_FEN, split, yuan

PRICE_COLUMNS = ["price_change", "paid_amount", "points_to_earn"]


class NotRepriceable(Exception):
    """The price of this order cannot be changed so; the message is the sentence to show. Nothing was written."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def change_price(*, order: Order, goods: int, freight: int, by: Member, now: datetime) -> Order:
    """Let the goods of an unpaid order cost `goods` fen and its delivery `freight` fen.

    The difference is split over the lines by what they cost, so that refunds by unit still add up; open attempts are
    to be closed, money that comes for them goes back by itself. An order that costs nothing now is paid at once.
    Raises NotRepriceable.
    """
    locked = Order.objects.select_for_update(of=("self",)).select_related("member", "store").get(pk=order.pk)
    if locked.status != OrderStatus.PENDING_PAYMENT or locked.pays_at_store:
        raise NotRepriceable("只有待付款的订单可以改价，请刷新查看最新状态")
    if not (0 <= goods <= MAX_FEN and 0 <= freight <= MAX_FEN):
        raise NotRepriceable("金额不能小于 0，也不能太大")
    if freight and locked.is_pickup:
        raise NotRepriceable("自提订单没有运费")
    before = locked.payable_amount
    if (goods, freight) == (locked.goods_paid, locked.freight_amount):
        raise NotRepriceable("价格没有变化")
    Payment.objects.filter(order=locked, status__in=Payment.OPEN).update(to_close=True, next_query_at=now)
    _spread(locked, goods)
    _write_sums(locked, freight, now)
    note = f"¥{yuan(before)} 改为 ¥{yuan(locked.payable_amount)}"
    record_event(locked, kind="price_changed", from_status=locked.status, by=by, now=now, note=note)
    if not locked.payable_amount:
        paying.mark_paid(locked, now=now)
    return locked


def _spread(order: Order, goods: int) -> None:
    """Let the lines cost `goods` together, each in proportion to what it cost before; of nothing, to its list price."""
    lines = [line for line in order.lines.order_by("pk") if line.kind == LineKind.GOODS]
    weights = [line.paid_amount for line in lines]
    if not sum(weights):
        weights = [max(line.list_amount, 1) for line in lines]
    for line, paid in zip(lines, split(goods, weights), strict=True):
        earned = line.points_to_earn * paid // line.paid_amount if line.paid_amount else 0
        line.price_change += paid - line.paid_amount
        line.paid_amount, line.points_to_earn = paid, min(earned, line.points_to_earn)
    OrderLine.objects.bulk_update(lines, PRICE_COLUMNS)
    order.price_change = sum(line.price_change for line in lines)
    order.points_to_earn = sum(line.points_to_earn for line in lines)


def _write_sums(order: Order, freight: int, now: datetime) -> None:
    taken_off = order.level_discount + order.promotion_discount + order.coupon_discount + order.points_discount
    order.freight_amount = freight
    order.payable_amount = order.goods_amount - taken_off + order.price_change + freight
    order.pay_channel = order.pay_channel if order.payable_amount else "none"
    order.updated_at = now
    columns = ["price_change", "points_to_earn", "freight_amount", "payable_amount", "pay_channel", "updated_at"]
    order.save(update_fields=columns)
