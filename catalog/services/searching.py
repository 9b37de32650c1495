"""What a product is found by: its words, their pinyin and their initials, in lower case."""

import unicodedata

from pypinyin import Style, lazy_pinyin

from catalog.models import Product


def search_text_of(product: Product) -> str:
    """Return name, keywords, brand and code, then the pinyin and the initials of each of their words.

    Normalised as `selectors.words_of` normalises what shoppers type: NFKC, lower case.
    """
    text = " ".join([product.name, product.keywords, product.brand, product.code])
    words = list(dict.fromkeys(unicodedata.normalize("NFKC", text).lower().split()))
    chinese = [word for word in words if not word.isascii()]
    full = ["".join(lazy_pinyin(word)) for word in chinese]
    initials = ["".join(lazy_pinyin(word, style=Style.FIRST_LETTER)) for word in chinese]
    return " ".join([*words, *full, *initials]).lower()
