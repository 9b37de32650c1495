"""`make bench`: pages and placing on a throw-away PostgreSQL, as ratios to what the machine could do at best.

Run with `--inside` it measures on the database of `DATABASE_URL`; without, it lends one and calls itself.
"""

import os
import subprocess
import sys
import tempfile

from tests import databases

GOODS = (1_000, 20_000)


def main() -> int:
    if "--inside" in sys.argv:
        return inside()
    statuses = [measure_at(goods) for goods in GOODS]
    return max(statuses)


def measure_at(goods: int) -> int:
    """Measure a shop of `goods` goods in a database and a folder of its own."""
    with databases.server() as lent, tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"\n{goods} goods, {lent.origin}\n")
        place = {"DATABASE_URL": lent.url, "VAR_DIR": folder, "DEMO": "1", "BENCH_GOODS": str(goods)}
        command = [sys.executable, "-m", "bench", "--inside"]
        return subprocess.run(command, check=False, env={**os.environ, **place}).returncode


def inside() -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    from bench import pages, placing, shop

    shop.open_with(int(os.environ["BENCH_GOODS"]))
    for report in (pages.report(), placing.report()):
        sys.stdout.write(report + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
