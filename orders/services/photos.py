"""Reading a pickup code from a photo, for browsers that cannot do it themselves."""

from io import BytesIO
from typing import Any

import zxingcpp
from django.conf import settings
from django.core.files.base import ContentFile, File
from PIL import Image

from shop.lib.uploads import UploadRefused, check_picture

LONGEST_EDGE = 2000


class NothingRead(Exception):
    """The file is no picture or no code is on it; the message is for the clerk."""


def text_in(photo: "File[Any]") -> str:
    """Return the text of the QR picture or barcode on `photo`. Nothing is stored. Raises NothingRead."""
    if photo.size > settings.UPLOAD_MAX_BYTES:
        raise NothingRead("照片太大，请把它缩小或重新拍一张")
    taken = photo.read()
    try:
        check_picture(ContentFile(taken))
        found = [code.text for code in zxingcpp.read_barcodes(_decoded(taken)) if code.valid]
    except UploadRefused as error:
        raise NothingRead(str(error)) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise NothingRead("图片文件已损坏，请重新拍一张") from error
    if not found:
        raise NothingRead("照片里没有看到二维码，请靠近一点、拍清楚再试")
    return "\n".join(found)


def _decoded(taken: bytes) -> Image.Image:
    with Image.open(BytesIO(taken)) as opened:
        opened.draft("L", (LONGEST_EDGE, LONGEST_EDGE))
        picture = opened.convert("L")
    picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    return picture
