"""The page to search from: what was searched before, what others look for, and names that come while typing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog import selectors as catalog
from shop.lib import fragments
from shop.lib.http import typed_text
from shop.views import history
from shop.views.goods import LONGEST_SEARCH

HOT_WORDS = 10
NAMES, CATEGORIES = 6, 3


@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, settings, hot words, categories."""
    version = catalog.catalogue_version()
    context = {
        "history": history.searches(request),
        "hot_words": _hot_words(version),
        "categories": catalog.category_tree(version),
    }
    return render(request, "shop/search.html", context)


@require_POST
def search_forget(request: HttpRequest) -> HttpResponse:
    answer = redirect("search")
    history.forget(answer)
    return answer


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Answer a search field with categories and names. Queries when nothing is cached: version, categories, names."""
    text, version = typed_text(request, "q", longest=LONGEST_SEARCH), catalog.catalogue_version()
    return HttpResponse(fragments.fresh(f"suggest:{text}", version, lambda: _suggestions(text, version)))


def _suggestions(text: str, version: str) -> SafeString:
    context = {
        "text": text,
        "categories": _categories_named(text, catalog.category_tree(version))[:CATEGORIES],
        "names": catalog.names_found(text, limit=NAMES),
    }
    return render_to_string("shop/search.html#suggestions", context)


def _categories_named(text: str, tree: list[catalog.CategoryNode]) -> list[catalog.CategoryNode]:
    """Return the categories whose names hold every word of `text`, parents before children."""
    words = catalog.words_of(text)
    found = []
    for node in tree:
        found += [node] if words and all(word in node.name.lower() for word in words) else []
        found += _categories_named(text, node.children)
    return found


def _hot_words(version: str) -> list[str]:
    """Return the merchant's own words, else those of what sells best."""
    told = catalog.shop_settings().hot_words.split()[:HOT_WORDS]
    return told or fragments.fresh("hot-words", version, lambda: catalog.hot_words(HOT_WORDS))
