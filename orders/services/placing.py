"""Placing an order: everything scarce is taken in one transaction, or nothing is."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import services as catalog
from members.models import Member
from orders.models import CartItem, Channel, DeliveryMethod, Order, OrderLine
from orders.services import accepting, paying, scarce, slots
from orders.services.bargaining import NOTHING, Wish
from orders.services.events import record_event
from orders.services.quoting import Delivery, Express, Pickup, Quote, picture_of, quote
from orders.services.refusals import NotDeliverable, NotForSale, PriceChanged
from orders.signals import order_placed
from promotions.pricing import PricedLine
from shop.lib.money import yuan
from shop.models import ShopSettings

NUMBER_DIGITS = 10
MOST_TRIES = 3


def place(
    *,
    member: Member,
    items: Sequence[tuple[int, int]],
    delivery: Delivery,
    idempotency_key: str,
    now: datetime,
    wish: Wish = NOTHING,
    pay_channel: str = Channel.WECHAT,
    expected_payable: int | None = None,
    buyer_remark: str = "",
    terminal: str = "h5",
    from_cart: bool = True,
) -> Order:
    """Place an order of `items` ([(sku_id, units)]) at the prices of the moment and take all that is scarce in it.

    The same `idempotency_key` returns the order it made before. `expected_payable` is what the page showed, in fen.
    Raises PlacingRefused or catalog's OutOfStock; nothing is written then.
    """
    asked = _Asked(
        member, items, delivery, idempotency_key, wish, pay_channel, expected_payable, buyer_remark, terminal, from_cart
    )
    for _ in range(MOST_TRIES):
        existing = Order.objects.filter(member=member, idempotency_key=idempotency_key).first()
        if existing:
            return existing
        try:
            return _place(asked, now)
        except IntegrityError as error:  # the same form came twice at once, or the random number is taken
            collision = error
    raise collision


@dataclass(frozen=True, slots=True)
class _Asked:
    member: Member
    items: Sequence[tuple[int, int]]
    delivery: Delivery
    idempotency_key: str
    wish: Wish
    pay_channel: str
    expected_payable: int | None
    buyer_remark: str
    terminal: str
    from_cart: bool


@transaction.atomic
def _place(asked: _Asked, now: datetime) -> Order:
    """Take the member's lock first, the stock last (RELIABILITY R12); between them the order, coupon and quotas."""
    shop = ShopSettings.load()
    member = Member.objects.select_for_update(no_key=True).get(pk=asked.member.pk)
    if not member.is_active:  # switched off or gone since they signed in
        raise NotForSale("您的账号已停用，不能下单，请联系商家")
    basket = quote(member=member, items=asked.items, delivery=asked.delivery, shop=shop, now=now, wish=asked.wish)
    _check_payment(asked, shop, basket)
    order = _new_order(asked, basket, shop, now)
    scarce.spend_points(order, basket, now=now)
    order.save(force_insert=True)
    lines = OrderLine.objects.bulk_create([_line(order, basket, priced) for priced in basket.price.lines])
    scarce.record_offers(order, basket)
    record_event(order, kind="placed", from_status="", by=asked.member, now=now)
    if asked.from_cart:
        CartItem.objects.filter(member=asked.member, sku__in=basket.units_by_sku).delete()
    order_placed.send(sender=Order, order=order)
    scarce.take(order, basket, now=now)
    slots.book(order)
    _go_on_without_gateway(order, shop, now)
    _take_stock(lines, asked.member, now)
    return order


def _check_payment(asked: _Asked, shop: ShopSettings, basket: Quote) -> None:
    if asked.pay_channel not in Channel.values:
        raise NotDeliverable("请选择付款方式")
    at_store = asked.pay_channel == Channel.OFFLINE
    if at_store and not (shop.pay_at_store_enabled and isinstance(asked.delivery, Pickup)):
        raise NotDeliverable("这个订单不能到店付款，请选择微信支付")
    payable = basket.price.payable_amount
    if asked.expected_payable not in {None, payable}:
        raise PriceChanged(f"价格有变化，现在应付 ¥{yuan(payable)}，请确认后再提交")


def _new_order(asked: _Asked, basket: Quote, shop: ShopSettings, now: datetime) -> Order:
    price = basket.price
    order = Order(
        no=new_number(now),
        member=asked.member,
        store=basket.store,
        idempotency_key=asked.idempotency_key,
        goods_amount=price.goods_amount,
        level_discount=price.level_discount,
        promotion_discount=price.promotion_discount,
        coupon_discount=price.coupon_discount,
        points_discount=price.points_discount,
        points_spent=price.points_spent + basket.deal.points_for(sum(basket.units_by_sku.values())),
        points_to_earn=price.points_to_earn,
        coupon=basket.coupon,
        order_type=basket.deal.order_type,
        freight_amount=price.freight_amount,
        payable_amount=price.payable_amount,
        pay_channel=asked.pay_channel if price.payable_amount else "none",
        buyer_remark=asked.buyer_remark[:200],
        terminal=asked.terminal,
        created_at=now,
    )
    if order.pay_channel == Channel.WECHAT and shop.pay_timeout_minutes:
        order.pay_before = now + timedelta(minutes=shop.pay_timeout_minutes)
    if isinstance(asked.delivery, Express):
        _send_to(order, basket)
    else:
        _collect(order, basket, asked.delivery)
    return order


def new_number(now: datetime) -> str:
    """Return an order number: the Shanghai date and ten random digits, so that it says nothing about volume."""
    return f"{timezone.localtime(now):%Y%m%d}{secrets.randbelow(10**NUMBER_DIGITS):0{NUMBER_DIGITS}d}"


def _send_to(order: Order, basket: Quote) -> None:
    address = basket.address
    if address is None:
        raise NotDeliverable("请选择收货地址")
    order.delivery_method = DeliveryMethod.EXPRESS
    order.receiver_name, order.receiver_phone = address.receiver_name, address.receiver_phone
    order.region_code, order.region_path = address.region_code, address.region_path
    order.address_detail = address.detail


def _collect(order: Order, basket: Quote, delivery: Pickup) -> None:
    order.delivery_method = DeliveryMethod.PICKUP
    order.receiver_phone = delivery.phone or order.member.phone
    order.receiver_name = order.member.nickname
    order.pickup_slot = basket.slot
    if basket.slot:
        order.pickup_day, order.pickup_window = delivery.day, str(basket.slot)


def _line(order: Order, basket: Quote, priced: PricedLine) -> OrderLine:
    sku = basket.skus[priced.sku_id]
    return OrderLine(
        order=order,
        product=sku.product,
        sku=sku,
        name=sku.product.name,
        code=sku.code or sku.product.code,
        spec_text=sku.spec_text,
        image=picture_of(sku),
        unit_price=priced.unit_price,
        units=priced.units,
        list_amount=priced.list_amount,
        level_discount=priced.level_discount,
        promotion_discount=priced.promotion_discount,
        coupon_discount=priced.coupon_discount,
        points_discount=priced.points_discount,
        paid_amount=priced.paid_amount,
        points_spent=priced.points_spent + basket.deal.points_for(priced.units),
        points_to_earn=priced.points_to_earn,
        flash_item=basket.deal.flash,
        exchange_item=basket.deal.exchange,
    )


def _go_on_without_gateway(order: Order, shop: ShopSettings, now: datetime) -> None:
    """Send an order on its way that needs no payment now: nothing is due, or it is paid at the counter."""
    if not order.payable_amount:
        paying.mark_paid(order, now=now)
    elif order.pays_at_store:
        accepting.reserve_for_counter(order, shop=shop, now=now)


def _take_stock(lines: Sequence[OrderLine], member: Member, now: datetime) -> None:
    """Take the stock of all lines but those of a flash sale, whose quota was taken from it before.

    Last of all, because many buyers meet at the same SKU. The lines are new, so nothing can have been taken for them,
    and a refusal undoes the order: no savepoint.
    """
    units: Mapping[int, int] = {line.sku_id: line.units for line in lines if not line.flash_item_id}
    sources = {line.sku_id: f"order-line:{line.pk}" for line in lines}
    catalog.take_stock(units, source_by_sku=sources, by=member, now=now, savepoint=False)
