"""What the shop tells the person who is signed in: new orders, refunds that failed, stock that runs out."""

from collections.abc import Callable

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from members import selectors
from members import services as members
from shop.backoffice.base import now, staff_of

PER_PAGE = 20


def inbox(request: HttpRequest) -> HttpResponse:
    """List the notices to this person and nobody else, newest first."""
    page = Paginator(selectors.inbox(staff_of(request)), PER_PAGE).get_page(request.GET.get("page"))
    context = {"title": "通知", "page": page}
    return TemplateResponse(request, "admin/inbox.html", {**admin.site.each_context(request), **context})


@require_safe
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """Draw the bell of the header as it is now, for a page that asks again and again; nothing for a stranger.

    Stands outside the gate, which would send a page whose session has ended to the sign-in. Queries: session,
    member, second factor, unread.
    """
    if not admin.site.has_permission(request):
        return HttpResponse(status=204)
    return render(request, "admin/_bell.html", {"unread": selectors.unread_count(staff_of(request))})


@require_POST
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and lead to what it is about. Another person's is a 404."""
    notice = get_object_or_404(selectors.inbox(staff_of(request)), pk=pk)
    members.mark_read(member=staff_of(request), message_id=notice.pk, now=now())
    return redirect(notice.link or "admin:inbox")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    members.mark_read(member=staff_of(request), now=now())
    return redirect("admin:inbox")


PAGES: list[tuple[str, Callable[..., HttpResponse], str]] = [
    ("inbox/", inbox, "inbox"),
    ("inbox/read/", read_all, "inbox_read_all"),
    ("inbox/<int:pk>/", notice_open, "inbox_open"),
]
