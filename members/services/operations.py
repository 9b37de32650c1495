"""The operation log: what the staff did, appended at once and sealed into a hash chain by a sweep."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

import structlog
from django.apps import apps
from django.db import OperationalError, connection, models, transaction
from django.http import HttpRequest

from members.models import Member, OperationLog, mask_name, mask_phone
from members.services.messages import PHONE_IN_TEXT
from shop.lib.crypto import EncryptedTextField
from shop.lib.http import client_ip

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code for: somebody else holds it


@dataclass(frozen=True, slots=True)
class BrokenSeal:
    """A row of the operation log whose digest does not follow from the row before it."""

    pk: int
    expected: str
    found: str


def acting_from(request: HttpRequest) -> None:
    """Remember, until the request ends, the address that log entries are to carry."""
    structlog.contextvars.bind_contextvars(ip=client_ip(request))


def log_operation(
    *,
    actor: Member | None,
    action: str,
    target: models.Model,
    summary: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Append one entry: `actor` (None: a timer) did `action` to `target`, whose values changed so.

    Values of encrypted columns and everything that looks like a phone are masked. Address and request id
    come from the request that is being answered, if any. Part of the caller's transaction.
    """
    context = structlog.contextvars.get_contextvars()
    OperationLog.objects.create(
        at=now,
        actor=actor,
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        summary=_masked("", summary)[:200],
        before=_masked("", before or {}),
        after=_masked("", after or {}),
        ip=context.get("ip"),
        request_id=str(context.get("request_id", ""))[:40],
    )


def seal_operations(*, now: datetime, limit: int = 500) -> int:
    """Chain up to `limit` entries in id order and return how many.

    On PostgreSQL the table is locked against writers for that moment, so no entry with a smaller id can still
    be on its way; while somebody writes, or another sweep seals, nothing is done and the next round does it.
    """
    try:
        with transaction.atomic():
            _keep_writers_out()
            return _seal(limit)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        return 0


def broken_seals() -> list[BrokenSeal]:
    """Recompute the chain and name every entry that was changed, or whose predecessor was changed or removed.

    Entries at the end that no sweep has reached yet are fine; an unsealed one before a sealed one is not.
    """
    broken = []
    previous = ""
    last_sealed = OperationLog.objects.exclude(digest="").order_by("-pk").values_list("pk", flat=True).first() or 0
    for row in OperationLog.objects.filter(pk__lte=last_sealed).order_by("pk").iterator(chunk_size=2000):
        expected = _digest(row, previous)
        if row.digest != expected:
            broken.append(BrokenSeal(row.pk, expected, row.digest))
        previous = row.digest
    return broken


def _keep_writers_out() -> None:
    """Lock the log until the transaction ends, or fail at once; SQLite lets one writer in anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE members_operationlog IN SHARE ROW EXCLUSIVE MODE NOWAIT")


def _seal(limit: int) -> int:
    rows = list(OperationLog.objects.filter(digest="").order_by("pk")[:limit])
    if not rows:
        return 0
    before = OperationLog.objects.filter(pk__lt=rows[0].pk).order_by("-pk").values_list("digest", flat=True)
    previous = before.first() or ""
    for row in rows:
        previous = _digest(row, previous)
        OperationLog.objects.all().seal(row.pk, digest=previous)
    return len(rows)


def _digest(row: OperationLog, previous: str) -> str:
    content = [
        row.pk, row.at.astimezone(UTC).isoformat(), row.actor_id, row.action, row.target_type, row.target_id,
        row.summary, row.before, row.after, row.ip, row.request_id,
    ]  # fmt: skip
    text = json.dumps([previous, *content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _masked(key: str, value: Any) -> Any:
    """Return `value` as plain JSON, without personal data; `key` is the column it stood under."""
    if isinstance(value, Mapping):
        return {str(name): _masked(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_masked(key, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.isoformat() if isinstance(value, date | time) else str(value)
    hidden = PHONE_IN_TEXT.sub(lambda found: mask_phone(found.group()), text)
    return mask_name(hidden) if hidden == text and key in _personal_columns() else hidden


@cache
def _personal_columns() -> frozenset[str]:
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    return frozenset(field.attname for field in fields if isinstance(field, EncryptedTextField))
