"""Pages that every guest sees alike, answered from memory before most of the shop has woken up.

A guest is a browser that shows no cookie but that of its forms: nobody signed in, nothing in the cart, no message
waiting. The forms of a kept page get a token of their own for each answer.
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

from catalog.selectors import catalogue_version
from shop.lib import fragments

TOKEN = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]+')


class Alike(HttpResponse):
    """A page that is the same for every guest as long as the catalogue is at `version`."""

    version = ""


def page(request: HttpRequest, template: str, context: Mapping[str, Any], *, version: str) -> Alike:
    """Render a page that other guests may be answered with while the catalogue is at `version`."""
    response = Alike(render_to_string(template, dict(context), request))
    response.version = version
    return response


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer without the tokens of its forms, which go between the pieces."""

    version: str
    pieces: list[bytes]
    headers: dict[str, str]

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the answer for `request`."""
        between = get_token(request).encode() if len(self.pieces) > 1 else b""
        return HttpResponse(between.join(self.pieces), headers=self.headers)


class GuestPages:
    """Middleware: answer a guest with what another guest got a few seconds ago.

    Stands behind the middleware of the CSRF cookie, which adds that cookie to a kept page too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_guest(request):
            return self.get_response(request)
        address = f"page:{request.build_absolute_uri()}"
        kept: Kept | None = fragments.kept(address, "")
        if kept and kept.version == catalogue_version():
            return kept.answer(request)
        response = self.get_response(request)
        if isinstance(response, Alike) and not response.cookies:
            pieces = TOKEN.split(response.content)
            fragments.keep(address, "", Kept(response.version, pieces, dict(response.headers)))
        return response


def _is_guest(request: HttpRequest) -> bool:
    """Tell whether nothing sets this visitor apart from any other."""
    return (
        request.method == "GET"
        and set(request.COOKIES) <= {settings.CSRF_COOKIE_NAME}
        and "HX-Request" not in request.headers
    )
