"""Which files under MEDIA_ROOT belong to what: pictures that rows name, and files that nothing names any more."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from django.apps import apps
from django.conf import settings
from django.db import models
from easy_thumbnails.models import Source

from catalog.models import Product
from orders.models import OrderLine

ORPHAN_AGE = timedelta(hours=24)  # a new picture may wait that long for its row
THUMBNAIL = re.compile(r"(.+)\.\d+x\d+_q\d+_crop\.\w+")  # `name.webp.360x360_q82_crop.webp` beside `name.webp`
CHUNK = 500

Orphans = dict[str, list[Path]]


def are_on_disk() -> bool:
    """Say whether pictures lie in a folder of ours."""
    return bool(settings.STORAGES["default"]["BACKEND"] == "django.core.files.storage.FileSystemStorage")


def named_pictures() -> dict[str, str]:
    """Return every picture that a column of files names, `{name: table}`."""
    return {
        name: model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.FileField)
        for name in model._default_manager.values_list(field.name, flat=True)
        if name
    }


def find_orphans(*, now: datetime) -> Orphans:
    """Return the files of pictures that nothing names, all older than a day, by the picture's name.

    Columns of files, descriptions of goods and the snapshots on order lines name pictures.
    """
    found = _old_files(Path(settings.MEDIA_ROOT), now)  # before the names: what is named meanwhile stays
    for name in found.keys() & named_pictures().keys():
        del found[name]
    for name in _snapshots(found) | (_described() if found else set()):
        found.pop(name, None)
    return found


def forget_orphans(*, now: datetime, limit: int = 500) -> int:
    """Delete the files of pictures that nothing names; return how many pictures went."""
    if not are_on_disk():
        return 0
    gone = dict(list(find_orphans(now=now).items())[:limit])
    for files in gone.values():
        for file in files:
            file.unlink(missing_ok=True)
    Source.objects.filter(name__in=list(gone)).delete()
    return len(gone)


def _old_files(root: Path, now: datetime) -> Orphans:
    """Return the files of every picture that has no younger one, thumbnails included."""
    found: Orphans = {}
    for file in sorted(root.rglob("*")):
        if file.is_file():
            found.setdefault(_picture_of(file.relative_to(root).as_posix()), []).append(file)
    oldest = (now - ORPHAN_AGE).timestamp()
    return {name: files for name, files in found.items() if max(map(_written_at, files)) < oldest}


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # another sweep was here first
        return 0


def _picture_of(name: str) -> str:
    """Return the picture of which `name` is a thumbnail, or `name`."""
    thumbnail = THUMBNAIL.fullmatch(name)
    return thumbnail[1] if thumbnail else name


def _snapshots(names: Collection[str]) -> set[str]:
    """Return those of `names` that an order line shows."""
    ordered = sorted(names)
    chunks = [ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK)]
    return {
        name for chunk in chunks for name in OrderLine.objects.filter(image__in=chunk).values_list("image", flat=True)
    }


def _described() -> set[str]:
    """Return the pictures in the descriptions of goods."""
    pattern = re.compile(rf'src="{re.escape(settings.MEDIA_URL)}([^"]+)"')
    texts = Product.objects.filter(detail_html__contains=settings.MEDIA_URL).values_list("detail_html", flat=True)
    return {_picture_of(unquote(name)) for text in texts for name in pattern.findall(text)}
