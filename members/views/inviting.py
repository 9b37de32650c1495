"""Who brought a visitor: a signed cookie remembers the invite code until they sign in. No row is written."""

from datetime import timedelta

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from shop.lib.http import client_ip, network_of

COOKIE = "tuanpu_invite"
SALT = "members.invite"
REMEMBERED = timedelta(days=7)


def remember_code(response: HttpResponse, code: str) -> None:
    """Let the browser remember whose link it opened last."""
    seconds = int(REMEMBERED.total_seconds())
    response.set_signed_cookie(COOKIE, code, salt=SALT, max_age=seconds, httponly=True, samesite="Lax")


def code_in(request: HttpRequest) -> str:
    """Return the invite code that the browser remembers; "" for none, and for one that was tampered with."""
    try:
        return request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=REMEMBERED) or ""
    except BadSignature:
        return ""


def forget_code(response: HttpResponse) -> None:
    """Let the browser forget whose link it opened."""
    response.delete_cookie(COOKIE, samesite="Lax")


def device_of(request: HttpRequest) -> str:
    """Return a digest of browser and network: equal for two accounts made on one phone, and nothing else."""
    seen = f"{request.headers.get('User-Agent', '')[:300]} {network_of(client_ip(request))}"
    return salted_hmac("members.device", seen, algorithm="sha256").hexdigest()
