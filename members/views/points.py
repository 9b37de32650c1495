"""我的积分: balance and statement; and the word of a friend who opened a shared link."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from members import selectors, services
from members.models import Member
from members.views.access import MemberRequest, is_shopper, shopper_required
from shop.models import ShopSettings

PER_PAGE = 20


@require_safe
@shopper_required
def points(request: MemberRequest) -> HttpResponse:
    """Queries: session, member, settings, frozen points, count, entries."""
    shop = ShopSettings.load()
    page = Paginator(selectors.points_entries(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"account": selectors.points_account(request.user), "page": page, "rules": rules_of(shop)}
    return render(request, "members/points.html", context)


def rules_of(shop: ShopSettings) -> list[str]:
    """Say in words how points come, what they are worth and how they go; only what the merchant has switched on."""
    rules = []
    if shop.points_per_yuan:
        rules.append(f"商品每实付 1 元送 {shop.points_per_yuan} 积分，{_when(shop)}；退款会扣回。")
    if shop.points_profile:
        rules.append(f"第一次填好昵称和生日送 {shop.points_profile} 积分。")
    if shop.points_review:
        rules.append(f"每个订单第一次评价送 {shop.points_review} 积分。")
    if shop.points_share:
        rules.append(f"好友登录后打开您分享的商品，送 {shop.points_share} 积分，每天一次。")
    if shop.points_spend_enabled and shop.points_max_percent:
        least = f"，一次至少用 {shop.points_min_use} 积分" if shop.points_min_use else ""
        worth = f"{shop.points_value} 积分抵 1 元"
        rules.append(f"结算时 {worth}，最多抵优惠后商品金额的 {shop.points_max_percent}%{least}。")
    months = shop.points_expire_months
    rules.append(f"积分生效后 {months} 个月过期，过期前一周会提醒您。" if months else "积分不会过期。")
    return rules


def _when(shop: ShopSettings) -> str:
    return f"订单完成 {shop.after_sale_days} 天、过了售后期生效" if shop.after_sale_days else "订单完成后生效"


@require_POST
def share_opened(request: HttpRequest) -> HttpResponse:
    """Tell that a visitor has opened a shared link; the answer is the same whatever comes of it."""
    visitor = request.user
    if isinstance(visitor, Member) and is_shopper(visitor):
        token = request.POST.get("by", "")[:200].replace("\0", "")
        services.reward_share(token=token, visitor=visitor, now=timezone.now())
    return HttpResponse(status=204)
