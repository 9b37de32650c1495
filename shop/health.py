"""What a load balancer and a monitor ask: does this process live, and may it be given work.

Only the database and pending migrations make the shop unready. A cold cache, a worker that stands still or a full disk
are told as `degraded`, with 200: taking the web servers away would mend none of them.
"""

import secrets
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.lib.sweeps import Heartbeat

SWEEPS_MAY_REST = timedelta(minutes=2)
LEAST_FREE_BYTES = 512 * 1024 * 1024
migrated = False  # once every migration of this code is applied, that stays so


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    database = database_state()
    if database != "ok":
        return JsonResponse({"status": "failed", "checks": {"database": database}}, status=503)
    others: dict[str, Callable[[], str]] = {
        "cache": cache_state,
        "sweeps": lambda: sweep_state(now=timezone.now()),
        "disk": disk_state,
    }
    checks = {"database": database} | {name: state() for name, state in others.items()}
    status = "ok" if set(checks.values()) == {"ok"} else "degraded"
    return JsonResponse({"status": status, "checks": checks})


def database_state() -> str:
    """Say whether the database answers and holds the tables this code needs."""
    global migrated  # noqa: PLW0603  the answer is kept for the life of the process
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not migrated:
            executor = MigrationExecutor(connection)
            migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "does not answer"
    return "ok" if migrated else "migrations are pending"


def cache_state() -> str:
    """Say whether the cache returns what it was given."""
    token = secrets.token_hex(8)
    cache.set("health", token, timeout=60)
    return "ok" if cache.get("health") == token else "does not answer"


def sweep_state(*, now: datetime) -> str:
    """Name the sweeps that have not run for three of their intervals, and those whose last run raised."""
    schedule: Mapping[str, Mapping[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    beats = {beat.name: beat for beat in Heartbeat.objects.filter(name__in=schedule)}
    if not beats:
        return "no sweep has run yet"
    late = [
        name
        for name, entry in schedule.items()
        if name not in beats or beats[name].age(now) > may_rest(entry["schedule"])
    ]
    failing = [f"{name} ({beat.note}, {beat.failures} in a row)" for name, beat in beats.items() if beat.failures]
    faults = [("late", late), ("failing", sorted(failing))]
    return "; ".join(f"{fault}: {', '.join(names)}" for fault, names in faults if names) or "ok"


def may_rest(interval: float) -> timedelta:
    """Return how old the heartbeat of a sweep with this interval, in seconds, may be."""
    return max(SWEEPS_MAY_REST, 3 * timedelta(seconds=interval))


def disk_state() -> str:
    """Say whether uploads and, when embedded, the database still have room."""
    free = shutil.disk_usage(settings.VAR_DIR).free
    return "ok" if free >= LEAST_FREE_BYTES else f"{free // 1024 // 1024} MB left"
