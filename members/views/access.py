"""Who may see a shopper's page: a signed-in shopper, never an account of the staff."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from members.models import Member

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request of a signed-in shopper."""

    user: Member
    htmx: HtmxDetails


def is_shopper(user: Any) -> bool:
    """Say whether `user` is signed in and shops; the staff has accounts of its own for that."""
    return bool(user.is_authenticated and not user.is_staff)


def shopper_required(
    view: Callable[Concatenate[MemberRequest, P], HttpResponse],
) -> Callable[Concatenate[Any, P], HttpResponse]:
    """Send everybody but signed-in shoppers to the sign-in page, and back to where they were afterwards."""

    @wraps(view)
    def guarded(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_shopper(request.user):
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", False):
            page = request.htmx.current_url_abs_path or resolve_url("me")
            return HttpResponseClientRedirect(redirect_to_login(page, reverse("members:login")).url)
        page = request.get_full_path() if request.method in {"GET", "HEAD"} else resolve_url("me")
        return redirect_to_login(page, reverse("members:login"))

    return guarded
