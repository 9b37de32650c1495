"""我的: where a member's own things are found."""

from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from members import selectors as members
from members.models import Member
from members.views.access import is_shopper
from orders.selectors import buying
from promotions import selectors as promotions
from shop.views import common

SEEN_SHOWN = 8
SHORTCUTS = {"unpaid": "wallet", "working": "box", "pickup": "bag", "shipped": "truck", "completed": "success"}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A way from 我的 to the orders of one tab, with their number."""

    tab: str
    icon: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Door:
    """A way from 我的 to a place of work."""

    view_name: str
    icon: str
    words: str
    note: str


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Queries for a member: session, member, unread messages, orders by status, favourites, coupons, goods seen, level.

    For a guest none but settings. For the staff session, account and what their role may do.
    """
    member = request.user if isinstance(request.user, Member) else None
    context = {
        "shop": common.shop_settings(),
        "initial": str(member)[:1].upper() if member else "",
        "doors": _doors(member) if member and member.is_staff else [],
        "shortcuts": _shortcuts(member),
    }
    if member and is_shopper(member):
        context["unread"] = members.unread_count(member)
        context["favourites"] = member.favourites.count()
        context["coupons"] = promotions.count_unused(member, now=timezone.now())
        context["seen"] = catalog.recently_seen(member, limit=SEEN_SHOWN)
    return render(request, "shop/me.html", context)


def _doors(staff: Member) -> list[Door]:
    """Lead the staff to where they work."""
    counter = Door("counter:index", "scan", "核销台", "扫码或输入提货码，交付自提订单")
    office = Door("admin:index", "settings", "管理后台", "商品、订单、门店和设置")
    return [counter, office] if staff.has_perm("orders.redeem_order") else [office]


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
