"""The goods list: searched, narrowed and sorted by its address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from shop.lib import fragments
from shop.lib.http import typed_text

GOODS_PER_PAGE = 20
LONGEST_SEARCH = 50
ORDERS = [("", "综合"), ("sales", "销量"), ("new", "新品")]


@dataclass(frozen=True, slots=True)
class Option:
    """One link of a row of links that narrow or sort the list."""

    words: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a shopper asked the goods list for; nonsense in the address is read as nothing."""

    category: int | None
    text: str
    sort: str
    page: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Wanted":
        category, sort = request.GET.get("category", ""), request.GET.get("sort", "")
        return cls(
            category=int(category) if category.isdecimal() and len(category) < 10 else None,
            text=typed_text(request, "q", longest=LONGEST_SEARCH),
            sort=sort if sort in catalog.SORTS else "",
            page=request.GET.get("page", "1"),
        )

    def query(self, **changes: Any) -> str:
        """Return this wish with `changes` as a query string, from the first page on."""
        wish = {"category": self.category, "q": self.text, "sort": self.sort} | changes
        return urlencode({name: value for name, value in wish.items() if value})


@require_safe
def goods_list(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, categories, count, goods."""
    wanted, version = Wanted.of(request), catalog.catalogue_version()
    path = catalog.category_named(catalog.category_tree(version), wanted.category) if wanted.category else []
    if wanted.category and not path:
        raise Http404
    results = fragments.fresh(f"goods:{wanted}", version, lambda: _results(wanted, version, path))
    context = {"results": results, "text": wanted.text, "path": path, "category": wanted.category}
    return render(request, "shop/goods_list.html", context | {"heading": path[-1].name if path else "全部商品"})


def _results(wanted: Wanted, version: str, path: list[catalog.CategoryNode]) -> SafeString:
    category_ids = path[-1].ids if path else []
    goods = catalog.goods_found(category_ids=category_ids, text=wanted.text, sort=wanted.sort)
    page: Page[Any] = Paginator(goods, GOODS_PER_PAGE).get_page(wanted.page)
    query = wanted.query()
    context = {
        "cards": catalog.cards_of(list(page.object_list)),
        "page": page,
        "query": f"{query}&" if query else "",
        "text": wanted.text,
        "chips": _chips(wanted, catalog.category_tree(version), path),
        "orders": _orders(wanted),
    }
    return render_to_string("shop/goods_list.html#results", context)


def _orders(wanted: Wanted) -> list[Option]:
    """Offer the sort orders; a second touch on the price turns it round."""
    offered = [Option(words, wanted.query(sort=sort), sort == wanted.sort) for sort, words in ORDERS]
    turned = "-price" if wanted.sort == "price" else "price"
    words = {"price": "价格 ↑", "-price": "价格 ↓"}.get(wanted.sort, "价格")
    return [*offered, Option(words, wanted.query(sort=turned), wanted.sort.endswith("price"))]


def _chips(wanted: Wanted, tree: list[catalog.CategoryNode], path: list[catalog.CategoryNode]) -> list[Option]:
    """Offer the categories below the chosen one, or its sisters when it has none, after a way back up."""
    parents = path if not path or path[-1].children else path[:-1]
    level = parents[-1].children if parents else tree
    above = parents[-1].id if parents else None
    everything = Option("全部", wanted.query(category=above), wanted.category == above)
    return [everything] + [
        Option(node.name, wanted.query(category=node.id), node.id == wanted.category) for node in level
    ]
