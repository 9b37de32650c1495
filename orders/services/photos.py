"""Reading a pickup code from a photo, for browsers that cannot do it themselves."""

from typing import Any

import zxingcpp
from django.core.files.base import File
from PIL import Image

from shop.lib.uploads import UploadRefused, check_picture

LONGEST_EDGE = 2000


class NothingRead(Exception):
    """The file is no picture or no code is on it; the message is for the clerk."""


def text_in(photo: "File[Any]") -> str:
    """Return the text of the QR picture or barcode on `photo`. Nothing is stored. Raises NothingRead."""
    try:
        check_picture(photo)
    except UploadRefused as error:
        raise NothingRead(str(error)) from error
    photo.seek(0)
    try:
        with Image.open(photo) as opened:
            opened.draft("L", (LONGEST_EDGE, LONGEST_EDGE))
            picture = opened.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NothingRead("图片文件已损坏，请重新拍一张") from error
    picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    found = [barcode.text for barcode in zxingcpp.read_barcodes(picture) if barcode.valid]
    if not found:
        raise NothingRead("照片里没有看到二维码，请靠近一点、拍清楚再试")
    return "\n".join(found)
