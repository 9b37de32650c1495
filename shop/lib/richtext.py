"""Descriptions written by merchants: an allow list of HTML, and pictures of our own only."""

import re
from dataclasses import dataclass

import nh3
from django.conf import settings
from django.utils.safestring import SafeString

TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "sub", "sup", "ul", "ol", "li", "dl", "dt",
    "dd", "blockquote", "pre", "code", "table", "caption", "thead", "tbody", "tr", "th", "td", "div", "figure",
    "figcaption", "a", "img",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
PICTURE_WITHOUT_SOURCE = re.compile(r"<img(?! [^>]*\bsrc=)[^>]*>")
EMPTY_BLOCK = re.compile(r"<(p|div|figure|h2|h3|h4|strong|b|em|i|u)>(\s|&nbsp;|\u00a0|<br>)*</\1>")


@dataclass(frozen=True)
class Cleaned:
    """Allowed HTML, and the addresses of the pictures that had to go."""

    html: str
    dropped_pictures: list[str]


def clean(html: str) -> Cleaned:
    """Keep the allowed elements of `html`; drop pictures of other hosts, which the shop's CSP would not show.

    What comes out goes in again unchanged.
    """
    dropped: list[str] = []

    def judge(tag: str, attribute: str, value: str) -> str | None:
        if tag != "img":
            return value
        if attribute == "src" and not _is_ours(value):
            dropped.append(value)
            return None
        return re.sub(r"[<>]", "", value)

    kept = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=judge, url_schemes={"http", "https"})
    kept = PICTURE_WITHOUT_SOURCE.sub("", kept)
    if dropped:
        kept = _without_empty_blocks(kept)
    return Cleaned(kept.strip(), dropped)


def sanitise(html: str) -> str:
    """Keep the allowed elements of `html`."""
    return clean(html).html


def safe(html: str) -> SafeString:
    """Return a stored description ready to print: sanitised once more, however the row was written."""
    return SafeString(sanitise(html))


def _is_ours(address: str) -> bool:
    return address.startswith(settings.MEDIA_URL) and ".." not in address


def _without_empty_blocks(html: str) -> str:
    """Remove the paragraphs that held nothing but a picture, and what they leave empty around them."""
    while (shorter := EMPTY_BLOCK.sub("", html)) != html:
        html = shorter
    return html
