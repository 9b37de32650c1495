"""Small pieces of pages that are made often: amounts with ¥ and decimals smaller than the yuan, and counts."""

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


def badge_words(count: int) -> str:
    """Return a count as badges show it, 99+ at most."""
    return "99+" if count > 99 else str(count)


def cart_badge(count: int) -> SafeString:
    """Draw the number of pieces in the cart; the place stays there for none, see shop.lib.alike."""
    if count <= 0:
        return SafeString('<span class="badge badge--cart" hidden></span>')
    return format_html('<span class="badge badge--cart">{}</span>', badge_words(count))
