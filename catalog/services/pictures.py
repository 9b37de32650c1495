"""Pictures that a goods table names: stored ones are kept, files beside the table are taken in, addresses are not."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.services.rows import GoodsGroup
from shop.lib.uploads import UploadRefused, store_image

FOLDER = "products"


@dataclass(frozen=True)
class MissingPicture:
    """A picture that did not come in, the line that names it and why."""

    line: int
    name: str
    reason: str


@dataclass
class Pictures:
    """What the names in a file stand for: `stored` {name in the file: name of the stored picture}."""

    folder: Path | None
    stored: dict[str, str] = field(default_factory=dict)
    missing: list[MissingPicture] = field(default_factory=list)

    def of(self, names: Sequence[str]) -> list[str]:
        """Return the stored pictures among `names`, in order."""
        return [self.stored[name] for name in names if name in self.stored]


def find_pictures(groups: Sequence[GoodsGroup], folder: Path | None) -> Pictures:
    """Look up every picture the rows name, without storing any."""
    found = Pictures(folder)
    for line, name in _named(groups):
        if name in found.stored:
            continue
        reason = _why_not(found, name)
        if reason:
            found.missing.append(MissingPicture(line, name, reason))
        else:
            found.stored[name] = name
    for group in groups:
        line = group.lines.get("detail_html", group.line)
        found.missing += [MissingPicture(line, name, "详情里的外站图片") for name in group.dropped_pictures]
    return found


def store_pictures(found: Pictures, groups: Sequence[GoodsGroup]) -> None:
    """Store the files that `find_pictures` found. Outside of transactions: encoding a picture takes its time (R13)."""
    lines = {name: line for line, name in reversed(_named(groups))}
    for name in [name for name in lines if name in found.stored and not _is_stored(name)]:
        content = _beside(found.folder, name).read_bytes()
        stem = hashlib.sha256(content).hexdigest()[:32]  # the same file again is the same picture
        try:
            found.stored[name] = store_image(ContentFile(content), folder=FOLDER, stem=stem)
        except UploadRefused as error:
            del found.stored[name]
            found.missing.append(MissingPicture(lines[name], name, str(error)))


def _named(groups: Sequence[GoodsGroup]) -> list[tuple[int, str]]:
    """List every line and picture name, products' pictures before those of their SKUs."""
    return [
        (line, name)
        for group in groups
        for line, names in [
            (group.lines.get("images", group.line), group.values.get("images") or []),
            *((row.line, row.values.get("sku_image") or []) for row in group.rows),
        ]
        for name in names
    ]


def _why_not(found: Pictures, name: str) -> str:
    if name.startswith(("http://", "https://", "//")):
        return "网址不会下载"
    try:
        is_there = _is_stored(name) or (found.folder is not None and _beside(found.folder, name).is_file())
    except (OSError, ValueError):  # no file system knows such a name
        is_there = False
    return "" if is_there else "找不到文件"


def _is_stored(name: str) -> bool:
    return name.startswith(f"{FOLDER}/") and ".." not in name and default_storage.exists(name)


def _beside(folder: Path | None, name: str) -> Path:
    """Return the file `name` in `folder`; a name that leads out of it leads nowhere."""
    root = (folder or Path("/nonexistent")).resolve()
    path = (root / name.replace("\\", "/")).resolve()
    return path if path.is_relative_to(root) else root / "nonexistent"
