"""Answers that others got a moment ago, given before most of the shop has woken up."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from catalog.selectors import catalogue_version
from orders.services.cart import COUNT
from shop.lib import alike


class AlikePages:
    """Middleware: answer a visitor with what another got a few seconds ago (see shop.lib.alike).

    Stands behind the middleware of the session and of the CSRF cookie, which go on to set their cookies. It looks into
    no session: the number at the cart comes from a cookie of its own, which every answer that has read the session
    sets right. The session stays the truth; the cookie follows it in the same browser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        shares, is_guest = alike.may_share(request), not alike.has_session(request)
        kept = alike.page_kept(request) if shares else None
        if kept and kept.version == catalogue_version() and (kept.for_members or is_guest):
            return kept.answer(request)
        response = self.get_response(request)
        if shares and isinstance(response, alike.Alike) and (response.face or response.for_members or is_guest):
            alike.keep(request, response)
        tell_number_at_cart(request, response)
        return response


def tell_number_at_cart(request: HttpRequest, response: HttpResponseBase) -> None:
    """Bring the cookie in line with a session that was read."""
    session = getattr(request, "session", None)
    if session is None or not session.accessed:
        return
    count = session.get(COUNT, 0)
    if count == alike.pieces_in_cart(request):
        return
    if count:
        response.set_cookie(
            alike.CART_COOKIE,
            str(count),
            max_age=settings.SESSION_COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(alike.CART_COOKIE, samesite="Lax")
