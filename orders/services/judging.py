"""The verdict on an order at the counter, before it is handed over; `redeeming.redeem()` checks all of it again."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from orders.models import Order, OrderStatus, Redemption, Refund
from orders.services.redeeming import STAYS_PAID, Counter, NotRedeemable, already_redeemed, check_order

GO, CHECK, STOP = "go", "check", "stop"
WORDS = {GO: "可提货", CHECK: "请核对", STOP: "不可提货"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the band says: `kind` is its colour, `word` its word, `reasons` the sentences under it."""

    kind: str
    reasons: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """The one word that is read at arm's length."""
        return WORDS[self.kind]


def judge(order: Order, *, counter: Counter, now: datetime) -> Verdict:
    """Say whether `order`, one of the clerk's stores, may be handed over now. Two queries: redemptions, refunds."""
    earlier = list(order.redemptions.select_related("store", "staff").order_by("-pk"))
    try:
        check_order(order, earlier)
    except NotRedeemable as refusal:
        return Verdict(STOP, [refusal.message])
    if not any(line.units_left for line in order.lines.all()):
        return Verdict(STOP, ["没有可以提的商品，请核对退款情况"])
    reasons = [*_other_store(order, counter), *_slot(order, now), *_money(order), *_earlier(order, earlier)]
    return Verdict(CHECK if reasons else GO, reasons)


def _other_store(order: Order, counter: Counter) -> list[str]:
    if order.store_id == counter.store_id:
        return []
    return [f"这是「{order.store}」的订单，不是您现在所在的门店"]


def _slot(order: Order, now: datetime) -> list[str]:
    today = timezone.localdate(now)
    if order.pickup_day is None or order.pickup_day == today:
        return []
    when = "还没到" if order.pickup_day > today else "已经过了"
    return [f"{when}预约的日子：{order.pickup_day:%m月%d日} {order.pickup_window}"]


def _money(order: Order) -> list[str]:
    if order.awaits_counter_payment:
        return ["这一单到店付款，请先收款"]
    if order.status == OrderStatus.READY_FOR_PICKUP and order.refunds.filter(status__in=Refund.LIVE).exists():
        return ["有商品正在退款，只交付下面列出的数量"]
    return []


def _earlier(order: Order, earlier: list[Redemption]) -> list[str]:
    done = [redemption for redemption in earlier if redemption.undone_at is None]
    if order.was_paid_at_counter and len(done) < len(earlier):
        return [f"核销撤销过。{STAYS_PAID}", *_done(done)]
    return _done(done)


def _done(done: list[Redemption]) -> list[str]:
    return [f"已提走一部分：{already_redeemed(done)}"] if done else []
