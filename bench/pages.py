"""Pages against a bare Django view under the same gunicorn that answers the same bytes without a query."""

import statistics
from pathlib import Path

from bench import load, servers
from bench.place import Cost, Place
from bench.shop import Shopper
from catalog.models import Product

ROUNDS = 3
WARM_UP = 40
CPU_SECONDS = 0.6  # in each round, so that the kernel's ticks of 10 ms do not matter
FEWEST, MOST = 120, 2_400  # requests in each round
HEAD = f"{'page':9}{'who':9}{'CPU ms':>8}{'bare ms':>9}{'req/s':>8}{'bare/s':>8}{'bare/page':>11}{'aim':>6}"
AIMS = {"guest": 0.5, "member": 0.3}


def report(place: Place, shopper: Shopper, folder: str) -> tuple[list[str], dict[str, float]]:
    """Measure every page as guest and as member; return a table, and the CPU milliseconds by page and visitor."""
    asked = {
        (name, who): load.get(address, cookies)
        for who, cookies in {"guest": {}, "member": shopper.cookies}.items()
        for name, address in addresses().items()
    }
    for (name, who), request in asked.items():
        Path(folder, f"{name}-{who}.html").write_bytes(answer_to(place.port, request))
    with servers.gunicorn("bench.bare:application", BENCH_PAGES=folder) as (port, web):
        bare = Place(port, web, [web])
        costs = {key: compared(place, bare, key, request) for key, request in asked.items()}
    rows = [row(name, who, *costs[name, who]) for name, who in asked]
    return [HEAD, *rows], {f"{name} {who}": page.cpu_ms for (name, who), (page, _) in costs.items()}


def addresses() -> dict[str, str]:
    """Return what is measured: the home page, a list page, goods with pictures, the cart."""
    product = Product.objects.on_sale().order_by("pk")[0]
    return {"home": "/", "list": "/goods/", "product": f"/goods/{product.pk}/", "cart": "/cart/"}


def answer_to(port: int, request: bytes) -> bytes:
    """Return the page that `request` is answered with."""
    answer = load.Connection(port).ask(request)
    if answer.status != 200:
        raise SystemExit(f"{request[:60]!r} is answered with {answer.status}.")
    return answer.body


def compared(place: Place, bare: Place, key: tuple[str, str], request: bytes) -> tuple[Cost, Cost]:
    """Measure a page and the bare view with its bytes in turns; return the medians of both."""
    limit = load.get(f"/{'-'.join(key)}/")
    ours, least = ([one] * times(where, one) for where, one in ((place, request), (bare, limit)))
    rounds = [(place.measured(ours), bare.measured(least)) for _ in range(ROUNDS)]
    return median([page for page, _ in rounds]), median([bare for _, bare in rounds])


def times(place: Place, request: bytes) -> int:
    """Return how many requests cost CPU_SECONDS, after warming up with some."""
    place.measured([request] * WARM_UP)
    seconds = max(place.measured([request] * WARM_UP).cpu_ms, 0.1) / 1000
    return min(max(round(CPU_SECONDS / seconds), FEWEST), MOST)


def median(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        cpu_ms=statistics.median(cost.cpu_ms for cost in costs),
        per_second=statistics.median(cost.per_second for cost in costs),
    )


def row(name: str, who: str, page: Cost, bare: Cost) -> str:
    """Return a line of the table."""
    return (
        f"{name:9}{who:9}{page.cpu_ms:>8.2f}{bare.cpu_ms:>9.2f}{page.per_second:>8.0f}{bare.per_second:>8.0f}"
        f"{bare.cpu_ms / page.cpu_ms:>11.0%}{AIMS[who]:>6.0%}"
    )
