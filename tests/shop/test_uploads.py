"""Pictures that people upload: refused before they are decoded, encoded anew, stored under names of our own."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from easy_thumbnails.files import get_thumbnailer
from PIL import Image

from catalog.models import Category
from shop.lib import uploads
from shop.lib.uploads import UploadRefused

pytestmark = pytest.mark.django_db


def picture(
    size: tuple[int, int] = (40, 30), kind: str = "PNG", mode: str = "RGB", **options: Any
) -> ContentFile[bytes]:
    target = io.BytesIO()
    Image.new(mode, size).save(target, kind, **options)
    return ContentFile(target.getvalue(), name="holiday.png")


def huge_png(width: int, height: int) -> ContentFile[bytes]:
    """Return a tiny file whose header promises `width` × `height` pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    start = struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    body = zlib.compress(b"\0" * 1000)
    data = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    return ContentFile(b"\x89PNG\r\n\x1a\n" + start + data, name="bomb.png")


def opened(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        return Image.open(io.BytesIO(file.read()))


def test_a_picture_becomes_webp_under_a_random_name_with_its_thumbnails() -> None:
    first, second = uploads.store_image(picture()), uploads.store_image(picture())

    assert first != second
    assert first.startswith("products/")
    assert "holiday" not in first
    assert opened(first).format == "WEBP"
    for alias, size in {"card": (360, 360), "small": (160, 160), "page": (750, 750)}.items():
        url = uploads.thumbnail_url(first, alias)
        assert default_storage.exists(url.removeprefix("/media/")), url
        named = get_thumbnailer(default_storage, relative_name=first).get_thumbnail({"size": size, "crop": True})
        assert named.url == url
    assert uploads.thumbnail_url("", "card") == ""


def test_large_pictures_shrink_and_keep_their_shape() -> None:
    assert opened(uploads.store_image(picture((4000, 1000)))).size == (1600, 400)


KINDS = [
    ("JPEG", "RGB"),
    ("JPEG", "CMYK"),
    ("PNG", "RGBA"),
    ("PNG", "P"),
    ("GIF", "P"),
    ("WEBP", "RGB"),
    ("PNG", "I;16"),
]


@pytest.mark.parametrize(("kind", "mode"), KINDS)
def test_every_common_kind_is_taken(kind: str, mode: str) -> None:
    assert opened(uploads.store_image(picture(kind=kind, mode=mode))).size == (40, 30)


def test_metadata_is_dropped_after_the_picture_was_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "a camera"

    stored = opened(uploads.store_image(picture(kind="JPEG", exif=exif)))

    assert stored.size == (30, 40)
    assert dict(stored.getexif()) == {}


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (ContentFile(b"<svg onload='x()'/>", name="a.svg"), "请上传 JPG、PNG、WebP 或 GIF 图片"),
        (ContentFile(b"", name="a.png"), "请上传 JPG、PNG、WebP 或 GIF 图片"),
        (huge_png(6000, 5000), "图片尺寸太大，请缩小后再上传"),
        (huge_png(12_000, 8000), "图片尺寸太大，请缩小后再上传"),
        (huge_png(30_000, 30_000), "图片尺寸太大，请缩小后再上传"),
        (huge_png(500, 500), "图片文件已损坏，请换一张"),
        (ContentFile(b"x" * (6 * 1024 * 1024 + 1), name="a.png"), "图片不能超过 6 MB"),
    ],
)
def test_what_is_no_good_picture_is_refused_in_a_sentence(file: ContentFile[bytes], sentence: str) -> None:
    with pytest.raises(UploadRefused, match=sentence):
        uploads.store_image(file)


def test_the_same_stem_is_stored_once() -> None:
    first = uploads.store_image(picture(), stem="a" * 32)

    assert uploads.store_image(picture(), stem="a" * 32) == first == f"products/{'a' * 32}.webp"


def test_an_image_column_encodes_whatever_is_saved_through_it() -> None:
    category = Category(name="杯")
    category.image = picture()
    category.save()

    name = str(Category.objects.get().image.name)
    assert name.startswith("categories/")
    assert "holiday" not in name
    assert opened(name).format == "WEBP"
    assert default_storage.exists(uploads.thumbnail_url(name, "small").removeprefix("/media/"))


def test_a_form_refuses_at_the_field() -> None:
    field = Category._meta.get_field("image").formfield()
    assert field is not None

    with pytest.raises(ValidationError, match="图片尺寸太大"):
        field.clean(huge_png(6000, 5000))
    assert field.clean(picture()).size > 0
