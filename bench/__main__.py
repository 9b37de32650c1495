"""`make bench`: the shop under gunicorn on a throw-away PostgreSQL, as ratios to what the machine could do at best.

Run with `--inside` it measures on the database of `DATABASE_URL`; without, it lends one and calls itself.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import servers
from tests import databases

FEW, MANY = 1_000, 20_000
SLOWER = 1.1  # what pages may cost more with many goods


def main() -> int:
    if "--inside" in sys.argv:
        return inside(int(os.environ["BENCH_GOODS"]))
    if "--coupons" in sys.argv:
        return coupons()
    with tempfile.TemporaryDirectory() as results:
        statuses = [measure_at(goods, results) for goods in (FEW, MANY)]
        if not any(statuses):
            sys.stdout.write("\n" + "\n".join(compared(results)) + "\n")
    return max(*statuses, coupons())


def coupons() -> int:
    """Measure the sending of coupons in a database of its own; `python -m bench --coupons` does that alone."""
    if "--million" in sys.argv:
        return million()
    with databases.server() as lent, tempfile.TemporaryDirectory() as folder:
        place = {"DATABASE_URL": lent.url, "DEMO": "1", "VAR_DIR": folder, "LOG_LEVEL": "WARNING"}
        command = [sys.executable, "-m", "bench", "--coupons", "--million"]
        return subprocess.run(command, check=False, env={**os.environ, **place}).returncode


def million() -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    from bench import coupons

    tell(coupons.report())
    return 0


def measure_at(goods: int, results: str) -> int:
    """Measure a shop of `goods` goods in a database, a cache and a folder of its own."""
    with databases.server() as lent, tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        with servers.redis(folder) as (cache, pids):
            sys.stdout.write(f"\n{goods} goods, {lent.origin}, {'Redis' if cache else 'no Redis installed'}\n")
            sys.stdout.flush()
            place = {
                "DATABASE_URL": lent.url, "DEMO": "1", "REDIS_URL": cache, "BENCH_GOODS": str(goods),
                "BENCH_PIDS": json.dumps(pids), "BENCH_RESULTS": results, "LOG_LEVEL": "WARNING",
            }  # fmt: skip
            command = [sys.executable, "-m", "bench", "--inside"]
            return subprocess.run(command, check=False, env={**os.environ, **place}).returncode


def inside(goods: int) -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    from bench import order_list, pages, placing, rush, shop, timing
    from bench.place import Place, postmaster

    shop.open_with(goods)
    with tempfile.TemporaryDirectory() as folder, servers.gunicorn("shop.wsgi") as (port, web):
        place = Place(port, web, [web, postmaster(), *json.loads(os.environ["BENCH_PIDS"])])
        visitor = shop.shoppers(1)[0]
        shop.fill_carts([visitor], shop.stocked(shop.LINES))
        rows, costs = pages.report(place, visitor, folder)
        tell(rows)
        Path(os.environ["BENCH_RESULTS"], f"{goods}.json").write_text(json.dumps(costs))
        if goods == FEW:
            tell(placing.report(place))
            tell(rush.report(place))
            tell(order_list.report(place))
        memory = ", ".join(f"{used / 2**20:.0f}" for used in timing.memory_bytes(web))
        tell([f"memory   {memory} MiB resident in the web processes"])
    return 0


def tell(rows: list[str]) -> None:
    """Print a part of the table at once."""
    sys.stdout.write("\n" + "\n".join(rows) + "\n")
    sys.stdout.flush()


def compared(results: str) -> list[str]:
    """Return what each page costs with many goods beside what it costs with few."""
    few, many = (json.loads(Path(results, f"{goods}.json").read_text()) for goods in (FEW, MANY))
    rows = [f"{'page':18}{FEW:>8}{MANY:>9}   CPU ms by the number of goods, aim: {SLOWER - 1:.0%} more at most"]
    return rows + [f"{name:18}{few[name]:>8.2f}{many[name]:>9.2f}{many[name] / few[name] - 1:>+11.0%}" for name in few]


if __name__ == "__main__":
    sys.exit(main())
