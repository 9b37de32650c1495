"""Members of tests have been in the shop today, so that counted queries are those of the page and not of the day."""

from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from shop.visits import COOKIE

force_login = Client.force_login


def install() -> None:
    """Give every client that a test signs in the cookie of the day, which a browser has from its first page on."""

    def sign_in(client: Client, *args: Any, **kwargs: Any) -> None:
        force_login(client, *args, **kwargs)
        client.cookies[COOKIE] = f"{timezone.localdate()}"

    Client.force_login = sign_in  # type: ignore[method-assign, assignment]


def first_page_of_the_day(client: Client) -> Client:
    """Let a client come as on a new day."""
    client.cookies.pop(COOKIE, None)
    assert settings.SESSION_COOKIE_NAME in client.cookies
    return client
