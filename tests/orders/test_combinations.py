"""Every row of combinations.md, played through the services: what it costs, gives back, and leaves in the end."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import Sum

from catalog.models import Category, Product, Sku
from members.models import Level, Member
from orders import services as orders
from orders.models import LineKind, Order, RedemptionWay
from orders.services.bargaining import Wish
from promotions.models import Coupon, Promotion, PromotionTier
from promotions.services import FlashItemDraft
from shop.lib.money import parse_yuan, yuan
from shop.models import Store
from tests.factories import NOON, make_category, make_member, make_order, make_product, make_sku, make_staff, pay_order
from tests.orders import bargains, combining
from tests.orders.acts import findings
from tests.orders.combining import NONE, Row, Scope, Step
from tests.orders.refunds import arrive
from tests.orders.shopping import open_shop
from tests.promotions.activities import make_flash

pytestmark = pytest.mark.django_db
ROWS = combining.rows()
PROMISED = ("优惠", "运费", "应付", "每行实付", "每步退回", "最后积分", "券", "赠品剩")
COUPON_WORDS = {"used": "已用", "unused": "退回"}


def test_the_table_is_long_enough_and_every_row_has_a_name_of_its_own() -> None:
    names = {row.cells["名称"] for row in ROWS}

    assert len(names) == len(ROWS) >= 60


@pytest.mark.parametrize("row", ROWS, ids=[f"line-{row.line}" for row in ROWS])
def test_a_combination_holds(row: Row) -> None:
    played = _placed(row)

    for step in row.steps:
        ACTS[step.act](played, step)
        played.order.refresh_from_db()

    assert _seen(played) == {column: row.cells[column] for column in PROMISED}, row.cells["名称"]
    assert findings() == []


# --- The shop of a row ---------------------------------------------------------------------------------------------
@dataclass
class Played:
    """An order of a row, and what the table tells of its life so far."""

    order: Order
    boss: Member
    coupon: Coupon | None
    freight: int
    costs: list[int]
    refunds: list[int] = field(default_factory=list)


def _placed(row: Row) -> Played:
    store, member = _shop(row), make_member()
    level = _level(row)
    if row.cells["会员"] != NONE:
        member.level = level
        member.save(update_fields=["level"])
    if points := row.number("积分", "有"):
        bargains.give_points(member, points)
    skus = _goods(row)
    choices = _offers(row, skus, level)
    coupon = _coupon(row, member, skus)
    wish = _wish(row, skus, coupon, choices)
    payable = parse_yuan(row.cells["应付"].split("→")[0])
    order = make_order(
        *((skus[goods.name], goods.units) for goods in row.goods), member=member, wish=wish, expected_payable=payable,
        store=store if row.cells["收货"] == "自提" else None, from_cart=False,
    )  # fmt: skip
    return Played(order, make_staff(is_superuser=True), coupon, order.freight_amount, [order.payable_amount])


def _shop(row: Row) -> Store:
    return open_shop(
        auto_accept=not any(step.act == "商家取消" for step in row.steps),
        freight_amount=row.money("收货", "快递"),
        freight_free_over=row.money("收货", "满"),
        points_value=row.number("积分", "每", 100),
        points_max_percent=row.number("积分", "上限", 20),
        points_per_yuan=row.number("积分", "送", 1),
        points_for_flash=row.has("种类", "可用积分"),
    )


def _level(row: Row) -> Level:
    return bargains.make_level(
        combining.member_rate(row),
        free_freight=row.has("会员", "包邮"),
        points_rate=combining.points_rate(row),
    )


def _goods(row: Row) -> dict[str, Sku]:
    paths: dict[str, Category] = {}
    skus = {}
    for goods in row.goods:
        for name, above in zip(goods.path, [None, *goods.path], strict=False):
            if name not in paths:
                paths[name] = make_category(name, parent=paths[above] if above else None)
        product = make_product(goods.name, price=goods.price, categories=[paths[name] for name in goods.path[-1:]])
        Product.objects.filter(pk=product.pk).update(
            member_price_enabled=goods.takes_level, points_usable=goods.takes_points, gives_points=goods.earns_points
        )
        skus[goods.name] = product.skus.get()
    return skus


def _scoped(scope: Scope, skus: dict[str, Sku]) -> dict[str, Any]:
    if scope.kind == "category":
        ids = list(Category.objects.filter(name__in=scope.names).values_list("pk", flat=True))
    else:
        ids = [skus[name].product_id for name in scope.names]
    return {"scope_kind": scope.kind, "scope_ids": ids}


def _offers(row: Row, skus: dict[str, Sku], level: Level) -> dict[str, int]:
    """Make the offers of `row`; return {kind: id, or 0} where the shopper chooses."""
    choices = {}
    for offer in row.offers:
        made = bargains.make_offer(
            kind=offer.kind, basis=offer.basis, repeats=offer.repeats, priority=offer.priority,
            level_ids=[level.pk] if offer.members_only else [], **_scoped(offer.scope, skus),
        )  # fmt: skip
        _tiers(made, offer)
        if offer.choice:
            choices[offer.kind] = made.pk if offer.choice == "自选" else 0
    return choices


def _tiers(made: Promotion, offer: combining.Offer) -> None:
    gifts = {tier.gift for tier in offer.tiers if tier.gift}
    made_of = {name: make_sku(name, price=offer.gift_price) for name in gifts}
    for tier in offer.tiers:
        stock = {"gift_total": offer.gift_stock, "gift_left": offer.gift_stock} if tier.gift else {}
        PromotionTier.objects.create(
            promotion=made, threshold=tier.threshold, off=tier.off, percent=tier.rate, gift=made_of.get(tier.gift),
            gift_units=tier.units or 1, **stock,
        )  # fmt: skip


def _coupon(row: Row, member: Member, skus: dict[str, Sku]) -> Coupon | None:
    terms = row.coupon
    if terms is None:
        return None
    return bargains.give_coupon(
        member, kind="percent" if terms.rate else "amount", amount=terms.off, percent=terms.rate,
        max_discount=terms.cap, threshold=terms.threshold, **_scoped(terms.scope, skus),
    )  # fmt: skip


def _wish(row: Row, skus: dict[str, Sku], coupon: Coupon | None, choices: dict[str, int]) -> Wish:
    first = skus[row.goods[0].name]
    flash = exchange = None
    if row.has("种类", "抢购"):
        item = FlashItemDraft(first.pk, row.money("种类", "抢购"), quota=5, per_member=2)
        flash = make_flash(item, now=NOON).items.get().pk
    if row.has("种类", "积分") and not flash:
        price = row.money("种类", "加")
        exchange = bargains.make_exchange(first, points=row.number("种类", "积分"), price=price).pk
    used = row.number("积分", "用")
    return Wish(
        coupon_id=coupon.pk if coupon else None, points=used, choices=choices, flash=flash, exchange=exchange
    )  # fmt: skip


# --- Acts ----------------------------------------------------------------------------------------------------------
def _pay(played: Played, step: Step) -> None:
    pay_order(played.order)


def _ship(played: Played, step: Step) -> None:
    orders.ship(order=played.order, company="顺丰速运", tracking_no="SF10001", by=played.boss, now=NOON)


def _receive(played: Played, step: Step) -> None:
    orders.receive(order=played.order, by=played.order.member, now=NOON)
    orders.reward_completed(now=NOON)


def _redeem(played: Played, step: Step) -> None:
    code = played.order.pickup_code or ""
    orders.redeem(staff=played.boss, way=RedemptionWay.CODE, code=code, submission=uuid.uuid4().hex, now=NOON)
    orders.reward_completed(now=NOON)


def _refund(played: Played, step: Step) -> None:
    by_name = {line.name: line.pk for line in played.order.lines.all()}
    units = {by_name[name]: count for name, count in step.units.items()}
    orders.refund_lines(order=played.order, units_by_line=units, by=played.boss, now=NOON, reason="不要了")
    played.refunds.append(arrive(played.order))


def _cancel(played: Played, step: Step) -> None:
    orders.cancel(order=played.order, by=played.order.member, reason="member", now=NOON)


def _cancel_paid(played: Played, step: Step) -> None:
    orders.cancel(order=played.order, by=played.boss, reason="admin", now=NOON)
    played.refunds.append(arrive(played.order))


def _reprice(played: Played, step: Step) -> None:
    freight = played.freight if step.freight is None else step.freight
    changed = orders.change_price(order=played.order, goods=step.goods, freight=freight, by=played.boss, now=NOON)
    played.costs.append(changed.payable_amount)


ACTS = {
    "付款": _pay, "发货": _ship, "收货": _receive, "提货": _redeem, "退": _refund, "取消": _cancel,
    "商家取消": _cancel_paid, "改价": _reprice,
}  # fmt: skip


# --- What the table tells ------------------------------------------------------------------------------------------
def _seen(played: Played) -> dict[str, str]:
    order = played.order
    off = {
        "会员": order.level_discount, "活动": order.promotion_discount, "券": order.coupon_discount,
        "积分": order.points_discount,
    }  # fmt: skip
    told = {
        "优惠": " ".join(f"{name}{yuan(fen)}" for name, fen in off.items() if fen) or NONE,
        "运费": yuan(played.freight),
        "应付": "→".join(map(yuan, played.costs)),
        "每行实付": _lines(order),
        "每步退回": " ".join(map(yuan, played.refunds)) or NONE,
        "最后积分": _points(order),
        "券": _coupon_words(played.coupon),
        "赠品剩": " ".join(map(str, _gifts_left())) or NONE,
    }
    assert tuple(told) == PROMISED
    return told


def _lines(order: Order) -> str:
    lines = order.lines.order_by("pk")
    paid = [yuan(line.paid_amount) for line in lines if line.kind == LineKind.GOODS]
    return " ".join(paid + [f"{line.name}赠{line.units}" for line in lines if line.kind == LineKind.GIFT])


def _points(order: Order) -> str:
    order.member.refresh_from_db()
    waiting = order.member.points.filter(counted_at=None).aggregate(sum=Sum("delta"))["sum"] or 0
    return f"{order.member.points_balance}（待生效{waiting}）" if waiting else str(order.member.points_balance)


def _coupon_words(coupon: Coupon | None) -> str:
    if coupon is None:
        return NONE
    coupon.refresh_from_db()
    return COUPON_WORDS[coupon.status]


def _gifts_left() -> list[int]:
    return list(PromotionTier.objects.filter(gift__isnull=False).order_by("pk").values_list("gift_left", flat=True))
