"""Any mix of goods, level, offers, coupon and points: what is refunded in the end is what was paid, to the fen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Sku
from members.models import Member
from orders import services as orders
from orders.models import LineKind, Order, OrderLine
from orders.services.bargaining import Wish
from promotions.models import PromotionTier
from tests.factories import NOON, make_member, make_order, make_sku, make_staff, pay_order
from tests.orders import bargains
from tests.orders.acts import findings
from tests.orders.refunds import arrive
from tests.orders.shopping import open_shop

pytestmark = pytest.mark.django_db
BALANCE = 30_000
COLUMNS = ("level_discount", "promotion_discount", "coupon_discount", "points_discount", "points_spent")


@dataclass(frozen=True)
class Mix:
    """A basket [(price, units)] with everything that may take something off it."""

    goods: Sequence[tuple[int, int]]
    rate: int
    offers: Sequence[dict[str, Any]]
    coupon: dict[str, Any] | None
    points: int
    points_value: int
    points_max_percent: int
    is_pickup: bool
    is_shipped: bool


PRICES = st.one_of(st.integers(1, 20), st.integers(1, 20_000))
OFFERS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["amount_off", "percent_off", "gift", "free_freight"]),
        "threshold": st.integers(1, 15_000),
        "value": st.integers(1, 99),
        "repeats": st.booleans(),
        "is_narrow": st.booleans(),
    }
)
COUPONS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["amount", "percent"]),
        "amount": st.integers(1, 9_000),
        "percent": st.integers(1, 99),
        "max_discount": st.integers(0, 500),
        "is_narrow": st.booleans(),
    }
)
MIXES = st.builds(
    Mix,
    goods=st.lists(st.tuples(PRICES, st.integers(1, 3)), min_size=1, max_size=3),
    rate=st.integers(1, 100),
    offers=st.lists(OFFERS, max_size=3),
    coupon=st.none() | COUPONS,
    points=st.integers(0, BALANCE),
    points_value=st.sampled_from([7, 100, 1000]),
    points_max_percent=st.integers(0, 100),
    is_pickup=st.booleans(),
    is_shipped=st.booleans(),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(mix=MIXES, data=st.data())
def test_units_refunded_in_any_order_end_at_exactly_what_was_paid(mix: Mix, data: st.DataObject) -> None:
    with undone():
        order, boss = placed(mix)
        lines = list(order.lines.order_by("pk"))
        check_sums(order, lines)
        if order.payable_amount:
            pay_order(order)
        is_gone = mix.is_shipped and not mix.is_pickup
        if is_gone:
            orders.ship(order=order, company="顺丰速运", tracking_no="SF10001", by=boss, now=NOON)
        back = [line for line in lines if line.kind == LineKind.GIFT] if is_gone else []  # gifts first, or none is sent
        units = data.draw(st.permutations([line for line in lines for _ in range(line.units) if line not in back]))

        refund(order, boss, {line.pk: line.units for line in back})
        for line in units:
            if OrderLine.objects.get(pk=line.pk).units_refundable:  # an unsent gift may have gone with its goods
                refund(order, boss, {line.pk: 1})

        check_end(order, freight_stays=is_gone)


@contextmanager
def undone() -> Iterator[None]:
    """Undo in the end all that an example has written."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def placed(mix: Mix) -> tuple[Order, Member]:
    """Place an order of `mix`, without its coupon where that cannot be used; return it with somebody of the staff."""
    store = open_shop(
        freight_amount=800, freight_free_over=0, points_value=mix.points_value, points_per_yuan=0,
        points_max_percent=mix.points_max_percent,
    )  # fmt: skip
    member = make_member(level=bargains.make_level(mix.rate))
    bargains.give_points(member, BALANCE)
    skus = [make_sku(price=price) for price, _ in mix.goods]
    for offer in mix.offers:
        make_offer(offer, skus[0])
    coupon = mix.coupon and bargains.give_coupon(member, **narrowed(mix.coupon, skus[0]))
    basket = [(sku, units) for sku, (_, units) in zip(skus, mix.goods, strict=True)]
    where: dict[str, Any] = {"member": member, "store": store if mix.is_pickup else None, "from_cart": False}
    try:
        wish = Wish(coupon_id=coupon.pk if coupon else None, points=mix.points)
        order = make_order(*basket, wish=wish, **where)
    except orders.CouponRefused:
        order = make_order(*basket, wish=Wish(points=mix.points), **where)
    return order, make_staff(is_superuser=True)


def make_offer(offer: dict[str, Any], sku: Sku) -> None:
    terms = narrowed({key: offer[key] for key in ("kind", "repeats", "is_narrow")}, sku)
    if offer["kind"] not in {"amount_off", "gift"}:
        terms["repeats"] = False
    gift = make_sku(price=700) if offer["kind"] == "gift" else None
    PromotionTier.objects.create(
        promotion=bargains.make_offer(**terms), threshold=offer["threshold"], gift=gift, percent=offer["value"],
        off=offer["threshold"] * offer["value"] // 100, gift_total=5, gift_left=5,
    )  # fmt: skip


def narrowed(terms: dict[str, Any], sku: Sku) -> dict[str, Any]:
    """Let narrow terms be for that SKU's product alone."""
    scope = {"scope_kind": "product", "scope_ids": [sku.product_id]} if terms["is_narrow"] else {}
    return {key: value for key, value in terms.items() if key != "is_narrow"} | scope


def check_sums(order: Order, lines: Sequence[OrderLine]) -> None:
    assert order.payable_amount == sum(line.paid_amount for line in lines) + order.freight_amount
    for column in COLUMNS:
        assert getattr(order, column) == sum(getattr(line, column) for line in lines)
    assert findings() == []


def refund(order: Order, boss: Member, units_by_line: dict[int, int]) -> None:
    """Refund units of lines, of which there may be none, and let the money arrive."""
    if units_by_line:
        orders.refund_lines(order=order, units_by_line=units_by_line, by=boss, now=NOON, reason="不要了")
        arrive(order)


def check_end(order: Order, *, freight_stays: bool) -> None:
    """Ask that everything that was paid is back with the buyer, but the freight of what was sent."""
    order.refresh_from_db()
    order.member.refresh_from_db()
    assert order.refunded_amount == order.payable_amount - (order.freight_amount if freight_stays else 0)
    assert (order.refund_status, order.member.points_balance) == ("full", BALANCE)
    assert order.coupon is None or order.coupon.status == "unused"
    assert findings() == []
