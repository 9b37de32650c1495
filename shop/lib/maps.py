"""Links to a map outside the shop: they need no key, and nothing is asked of the map before somebody follows one."""

from decimal import Decimal
from urllib.parse import urlencode

# https://lbs.amap.com/api/uri-api/guide/mobile-web/point (read 2026-01): opens the app where there is one.
MARKER, SEARCH = "https://uri.amap.com/marker", "https://uri.amap.com/search"


def place_url(*, name: str, address: str, longitude: Decimal | None, latitude: Decimal | None) -> str:
    """Return the page of a map that shows the place; without coordinates (GCJ-02 degrees) one that looks it up."""
    if longitude is None or latitude is None:
        return f"{SEARCH}?{urlencode({'keyword': address or name, 'callnative': 1})}"
    spot = {"position": f"{longitude},{latitude}", "name": name, "coordinate": "gaode", "callnative": 1}
    return f"{MARKER}?{urlencode(spot)}"
