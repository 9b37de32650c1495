"""The first page of a member's day: noted once, and what the shop has for those who come.

A cookie holds the day, so that every other page of that day costs nothing: no statement, and no look at the session.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from members import services as members
from members.models import Member
from promotions import services as promotions

COOKIE = "tuanpu_day"
KEPT_SECONDS = 24 * 3600
NOT_A_VISIT = ("/admin/", "/counter/", "/static/", "/media/", "/health/", "/pay/")
logger = logging.getLogger(__name__)


class Greeting(Protocol):
    """What a member who comes may get; it decides by itself, and giving it twice gives it once."""

    def __call__(self, *, member: Member, now: datetime) -> object: ...


def give_birthday_gifts(*, member: Member, now: datetime) -> None:
    """Give what is given around the birthday: coupons, and the points of level and VIP."""
    if member.birthday is None:
        return
    promotions.issue_birthday(member=member, today=timezone.localdate(now), now=now)
    members.reward_birthday(member=member, now=now)


GREETINGS: list[Greeting] = [give_birthday_gifts]


def visited(*, member_id: int, day: date, now: datetime) -> bool:
    """Note that a shopper came on `day` and greet them if it is their first time that day; say whether it was."""
    if not members.note_visit(member_id=member_id, day=day):
        return False
    member = Member.objects.get(pk=member_id)
    for greet in GREETINGS:
        greet(member=member, now=now)
    return True


class VisitDays:
    """Middleware: note the first page of a member's day, after it was answered. Stands before that of the session.

    A page whose visit fails to be noted is still a page: the error is logged, and the next page tries again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        now = timezone.now()
        day = timezone.localdate(now)
        if is_due(request, response, day):
            try:
                note(request, response, day, now)
            except Exception:  # whatever it is, the page is there already
                logger.exception("a visit was not noted")
        return response


def is_due(request: HttpRequest, response: HttpResponseBase, day: date) -> bool:
    """Say whether this may be a member's first page of `day`: by the cookies alone, or because somebody signed in."""
    if response.status_code >= 400 or request.path.startswith(NOT_A_VISIT):
        return False
    if has_changed_hands(request, response):
        return True
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    return is_page and settings.SESSION_COOKIE_NAME in request.COOKIES and request.COOKIES.get(COOKIE) != f"{day}"


def has_changed_hands(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Say whether somebody signed in or out on this page: the cookie of the day is that of whoever was there before."""
    sent = response.cookies.get(settings.SESSION_COOKIE_NAME)
    return sent is not None and sent.value != request.COOKIES.get(settings.SESSION_COOKIE_NAME)


def note(request: HttpRequest, response: HttpResponseBase, day: date, now: datetime) -> None:
    """Note the visit of whoever is signed in, if anybody is, and let the browser keep the day."""
    member_id = session_of(request).get(SESSION_KEY)
    if member_id:
        visited(member_id=int(member_id), day=day, now=now)
    response.set_cookie(COOKIE, f"{day}", max_age=KEPT_SECONDS, httponly=True, samesite="Lax")


def session_of(request: HttpRequest) -> Any:
    """Return the session of the request, also of a page that was answered before one was looked for."""
    if hasattr(request, "session"):
        return request.session
    engine: Any = import_module(settings.SESSION_ENGINE)
    return engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
