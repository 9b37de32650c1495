"""What a request says about where it comes from and where it may be sent on to."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

UNKNOWN = "::"  # the unspecified address: valid in every column, and one shared throttle for all who hide theirs


def client_ip(request: HttpRequest) -> str:
    """Return the address of the client, always a valid one; `UNKNOWN` when nothing is known.

    X-Forwarded-For is believed only as far as `settings.TRUSTED_PROXIES` proxies wrote it: each appends the
    address it was called from, so with n of them the n-th entry from the right is the client and all to
    its left is what the client claims.
    """
    candidates = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        candidates.insert(0, hops[-settings.TRUSTED_PROXIES :][0] if hops else "")
    valid = [address for address in map(_address, candidates) if address]
    return valid[0] if valid else UNKNOWN


def network_of(ip: str) -> str:
    """Return what to count tries by: an IPv4 address, or the /64 that one IPv6 subscriber owns."""
    address = ipaddress.ip_address(ip)
    return str(address) if address.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))


def safe_next(request: HttpRequest, default: str) -> str:
    """Return the `next` address of the request if it leads to a page of this shop, else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return default


def typed_text(request: HttpRequest, name: str, *, longest: int) -> str:
    """Return what a visitor typed into the search field `name`: words apart by one space, nothing that no column holds.

    PostgreSQL refuses a NUL byte in a text, with an error of its own.
    """
    return " ".join(request.GET.get(name, "").replace("\0", "").split())[:longest]


def _address(text: str) -> str:
    """Return `text` as an address in its usual form, an IPv4 address in IPv6 clothes as IPv4; "" for none."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
