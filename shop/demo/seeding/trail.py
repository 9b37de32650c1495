"""What a seeded order leaves behind: stock moves, events, payments, refunds, parcels, redemptions and messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from catalog.models import StockMove, StockMoveKind
from members.models import Member, Message, MessageChannel, MessageStatus
from orders.models import (
    CancelReason,
    Channel,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentStatus,
    Redemption,
    RedemptionLine,
    RedemptionWay,
    Refund,
    RefundCause,
    RefundLine,
    RefundStatus,
    Shipment,
    ShipmentLine,
)
from orders.services.pickup_codes import spaced
from shop.demo.seeding.bulk import insert
from shop.demo.seeding.fates import IN_STORE, SENT, UNPAID, Fate
from shop.lib.money import yuan

MINUTE = timedelta(minutes=1)
Row = tuple[Any, ...]
MOVE = ("sku", "delta", "kind", "source", "actor", "at")
EVENT = ("order", "at", "actor", "kind", "from_status", "to_status", "note")
MESSAGE = (
    "member", "channel", "scene", "dedupe_key", "title", "body", "link", "status", "due_at", "attempts", "error",
    "created_at", "sent_at",
)  # fmt: skip
COURIERS = ("顺丰速运", "中通快递", "京东物流", "圆通速递")


@dataclass
class Story:
    """One seeded order with its lines; `refunded_units` is `{index of the line: units}`."""

    order: Order
    lines: list[OrderLine]
    fate: Fate
    random: Random
    refund_at: datetime | None = None
    refunded_units: dict[int, int] = field(default_factory=dict)
    payment: Payment | None = None
    refund: Refund | None = None
    refund_lines: list[RefundLine] = field(default_factory=list)
    shipment: Shipment | None = None

    @property
    def refund_amount(self) -> int:
        """What went back in fen; the freight only with an order of which nothing was handed over."""
        freight = self.order.freight_amount if self.fate == Fate.REFUNDED else 0
        return sum(line.refund_amount for line in self.lines) + freight


def units_given_back(story: Story, line: OrderLine) -> int:
    """Return how many units of a line are in stock again."""
    return line.units if story.fate in {Fate.TIMED_OUT, Fate.CANCELLED, Fate.REFUNDED} else 0


def write(stories: Sequence[Story], *, clerk: Member) -> None:
    """Write everything that belongs to orders whose rows and lines stand already."""
    _write_money(stories, clerk)
    _write_parcels(stories, clerk)
    _write_redemptions(stories, clerk)
    insert(StockMove, MOVE, [row for story in stories for row in _moves(story)])
    insert(OrderEvent, EVENT, [row for story in stories for row in _events(story, clerk)])
    insert(Message, MESSAGE, [row for story in stories for row in _messages(story)])


def _write_money(stories: Sequence[Story], clerk: Member) -> None:
    paid = [story for story in stories if story.fate not in UNPAID]
    for story in paid:
        story.payment = _payment(story)
    Payment.objects.bulk_create([story.payment for story in paid if story.payment])
    refunded = [story for story in paid if story.refund_at]
    for story in refunded:
        story.refund = _refund(story, clerk)
    Refund.objects.bulk_create([story.refund for story in refunded if story.refund])
    for story in refunded:
        story.refund_lines = _refund_lines(story)
    RefundLine.objects.bulk_create([part for story in refunded for part in story.refund_lines])


def _payment(story: Story) -> Payment:
    order = story.order
    back = story.refund_amount if story.refund_at else 0
    return Payment(
        order=order,
        attempt_no=1,
        channel=Channel.WECHAT,
        product="h5",
        out_trade_no=f"{order.no}-1",
        amount=order.payable_amount,
        status=PaymentStatus.PAID,
        transaction_id=f"4200{order.no}{story.random.randrange(10**6):06d}",
        is_accepted=True,
        refund_claimed=back,
        refunded_amount=back,
        created_at=order.created_at + MINUTE,
        paid_at=order.paid_at,
    )


def _refund(story: Story, clerk: Member) -> Refund:
    order, at = story.order, story.refund_at or story.order.created_at
    return Refund(
        order=order,
        payment=story.payment,
        out_refund_no=f"R{order.no}-{story.random.getrandbits(32):08x}",
        cause=RefundCause.STAFF,
        amount=story.refund_amount,
        freight_amount=order.freight_amount if story.fate == Fate.REFUNDED else 0,
        reason="买家申请退款",
        status=RefundStatus.DONE,
        restock=False,
        requested_by=clerk,
        gateway_refund_id=f"5030{order.no}{story.random.randrange(10**6):06d}",
        attempts=1,
        created_at=at,
        sent_at=at,
        done_at=at,
    )


def _refund_lines(story: Story) -> list[RefundLine]:
    return [
        RefundLine(
            refund=story.refund,
            line=story.lines[index],
            units=units,
            units_handed=story.lines[index].units_returned,
            amount=story.lines[index].refund_amount,
        )
        for index, units in story.refunded_units.items()
    ]


def _write_parcels(stories: Sequence[Story], clerk: Member) -> None:
    sent = [story for story in stories if story.fate in SENT]
    for story in sent:
        number = f"77{story.random.randrange(10**12):012d}"
        company = story.random.choice(COURIERS)
        at = story.order.shipped_at or story.order.created_at
        story.shipment = Shipment(
            order=story.order, company=company, tracking_no=number, shipped_by=clerk, shipped_at=at
        )
    Shipment.objects.bulk_create([story.shipment for story in sent if story.shipment])
    rows = [(story.shipment.pk, line.pk, line.units) for story in sent if story.shipment for line in story.lines]
    insert(ShipmentLine, ("shipment", "line", "units"), rows)


def _write_redemptions(stories: Sequence[Story], clerk: Member) -> None:
    done = [(story, _redemption(story, clerk)) for story in stories if story.fate == Fate.REDEEMED]
    Redemption.objects.bulk_create([redemption for _, redemption in done])
    rows = [(redemption.pk, line.pk, line.units) for story, redemption in done for line in story.lines]
    insert(RedemptionLine, ("redemption", "line", "units"), rows)


def _redemption(story: Story, clerk: Member) -> Redemption:
    return Redemption(
        order=story.order,
        store=story.order.store,
        staff=clerk,
        way=RedemptionWay.SCAN,
        device="柜台扫码枪",
        submission=f"{story.random.getrandbits(128):032x}",
        redeemed_at=story.order.completed_at or story.order.created_at,
    )


def _moves(story: Story) -> list[Row]:
    """Return what each line took, and what came back: by cancelling, or by a refund before anything was sent."""
    order = story.order
    rows: list[Row] = [
        (line.sku_id, -line.units, StockMoveKind.ORDER, f"order-line:{line.pk}", order.member_id, order.created_at)
        for line in story.lines
    ]
    if story.fate in {Fate.TIMED_OUT, Fate.CANCELLED}:
        rows += [
            (line.sku_id, line.units, StockMoveKind.CANCEL, f"order-line:{line.pk}", None, order.cancelled_at)
            for line in story.lines
        ]
    if story.fate == Fate.REFUNDED:
        rows += [
            (part.line.sku_id, part.units, StockMoveKind.REFUND, f"refund-line:{part.pk}", None, story.refund_at)
            for part in story.refund_lines
        ]
    return rows


def _events(story: Story, clerk: Member) -> list[Row]:
    """Return the path of an order, each step beginning where the one before ended."""
    steps = _steps(story, clerk)
    previous = ["", *[to for _, to, *_ in steps[:-1]]]
    return [
        (story.order.pk, at, actor.pk if actor else None, kind, before, to, note)
        for before, (kind, to, at, actor, note) in zip(previous, steps, strict=True)
    ]


Step = tuple[str, str, datetime | None, Member | None, str]


def _steps(story: Story, clerk: Member) -> list[Step]:
    """Return (kind, status afterwards, when, who, note) of every step."""
    order, buyer = story.order, story.order.member
    steps: list[Step] = [("placed", OrderStatus.PENDING_PAYMENT, order.created_at, buyer, "")]
    if story.fate in UNPAID:
        return steps + _unpaid_ending(story)
    ready = OrderStatus.READY_FOR_PICKUP if story.fate in IN_STORE else OrderStatus.PREPARING
    steps += [
        ("paid", OrderStatus.PENDING_ACCEPTANCE, order.paid_at, None, ""),
        ("accepted", ready, order.paid_at, None, ""),
    ]
    if story.shipment:
        note = f"{story.shipment.company} {story.shipment.tracking_no}"
        steps.append(("shipped", OrderStatus.SHIPPED, order.shipped_at, clerk, note))
    if order.completed_at:
        who, note = (clerk, f"{order.store} 扫码") if story.fate == Fate.REDEEMED else (buyer, "买家确认收货")
        steps.append(("completed", OrderStatus.COMPLETED, order.completed_at, who, note))
    return steps + _refund_steps(story, steps[-1][1], clerk)


def _unpaid_ending(story: Story) -> list[Step]:
    order = story.order
    if story.fate == Fate.UNPAID:
        return []
    who = order.member if story.fate == Fate.CANCELLED else None
    note = str(CancelReason(order.cancel_reason).label)
    return [("cancelled", OrderStatus.CANCELLED, order.cancelled_at, who, note)]


def _refund_steps(story: Story, status: str, clerk: Member) -> list[Step]:
    if not story.refund_at:
        return []
    amount = f"¥{yuan(story.refund_amount)}"
    steps: list[Step] = [
        ("refund_requested", status, story.refund_at, clerk, f"{amount} 买家申请退款"),
        ("refunded", status, story.refund_at, None, f"{amount} 已原路退回"),
    ]
    if story.fate == Fate.REFUNDED:
        note = str(CancelReason.FULL_REFUND.label)
        steps.append(("cancelled", OrderStatus.CANCELLED, story.refund_at, None, note))
    return steps


def _messages(story: Story) -> list[Row]:
    """Return the notices that the buyer got on the way, one per event that demands one."""
    order = story.order
    found = []
    if order.paid_at:
        body = f"订单 {order.no} 已付款 ¥{yuan(order.payable_amount)}。"
        if order.pickup_code:
            body += f"提货码 {spaced(order.pickup_code)}，请到{order.store.name}出示。"
        found.append(_message(order, "paid", order.pk, "付款成功", body, order.paid_at))
    if story.shipment and story.shipment.shipped_at:
        body = f"{story.shipment.company} {story.shipment.tracking_no}，收到后请确认收货。"
        found.append(_message(order, "shipped", story.shipment.pk, "您的订单已发货", body, story.shipment.shipped_at))
    if story.refund and story.refund_at:
        body = f"订单 {order.no} 的退款 ¥{yuan(story.refund_amount)} 已原路退回。"
        found.append(_message(order, "refunded", story.refund.pk, "退款已到账", body, story.refund_at))
    if story.fate in {Fate.TIMED_OUT, Fate.CANCELLED} and order.cancelled_at:
        body = f"订单 {order.no} 已取消（{CancelReason(order.cancel_reason).label}）。"
        found.append(_message(order, "cancelled", order.pk, "订单已取消", body, order.cancelled_at))
    return found


def _message(order: Order, scene: str, key: int, title: str, body: str, at: datetime) -> Row:
    member, link = order.member_id, f"/orders/{order.no}/"
    known = (member, MessageChannel.SITE, scene, f"{scene}:{key}", title, body, link)
    return (*known, MessageStatus.SENT, at, 0, "", at, at)
