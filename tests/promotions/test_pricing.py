"""The price of an order: the golden example, the order of the steps, and laws that hold for any mix of terms."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promotions import pricing
from promotions.pricing import (
    CouponTerms,
    FreightRule,
    Item,
    LevelTerms,
    Offer,
    PointsTerms,
    Price,
    Scope,
    Stacking,
    Terms,
    Tier,
    price,
)
from promotions.pricing.terms import stacking_of
from shop.lib.money import share
from shop.models import ShopSettings

A, B, C = Item(1, 1, 5990, product_id=1), Item(2, 2, 3340, product_id=2), Item(3, 1, 10, product_id=3)
GOLDEN = Terms(
    freight=FreightRule(800),
    level=LevelTerms(rate=95),
    offers=[Offer(1, "满100减10", "amount_off", [Tier(10000, off=1000)])],
    coupon=CouponTerms(1, amount=500, threshold=5000, scope=Scope("product", frozenset({1, 2}))),
    points=PointsTerms(wanted=10**6, balance=10**6, max_percent=20, per_yuan_paid=1),
)


def column(found: Price, name: str) -> list[int]:
    return [getattr(line, name) for line in found.lines]


def off(*tiers: tuple[int, int], **fields: Any) -> Offer:
    """Make a 满减 of tiers (threshold, off)."""
    dull: dict[str, Any] = {"id": 1, "name": "满减", "kind": "amount_off"}
    return Offer(tiers=[Tier(threshold, off=amount) for threshold, amount in tiers], **(dull | fields))


def test_the_golden_example_comes_out_to_the_fen() -> None:
    found = price([A, B, C], GOLDEN)

    assert column(found, "list_amount") == [5990, 6680, 10]
    assert column(found, "level_discount") == [299, 334, 0]
    assert column(found, "promotion_discount") == [472, 527, 1]
    assert column(found, "coupon_discount") == [236, 264, 0]
    assert column(found, "points_discount") == [996, 1111, 2]
    assert column(found, "paid_amount") == [3987, 4444, 7]
    assert (found.goods_paid, found.freight_amount, found.payable_amount) == (8438, 800, 9238)
    assert (found.points_spent, found.points_to_earn, found.coupon_id) == (2109, 84, 1)


def test_half_a_fen_of_a_level_price_is_rounded_up_for_each_unit() -> None:
    found = price([Item(1, 3, 10)], Terms(level=LevelTerms(rate=95)))  # 9.5 fen each

    assert column(found, "paid_amount") == [30]


def test_a_level_price_is_never_asked_of_goods_that_have_none() -> None:
    found = price([replace(A, takes_level=False), B], Terms(level=LevelTerms(rate=50)))

    assert column(found, "level_discount") == [0, 3340]


# --- Threshold offers ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("units", "discount"), [(1, 0), (2, 300), (3, 300), (4, 900)])
def test_the_highest_tier_that_is_reached_counts(units: int, discount: int) -> None:
    found = price([Item(1, units, 1000)], Terms(offers=[off((2000, 300), (4000, 900))]))

    assert found.promotion_discount == discount


def test_an_offer_by_pieces_counts_pieces() -> None:
    found = price([Item(1, 2, 100), Item(2, 1, 100)], Terms(offers=[off((3, 50), basis="pieces")]))

    assert found.promotion_discount == 50


def test_an_offer_that_repeats_counts_once_for_every_threshold() -> None:
    found = price([Item(1, 7, 1000)], Terms(offers=[off((3000, 200), repeats=True)]))

    assert found.promotion_discount == 400


def test_the_threshold_is_asked_of_the_goods_it_is_for_after_the_level_price() -> None:
    offer = off((10000, 1000), scope=Scope("product", frozenset({1})))
    level = LevelTerms(rate=95)

    assert price([Item(1, 2, 5000, product_id=1), B], Terms(offers=[offer], level=level)).promotion_discount == 0
    assert price([Item(1, 2, 5000, product_id=1), B], Terms(offers=[offer])).promotion_discount == 1000


def test_a_category_takes_in_what_lies_below_it() -> None:
    tea, cup = Item(1, 1, 5000, category_ids=frozenset({1, 11})), Item(2, 1, 5000, category_ids=frozenset({2}))
    offer = off((5000, 500), scope=Scope("category", frozenset({1})))

    assert column(price([tea, cup], Terms(offers=[offer])), "promotion_discount") == [500, 0]


def test_goods_that_are_excluded_neither_count_nor_get_anything() -> None:
    offer = off((5000, 500), scope=Scope("exclude", frozenset({1})))

    assert column(price([A, B], Terms(offers=[offer])), "promotion_discount") == [0, 500]


def test_of_two_offers_of_a_kind_the_better_one_takes_the_line() -> None:
    poor, rich = off((1000, 100), id=1), off((1000, 200), id=2)
    found = price([A], Terms(offers=[poor, rich]))

    assert (found.promotion_discount, [used.offer.id for used in found.offers]) == (200, [2])


def test_an_offer_of_higher_priority_goes_first_whatever_it_takes_off() -> None:
    poor, rich = off((1000, 100), id=1, priority=1), off((1000, 200), id=2)

    assert price([A], Terms(offers=[poor, rich])).promotion_discount == 100


def test_two_offers_of_a_kind_work_side_by_side_on_different_goods() -> None:
    offers = [off((1000, 100), id=pk, scope=Scope("product", frozenset({pk}))) for pk in (1, 2)]

    assert column(price([A, B], Terms(offers=offers)), "promotion_discount") == [100, 100]


def test_the_shopper_may_take_another_offer_or_none() -> None:
    offers = [off((1000, 100), id=1), off((1000, 200), id=2)]

    assert price([A], Terms(offers=offers, choices={"amount_off": 1})).promotion_discount == 100
    assert price([A], Terms(offers=offers, choices={"amount_off": 0})).promotion_discount == 0


def test_an_amount_and_a_percentage_work_one_after_the_other() -> None:
    tenth = Offer(2, "9折", "percent_off", [Tier(1, percent=90)])
    found = price([Item(1, 1, 10000)], Terms(offers=[off((10000, 1000)), tenth]))

    assert found.promotion_discount == 1000 + 900
    assert [used.discount for used in found.offers] == [1000, 900]


def test_an_offer_never_takes_more_than_its_goods_cost() -> None:
    found = price([Item(1, 1, 30)], Terms(offers=[off((10, 500))]))

    assert (found.goods_paid, found.promotion_discount) == (0, 30)


def test_a_gift_comes_as_often_as_its_stock_lasts() -> None:
    tier = Tier(1000, id=7, gift_sku=9, gift_units=2, gift_left=3)
    found = price([Item(1, 2, 1000)], Terms(offers=[Offer(1, "满赠", "gift", [tier], repeats=True)]))

    (gift,) = found.gifts
    assert (gift.sku_id, gift.units, gift.missing) == (9, 3, 1)
    assert found.goods_paid == 2000


def test_an_offer_of_free_freight_and_a_level_take_the_freight_away() -> None:
    free = Offer(1, "包邮", "free_freight", [Tier(2000)])
    freight = FreightRule(800)

    assert price([Item(1, 2, 1000)], Terms(freight=freight, offers=[free])).freight_amount == 0
    assert price([Item(1, 1, 1000)], Terms(freight=freight, offers=[free])).freight_amount == 800
    assert price([A], Terms(freight=freight, level=LevelTerms(free_freight=True))).freight_amount == 0


# --- Coupons -------------------------------------------------------------------------------------------------------
def test_a_coupon_asks_for_its_threshold_after_the_offers() -> None:
    coupon = CouponTerms(5, amount=500, threshold=9500)
    plain, reduced = Terms(coupon=coupon), Terms(coupon=coupon, offers=[off((10000, 1000))])

    assert price([Item(1, 1, 10000)], plain).coupon_discount == 500
    assert price([Item(1, 1, 10000)], reduced).coupon_discount == 0
    assert price([Item(1, 1, 10000)], reduced).coupon_id is None


def test_a_percentage_takes_off_its_cap_at_most() -> None:
    coupon = CouponTerms(5, kind="percent", percent=85, max_discount=1000)

    assert price([Item(1, 1, 5000)], Terms(coupon=coupon)).coupon_discount == 750
    assert price([Item(1, 1, 50000)], Terms(coupon=coupon)).coupon_discount == 1000


def test_a_coupon_is_worth_what_its_goods_cost_at_most() -> None:
    coupon = CouponTerms(5, amount=5000, scope=Scope("product", frozenset({3})))
    found = price([A, C], Terms(coupon=coupon))

    assert column(found, "coupon_discount") == [0, 10]


@pytest.mark.parametrize(
    ("coupon", "why"),
    [
        (CouponTerms(1, amount=500, threshold=20000), "适用商品还差 ¥73.20"),
        (CouponTerms(1, amount=500, scope=Scope("product", frozenset({9}))), "没有适用的商品"),
    ],
)
def test_a_coupon_that_cannot_be_used_says_why(coupon: CouponTerms, why: str) -> None:
    lines, _ = pricing.after_offers([A, B, C], Terms())

    assert pricing.judge_coupon(lines, coupon).why == why


def test_the_best_coupon_is_the_one_that_takes_off_most() -> None:
    coupons = [
        CouponTerms(1, amount=500),
        CouponTerms(2, kind="percent", percent=80),
        CouponTerms(3, amount=10**6, threshold=10**7),
    ]
    lines, _ = pricing.after_offers([A, B, C], Terms())

    best = pricing.best_coupon(lines, coupons)

    assert best is not None
    assert best.id == 2
    assert pricing.best_coupon(lines, coupons[2:]) is None


# --- Points --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("terms", "spent", "taken_off"),
    [
        (PointsTerms(wanted=300, balance=10**4, max_percent=20), 300, 300),
        (PointsTerms(wanted=300, balance=120, max_percent=20), 120, 120),
        (PointsTerms(wanted=10**4, balance=10**4, max_percent=20), 1000, 1000),
        (PointsTerms(wanted=10**4, balance=10**4, max_percent=0), 0, 0),
        (PointsTerms(wanted=300, balance=10**4, max_percent=20, least=500), 0, 0),
        (PointsTerms(wanted=1999, balance=10**4, max_percent=100, per_yuan_off=1000), 1990, 199),
        (PointsTerms(wanted=7, balance=10**4, max_percent=100, per_yuan_off=3), 7, 233),
        (PointsTerms(wanted=10**4, balance=10**4, max_percent=13, per_yuan_off=7), 45, 642),  # not 46 for 650
    ],
)
def test_points_take_off_no_more_than_they_may(terms: PointsTerms, spent: int, taken_off: int) -> None:
    found = price([Item(1, 1, 5000)], Terms(points=terms))

    assert (found.points_spent, found.points_discount) == (spent, taken_off)


def test_goods_that_take_no_points_neither_count_nor_are_reduced() -> None:
    terms = Terms(points=PointsTerms(wanted=10**4, balance=10**4, max_percent=50))
    found = price([Item(1, 1, 1000, takes_points=False), Item(2, 1, 1000)], terms)

    assert column(found, "points_discount") == [0, 500]


def test_points_are_earned_for_what_is_paid_times_the_rates_of_level_and_visits() -> None:
    terms = Terms(level=LevelTerms(points_rate=150), points=PointsTerms(per_yuan_paid=2, rate=120))
    found = price([Item(1, 1, 1000), Item(2, 1, 999, earns_points=False)], terms)

    assert column(found, "points_to_earn") == [36, 0]


# --- Kinds of orders -----------------------------------------------------------------------------------------------
def test_only_a_normal_order_takes_everything() -> None:
    shop = ShopSettings(points_for_flash=True)

    assert stacking_of("normal", shop) == Stacking()
    assert stacking_of("flash", shop) == Stacking(False, False, False, True, False)
    assert stacking_of("points", shop) == Stacking(False, False, False, False, False)
    assert stacking_of("group", shop) == Stacking(False, False, False, False, False)


def test_what_does_not_stack_leaves_its_columns_at_zero() -> None:
    found = price([A, B, C], replace(GOLDEN, stacking=Stacking(False, False, False, False, False)))

    assert (found.goods_paid, found.saved, found.points_to_earn) == (12680, 0, 0)
    assert (found.coupon_id, found.points_spent, list(found.offers)) == (None, 0, [])


# --- Laws ----------------------------------------------------------------------------------------------------------
SCOPES = st.builds(
    Scope, st.sampled_from(["all", "product", "category", "exclude"]), st.frozensets(st.integers(1, 5), max_size=3)
)
GOODS = st.lists(
    st.builds(
        Item, sku_id=st.integers(1, 99), units=st.integers(1, 9), site_price=st.integers(1, 200_000),
        product_id=st.integers(1, 5), category_ids=st.frozensets(st.integers(1, 5), max_size=2),
        takes_level=st.booleans(), takes_points=st.booleans(), earns_points=st.booleans(),
    ),
    min_size=1, max_size=8, unique_by=lambda item: item.sku_id,
)  # fmt: skip
TIERS = st.lists(
    st.builds(
        Tier, threshold=st.integers(1, 300_000), off=st.integers(0, 100_000), percent=st.integers(1, 99),
        gift_sku=st.just(7), gift_units=st.integers(1, 3), gift_left=st.integers(0, 3),
    ),
    min_size=1, max_size=3,
)  # fmt: skip
OFFERS = st.lists(
    st.builds(
        Offer, id=st.integers(1, 99), name=st.just("x"), kind=st.sampled_from(pricing.KINDS), tiers=TIERS,
        basis=st.sampled_from(["amount", "pieces"]), scope=SCOPES, repeats=st.booleans(), priority=st.integers(0, 3),
    ),
    max_size=5, unique_by=lambda offer: offer.id,
)  # fmt: skip
COUPONS = st.none() | st.builds(
    CouponTerms, id=st.integers(1, 9), kind=st.sampled_from(["amount", "percent"]), amount=st.integers(1, 100_000),
    percent=st.integers(1, 99), max_discount=st.integers(0, 10_000), threshold=st.integers(0, 100_000), scope=SCOPES,
)  # fmt: skip
POINTS = st.builds(
    PointsTerms, wanted=st.integers(0, 10**6), balance=st.integers(0, 10**6), per_yuan_off=st.integers(1, 2000),
    max_percent=st.integers(0, 100), least=st.integers(0, 500), per_yuan_paid=st.integers(0, 10),
    rate=st.integers(100, 300),
)  # fmt: skip
TERMS = st.builds(
    Terms, freight=st.builds(FreightRule, st.integers(0, 3000), st.integers(0, 20_000)),
    level=st.builds(LevelTerms, rate=st.integers(1, 100), free_freight=st.booleans(), points_rate=st.integers(0, 300)),
    offers=OFFERS, coupon=COUPONS, points=POINTS,
)  # fmt: skip


@given(GOODS, TERMS)
def test_lines_never_fall_below_zero_and_sum_up_to_the_order(items: list[Item], terms: Terms) -> None:
    found = price(items, terms)

    assert all(line.paid_amount >= 0 for line in found.lines)
    assert all(line.points_spent >= 0 and line.points_to_earn >= 0 for line in found.lines)
    columns = ("level_discount", "promotion_discount", "coupon_discount", "points_discount")
    discounts = sum(getattr(found, name) for name in columns)
    assert found.payable_amount == found.goods_amount - discounts + found.freight_amount >= 0
    assert found.promotion_discount == sum(used.discount for used in found.offers)
    assert found.points_spent <= min(terms.points.wanted, terms.points.balance)
    assert (found.points_spent == 0) == (found.points_discount == 0)


@given(GOODS, TERMS)
def test_of_each_kind_one_offer_at_most_works_on_a_line(items: list[Item], terms: Terms) -> None:
    found = price(items, terms)

    seen = [(used.offer.kind, sku_id) for used in found.offers for sku_id in used.sku_ids]
    assert len(seen) == len(set(seen))


@given(paid=st.integers(0, 10**7), units=st.integers(1, 60), data=st.data())
def test_refunding_units_in_any_steps_ends_at_exactly_what_was_paid(paid: int, units: int, data: st.DataObject) -> None:
    refunded, back = 0, 0
    while back < units:
        step = data.draw(st.integers(1, units - back))
        amount = share(paid, back + step, units) - refunded
        assert amount >= 0
        back, refunded = back + step, refunded + amount

    assert refunded == paid
