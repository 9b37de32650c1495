"""Gifts of an order of which goods are refunded: below its threshold the gift comes back, or its value is kept back."""

from collections.abc import Iterable, Mapping, Sequence

from orders.models import LineKind, Order, OrderLine, OrderOffer, RefundLine


def settle(order: Order, lines: Mapping[int, OrderLine], parts: Sequence[RefundLine]) -> list[RefundLine]:
    """Return `parts` with what the gifts of `order` demand once these units are refunded; `lines` are {pk: line}.

    Gifts that never left the shop stay there. For handed ones that are not among the parts, their value is withheld
    from the money of the parts, never more than that.
    """
    settled, owed = list(parts), -sum(line.refund_withheld for line in lines.values())
    for gift in [line for line in lines.values() if line.kind == LineKind.GIFT and line.units_refundable]:
        offer = order.offers.filter(promotion__tiers=gift.gift_tier_id).first()
        missing = gift.units - gift.units_refunded - _deserved(offer, lines.values()) if offer else 0
        unsent = min(max(missing, 0), gift.units_left)
        if unsent:
            _keep_in_shop(settled, gift, unsent)
        owed += gift.unit_price * max(missing - unsent, 0)
    _withhold(settled, max(owed, 0))
    return settled


def _deserved(offer: OrderOffer, lines: Iterable[OrderLine]) -> int:
    """Return the gifts that the goods which are kept would have brought."""
    kept = [line for line in lines if line.kind == LineKind.GOODS and line.sku_id in offer.sku_ids]
    return offer.times(sum(_counts(offer, line) for line in kept)) * offer.gift_units


def _counts(offer: OrderOffer, line: OrderLine) -> int:
    if offer.basis == "pieces":
        return line.units_refundable
    return (line.list_amount - line.level_discount) // line.units * line.units_refundable


def _keep_in_shop(parts: list[RefundLine], gift: OrderLine, units: int) -> None:
    """Count units of a gift as never sent, in its part when some of them were asked back anyway."""
    gift.units_cancelled += units
    gift.save(update_fields=["units_cancelled"])
    asked = next((part for part in parts if part.line.pk == gift.pk), None)
    if asked is None:
        parts.append(RefundLine(line=gift, units=units))
    else:
        asked.units += units


def _withhold(parts: Sequence[RefundLine], value: int) -> None:
    """Keep back `value` fen of the parts' money, from the dearest first."""
    for part in sorted(parts, key=lambda part: -part.amount):
        kept = min(value, part.amount)
        if kept:
            part.amount -= kept
            part.withheld += kept
            part.line.refund_amount -= kept
            part.line.refund_withheld += kept
            part.line.save(update_fields=["refund_amount", "refund_withheld"])
            value -= kept
