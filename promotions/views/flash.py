"""The flash sale: its sessions, and the goods of the one that is looked at."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from members.models import Member
from promotions import selectors
from shop.lib import fragments


@require_safe
@never_cache
def flash(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: sessions, pieces with their goods and pictures. For a member their own."""
    text = request.GET.get("session", "")
    wanted = int(text) if text.isdecimal() and len(text) < 18 else None
    is_vip = isinstance(request.user, Member) and request.user.is_vip
    now = timezone.now()
    page = fragments.fresh(
        f"flash:{wanted}:{is_vip}", "", lambda: selectors.session_page(wanted=wanted, now=now, is_vip=is_vip)
    )
    return render(request, "promotions/flash.html", {"page": page, "now": now})
