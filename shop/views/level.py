"""会员等级: where a member stands, what it gives, and how far the next level is."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from members import selectors as members
from members.models import Level
from members.services import value_words
from members.views.access import MemberRequest, shopper_required
from orders.selectors.levelling import level_value_of
from shop.models import LevelMetric, ShopSettings


@dataclass(frozen=True, slots=True)
class Rung:
    """A level as the page lists it."""

    name: str
    reach: str
    benefits: list[str]
    is_mine: bool


@require_safe
@shopper_required
def level_page(request: MemberRequest) -> HttpResponse:
    """Queries: session, member, settings, levels, what they bought."""
    member, shop = request.user, ShopSettings.load()
    levels, now = list(members.ladder()), timezone.now()
    progress = members.progress_of(member, levels, level_value_of(member, shop, now) if levels else 0)
    locked_until = member.level_locked_until
    context = {
        "progress": progress,
        "reached": value_words(progress.value, shop.level_metric),
        "missing": value_words(progress.missing, shop.level_metric),
        "benefits": benefits_of(progress.level) if progress.level else [],
        "rungs": [_rung(level, shop, is_mine=level == progress.level) for level in levels],
        "rules": _rules(shop),
        "locked_until": locked_until if locked_until and timezone.localdate(now) < locked_until else None,
    }
    return render(request, "shop/level.html", context)


def _rung(level: Level, shop: ShopSettings, *, is_mine: bool) -> Rung:
    starts = value_words(level.min_value, shop.level_metric)
    return Rung(level.name, f"满 {starts}" if level.min_value else "注册就是", benefits_of(level), is_mine)


def benefits_of(level: Level) -> list[str]:
    """Say what a level gives, one thing after the other."""
    found = [
        f"会员价 {level.discount_words}" if level.discount_words else "",
        "快递免运费" if level.free_freight else "",
        f"消费积分 {level.points_rate / 100:g} 倍" if level.points_rate > 100 else "",
        f"生日送 {level.birthday_points} 积分" if level.birthday_points else "",
    ]
    return [words for words in found if words]


def _rules(shop: ShopSettings) -> list[str]:
    """Say in words how the level is computed."""
    by_amount = shop.level_metric == LevelMetric.AMOUNT
    what = "已完成订单的实付金额，扣除退款" if by_amount else "已完成的订单数，全额退款的不算"
    window = f"最近 {shop.level_window_months} 个月" if shop.level_window_months else "全部"
    return [
        f"按{window}{what}计算。",
        "订单完成后自动升级，退款后可能降级。",
        "价格按提交订单时的等级算；拼团和抢购另有价格，不和会员价同享。",
    ]
