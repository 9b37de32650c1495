"""Levels, points and the points shop of the demo: regulars have risen, and there is something to exchange for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from catalog.models import Sku
from members import services as members
from members.models import Level, Member, PointsEntry
from orders import services as orders
from promotions import services as promotions
from promotions.models import CouponTemplate, ExchangeItem, IssueMode

LADDER = (
    members.Rung(None, "新邻居", 0, 9_999),
    members.Rung(None, "熟客", 10_000, 29_999, discount_rate=98, points_rate=120, birthday_points=30),
    members.Rung(None, "老街坊", 30_000, discount_rate=95, points_rate=150, birthday_points=66, free_freight=True),
)
GOODS = (("团铺帆布袋", "TP-6105", 900, 990, 30), ("一组纱布小方巾", "TP-6002", 600, 0, 20))  # points, fen, how many
THANKS = (("开店一个月，谢谢常来", 800), ("早市试吃反馈", 120))


def load_ladder(*, by: Member, now: datetime) -> int:
    """Make the levels, unless there are some, and put everybody on theirs; return how many there are."""
    if not Level.objects.exists():
        members.save_ladder(rungs=LADDER, metric="amount", window_months=12, moves={}, by=by, now=now)
    orders.relevel_due(now=now)
    return Level.objects.count()


def load_points(shoppers: Sequence[Member], *, by: Member, now: datetime) -> int:
    """Thank the first shoppers with points, once, and let count what orders of weeks ago have earned."""
    for member, (reason, points) in zip(shoppers, THANKS, strict=False):
        members.adjust_points(
            member_id=member.pk, points=points, reason=reason, source=f"demo:{reason}", by=by,
            now=now - timedelta(days=2),
        )  # fmt: skip
    members.release_points(now=now)
    return PointsEntry.objects.count()


def load_points_shop(*, by: Member, now: datetime) -> int:
    """Fill the points shop with a coupon and some goods, unless there is something; return how many entries it has."""
    if not ExchangeItem.objects.exists():
        coupon = CouponTemplate(
            name="积分换 5 元", issue_mode=IssueMode.REWARD, amount=500, per_member=0, valid_days=30
        )
        promotions.save_template(template=coupon, by=by, now=now)
        ExchangeItem.objects.create(
            name="5 元无门槛券", coupon=coupon, points=400, total=500, per_member=0, sort_order=10
        )
        for order, (name, code, points, price, total) in enumerate(GOODS, start=2):
            sku = Sku.objects.active().filter(product__code=code).order_by("pk")[0]
            ExchangeItem.objects.create(
                name=name, sku=sku, points=points, price=price, total=total, sort_order=order * 10
            )
    return ExchangeItem.objects.count()
