"""Lets the shoppers of the demo buy: every order goes through the real services, at moments that lie in the past.

Money arrives the way a notification brings it: a fact in the inbox, applied once. The sandbox's books hear of it
afterwards (`history`), so that both ledgers agree and refunds of these orders work.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from catalog.models import Sku
from members.models import Member
from orders import services as orders
from orders.channels import GatewayEvent, PaymentFact, PaymentState, RefundFact, RefundState
from orders.models import (
    CancelReason,
    Channel,
    NoticeKind,
    Order,
    Payment,
    PaymentStatus,
    RedemptionWay,
    Refund,
    RefundStatus,
)
from orders.services import notices
from orders.services.slots import is_bookable
from shop.demo.purchases import PURCHASES, Ending, Purchase
from shop.models import ShopSettings, Store

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
COURIERS = ("顺丰速运", "中通快递", "京东物流")


@dataclass(frozen=True)
class Cast:
    """Everybody and everything that takes part."""

    shoppers: list[Member]
    staff: Mapping[str, Member]
    stores: Mapping[str, Store]

    def clerk(self, store: str) -> Member:
        """Return who hands over in a store."""
        return self.staff.get(f"clerk-{store}", self.staff["owner"])


def sell_all(cast: Cast, *, now: datetime) -> list[Order]:
    """Make the purchases of the demo, the oldest first."""
    return [sell(purchase, cast, now=now) for purchase in PURCHASES]


def sell(purchase: Purchase, cast: Cast, *, now: datetime) -> Order:
    """Place one order and take it to its ending."""
    placed_at = now - purchase.hours_ago * HOUR
    with switched(**SWITCHES.get(purchase.ending, {})):
        order = _place(purchase, cast, now=placed_at)
        ENDINGS[purchase.ending](order, purchase, cast, placed_at)
    order.refresh_from_db()
    return order


@contextmanager
def switched(**wanted: object) -> Iterator[None]:
    """Run the shop with other settings for a moment."""
    before = {name: getattr(ShopSettings.load(), name) for name in wanted}
    if wanted:
        ShopSettings.objects.update(**wanted)
    try:
        yield
    finally:
        if before:
            ShopSettings.objects.update(**before)


def pay(order: Order, *, now: datetime) -> None:
    """Pay as a buyer at the gateway does: an attempt, then the gateway's fact, stored and applied."""
    number = order.payments.count() + 1
    payment = Payment.objects.create(
        order=order,
        attempt_no=number,
        channel=Channel.WECHAT,
        product="h5",
        out_trade_no=f"{order.no}-{number}",
        amount=order.payable_amount,
        status=PaymentStatus.PENDING,
        created_at=now - MINUTE,
    )
    fact = PaymentFact(
        out_trade_no=payment.out_trade_no,
        state=PaymentState.PAID,
        amount=payment.amount,
        transaction_id=f"4200{timezone.localtime(now):%Y%m%d%H%M%S}{secrets.randbelow(10**10):010d}",
        paid_at=now,
    )
    _hear(NoticeKind.PAYMENT, payment.out_trade_no, fact, now=now)
    order.refresh_from_db()


def settle(refund: Refund, *, now: datetime) -> None:
    """Let the money of a refund arrive, as the gateway's notice says it."""
    Refund.objects.filter(pk=refund.pk, status=RefundStatus.CREATED).update(sent_at=now)
    fact = RefundFact(
        out_refund_no=refund.out_refund_no,
        state=RefundState.DONE,
        amount=refund.amount,
        gateway_refund_id=f"5030{timezone.localtime(now):%Y%m%d%H%M%S}{secrets.randbelow(10**10):010d}",
        done_at=now,
    )
    _hear(NoticeKind.REFUND, refund.out_refund_no, fact, now=now)


def _hear(kind: NoticeKind, subject: str, fact: PaymentFact | RefundFact, *, now: datetime) -> None:
    event = GatewayEvent(event_id=f"demo-{uuid4()}", kind=kind, subject_no=subject, fact=fact)
    notices.apply_notice(notices.store_event(channel=Channel.WECHAT, event=event, now=now), now=now)


def _place(purchase: Purchase, cast: Cast, *, now: datetime) -> Order:
    member = cast.shoppers[purchase.shopper]
    items = [(_sku(code, number).pk, units) for code, number, units in purchase.goods]
    return orders.place(
        member=member,
        items=items,
        delivery=_delivery(purchase, cast, member, now),
        idempotency_key=uuid4().hex,
        now=now,
        pay_channel=Channel.OFFLINE if purchase.ending == Ending.AT_STORE else Channel.WECHAT,
        buyer_remark=purchase.remark,
        from_cart=False,
    )


def _sku(code: str, number: int) -> Sku:
    return Sku.objects.filter(product__code=code).order_by("sort_order", "pk")[number]


def _delivery(purchase: Purchase, cast: Cast, member: Member, now: datetime) -> orders.Express | orders.Pickup:
    if not purchase.store:
        return orders.Express(member.addresses.get(is_default=True).pk)
    store = cast.stores[purchase.store]
    slot_id, day = _first_slot(store, now)
    return orders.Pickup(store.pk, slot_id, day)


def _first_slot(store: Store, now: datetime) -> tuple[int, date]:
    """Return the first slot of `store` that may be booked from tomorrow on."""
    today = timezone.localdate(now)
    slots = list(store.slots.order_by("starts"))
    return next(
        (slot.pk, day)
        for day in (today + timedelta(days=ahead) for ahead in range(1, 8))
        for slot in slots
        if is_bookable(slot, day=day, now=now)
    )


def _unpaid(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    """Leave the order as it was placed."""


def _cancel(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    orders.cancel(order=order, by=order.member, reason=CancelReason.MEMBER, now=at + 8 * MINUTE)


def _time_out(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    orders.expire_unpaid(now=at + 31 * MINUTE)


def _pay(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    pay(order, now=at + 2 * MINUTE)


def _revoke(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    pay(order, now=at + 2 * MINUTE)
    owner = cast.staff["owner"]
    orders.cancel(order=order, by=owner, reason=CancelReason.ADMIN, now=at + HOUR, note="今天没有白色郁金香")
    settle(order.refunds.get(), now=at + HOUR + MINUTE)


def _refund_one_line(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    pay(order, now=at + 2 * MINUTE)
    line = order.lines.order_by("pk")[0]
    by = cast.staff["operator"]
    refund = orders.refund_lines(
        order=order, units_by_line={line.pk: 1}, by=by, now=at + 3 * HOUR, reason="缺货一件，先退差额"
    )
    settle(refund, now=at + 3 * HOUR + MINUTE)


def _refund_all(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    pay(order, now=at + 2 * MINUTE)
    refund = orders.refund_order(order=order, by=cast.staff["operator"], now=at + HOUR, reason="买家拍错，整单退款")
    settle(refund, now=at + HOUR + MINUTE)


def _ship(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    pay(order, now=at + 2 * MINUTE)
    company = COURIERS[order.pk % len(COURIERS)]
    number = f"SF{order.no[-10:]}" if company == COURIERS[0] else f"77{order.no[-10:]}"
    orders.ship(order=order, company=company, tracking_no=number, by=cast.staff["operator"], now=at + 20 * HOUR)


def _receive(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    _ship(order, purchase, cast, at)
    orders.receive(order=order, by=order.member, now=at + 3 * DAY)


def _return_one_line(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    _receive(order, purchase, cast, at)
    line = order.lines.order_by("pk")[0]
    refund = orders.refund_lines(
        order=order,
        units_by_line={line.pk: 1},
        by=cast.staff["operator"],
        now=at + 4 * DAY,
        reason="杯口有一处缩釉，已寄回",
        restock=True,
    )
    settle(refund, now=at + 4 * DAY + MINUTE)


def _redeem(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    _hand_over(order, purchase, cast, at, units_by_line=None)


def _redeem_first_line(order: Order, purchase: Purchase, cast: Cast, at: datetime) -> None:
    line = order.lines.order_by("pk")[0]
    _hand_over(order, purchase, cast, at, units_by_line={line.pk: line.units})


def _hand_over(
    order: Order, purchase: Purchase, cast: Cast, at: datetime, *, units_by_line: Mapping[int, int] | None
) -> None:
    pay(order, now=at + 2 * MINUTE)
    orders.redeem(
        staff=cast.clerk(purchase.store),
        way=RedemptionWay.SCAN,
        submission=uuid4().hex,
        now=at + 22 * HOUR,
        code=order.pickup_code or "",
        units_by_line=units_by_line,
        device="柜台扫码枪",
    )


Take = Callable[[Order, Purchase, Cast, datetime], None]
ENDINGS: Mapping[Ending, Take] = {
    Ending.UNPAID: _unpaid,
    Ending.AT_STORE: _unpaid,
    Ending.CANCELLED: _cancel,
    Ending.TIMED_OUT: _time_out,
    Ending.IN_REVIEW: _pay,
    Ending.PREPARING: _pay,
    Ending.READY: _pay,
    Ending.REVOKED: _revoke,
    Ending.PART_REFUNDED: _refund_one_line,
    Ending.FULLY_REFUNDED: _refund_all,
    Ending.SHIPPED: _ship,
    Ending.RECEIVED: _receive,
    Ending.RETURNED: _return_one_line,
    Ending.REDEEMED: _redeem,
    Ending.PART_REDEEMED: _redeem_first_line,
}
SWITCHES: Mapping[Ending, Mapping[str, object]] = {
    Ending.UNPAID: {"pay_timeout_minutes": 0},
    Ending.IN_REVIEW: {"auto_accept": False},
    Ending.REVOKED: {"auto_accept": False},
    Ending.AT_STORE: {"pay_at_store_enabled": True, "pay_at_store_days": 0},
}
