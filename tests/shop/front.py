"""What tests of the shop front's pages share."""

from django.test import Client

from catalog.selectors import catalogue_version
from members.models import Member
from shop.lib import fragments
from shop.models import ShopSettings
from tests.factories import make_member


def start_cold() -> None:
    """Start with empty fragments, a settings row and a version, so that counted queries are those of the page."""
    fragments.forget()
    ShopSettings.load()
    catalogue_version()


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def as_member(client: Client, member: Member | None = None) -> Client:
    client.force_login(member or make_member("小满"), backend="django.contrib.auth.backends.ModelBackend")
    return client
