"""Pages that all visitors see alike, answered from memory before most of the shop has woken up.

What differs is put in for each visitor: the tokens of forms, the number at the cart and the server's clock, by which
pages count down. A visitor for whom a message
waits, and a part of a page that htmx asks for, go the whole way.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone

from catalog.selectors import catalogue_version
from shop.lib import fragments
from shop.templatetags.ui import cart_badge

OWN = re.compile(
    rb'(?P<token>(?<=name="csrfmiddlewaretoken" value=")[^"]+)'
    rb'|(?P<clock>(?<=data-now=")[^"]*)'
    rb'|(?P<badge><span class="badge badge--cart"[^>]*>[^<]*</span>)'
)
CLOCK = re.compile(r'(?<=data-now=")[^"]*')
WAITING = {"messages", "_messages"}  # the cookie and the key of the session in which Django keeps messages


class Alike(HttpResponse):
    """A page that is the same for all while the catalogue is at `version`; for guests only unless `for_members`."""

    version = ""
    for_members = True


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, version: str, for_members: bool = True
) -> Alike:
    """Render a page that other visitors may be answered with while the catalogue is at `version`.

    Its parts may be some seconds old; the clock by which they count down is not.
    """
    html = render_to_string(template, dict(context), request)
    response = Alike(CLOCK.sub(timezone.now().isoformat(), html))
    response.version, response.for_members = version, for_members
    return response


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer in pieces; between them goes what is each visitor's own: "token", "badge" or "clock"."""

    version: str
    pieces: list[bytes]
    between: list[str]
    headers: dict[str, str]

    @classmethod
    def of(cls, response: Alike) -> "Kept":
        """Take an answer apart."""
        pieces, between, end = [], [], 0
        for own in OWN.finditer(response.content):
            pieces.append(response.content[end : own.start()])
            between.append(own.lastgroup or "")
            end = own.end()
        return cls(response.version, [*pieces, response.content[end:]], between, dict(response.headers))

    def answer(self, request: HttpRequest, count: int) -> HttpResponse:
        """Return the answer for `request`, whose visitor has `count` pieces in the cart."""
        filled = {
            "badge": cart_badge(count),
            "clock": timezone.now().isoformat(),
            "token": get_token(request) if "token" in self.between else "",
        }
        own = [filled[name].encode() for name in self.between]
        parts = [part for pair in zip(self.pieces, [*own, b""], strict=True) for part in pair]
        return HttpResponse(b"".join(parts), headers=self.headers)


class AlikePages:
    """Middleware: answer a visitor with what another got a few seconds ago.

    Stands behind the middleware of the session and of the CSRF cookie, which go on to set their cookies.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "GET" or "HX-Request" in request.headers or WAITING & set(request.COOKIES):
            return self.get_response(request)
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        for_whom = "members" if has_session else "guests"
        address = f"page:{for_whom}:{request.build_absolute_uri()}"
        kept: Kept | None = fragments.kept(address, "")
        if kept and kept.version == catalogue_version() and not (has_session and WAITING & set(request.session.keys())):
            return kept.answer(request, request.session.get("cart_count", 0) if has_session else 0)
        response = self.get_response(request)
        if isinstance(response, Alike) and not response.cookies and (response.for_members or not has_session):
            fragments.keep(address, "", Kept.of(response))
        return response
