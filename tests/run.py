"""`make test`: the whole suite on SQLite, then on a real PostgreSQL, on every core.

Tests of races and of the browser run in the second half only, tests that open no database in the first.
A missing PostgreSQL fails the run in CI.
"""

import os
import subprocess
import sys

from tests import databases


def main() -> int:
    results = [run("on SQLite", DATABASE_URL=""), run_on_postgres()]
    return max(results)


def run(title: str, *options: str, **environment: str) -> int:
    """Run pytest with `options` in a changed environment and return its exit status."""
    sys.stdout.write(f"\n=== The suite {title}\n")
    sys.stdout.flush()
    workers = str(min(os.cpu_count() or 1, 4))
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal", *options, *sys.argv[1:]]
    return subprocess.run(command, check=False, env={**os.environ, **environment}).returncode


def run_on_postgres() -> int:
    try:
        if not databases.given():
            databases.find_binaries()
    except databases.NoPostgres as error:
        in_ci = os.environ.get("CI", "false").lower() not in ("", "0", "false")
        sys.stdout.write(f"\n=== NOT RUN ON POSTGRESQL, so races and browser were not tested. {error}\n")
        return 1 if in_ci else 0
    return run("on PostgreSQL", "--postgres", ALREADY_ON_SQLITE="1")


if __name__ == "__main__":
    sys.exit(main())
