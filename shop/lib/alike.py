"""Pages that many visitors see alike, kept in pieces; what is each visitor's own is put in between.

Their own are the tokens of forms, the number at the cart, and the server's clock, by which pages count down. A page may
have several faces, such as that of a product with a full and with an empty heart: each is kept by itself, and the view
says which one a visitor gets.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from shop.lib import fragments, markup

OWN = re.compile(
    rb'(?P<token>(?<=name="csrfmiddlewaretoken" value=")[^"]+)'
    rb'|(?P<clock>(?<=data-now=")[^"]*)'
    rb'|(?P<badge><span class="badge badge--cart"[^>]*>[^<]*</span>)'
)
CLOCK = re.compile(r'(?<=data-now=")[^"]*')
# Django keeps messages here. Where they are too many for it and move to the session, it stays, to say so.
MESSAGES_COOKIE = "messages"
CART_COOKIE = "tuanpu_cart"  # the number at the cart, which the session knows too: see shop.alike


class Alike(HttpResponse):
    """A page that others may be answered with while the catalogue is at `version`."""

    version = ""
    face = ""
    for_members = True


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    version: str,
    face: str = "",
    for_members: bool = True,
) -> HttpResponse:
    """Return a page that is the same for all who get this `face` of it while the catalogue is at `version`.

    The context may hold nothing that is one visitor's own. Visitors with a session are asked which face they get unless
    `for_members`.
    """
    kept = page_kept(request, face) if may_share(request) else None
    if kept and kept.version == version:
        return kept.answer(request)
    html = render_to_string(template, dict(context), request)
    response = Alike(CLOCK.sub(timezone.now().isoformat(), html))
    response.version, response.face, response.for_members = version, face, for_members
    return response


def may_share(request: HttpRequest) -> bool:
    """Say whether the visitor may get, or leave, a kept page: no message waits for them, and they want it whole."""
    waits = bool(request.COOKIES.get(MESSAGES_COOKIE))
    return request.method == "GET" and not waits and "HTTP_HX_REQUEST" not in request.META


def has_session(request: HttpRequest) -> bool:
    """Say whether the visitor has been given a session, without looking at it."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def pieces_in_cart(request: HttpRequest) -> int:
    """Return the number at the cart as the visitor's cookie has it."""
    told = request.COOKIES.get(CART_COOKIE, "")
    return int(told) if told.isdecimal() and len(told) < 8 and has_session(request) else 0


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer in pieces; between them goes what is each visitor's own: "token", "badge" or "clock"."""

    version: str
    for_members: bool
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
        patch_vary_headers(response, ["Cookie"])
        pieces.append(response.content[end:])
        return cls(response.version, response.for_members, pieces, between, dict(response.headers))

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the answer for `request`."""
        own = {"badge": markup.cart_badge(pieces_in_cart(request)).encode()}
        if "clock" in self.between:
            own["clock"] = timezone.now().isoformat().encode()
        if "token" in self.between:
            own["token"] = get_token(request).encode()
        parts = [self.pieces[0]]
        for name, piece in zip(self.between, self.pieces[1:], strict=True):
            parts += [own[name], piece]
        return HttpResponse(b"".join(parts), headers=self.headers)


def page_kept(request: HttpRequest, face: str = "") -> Kept | None:
    """Return the page that was kept for the address of `request`."""
    kept: Kept | None = fragments.kept(_address(request), face)
    return kept


def keep(request: HttpRequest, response: Alike) -> None:
    """Keep a page for others who ask for the address of `request`, unless it brings somebody a cookie."""
    if not response.cookies:
        fragments.keep(_address(request), response.face, Kept.of(response))


def _address(request: HttpRequest) -> str:
    return f"page:{request.scheme}://{request.get_host()}{request.get_full_path()}"
