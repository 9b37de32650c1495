"""What a shopper searched for lately, in a cookie of their own browser: no row, no session, gone when they say so."""

from urllib.parse import quote, unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "tuanpu_searches"
PATH = "/goods/"  # only the pages that search are sent it
LIFETIME = 90 * 24 * 3600  # seconds
MOST_WORDS = 10
LONGEST_WORD = 20


def searches(request: HttpRequest) -> list[str]:
    """Return what was searched, the latest first; whatever else the cookie holds is dropped."""
    words = [" ".join(word.split()) for word in unquote(request.COOKIES.get(COOKIE, "")).split("\n")]
    sound = [word for word in words if word and word.isprintable() and len(word) <= LONGEST_WORD]
    return list(dict.fromkeys(sound))[:MOST_WORDS]


def remember(request: HttpRequest, answer: HttpResponse, text: str) -> None:
    """Put `text` first among what this browser searched."""
    before = searches(request)
    if not text or not text.isprintable() or len(text) > LONGEST_WORD or before[:1] == [text]:
        return
    words = [text, *(word for word in before if word != text)][:MOST_WORDS]
    answer.set_cookie(
        COOKIE, quote("\n".join(words)), max_age=LIFETIME, path=PATH, httponly=True, samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip


def forget(answer: HttpResponse) -> None:
    """Take the cookie back."""
    answer.delete_cookie(COOKIE, path=PATH, samesite="Lax")
