"""Where a run measures: the shop under gunicorn, its database and cache, and what they have cost so far."""

from dataclasses import dataclass

from django.db import connection

from bench import load, timing


@dataclass(frozen=True, slots=True)
class Place:
    """A running shop: its port, the pid of its web server, and the pids of all whose CPU counts."""

    port: int
    web: int
    counted: list[int]

    def measured(self, requests: list[bytes], *, wanted: str = "200") -> "Cost":
        """Send `requests` and return what each cost; an answer other than `wanted` ends the run."""
        before = timing.cpu_seconds(self.counted)
        tally = load.drive(self.port, requests)
        spent = timing.cpu_seconds(self.counted) - before
        if set(tally.endings) != {wanted}:
            raise SystemExit(f"Asked for {wanted}, got {dict(tally.endings)}.")
        return Cost(cpu_ms=spent * 1000 / len(requests), per_second=len(requests) / tally.seconds)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds of the server side for one request, and requests answered in a second."""

    cpu_ms: float
    per_second: float


def postmaster() -> int:
    """Return the pid of the PostgreSQL behind the connection; it must run on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return timing.parent_of(cursor.fetchone()[0])
