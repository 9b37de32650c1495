"""Reading pages as a browser would: valid HTML or a failed test."""

import html5lib
from django.http import HttpResponseBase


def valid_html(response: HttpResponseBase) -> str:
    """Return the page as text; fail for markup that a strict parser refuses."""
    text = str(response.content.decode())  # type: ignore[attr-defined]
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(text) if text.startswith("<!DOCTYPE") else parser.parseFragment(text)
    return text
