"""Pictures that people upload: judged before they are decoded, encoded anew, stored under names nobody can guess.

RELIABILITY R17: a 22 KB PNG can cost 860 MB once decoded, and a photograph carries the place where it was taken.
"""

import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models
from django.db.models.fields.files import ImageFieldFile
from easy_thumbnails.files import get_thumbnailer
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LONGEST_EDGE = 1600
WIDE = ("home/", "banners/", "stores/")  # folders of pictures that are shown as wide as the screen
QUALITY = 82
BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class UploadRefused(Exception):
    """This file is no picture we take; the message is the sentence the person sees."""


def check_picture(file: "File[Any]") -> None:
    """Judge a picture by its size and header alone, without decoding it. Raises UploadRefused."""
    if file.size > settings.UPLOAD_MAX_BYTES:
        raise UploadRefused(f"图片不能超过 {settings.UPLOAD_MAX_BYTES // 1024 // 1024} MB")
    _open(file)  # left open: closing a picture closes the upload under it


def store_image(file: "File[Any]", *, folder: str = "products", stem: str = "") -> str:
    """Store a picture as WebP with its thumbnails and return its name for an image column.

    `stem` names the file, a random one by default; a name that exists already is taken as it is, and counts as new.
    Decoding costs tens of milliseconds: call this outside of transactions (R13). Raises UploadRefused.
    """
    name = f"{folder}/{stem or uuid.uuid4().hex}.webp"
    if stem and default_storage.exists(name):
        with suppress(NotImplementedError):  # a storage without folders of ours
            os.utime(default_storage.path(name))  # else it might go as an orphan before its row is written
        return name
    stored = default_storage.save(name, ContentFile(encode(file)))
    make_thumbnails(stored)
    return stored


def store_ahead(uploads: Mapping[str, Any], *, model: type[models.Model]) -> None:
    """Store the uploads for the picture columns of `model` now, before the transaction that will write their names.

    One that is refused is left to the form, which says why; one whose form is refused goes as an orphan after a day.
    """
    for field in model._meta.concrete_fields:
        file = uploads.get(field.name)
        if file and isinstance(field, PictureField):
            with suppress(UploadRefused):
                file.stored_name = store_image(file, folder=str(field.upload_to))
            file.seek(0)


def encode(file: "File[Any]") -> bytes:
    """Return the picture as WebP of at most 1600 pixels a side: upright, first frame only, without metadata."""
    check_picture(file)
    file.seek(0)
    try:
        with _open(file) as opened:
            opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright = ImageOps.exif_transpose(opened)
            picture = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (*BROKEN, *BOMBS) as error:
        raise UploadRefused("图片文件已损坏，请换一张") from error
    picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    target = BytesIO()
    picture.save(target, "WEBP", quality=QUALITY, exif=b"", xmp=b"", icc_profile=b"")
    return target.getvalue()


def make_thumbnails(name: str) -> None:
    """Make what `thumbnail_url` points at for the stored picture `name`."""
    thumbnailer = get_thumbnailer(default_storage, relative_name=name)
    for options in _sizes_of(name).values():
        thumbnailer.get_thumbnail(options)


def _sizes_of(name: str) -> dict[str, dict[str, Any]]:
    """Return the sizes in which the stored picture `name` is needed, by their aliases."""
    sizes: dict[str, dict[str, Any]] = settings.THUMBNAIL_ALIASES["wide" if name.startswith(WIDE) else ""]
    return sizes


def thumbnail_url(name: str, alias: str) -> str:
    """Return the address of a picture in the size `alias` of the settings; "" when there is no picture.

    Pure string work, so that a page of forty cards pays nothing: the files were made when the picture was stored.
    """
    if not name:
        return ""
    width, height = cast(tuple[int, int], _sizes_of(name)[alias]["size"])
    return default_storage.url(f"{name}.{width}x{height}_q{settings.THUMBNAIL_QUALITY}_crop.webp")


class PictureFormField(forms.ImageField):
    """A file input that refuses what is no picture, or too large a one, in a sentence."""

    def to_python(self, data: Any) -> Any:
        uploaded = forms.FileField.to_python(self, data)
        if uploaded is None:
            return None
        try:
            check_picture(uploaded)
        except UploadRefused as error:
            raise ValidationError(str(error)) from None
        uploaded.seek(0)
        return uploaded


class PictureFile(ImageFieldFile):
    """The value of a PictureField; whatever is saved through it is encoded anew, unless `store_ahead` has done so."""

    def save(self, name: str, content: "File[Any]", save: bool = True) -> None:
        stored = getattr(content, "stored_name", "")
        if stored and not save:
            self.name, self._committed = stored, True
            setattr(self.instance, self.field.attname, stored)
            return
        super().save(f"{uuid.uuid4().hex}.webp", ContentFile(encode(content)), save)
        make_thumbnails(str(self.name))


class PictureField(models.ImageField):
    """An image column that no upload enters as it came. To migrations it is a plain ImageField."""

    attr_class = PictureFile

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": PictureFormField, **kwargs})

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ImageField", args, kwargs


def _open(file: "File[Any]") -> Image.Image:
    """Read the header of a picture. Raises UploadRefused for other files and for too many pixels."""
    file.seek(0)
    try:
        opened = Image.open(file, formats=FORMATS)
    except BOMBS:
        raise UploadRefused("图片尺寸太大，请缩小后再上传") from None
    except BROKEN:
        raise UploadRefused("请上传 JPG、PNG、WebP 或 GIF 图片") from None
    if opened.width * opened.height > settings.UPLOAD_MAX_PIXELS:
        raise UploadRefused("图片尺寸太大，请缩小后再上传")
    return opened
