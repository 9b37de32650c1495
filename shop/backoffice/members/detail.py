"""The page of one member, in tabs: each tab asks only for what it shows."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from members.models import Member
from orders.models import Order, OrderStatus
from orders.selectors.habits import habits_of
from promotions.models import CouponStatus
from shop.backoffice.base import ReasonForm, Staff, log, now, posted, staff_of
from shop.backoffice.members.scope import member_for
from shop.backoffice.members.steps import open_steps
from shop.backoffice.till import confirm_page
from shop.lib.http import network_of

SHOWN = 20
Facts = dict[str, Any]


def basic(member: Member, staff: Staff, *, revealed: bool = False) -> Facts:
    """Who it is. Queries: tags, invited, addresses, consents."""
    consents = [
        (one.version, one.given_at, one.ip if revealed else network_hint(one.ip))
        for one in member.consents.order_by("-given_at", "-pk")
    ]
    return {
        "tags": list(member.tags.order_by("name")),
        "invited": member.invited.count(),
        "addresses": list(member.addresses.order_by("-is_default", "pk")) if revealed else [],
        "address_count": member.addresses.count(),
        "consents": consents,
        "revealed": revealed,
        "may_reveal": staff.has_perm("orders.reveal_personal_data") and not revealed and not member.erased_at,
    }


def network_hint(ip: str | None) -> str:
    """Return the first half of an address, enough to tell two apart and too little to find anybody."""
    if not ip:
        return ""
    whole = network_of(ip)
    return ".".join([*whole.split(".")[:2], "*", "*"]) if "." in whole else f"{whole[:9]}…"


def trade(member: Member, staff: Staff) -> Facts:
    """What was bought. Queries: sums, numbers by status."""
    own = Order.objects.of_staff(staff).filter(member=member)
    labels = dict(OrderStatus.choices)
    by_status = own.order_by().values_list("status").annotate(Count("pk"))
    sums = own.filter(paid_at__isnull=False).aggregate(paid=Sum("paid_amount"), back=Sum("refunded_amount"))
    paid, back = sums["paid"] or 0, sums["back"] or 0
    average = member.spent_amount // member.paid_orders if member.paid_orders else 0
    return {
        "paid": paid, "back": back, "average": average,
        "by_status": [(labels[status], count) for status, count in by_status],
    }  # fmt: skip


def orders(member: Member, staff: Staff) -> Facts:
    """Queries: the latest orders with their lines."""
    own = Order.objects.of_staff(staff).filter(member=member).order_by("-pk").prefetch_related("lines")
    return {"orders": list(own[:SHOWN])}


def coupons(member: Member, staff: Staff) -> Facts:
    """Queries: numbers by status, the latest coupons."""
    counts = dict(member.coupons.order_by().values_list("status").annotate(Count("pk")))
    numbers = [(label, counts.get(status, 0)) for status, label in CouponStatus.choices]
    return {"numbers": numbers, "coupons": list(member.coupons.order_by("-pk")[:SHOWN])}


def points(member: Member, staff: Staff) -> Facts:
    """Queries: the latest entries with who made them."""
    return {"entries": list(member.points.select_related("actor").order_by("-pk")[:SHOWN])}


def footprints(member: Member, staff: Staff) -> Facts:
    """Queries: the latest footprints and favourites with their goods, the days of visits."""
    seen = member.footprints.select_related("product").order_by("-seen_at", "-pk")
    liked = member.favourites.select_related("product").order_by("-pk")
    days = member.visit_days.order_by("-day").values_list("day", flat=True)
    return {"seen": list(seen[:SHOWN]), "liked": list(liked[:SHOWN]), "days": list(days[:SHOWN])}


def preferences(member: Member, staff: Staff) -> Facts:
    """Queries: those of the habits."""
    return {"habits": habits_of(member, now=now())}


TABS: dict[str, tuple[str, Callable[..., Facts]]] = {
    "basic": ("基本", basic),
    "trade": ("交易", trade),
    "orders": ("订单", orders),
    "coupons": ("券", coupons),
    "points": ("积分", points),
    "footprints": ("足迹", footprints),
    "preferences": ("偏好", preferences),
}


def member_page(request: HttpRequest, pk: int, *, revealed: bool = False) -> HttpResponse:
    """Show a tab of a member; with `revealed` the phone and addresses in clear, for this answer."""
    staff = staff_of(request)
    member = member_for(request, pk, "members.view_member")
    typed = request.GET.get("tab", "")
    tab = typed if typed in TABS and not revealed else "basic"
    facts = basic(member, staff, revealed=True) if revealed else TABS[tab][1](member, staff)
    home = reverse("admin:members_member_change", args=[pk])
    context = {
        "title": f"会员 {'已注销' if member.erased_at else member}",
        "member": member,
        "tab": tab,
        "tabs": [(f"{home}?tab={name}", label, name == tab) for name, (label, _) in TABS.items()],
        "steps": open_steps(member, staff),
        "sees_log": staff.has_perm("members.view_operationlog"),
        "part": f"admin/members/tabs/{tab}.html",
        **facts,
    }
    response = TemplateResponse(request, "admin/members/detail.html", {**admin.site.each_context(request), **context})
    response.headers["Cache-Control"] = "no-store, private"
    return response


def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, write it down, show phone, birthday and addresses once."""
    if not staff_of(request).has_perm("orders.reveal_personal_data"):
        raise PermissionDenied
    member = member_for(request, pk, "members.view_member")
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        log(request, "reveal_member", member, summary=f"查看明文 会员 {member.no}", after={"reason": reason})
        return member_page(request, pk, revealed=True)
    hint = "将显示完整手机号、生日、收货地址和登录 IP。谁在什么时候为什么查看，会记入操作日志。"
    back = reverse("admin:members_member_change", args=[pk])
    return confirm_page(request, f"查看明文 · 会员 {member.no}", hint, "查看", back, form)
