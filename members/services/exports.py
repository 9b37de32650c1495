"""Files that the staff exported with people in clear: kept encrypted for a week, for nobody but who made them."""

import base64
from datetime import datetime, timedelta

from members.models import ExportFile, Member

EXPORTS_KEPT_FOR = timedelta(days=7)


def keep_export(*, by: Member, name: str, rows: int, reason: str, content: bytes, now: datetime) -> ExportFile:
    """Keep a file for the one who made it, until EXPORTS_KEPT_FOR has gone by."""
    return ExportFile.objects.create(
        made_by=by,
        name=name,
        rows=rows,
        reason=reason,
        content=base64.b64encode(content).decode(),
        created_at=now,
        expires_at=now + EXPORTS_KEPT_FOR,
    )


def content_of(export: ExportFile) -> bytes:
    """Return the file as it was made."""
    return base64.b64decode(export.content)


def forget_exports(*, now: datetime) -> int:
    """Delete the files whose week is over; return how many."""
    return ExportFile.objects.filter(expires_at__lte=now).delete()[0]
