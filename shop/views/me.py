"""我的: where a member's own things are found."""

from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members import selectors as members
from members.models import Member
from orders.selectors import buying
from shop.views import common

SHORTCUTS = {"unpaid": "wallet", "working": "box", "pickup": "bag", "shipped": "truck", "completed": "success"}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A way from 我的 to the orders of one tab, with their number."""

    tab: str
    icon: str
    words: str
    count: int


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Queries for a member: session, member, unread messages, orders by status; for a guest none but settings."""
    member = request.user if isinstance(request.user, Member) else None
    context = {
        "shop": common.shop_settings(),
        "initial": str(member)[:1].upper() if member else "",
        "unread": members.unread_count(member) if member else 0,
        "shortcuts": _shortcuts(member),
    }
    return render(request, "shop/me.html", context)


def _shortcuts(member: Member | None) -> list[Shortcut]:
    """Lead to the tabs of the order list that matter; what waits for something carries a number."""
    by_status: dict[str, int] = {}
    if member:
        by_status = dict(buying.orders_of(member).values_list("status").annotate(Count("pk")).order_by("status"))
    return [
        Shortcut(
            tab, icon, buying.TABS[tab][0],
            sum(by_status.get(status, 0) for status in buying.TABS[tab][1]) if tab in buying.COUNTED else 0,
        )
        for tab, icon in SHORTCUTS.items()
    ]  # fmt: skip
