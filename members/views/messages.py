"""The inbox on the site: opening a notice is a POST, for it changes what is unread."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from members import selectors, services
from members.views.access import MemberRequest, shopper_required
from shop.lib.http import safe_next

PER_PAGE = 20


@require_safe
@shopper_required
def message_list(request: MemberRequest) -> HttpResponse:
    """Queries: session, member, count, notices, unread."""
    page = Paginator(selectors.inbox(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "unread": selectors.unread_count(request.user)}
    return render(request, "members/message_list.html", context)


@require_POST
@shopper_required
def message_open(request: MemberRequest, message_id: int) -> HttpResponse:
    """Mark a notice as read and lead to what it is about."""
    message = get_object_or_404(selectors.inbox(request.user), pk=message_id)
    services.mark_read(member=request.user, message_id=message.pk, now=timezone.now())
    return redirect(message.link or safe_next(request, "") or "members:messages")


@require_POST
@shopper_required
def message_read_all(request: MemberRequest) -> HttpResponse:
    services.mark_read(member=request.user, now=timezone.now())
    return redirect("members:messages")
