"""积分兑换: what points can buy. A coupon is exchanged here, goods at the checkout."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from members.models import Member
from members.views.access import MemberRequest, is_shopper, shopper_required
from promotions import selectors, services


@require_safe
def points_shop(request: HttpRequest) -> HttpResponse:
    """Queries for a member: session, member, entries, what they took; for a guest the entries alone."""
    member = _member(request)
    context = {"cards": selectors.exchange_cards(member), "member": member}
    return render(request, "promotions/points_shop.html", context)


@require_safe
def points_item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Queries for a member: session, member, entry, what they took; for a guest the entry alone."""
    member = _member(request)
    card = selectors.exchange_card(item_id, member)
    if card is None:
        raise Http404
    context = {"card": card, "member": member, "key": uuid.uuid4().hex}
    return render(request, "promotions/points_item.html", context)


@require_POST
@shopper_required
def points_exchange(request: MemberRequest, item_id: int) -> HttpResponse:
    """Exchange points for a coupon, once for each form."""
    key = request.POST.get("key", "")
    if not (key.isalnum() and key.isascii() and len(key) <= 32):
        messages.error(request, "页面已过期，请再试一次")
        return redirect("promotions:points_item", item_id)
    try:
        services.exchange_for_coupon(item_id=item_id, member=request.user, key=key, now=timezone.now())
    except services.ExchangeRefused as refusal:
        messages.error(request, refusal.message)
        return redirect("promotions:points_item", item_id)
    messages.success(request, "兑换成功，优惠券已经放进您的账户")
    return redirect("promotions:points_shop")


def _member(request: HttpRequest) -> Member | None:
    return request.user if isinstance(request.user, Member) and is_shopper(request.user) else None
