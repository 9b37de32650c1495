"""Step 3: one coupon, asked of its goods after step 2 and never worth more than they cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promotions.pricing.lines import PricedLine, take_off
from promotions.pricing.terms import CouponTerms
from shop.lib.money import share, yuan


@dataclass(frozen=True, slots=True)
class CouponJudged:
    """What a coupon would take off these goods in fen; `why` says why it cannot, "" when it can."""

    coupon: CouponTerms
    discount: int
    why: str = ""


def judge_coupon(lines: Sequence[PricedLine], coupon: CouponTerms) -> CouponJudged:
    """Say what `coupon` would take off lines that stand after step 2."""
    among = _covered(lines, coupon)
    base = sum(line.paid_amount for line in among)
    if not among or not base:
        return CouponJudged(coupon, 0, "没有适用的商品")
    if base < coupon.threshold:
        return CouponJudged(coupon, 0, f"适用商品还差 ¥{yuan(coupon.threshold - base)}")
    return CouponJudged(coupon, min(_value(coupon, base), base))


def best_coupon(lines: Sequence[PricedLine], coupons: Iterable[CouponTerms]) -> CouponTerms | None:
    """Return the coupon that takes off most; of equals the first."""
    judged = [judge_coupon(lines, coupon) for coupon in coupons]
    best = max(judged, key=lambda one: one.discount, default=None)
    return best.coupon if best and best.discount else None


def apply_coupon(lines: Sequence[PricedLine], coupon: CouponTerms | None) -> tuple[list[PricedLine], int | None]:
    """Return the lines with what `coupon` takes off them, and its id when it took off anything."""
    if coupon is None:
        return list(lines), None
    judged = judge_coupon(lines, coupon)
    if not judged.discount:
        return list(lines), None
    return take_off(lines, "coupon_discount", judged.discount, _covered(lines, coupon))[0], coupon.id


def _covered(lines: Sequence[PricedLine], coupon: CouponTerms) -> list[PricedLine]:
    return [line for line in lines if coupon.scope.covers(line.item)]


def _value(coupon: CouponTerms, base: int) -> int:
    if coupon.kind == "amount":
        return coupon.amount
    value = base - share(base, coupon.percent, 100)
    return min(value, coupon.max_discount) if coupon.max_discount else value
