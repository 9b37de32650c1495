"""Who may open which page of orders: shoppers theirs (see members.views.access), staff the counter."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from members import services as members
from members.models import Member
from members.views.access import is_shopper
from orders.services import cart

P = ParamSpec("P")


class ClerkRequest(HttpRequest):
    """A request of a member of the staff who may redeem."""

    user: Member
    htmx: HtmxDetails


def cart_owner(request: HttpRequest) -> cart.Owner:
    """Return whose cart the visitor fills; staff have that of a guest."""
    member = cast(Member, request.user) if is_shopper(request.user) else None
    return cart.Owner(member=member, session=request.session)


def clerk_required(
    view: Callable[Concatenate[ClerkRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let in staff who may redeem, after all that the back office asks of a sign-in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not admin.site.has_permission(request):
            is_page = request.method in {"GET", "HEAD"} and not getattr(request, "htmx", False)
            page = request.get_full_path() if is_page else reverse("counter:index")
            answer = redirect_to_login(page, reverse("admin:login"))
            return HttpResponseClientRedirect(answer.url) if getattr(request, "htmx", False) else answer
        clerk = cast(ClerkRequest, request)
        if not clerk.user.has_perm("orders.redeem_order"):
            raise PermissionDenied("您没有核销权限，请联系店主")
        members.acting_from(request)
        return view(clerk, *args, **kwargs)

    return guarded
