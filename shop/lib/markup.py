"""Amounts as the pages show them: ¥ and decimals smaller than the yuan."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from shop.lib.money import yuan


def price(fen: int) -> SafeString:
    """Return `fen` as the content of a `.price`: a small ¥, the yuan, small decimals.

    Made once in a selector it costs a template nothing: the string is already safe.
    """
    whole, decimals = yuan(fen).split(".")
    sign, digits = ("-", whole[1:]) if fen < 0 else ("", whole)
    return format_html("{}<small>¥</small>{}<small>.{}</small>", sign, digits, decimals)


def round_price(fen: int) -> SafeString:
    """Return `fen` of whole yuan as the content of a `.price`: a small ¥ and the yuan."""
    return format_html("<small>¥</small>{}", fen // 100)


def short_yuan(fen: int) -> str:
    """Return `fen` as it is said in a sentence, without empty decimals: 9900 -> "¥99", 950 -> "¥9.50"."""
    return f"¥{yuan(fen).removesuffix('.00')}"
