"""Where a request comes from, believed only as far as our own proxies wrote it."""

import pytest
from django.conf import LazySettings
from django.test import RequestFactory

from shop.lib.http import UNKNOWN, client_ip, network_of, safe_next


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "expected"),
    [
        (0, "", "203.0.113.7", "203.0.113.7"),
        (0, "198.51.100.1", "203.0.113.7", "203.0.113.7"),  # nobody is believed
        (1, "198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "10.0.0.1", "198.51.100.1"),  # the left part is what the client claims
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "10.0.0.1", "198.51.100.1"),  # past one proxy only: the leftmost
        (1, "", "10.0.0.1", "10.0.0.1"),
        (1, "unknown", "10.0.0.1", "10.0.0.1"),
        (1, "198.51.100.1, ", "10.0.0.1", "198.51.100.1"),
        (1, "2001:DB8::1", "", "2001:db8::1"),
        (1, "[2001:db8::1]", "", "2001:db8::1"),
        (1, "::ffff:198.51.100.1", "", "198.51.100.1"),
        (1, "fe80::1%eth0", "", "fe80::1"),
        (0, "", "", UNKNOWN),  # a Unix socket
        (1, "<script>", "", UNKNOWN),
    ],
)
def test_the_address_of_a_request(
    rf: RequestFactory, settings: LazySettings, proxies: int, forwarded: str, peer: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert client_ip(rf.get("/", headers=headers, REMOTE_ADDR=peer)) == expected


def test_a_subscriber_is_counted_as_one() -> None:
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of(UNKNOWN) == "::/64"


@pytest.mark.parametrize("wanted", ["/cart/", "/goods/?q=茶&page=2", "http://testserver/cart/"])
def test_a_page_of_this_shop_may_be_next(rf: RequestFactory, wanted: str) -> None:
    assert safe_next(rf.get("/", {"next": wanted}), "/me/") == wanted
    assert safe_next(rf.post("/", {"next": wanted}), "/me/") == wanted


@pytest.mark.parametrize(
    "wanted",
    ["", "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "javascript:x", "\t//evil"],
)
def test_no_other_page_may_be_next(rf: RequestFactory, wanted: str) -> None:
    assert safe_next(rf.get("/", {"next": wanted}), "/me/") == "/me/"


def test_a_page_in_clear_is_not_next_after_a_secure_one(rf: RequestFactory) -> None:
    assert safe_next(rf.get("/", {"next": "http://testserver/cart/"}, secure=True), "/me/") == "/me/"
