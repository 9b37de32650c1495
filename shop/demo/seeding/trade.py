"""Seeded orders, written a thousand at a time: what the services would have written, row for row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import Case, F, IntegerField, Value, When
from django.utils import timezone

from catalog.models import Product, ProductStatus, Sku, StockMove, StockMoveKind
from members.models import Address, Member
from orders.models import CancelReason, DeliveryMethod, Order, OrderLine, OrderStatus, RefundedPart
from orders.services.pickup_codes import DIGITS, check_digit
from promotions.pricing import freight_rule
from shop.demo.seeding import crowd, trail
from shop.demo.seeding.fates import BY_COURIER, HANDED, IN_STORE, SENT, UNPAID, Fate, draw
from shop.demo.seeding.trail import Story
from shop.lib.money import share
from shop.models import ShopSettings, Store

BATCH = 1000
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class EmptyMarket(Exception):
    """There is nobody to buy, or nothing to be bought."""


@dataclass
class Market:
    """Everything that a seeded order is made of, and the counts that are kept along the way."""

    seed: int
    random: Random
    now: datetime
    shop: ShopSettings
    buyers: Sequence[tuple[Member, Address]]
    skus: Sequence[Sku]
    pictures: Mapping[int, str]
    stores: Sequence[Store]
    clerk: Member
    codes: set[str] = field(default_factory=set)
    taken: Counter[int] = field(default_factory=Counter)  # net units per SKU
    sold: Counter[int] = field(default_factory=Counter)  # net units per product


@transaction.atomic
def seed_orders(count: int, *, seed: int, random: Random, now: datetime) -> None:
    """Sell `count` orders to the shoppers that are there, then write the stock they took and the sales they made.

    All or nothing: half of it would leave stock that no move explains. Raises EmptyMarket.
    """
    market = _open_market(seed, random, now)
    for start in range(0, count, BATCH):
        stories = [_story(market, number) for number in range(start, min(start + BATCH, count))]
        Order.objects.bulk_create([story.order for story in stories])
        OrderLine.objects.bulk_create([line for story in stories for line in story.lines])
        trail.write(stories, clerk=market.clerk)
    _replenish(market)
    _count_sales(market)


def key_of(number: int, seed: int) -> str:
    """Return the idempotency key of a seeded order, by which it is recognised."""
    return f"seed-{seed}-{number}"


def _open_market(seed: int, random: Random, now: datetime) -> Market:
    addresses = Address.objects.filter(is_default=True, member__is_staff=False).select_related("member").order_by("pk")
    skus = Sku.objects.active().filter(product__status=ProductStatus.ON_SALE, daily_stock__isnull=True)
    pictures = Product.objects.filter(images__sort_order=0).values_list("pk", "images__image")
    market = Market(
        seed=seed,
        random=random,
        now=now,
        shop=ShopSettings.load(),
        buyers=[(address.member, address) for address in addresses],
        skus=list(skus.select_related("product").order_by("pk")),
        pictures=dict(pictures),
        stores=list(Store.objects.filter(is_active=True).order_by("-is_headquarters", "pk")),
        clerk=crowd.clerk(),
    )
    codes = Order.objects.filter(pickup_code__isnull=False).values_list("pickup_code", flat=True)
    market.codes.update(code for code in codes if code)
    if not (market.buyers and market.skus and market.stores):
        raise EmptyMarket("orders need shoppers with an address, goods on sale and a store")
    return market


def _story(market: Market, number: int) -> Story:
    """Draw one order: who, what, when and how it ended."""
    fate, hours_ago = draw(market.random)
    placed_at = market.now - timedelta(hours=hours_ago)
    member, address = market.random.choice(market.buyers)
    in_store = fate in IN_STORE or (fate not in BY_COURIER and market.random.random() < 0.4)
    order = Order(
        no=f"{timezone.localtime(placed_at):%Y%m%d}{market.random.randrange(10**10):010d}",
        member=member,
        store=market.random.choice(market.stores) if in_store else market.stores[0],
        idempotency_key=key_of(number, market.seed),
        delivery_method=DeliveryMethod.PICKUP if in_store else DeliveryMethod.EXPRESS,
        pay_channel="wechat",
        receiver_name=address.receiver_name,
        receiver_phone=address.receiver_phone,
        created_at=placed_at,
    )
    if not in_store:
        order.region_code, order.region_path = address.region_code, address.region_path
        order.address_detail = address.detail
    lines = _lines(market, order)
    order.goods_amount = sum(line.list_amount for line in lines)
    order.freight_amount = freight_rule(market.shop, is_pickup=in_store).due(order.goods_amount)
    order.payable_amount = order.goods_amount + order.freight_amount
    story = Story(order=order, lines=lines, fate=fate, random=market.random)
    _end(story, market)
    _count(story, market)
    return story


def _lines(market: Market, order: Order) -> list[OrderLine]:
    chosen = {sku.pk: sku for sku in market.random.choices(market.skus, k=market.random.choice((1, 1, 2, 2, 3, 4)))}
    return [_line(market, order, sku) for sku in chosen.values()]


def _line(market: Market, order: Order, sku: Sku) -> OrderLine:
    units = market.random.choice((1, 1, 1, 2, 2, 3))
    return OrderLine(
        order=order,
        product=sku.product,
        sku=sku,
        name=sku.product.name,
        code=sku.code or sku.product.code,
        spec_text=sku.spec_text,
        image=market.pictures.get(sku.product_id, ""),
        unit_price=sku.price,
        units=units,
        list_amount=sku.price * units,
        paid_amount=sku.price * units,
    )


def _end(story: Story, market: Market) -> None:
    """Set the columns in which the order's fate is seen."""
    order, fate, at = story.order, story.fate, story.order.created_at
    values: dict[str, object] = {}
    if fate == Fate.UNPAID:
        values = {"pay_before": at + market.shop.pay_timeout_minutes * MINUTE}
    elif fate in {Fate.TIMED_OUT, Fate.CANCELLED}:
        reason = CancelReason.TIMEOUT if fate == Fate.TIMED_OUT else CancelReason.MEMBER
        after = 31 if fate == Fate.TIMED_OUT else 9
        values = {"status": OrderStatus.CANCELLED, "cancel_reason": reason, "cancelled_at": at + after * MINUTE}
    else:
        values = {"status": OrderStatus.PREPARING, "paid_amount": order.payable_amount}
        values |= {"paid_at": at + 3 * MINUTE, "accepted_at": at + 3 * MINUTE} | _paid_ending(story, market)
    for name, value in values.items():
        setattr(order, name, value)
    if fate in HANDED:
        for line in story.lines:
            line.units_handed = line.units


def _paid_ending(story: Story, market: Market) -> dict[str, object]:
    at, fate = story.order.created_at, story.fate
    values: dict[str, object] = {}
    if fate in IN_STORE:
        values |= {"pickup_code": _code(market), "status": OrderStatus.READY_FOR_PICKUP}
    if fate in SENT:
        values |= {"status": OrderStatus.SHIPPED, "shipped_at": at + 20 * HOUR}
    if fate == Fate.SHIPPED:
        values |= {"receive_before": at + 20 * HOUR + (market.shop.auto_receive_days or 10) * DAY}
    if fate in {Fate.RECEIVED, Fate.RETURNED, Fate.REDEEMED}:
        after = DAY if fate == Fate.REDEEMED else 4 * DAY
        values |= {"status": OrderStatus.COMPLETED, "completed_at": at + after}
    if fate == Fate.REFUNDED:
        values |= {"status": OrderStatus.CANCELLED, "cancel_reason": CancelReason.FULL_REFUND}
        values |= {"cancelled_at": at + 2 * HOUR}
        story.refund_at, story.refunded_units = at + 2 * HOUR, {i: line.units for i, line in enumerate(story.lines)}
    if fate == Fate.RETURNED:
        story.refund_at, story.refunded_units = at + 5 * DAY, {0: 1}
    return values | _refund(story)


def _refund(story: Story) -> dict[str, object]:
    """Count the refunded units on their lines; return the columns of the order that tell of it."""
    if not story.refunded_units:
        return {}
    for index, units in story.refunded_units.items():
        line = story.lines[index]
        line.refund_amount = share(line.paid_amount, units, line.units)
        if story.fate == Fate.REFUNDED:
            line.units_cancelled = units
        else:
            line.units_returned = units
    whole = all(line.units_refunded == line.units for line in story.lines)
    return {
        "refunded_amount": story.refund_amount,
        "refund_status": RefundedPart.FULL if whole else RefundedPart.PART,
    }


def _code(market: Market) -> str:
    while True:
        body = f"{market.random.randrange(10 ** (DIGITS - 1)):0{DIGITS - 1}d}"
        code = body + check_digit(body)
        if code not in market.codes:
            market.codes.add(code)
            return code


def _count(story: Story, market: Market) -> None:
    for line in story.lines:
        market.taken[line.sku_id] += line.units - trail.units_given_back(story, line)
        if story.fate not in UNPAID:
            market.sold[line.product_id] += line.units - line.units_refunded


def _replenish(market: Market) -> None:
    """Bring in what the orders took, as one delivery before the first of them, so that the stock stays as it was."""
    first = market.now - timedelta(days=366)
    moves = [
        StockMove(sku_id=sku_id, delta=units, kind=StockMoveKind.IMPORT, source=f"seed-orders-{market.seed}", at=first)
        for sku_id, units in sorted(market.taken.items())
        if units
    ]
    StockMove.objects.bulk_create(moves, batch_size=BATCH)


def _count_sales(market: Market) -> None:
    counts = [(pk, units) for pk, units in sorted(market.sold.items()) if units]
    for start in range(0, len(counts), 300):
        part = counts[start : start + 300]
        cases = [When(pk=pk, then=Value(units)) for pk, units in part]
        grown = F("sold") + Case(*cases, default=Value(0), output_field=IntegerField())
        Product.objects.filter(pk__in=[pk for pk, _ in part]).update(sold=grown)
