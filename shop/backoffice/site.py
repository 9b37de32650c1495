"""The admin site of the back office: who gets in, what every answer carries, and the pages that show no model."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.http import urlencode
from unfold.sites import UnfoldAdminSite

View = Callable[..., HttpResponse]

# Alpine, which unfold stands on, evaluates expressions of its templates; nothing comes from another host.
POLICY = "; ".join([
    "default-src 'self'",
    "script-src 'self' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
])  # fmt: skip


class BackofficeSite(UnfoldAdminSite):
    """The back office: unfold's site with the shop's name, a second factor and an operation log."""

    index_title = "首页"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in active staff whose second factor, where one is due, was shown in this session."""
        from shop.backoffice.second_factor import is_staff, missing_step

        return is_staff(request) and not missing_step(request)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Wrap `view`: remember who acts, for the operation log, and send the back office's own policy."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            from members.services import acting_from
            from shop.backoffice.base import staff_of
            from shop.backoffice.second_factor import is_staff

            acting_from(request)
            if is_staff(request):
                prefetch_related_objects([staff_of(request)], "stores")  # every scope asks for them
            return with_policy(inner(request, *args, **kwargs))

        return wrapped

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add what the header of every page shows: how many notices the person has not read."""
        from members.selectors import unread_count
        from shop.backoffice.base import staff_of

        context = super().each_context(request)
        unread = unread_count(staff_of(request)) if self.has_permission(request) else 0
        return {**context, "unread": unread}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ask for name and password, then for what is still missing; clerks go on to the counter."""
        from shop.backoffice.second_factor import is_staff, missing_step, next_page

        if is_staff(request) and (step := missing_step(request)):
            return redirect(f"{self.path_of(step)}?{urlencode({'next': next_page(request)})}")
        response = super().login(request, {"title": "登录", **(extra_context or {})})
        if is_staff(request) and response.status_code == 302:
            request.session.set_expiry(settings.STAFF_SESSION_AGE)
            response = redirect(self.first_page(request))
        return with_policy(response)

    def first_page(self, request: HttpRequest) -> str:
        """Return where a sign-in leads: what was asked for, the counter for clerks, else the index."""
        from shop.backoffice.base import staff_of
        from shop.backoffice.permissions import is_clerk
        from shop.backoffice.second_factor import missing_step, next_page

        wanted = next_page(request)
        index = self.path_of("admin:index")
        target = "/counter/" if wanted == index and is_clerk(staff_of(request)) else wanted
        step = missing_step(request)
        return f"{self.path_of(step)}?{urlencode({'next': target})}" if step else target

    def path_of(self, name: str) -> str:
        from django.urls import reverse

        return reverse(name)

    def extra_urls(self) -> list[URLPattern]:
        """Add the pages that show no model."""
        from shop.backoffice import inbox, posters, second_factor, staff
        from shop.backoffice.orders import printing

        pages: list[tuple[str, View, str]] = [
            *staff.PAGES,
            *inbox.PAGES,
            *printing.PAGES,
            *posters.PAGES,
        ]
        return [
            path("second-factor/", with_policy_view(second_factor.second_factor), name="second_factor"),
            path("inbox/bell/", with_policy_view(inbox.bell), name="inbox_bell"),
            path("second-factor/enrol/", with_policy_view(second_factor.enrol), name="second_factor_enrol"),
            *[path(route, self.admin_view(view), name=name) for route, view, name in pages],
        ]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Let people change their own password, and log that they did."""
        from shop.backoffice.base import log, staff_of

        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            log(request, "change_password", staff_of(request), summary="修改自己的密码")
        return response

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show what waits to be done, and how the day goes."""
        from shop.backoffice.base import now, staff_of
        from shop.backoffice.dashboard import to_dos
        from shop.backoffice.figures import overview

        facts = {"to_dos": to_dos(request), "overview": overview(staff_of(request), now=now())}
        return super().index(request, {**facts, **(extra_context or {})})


def with_policy(response: HttpResponse) -> HttpResponse:
    """Send the back office's content security policy with `response`."""
    response.headers["Content-Security-Policy"] = POLICY
    return response


def with_policy_view(view: View) -> View:
    """Wrap a view that stands outside the gate."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return with_policy(view(request, *args, **kwargs))

    return wrapped


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Say in the shop's words that the account rests after too many wrong passwords."""
    return with_policy(render(request, "admin/locked_out.html", status=429))
