"""What an order takes beside stock, and gives back once: points, a coupon, gifts, places in sales and exchanges.

Taken and given back in one order, that of RELIABILITY R12: member, coupon, then the counters of exchange, flash sale
and gift. Stock follows in the callers, last.
"""

from collections.abc import Sequence
from datetime import datetime

from members import services as members
from members.models import PointsKind
from orders.models import LineKind, Order, OrderLine, OrderOffer, OrderStatus, RefundedPart
from orders.services.quoting import Quote, picture_of, skus_with_pictures
from orders.services.refusals import CouponRefused, NotForSale, PointsRefused
from promotions import pricing
from promotions import services as promotions


def spend_points(order: Order, basket: Quote, *, now: datetime) -> None:
    """Spend the points of an order that is about to be written; its member is locked. Raises PointsRefused."""
    if not order.points_spent:
        return
    kind = PointsKind.EXCHANGE if basket.deal.exchange else PointsKind.SPEND
    try:
        members.spend_points(
            member_id=order.member_id, points=order.points_spent, kind=kind, source=source_of(order), now=now,
            note=f"订单 {order.no}",
        )  # fmt: skip
    except members.PointsShort as short:
        raise PointsRefused(short.message) from short


def source_of(order: Order) -> str:
    """Name an order as the cause of something in another app's books."""
    return f"order:{order.no}"


def record_offers(order: Order, basket: Quote) -> None:
    """Write down the offers that worked, as they were."""
    used = basket.price.offers
    if used:
        OrderOffer.objects.bulk_create([_offer_row(order, one) for one in used])


def _offer_row(order: Order, used: pricing.AppliedOffer) -> OrderOffer:
    return OrderOffer(
        order=order,
        promotion_id=used.offer.id,
        name=used.offer.name,
        kind=used.offer.kind,
        basis=used.offer.basis,
        threshold=used.tier.threshold,
        repeats=used.offer.repeats,
        gift_units=used.tier.gift_units,
        sku_ids=sorted(used.sku_ids),
        discount=used.discount,
    )


def take(order: Order, basket: Quote, *, now: datetime) -> None:
    """Take coupon, exchange, flash place and gifts of a new order. Raises PlacingRefused."""
    if basket.coupon:
        try:
            promotions.spend_coupon(member=order.member, coupon_id=basket.coupon.pk, now=now)
        except promotions.CouponNotUsable as refusal:
            raise CouponRefused(refusal.message) from refusal
    units = sum(basket.units_by_sku.values())
    try:
        if basket.deal.exchange:
            promotions.take_exchange(item_id=basket.deal.exchange.pk, member=order.member, units=units, now=now)
        if basket.deal.flash:
            promotions.take_flash(member=order.member, units_by_item={basket.deal.flash.pk: units}, now=now)
    except (promotions.ExchangeRefused, promotions.FlashRefused) as refusal:
        raise NotForSale(refusal.message) from refusal
    _give_gifts(order, basket.price.gifts)


def _give_gifts(order: Order, gifts: Sequence[pricing.Gift]) -> None:
    """Add the gifts that are still there as lines of no price; the order sells without the others."""
    wanted = {gift.tier_id: gift.units for gift in gifts if gift.units}
    taken = promotions.take_gifts(wanted) if wanted else {}
    given = [gift for gift in gifts if taken.get(gift.tier_id)]
    if not given:
        return
    skus = skus_with_pictures({gift.sku_id for gift in given})
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                kind=LineKind.GIFT,
                gift_tier_id=gift.tier_id,
                product=skus[gift.sku_id].product,
                sku=skus[gift.sku_id],
                name=skus[gift.sku_id].product.name,
                code=skus[gift.sku_id].code or skus[gift.sku_id].product.code,
                spec_text=skus[gift.sku_id].spec_text,
                image=picture_of(skus[gift.sku_id]),
                unit_price=skus[gift.sku_id].price,  # what is withheld when it does not come back
                units=taken[gift.tier_id],
            )
            for gift in given
        ]
    )


def give_back_all(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    """Give back what a cancelled order still holds, once: what refunds have given back stays with them."""
    points = sum(line.points_spent - line.refund_points for line in lines)
    if points:
        members.return_points(
            member_id=order.member_id, points=points, source=f"{source_of(order)}:cancelled", now=now,
            note=f"订单 {order.no} 已取消",
        )  # fmt: skip
    give_back_coupon(order, now=now)
    give_back_units(order, {line: line.units_left for line in lines if line.units_left}, source="cancelled", now=now)


def give_back_coupon(order: Order, *, now: datetime) -> None:
    """Make the coupon of an order that came to nothing usable again, or expired when its time is over.

    Not when it was given back before and has been spent on another order since.
    """
    if order.coupon is None:
        return
    others = Order.objects.filter(coupon=order.coupon).exclude(pk=order.pk)
    if not others.exclude(status=OrderStatus.CANCELLED).exclude(refund_status=RefundedPart.FULL).exists():
        promotions.give_back_coupon(coupon=order.coupon, now=now)


def give_back_units(order: Order, units_by_line: dict[OrderLine, int], *, source: str, now: datetime) -> None:
    """Give units that never left the shop back to exchange, flash sale and gift stock."""
    for line, units in units_by_line.items():
        if line.exchange_item_id:
            promotions.give_back_exchange(item_id=line.exchange_item_id, member=order.member, units=units, now=now)
    for line, units in units_by_line.items():
        if line.flash_item_id:
            promotions.give_back_flash(
                member=order.member, units_by_item={line.flash_item_id: units},
                source=f"order-line:{line.pk}:{source}", now=now,
            )  # fmt: skip
    gifts = {line.gift_tier_id: units for line, units in units_by_line.items() if line.gift_tier_id}
    if gifts:
        promotions.give_back_gifts(gifts)


def in_stock(line: OrderLine) -> bool:
    """Say whether the units of a line came out of the SKU's stock itself, and go back there."""
    return not line.flash_item_id and not line.gift_tier_id
