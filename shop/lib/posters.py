"""Posters to print and to send: a picture or none, a few words and a QR code, drawn with Pillow as a PNG."""

from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import qrcode
from django.conf import settings
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError
from qrcode.constants import ERROR_CORRECT_M

PACKAGE = "fonts-noto-cjk"
SIMPLIFIED = 2  # the face of a Noto CJK collection that draws Chinese as the mainland writes it
WIDTH = 1080
EDGE = 72
PICTURE = WIDTH - 2 * EDGE
QR = 300
PAPER, INK, QUIET, BRAND, PRICE = "#FBFAF7", "#1F2421", "#5B635E", "#1F6F54", "#BF3329"
MOST_LINES = 3
ELLIPSIS = "…"


class FontMissing(Exception):
    """There is no font that can write Chinese; the message is for the merchant."""

    message = (
        f"服务器上没有中文字体，画不出海报。请让管理员安装 {PACKAGE}（apt install {PACKAGE}），或设置 POSTER_FONT。"
    )

    def __init__(self) -> None:
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on a poster, from top to bottom; `address` is what the QR code leads to."""

    title: str
    address: str
    invitation: str  # beside the QR code
    shop_name: str
    price: str = ""
    facts: list[str] = field(default_factory=list)
    picture: BinaryIO | None = None


def draw(poster: Poster) -> bytes:
    """Draw a poster as a PNG, as high as it needs to be. Raises FontMissing."""
    title = wrap(poster.title, size=64, width=PICTURE)
    facts = [line for fact in poster.facts for line in wrap(fact, size=38, width=PICTURE)]
    picture = _opened(poster.picture)
    sheet = Image.new("RGB", (WIDTH, _height(poster, picture, title, facts)), PAPER)
    pen = ImageDraw.Draw(sheet)
    top = EDGE
    if picture:
        sheet.paste(picture, (EDGE, top), _rounded(picture.size))
        top += picture.height + 48
    top = _write(pen, title, top, size=64, fill=INK)
    if poster.price:
        top = _write(pen, [poster.price], top + 8, size=88, fill=PRICE)
    if facts:
        top = _write(pen, facts, top + 20, size=38, fill=QUIET)
    _draw_foot(sheet, pen, poster, top + 48)
    return _encoded(sheet)


def wrap(text: str, *, size: int, width: int, most: int = MOST_LINES) -> list[str]:
    """Break `text` into lines of at most `width` pixels; what is beyond `most` lines ends in an ellipsis."""
    lines, font = [""], _font(size)
    for character in " ".join(text.split()):
        if font.getlength(lines[-1] + character) > width:
            lines.append("")
        lines[-1] += character
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while font.getlength(last + ELLIPSIS) > width:
        last = last[:-1]
    return [*lines[: most - 1], last + ELLIPSIS]


def is_font_there() -> bool:
    """Say whether posters can be drawn."""
    return Path(settings.POSTER_FONT).is_file()


def _font(size: int) -> ImageFont.FreeTypeFont:
    return _load(str(settings.POSTER_FONT), size)


@lru_cache(maxsize=16)
def _load(path: str, size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(path, size, index=SIMPLIFIED if path.endswith(".ttc") else 0)
    except OSError as error:
        raise FontMissing from error


def _line_height(size: int) -> int:
    return round(size * 1.4)


def _height(poster: Poster, picture: Image.Image | None, title: list[str], facts: list[str]) -> int:
    body = len(title) * _line_height(64) + (8 + _line_height(88) if poster.price else 0)
    body += 20 + len(facts) * _line_height(38) if facts else 0
    return EDGE + (picture.height + 48 if picture else 0) + body + 48 + QR + 2 * EDGE


def _write(pen: ImageDraw.ImageDraw, lines: list[str], top: int, *, size: int, fill: str, left: int = EDGE) -> int:
    """Write `lines` below `top` and return where they end."""
    for line in lines:
        pen.text((left, top), line, font=_font(size), fill=fill)
        top += _line_height(size)
    return top


def _draw_foot(sheet: Image.Image, pen: ImageDraw.ImageDraw, poster: Poster, top: int) -> None:
    pen.line([(EDGE, top), (WIDTH - EDGE, top)], fill="#E8E5DE", width=3)
    code = qrcode.make(poster.address, error_correction=ERROR_CORRECT_M, border=2).get_image().convert("RGB")
    sheet.paste(code.resize((QR, QR), Image.Resampling.NEAREST), (WIDTH - EDGE - QR, top + EDGE // 2))
    width = PICTURE - QR - 48
    middle = top + EDGE // 2 + 40
    middle = _write(pen, wrap(poster.shop_name, size=48, width=width, most=2), middle, size=48, fill=BRAND)
    _write(pen, wrap(poster.invitation, size=34, width=width), middle + 12, size=34, fill=QUIET)


def _opened(picture: BinaryIO | None) -> Image.Image | None:
    """Return the picture as a square, or None for a file that is none."""
    if picture is None:
        return None
    try:
        with Image.open(picture) as opened:
            return ImageOps.fit(ImageOps.exif_transpose(opened).convert("RGB"), (PICTURE, PICTURE))
    except (OSError, UnidentifiedImageError, ValueError):
        return None


def _rounded(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=28, fill=255)
    return mask


def _encoded(sheet: Image.Image) -> bytes:
    held = BytesIO()
    sheet.save(held, "PNG")  # smaller with optimize=True by a tenth, but at three times the work
    return held.getvalue()
