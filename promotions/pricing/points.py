"""Steps 4 and 6: points that are spent, and points that the order will earn. Both floor."""

from collections.abc import Sequence
from dataclasses import dataclass

from promotions.pricing.lines import PricedLine, add_to, take_off
from promotions.pricing.terms import LevelTerms, PointsTerms
from shop.lib.money import split

FEN = 100  # in a yuan


@dataclass(frozen=True, slots=True)
class PointsRoom:
    """How many points may be spent on some goods at most, and what they take off in fen."""

    points: int = 0
    amount: int = 0


def room_for_points(lines: Sequence[PricedLine], terms: PointsTerms) -> PointsRoom:
    """Return the most that a member with the balance in `terms` may spend on lines that stand after step 3."""
    return _room(sum(line.paid_amount for line in _payable(lines)), terms, terms.balance)


def apply_points(lines: Sequence[PricedLine], terms: PointsTerms) -> list[PricedLine]:
    """Return the lines with what the wanted points take off them, and each line's share of the points."""
    among = _payable(lines)
    room = _room(sum(line.paid_amount for line in among), terms, min(terms.wanted, terms.balance))
    if not room.points:
        return list(lines)
    priced, _ = take_off(lines, "points_discount", room.amount, among)
    sku_ids = {line.sku_id for line in among}
    parts = {line.sku_id: line.points_discount for line in priced if line.sku_id in sku_ids}
    return add_to(priced, "points_spent", dict(zip(parts, split(room.points, list(parts.values())), strict=True)))


def promise_points(lines: Sequence[PricedLine], terms: PointsTerms, level: LevelTerms) -> list[PricedLine]:
    """Return the lines with the points that they will earn: for what is paid for goods that give points."""
    among = [line for line in lines if line.item.earns_points and line.paid_amount]
    paid = sum(line.paid_amount for line in among)
    earned = paid * terms.per_yuan_paid * level.points_rate * terms.rate // (FEN * 100 * 100)
    parts = split(earned, [line.paid_amount for line in among])
    return add_to(lines, "points_to_earn", dict(zip([line.sku_id for line in among], parts, strict=True)))


def _payable(lines: Sequence[PricedLine]) -> list[PricedLine]:
    return [line for line in lines if line.item.takes_points and line.paid_amount]


def _room(goods: int, terms: PointsTerms, wanted: int) -> PointsRoom:
    """Return what `wanted` points take off `goods` fen: whole points only, no more of them than that needs."""
    points = min(goods * terms.max_percent // 100 * terms.per_yuan_off // FEN, wanted)
    amount = points * FEN // terms.per_yuan_off
    points = -(-amount * terms.per_yuan_off // FEN)  # where many points make one fen, as few as are worth that much
    if points < max(terms.least, 1):
        return PointsRoom()
    return PointsRoom(points, amount)
