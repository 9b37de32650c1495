"""What a member's level and points bring into a price."""

from members.models import Activity, Member
from promotions import pricing
from shop.models import ShopSettings


def level_terms(member: Member) -> pricing.LevelTerms:
    """Return what the level of `member` gives. One query, none for a member without a level or with it loaded."""
    level = member.level if member.level_id else None
    if level is None:
        return pricing.NO_LEVEL
    return pricing.LevelTerms(
        name=level.name, rate=level.discount_rate, free_freight=level.free_freight, points_rate=level.points_rate
    )


def points_terms(*, member: Member, shop: ShopSettings, wanted: int) -> pricing.PointsTerms:
    """Return how `member` may spend and will earn points. No query; with spending switched off nothing may be spent."""
    may_spend = shop.points_spend_enabled
    return pricing.PointsTerms(
        wanted=wanted if may_spend else 0,
        balance=member.points_balance if may_spend else 0,
        per_yuan_off=shop.points_value,
        max_percent=shop.points_max_percent,
        least=shop.points_min_use,
        per_yuan_paid=shop.points_per_yuan,
        rate=shop.active_points_rate if member.activity == Activity.ACTIVE else 100,
    )


def member_price(level: pricing.LevelTerms, site_price: int, *, takes_level: bool) -> int:
    """Return what one unit costs on that level, in fen; the site price for goods that know no member's price."""
    item = pricing.Item(sku_id=0, units=1, site_price=site_price, takes_level=takes_level)
    return level.unit_price(item)
