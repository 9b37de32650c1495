"""Orders with levels, offers, coupons, points, gifts and sales: what they cost, hold, give back and earn."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog.models import Sku
from members import services as members
from members.models import Level, Member, PointsEntry, PointsKind
from orders import services as orders
from orders.models import LineKind, Order, OrderLine, OrderStatus, Payment, RedemptionWay, RefundedPart
from orders.services import notices
from orders.services.bargaining import Wish
from promotions.models import Coupon, CouponStatus, ExchangeItem, FlashItem, FlashSale, PromotionTier
from shop import audit
from tests.factories import NOON, make_member, make_order, make_product, make_sku, make_staff, make_store, pay_order
from tests.orders import bargains
from tests.orders.acts import attempt, told_of
from tests.orders.refunds import arrive
from tests.orders.shopping import open_shop

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def boss() -> Member:
    return make_staff(is_superuser=True)


def findings() -> list[str]:
    return [str(found) for found in audit.run(now=NOON + timedelta(minutes=5)) if found.invariant != "I5"]


def refund(order: Order, line: OrderLine, units: int, by: Member, *, now: datetime = NOON) -> int:
    """Refund units of a line, let the money arrive, and return how much it was."""
    made = orders.refund_lines(order=order, units_by_line={line.pk: units}, by=by, now=now, reason="不要了")
    arrive(order)
    return made.amount


def rewarded(order: Order) -> Order:
    """Let the sweep give what the completed order gives."""
    assert orders.reward_completed(now=NOON) == 1
    order.refresh_from_db()
    return order


def golden(boss: Member) -> tuple[Order, Coupon]:
    """Place the golden example of RULES 2 and return it with its coupon."""
    open_shop(freight_amount=800, freight_free_over=0, points_max_percent=20, points_value=100)
    member = make_member(level=bargains.make_level(95))
    bargains.give_points(member, 5000)
    goods = [make_product("A", price=5990), make_product("B", price=3340), make_product("C", price=10)]
    a, b, c = (product.skus.get() for product in goods)
    bargains.make_offer((10000, 1000))
    scope: dict[str, Any] = {"scope_kind": "product", "scope_ids": [goods[0].pk, goods[1].pk]}
    coupon = bargains.give_coupon(member, amount=500, threshold=5000, **scope)
    wish = Wish(coupon_id=coupon.pk, points=2109)
    return make_order((a, 1), (b, 2), (c, 1), member=member, wish=wish, expected_payable=9238), coupon


# --- The golden example --------------------------------------------------------------------------------------------
def test_the_golden_example_is_placed_to_the_fen(boss: Member) -> None:
    order, coupon = golden(boss)

    sums = (order.goods_amount, order.level_discount, order.promotion_discount, order.coupon_discount)
    assert sums == (12680, 633, 1000, 500)
    assert (order.points_discount, order.freight_amount, order.payable_amount) == (2109, 800, 9238)
    assert [line.paid_amount for line in order.lines.order_by("pk")] == [3987, 4444, 7]
    coupon.refresh_from_db()
    order.member.refresh_from_db()
    assert coupon.status == CouponStatus.USED
    assert order.member.points_balance == 5000 - 2109
    assert findings() == []


def test_the_golden_example_is_refunded_unit_by_unit(boss: Member) -> None:
    order, _ = golden(boss)
    pay_order(order)
    a, b, c = order.lines.order_by("pk")

    assert [refund(order, b, 1, boss), refund(order, b, 1, boss)] == [2222, 2222]
    assert refund(order, c, 1, boss) == 7
    assert refund(order, a, 1, boss) == 3987 + 800
    order.member.refresh_from_db()
    assert (order.status, order.refunded_amount, order.refund_status) == ("cancelled", 9238, RefundedPart.FULL)
    assert order.member.points_balance == 5000
    assert findings() == []


# --- What is spent comes back --------------------------------------------------------------------------------------
def test_cancelling_gives_coupon_and_points_back_once(boss: Member) -> None:
    order, coupon = golden(boss)

    orders.cancel(order=order, by=order.member, reason="member", now=NOON)

    coupon.refresh_from_db()
    order.member.refresh_from_db()
    assert (coupon.status, coupon.used_at) == (CouponStatus.UNUSED, None)
    assert order.member.points_balance == 5000
    assert findings() == []


def test_cancelling_a_paid_order_gives_points_back_once_though_its_refund_arrives_later(boss: Member) -> None:
    open_shop(auto_accept=False)
    order, coupon = golden(boss)
    pay_order(order)

    orders.cancel(order=order, by=boss, reason="admin", now=NOON)
    arrive(order)

    order.member.refresh_from_db()
    coupon.refresh_from_db()
    assert (order.member.points_balance, coupon.status) == (5000, CouponStatus.UNUSED)
    assert (order.member.spent_amount, order.member.paid_orders) == (0, 0)
    assert findings() == []


def test_a_coupon_that_ran_out_meanwhile_comes_back_expired(boss: Member) -> None:
    order, coupon = golden(boss)
    Coupon.objects.filter(pk=coupon.pk).update(valid_until=NOON + DAY)

    orders.cancel(order=order, by=order.member, reason="member", now=NOON + 2 * DAY)

    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.EXPIRED


def test_a_partial_refund_keeps_the_coupon_and_the_last_one_returns_it(boss: Member) -> None:
    order, coupon = golden(boss)
    pay_order(order)
    a, b, c = order.lines.order_by("pk")

    refund(order, b, 2, boss)
    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.USED
    refund(order, a, 1, boss)
    refund(order, c, 1, boss)

    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.UNUSED


# --- Coupons that cannot be spent ----------------------------------------------------------------------------------
def test_a_strangers_a_used_and_an_expired_coupon_are_refused_and_nothing_is_written() -> None:
    open_shop()
    member, sku = make_member(), make_sku(price=10000)
    used = bargains.give_coupon(member)
    make_order((sku, 1), member=member, wish=Wish(coupon_id=used.pk))
    late = bargains.give_coupon(member, now=NOON - 60 * DAY)
    for coupon in (bargains.give_coupon(make_member()), used, late):
        with pytest.raises(orders.CouponRefused, match="不能用了"):
            make_order((sku, 1), member=member, wish=Wish(coupon_id=coupon.pk))

    assert Order.objects.count() == 1


def test_a_coupon_below_its_threshold_says_what_is_missing() -> None:
    open_shop()
    member = make_member()
    coupon = bargains.give_coupon(member, threshold=20000)

    with pytest.raises(orders.CouponRefused, match="还差 ¥100"):
        make_order((make_sku(price=10000), 1), member=member, wish=Wish(coupon_id=coupon.pk))


def test_more_points_than_there_are_are_refused() -> None:
    open_shop()
    member = make_member()
    bargains.give_points(member, 100)

    with pytest.raises(orders.PointsRefused, match="100 积分"):
        make_order((make_sku(price=10000), 1), member=member, wish=Wish(points=101))


# --- Nothing to pay ------------------------------------------------------------------------------------------------
def test_an_order_that_a_coupon_pays_whole_is_paid_at_once(boss: Member) -> None:
    open_shop()
    member, store = make_member(), make_store()
    coupon = bargains.give_coupon(member, amount=5000)

    order = make_order((make_sku(price=3000), 1), member=member, store=store, wish=Wish(coupon_id=coupon.pk))

    assert (order.payable_amount, order.status, order.pay_channel) == (0, OrderStatus.READY_FOR_PICKUP, "none")
    assert findings() == []
    assert refund(order, order.lines.get(), 1, boss) == 0
    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.UNUSED
    assert findings() == []


def test_cancelling_an_order_that_cost_nothing_counts_it_out_again(boss: Member) -> None:
    open_shop(auto_accept=False)
    member, store = make_member(), make_store()
    coupon = bargains.give_coupon(member, amount=5000)
    order = make_order((make_sku(price=3000), 1), member=member, store=store, wish=Wish(coupon_id=coupon.pk))
    member.refresh_from_db()
    assert member.paid_orders == 1

    orders.cancel(order=order, by=boss, reason="admin", now=NOON)

    member.refresh_from_db()
    coupon.refresh_from_db()
    assert (member.paid_orders, coupon.status) == (0, CouponStatus.UNUSED)
    assert findings() == []


# --- Gifts ---------------------------------------------------------------------------------------------------------
def gift_order(boss: Member, status: str, stock: int = 3) -> tuple[Order, PromotionTier, Sku]:
    open_shop(freight_free_over=100)
    gift = make_sku("小勺", price=600, stock=5)
    offer = bargains.make_gift_offer(gift, threshold=10000, stock=stock)
    order = make_order((make_sku("茶", price=5000), 2), status=status)
    return order, offer.tiers.get(), gift


def test_a_gift_is_a_line_of_no_price_out_of_a_stock_of_its_own(boss: Member) -> None:
    order, tier, gift = gift_order(boss, "pending_payment")

    line = order.lines.get(kind=LineKind.GIFT)
    assert (line.name, line.units, line.list_amount, line.paid_amount) == ("小勺", 1, 0, 0)
    tier.refresh_from_db()
    gift.refresh_from_db()
    assert (tier.gift_left, gift.stock) == (2, 5)
    assert findings() == []


def test_an_order_sells_without_a_gift_that_is_gone(boss: Member) -> None:
    order, _, _ = gift_order(boss, "pending_payment", stock=0)

    assert order.payable_amount == 10000
    assert not order.lines.filter(kind=LineKind.GIFT).exists()


def test_cancelling_puts_the_gift_back(boss: Member) -> None:
    _, tier, gift = gift_order(boss, "cancelled")

    tier.refresh_from_db()
    gift.refresh_from_db()
    assert (tier.gift_left, gift.stock) == (3, 5)
    assert findings() == []


def test_a_refund_below_the_threshold_keeps_an_unsent_gift_in_the_shop(boss: Member) -> None:
    order, tier, _ = gift_order(boss, "preparing")
    tea = order.lines.get(kind=LineKind.GOODS)

    assert refund(order, tea, 1, boss) == 5000

    tier.refresh_from_db()
    assert order.lines.get(kind=LineKind.GIFT).units_cancelled == 1
    assert tier.gift_left == 3
    assert findings() == []


def test_a_refund_that_names_one_of_two_unsent_gifts_keeps_both_in_the_shop(boss: Member) -> None:
    open_shop(freight_free_over=100)
    offer = bargains.make_gift_offer(make_sku("小勺", price=600), threshold=10000, stock=3, units=2)
    order = make_order((make_sku("茶", price=5000), 2), status="preparing")
    tea, gift = order.lines.get(kind=LineKind.GOODS), order.lines.get(kind=LineKind.GIFT)

    units = {tea.pk: 1, gift.pk: 1}
    made = orders.refund_lines(order=order, units_by_line=units, by=boss, now=NOON, reason="不要了")
    arrive(order)

    assert [(part.line_id, part.units) for part in made.lines.order_by("pk")] == [(tea.pk, 1), (gift.pk, 2)]
    assert (made.amount, offer.tiers.get().gift_left) == (5000, 3)
    assert findings() == []


def test_a_return_below_the_threshold_withholds_the_value_of_a_gift_that_stays_with_the_buyer(boss: Member) -> None:
    order, tier, _ = gift_order(boss, "shipped")
    tea = order.lines.get(kind=LineKind.GOODS)

    assert refund(order, tea, 1, boss) == 5000 - 600
    assert refund(order, tea, 1, boss) == 5000

    tier.refresh_from_db()
    assert tier.gift_left == 2
    assert findings() == []


def test_a_return_with_the_gift_pays_back_everything(boss: Member) -> None:
    order, _, _ = gift_order(boss, "shipped")
    tea, gift = order.lines.get(kind=LineKind.GOODS), order.lines.get(kind=LineKind.GIFT)

    made = orders.refund_lines(order=order, units_by_line={tea.pk: 1, gift.pk: 1}, by=boss, now=NOON, reason="退")

    assert made.amount == 5000
    assert findings() == []


# --- Points that are earned ----------------------------------------------------------------------------------------
def test_completion_earns_points_that_count_when_the_after_sale_window_is_over() -> None:
    open_shop(points_per_yuan=2, after_sale_days=15)
    order = rewarded(make_order((make_sku(price=5000), 1), status="completed"))

    entry = PointsEntry.objects.get(member=order.member, kind=PointsKind.ORDER)
    order.member.refresh_from_db()
    assert (entry.delta, entry.available_at, entry.counted_at) == (100, NOON + 15 * DAY, None)
    assert (order.member.points_balance, order.member.spent_amount, order.member.paid_orders) == (0, 5800, 1)
    assert findings() == []


def test_a_refund_between_completion_and_its_reward_earns_nothing_for_what_came_back(boss: Member) -> None:
    open_shop(points_per_yuan=2, freight_free_over=100)
    order = make_order((make_sku(price=5000), 2), status="completed")

    refund(order, order.lines.get(), 1, boss)
    rewarded(order)

    entry = PointsEntry.objects.get(member=order.member)
    assert (entry.kind, entry.delta) == (PointsKind.ORDER, 100)
    order.member.refresh_from_db()
    assert order.member.points_debt == 0


def test_a_return_takes_back_what_it_had_earned(boss: Member) -> None:
    open_shop(points_per_yuan=2, freight_free_over=100)
    order = rewarded(make_order((make_sku(price=5000), 2), status="completed"))

    refund(order, order.lines.get(), 1, boss, now=NOON + DAY)

    members.release_points(now=NOON + 16 * DAY)
    order.member.refresh_from_db()
    assert order.member.points_balance == 100
    assert findings() == []


# --- Levels --------------------------------------------------------------------------------------------------------
def test_completion_lifts_the_level_and_a_refund_takes_it_back(boss: Member) -> None:
    open_shop(level_metric="amount", freight_free_over=100)
    low = Level.objects.create(name="初级", min_value=0, max_value=9999)
    high = Level.objects.create(name="高级", min_value=10000, max_value=None)
    order = rewarded(make_order((make_sku(price=5000), 2), status="completed"))
    order.member.refresh_from_db()
    assert order.member.level == high

    refund(order, order.lines.get(), 1, boss, now=NOON + DAY)

    order.member.refresh_from_db()
    assert order.member.level == low


# --- Coupons for completion ----------------------------------------------------------------------------------------
def test_a_completed_order_brings_a_coupon_that_a_full_refund_revokes(boss: Member) -> None:
    open_shop(freight_free_over=100)
    template = bargains.completion_coupon()
    order = rewarded(make_order((make_sku(price=5000), 1), status="completed"))
    coupon = Coupon.objects.get(template=template, member=order.member)

    refund(order, order.lines.get(), 1, boss, now=NOON + DAY)

    coupon.refresh_from_db()
    assert coupon.status == CouponStatus.REVOKED


# --- An undone redemption ------------------------------------------------------------------------------------------
def test_undoing_a_redemption_takes_back_points_and_coupon_and_a_second_one_gives_them_again(boss: Member) -> None:
    store = open_shop(points_per_yuan=1)
    boss.stores.add(store)
    template = bargains.completion_coupon()
    order = rewarded(make_order((make_sku(price=5000), 1), store=store, status="completed"))

    undo(order, boss)
    assert not Coupon.objects.filter(template=template).exclude(status=CouponStatus.REVOKED).exists()
    assert sum(entry.delta for entry in PointsEntry.objects.filter(member=order.member)) == 0
    redeem(order, boss)

    assert Coupon.objects.filter(template=template, status=CouponStatus.UNUSED).count() == 1
    assert sum(entry.delta for entry in PointsEntry.objects.filter(member=order.member)) == 50
    assert findings() == []


def test_a_redemption_whose_coupon_was_spent_is_not_undone(boss: Member) -> None:
    store = open_shop()
    boss.stores.add(store)
    template = bargains.completion_coupon()
    order = rewarded(make_order((make_sku(price=5000), 1), store=store, status="completed"))
    gained = Coupon.objects.get(template=template)
    make_order((make_sku(price=5000), 1), member=order.member, wish=Wish(coupon_id=gained.pk))

    with pytest.raises(orders.NotRedeemable, match="优惠券已经用掉"):
        undo(order, boss)


def undo(order: Order, boss: Member) -> None:
    done = order.redemptions.get(undone_at=None)
    orders.undo_redemption(redemption=done, by=boss, reason="扫错了", now=NOON + timedelta(minutes=1))


def redeem(order: Order, boss: Member) -> None:
    order.refresh_from_db()
    orders.redeem(
        staff=boss, way=RedemptionWay.CODE, code=order.pickup_code or "", submission="a" * 32,
        now=NOON + timedelta(minutes=2),
    )  # fmt: skip
    orders.reward_completed(now=NOON + timedelta(minutes=3))


# --- Sales ---------------------------------------------------------------------------------------------------------
def test_a_flash_order_takes_its_price_and_quota_and_leaves_the_stock_alone() -> None:
    open_shop()
    sku = make_sku(price=9900, stock=10)
    item = bargains.make_flash(sku, price=5900)
    bargains.make_offer((100, 50))

    order = make_order((sku, 2), wish=Wish(flash=item.pk), from_cart=False)

    item.refresh_from_db()
    sku.refresh_from_db()
    assert (order.order_type, order.goods_paid, item.taken, sku.stock) == ("flash", 11800, 2, 10)
    assert order.promotion_discount == 0


def test_a_cancelled_flash_order_frees_its_place_while_the_sale_runs() -> None:
    open_shop()
    sku = make_sku(price=9900, stock=10)
    item = bargains.make_flash(sku, price=5900)

    make_order((sku, 2), wish=Wish(flash=item.pk), from_cart=False, status="cancelled")

    item.refresh_from_db()
    sku.refresh_from_db()
    assert (item.taken, sku.stock) == (0, 10)


def test_a_flash_sale_that_is_over_is_refused() -> None:
    open_shop()
    sku = make_sku(price=9900)
    item = bargains.make_flash(sku, price=5900)
    FlashSale.objects.update(ends_at=NOON)

    with pytest.raises(orders.NotForSale, match="已经结束"):
        make_order((sku, 1), wish=Wish(flash=item.pk), from_cart=False)


@pytest.mark.parametrize("units", [3, 6])
def test_more_than_the_limit_or_the_quota_of_a_flash_sale_is_refused(units: int) -> None:
    open_shop()
    sku = make_sku(price=9900, stock=20)
    item = bargains.make_flash(sku, price=5900, quota=5, per_member=2 if units == 3 else 9)

    with pytest.raises(orders.NotForSale):
        make_order((sku, units), wish=Wish(flash=item.pk), from_cart=False)

    assert FlashItem.objects.get().taken == 0
    assert not Order.objects.exists()


# --- The points shop -----------------------------------------------------------------------------------------------
def test_goods_for_points_and_money_cost_both_and_a_refund_returns_both(boss: Member) -> None:
    open_shop()
    sku, member, store = make_sku(price=9900), make_member(), make_store()
    bargains.give_points(member, 1000)
    entry = bargains.make_exchange(sku, points=300, price=1000)

    order = make_order((sku, 2), member=member, store=store, wish=Wish(exchange=entry.pk), from_cart=False)
    member.refresh_from_db()
    assert (order.order_type, order.payable_amount, order.points_spent) == ("points", 2000, 600)
    assert member.points_balance == 400
    pay_order(order)
    order.refresh_from_db()
    assert refund(order, order.lines.get(), 1, boss) == 1000

    member.refresh_from_db()
    assert (member.points_balance, ExchangeItem.objects.get().taken) == (700, 1)
    assert findings() == []


def test_goods_for_points_alone_are_paid_at_once() -> None:
    open_shop()
    sku, member, store = make_sku(price=9900), make_member(), make_store()
    bargains.give_points(member, 1000)
    entry = bargains.make_exchange(sku, points=300)

    order = make_order((sku, 1), member=member, store=store, wish=Wish(exchange=entry.pk), from_cart=False)

    assert (order.payable_amount, order.status) == (0, OrderStatus.READY_FOR_PICKUP)
    assert findings() == []


def test_points_that_do_not_suffice_for_an_exchange_are_said() -> None:
    open_shop()
    sku, member = make_sku(price=9900), make_member()
    bargains.give_points(member, 100)
    entry = bargains.make_exchange(sku, points=300)

    with pytest.raises(orders.PointsRefused, match="您有 100 积分"):
        make_order((sku, 1), member=member, store=make_store(), wish=Wish(exchange=entry.pk), from_cart=False)


# --- 改价 ----------------------------------------------------------------------------------------------------------
def test_a_changed_price_is_split_over_the_lines_and_refunds_still_add_up(boss: Member) -> None:
    order, _ = golden(boss)

    changed = orders.change_price(order=order, goods=8000, freight=0, by=boss, now=NOON)

    assert (changed.payable_amount, changed.price_change) == (8000, 8000 - 8438)
    assert sum(line.paid_amount for line in changed.lines.all()) == 8000
    assert findings() == []
    pay_order(changed)
    for line in changed.lines.order_by("pk"):
        refund(changed, line, line.units, boss)
    assert (changed.refunded_amount, changed.status) == (8000, "cancelled")
    assert findings() == []


def test_money_for_the_old_price_goes_back_by_itself(boss: Member) -> None:
    open_shop()
    order = make_order((make_sku(price=5000), 1))
    old = attempt(order)
    orders.change_price(order=order, goods=4000, freight=0, by=boss, now=NOON)

    notices.apply_notice(notices.store_event(channel="wechat", event=told_of(old), now=NOON), now=NOON)

    order.refresh_from_db()
    assert order.refunds.get().amount == old.amount
    assert order.status == OrderStatus.PENDING_PAYMENT
    assert not Payment.objects.filter(is_accepted=True).exists()


def test_only_an_unpaid_order_changes_its_price(boss: Member) -> None:
    open_shop()
    order = make_order((make_sku(price=5000), 1), status="preparing")

    with pytest.raises(orders.NotRepriceable, match="待付款"):
        orders.change_price(order=order, goods=4000, freight=0, by=boss, now=NOON)


def test_a_member_who_was_switched_off_meanwhile_buys_nothing() -> None:
    open_shop()
    member = make_member()
    Member.objects.filter(pk=member.pk).update(is_active=False)

    with pytest.raises(orders.NotForSale, match="停用"):
        make_order((make_sku(), 1), member=member)

    assert not Order.objects.exists()
