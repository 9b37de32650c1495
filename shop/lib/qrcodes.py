"""QR pictures without a file and without a script: an SVG inside the address of an image."""

import base64

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathFillImage


def data_uri(text: str) -> str:
    """Return `text` as a QR picture for the `src` of an image: black on white, with its quiet zone."""
    picture = qrcode.make(text, image_factory=SvgPathFillImage, error_correction=ERROR_CORRECT_M, border=4)
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.to_string()).decode()}"
