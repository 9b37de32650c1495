"""The goods list: searched, narrowed and sorted by its address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from promotions import selectors as promotions
from shop import alike
from shop.lib import fragments
from shop.lib.http import typed_text
from shop.lib.markup import short_yuan
from shop.lib.money import parse_yuan
from shop.views import history

GOODS_PER_PAGE = 20
LONGEST_SEARCH = 50
LONGEST_PRICE = 12
POPULAR = 6
ORDERS = [("", "综合"), ("sales", "销量"), ("new", "新品")]
PRICES = {"price": ("价格从低到高", "up"), "-price": ("价格从高到低", "down")}


@dataclass(frozen=True, slots=True)
class Option:
    """One link of a row of links that narrow or sort the list."""

    words: str
    query: str
    is_current: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """A price as a shopper typed it: its fen, or what is wrong with it."""

    typed: str = ""
    fen: int | None = None
    fault: str = ""

    @classmethod
    def of(cls, typed: str) -> "Price":
        try:
            return cls(typed, parse_yuan(typed) if typed else None)
        except ValueError:
            return cls(typed, None, "请填写数字，例如 50 或 19.9")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a shopper asked the goods list for; nonsense in the address is read as nothing."""

    category: int | None
    text: str
    sort: str
    page: str
    low: Price
    high: Price
    stock: bool
    sale: bool

    @classmethod
    def of(cls, request: HttpRequest) -> "Wanted":
        category, sort = request.GET.get("category", ""), request.GET.get("sort", "")
        return cls(
            category=int(category) if category.isdecimal() and len(category) < 10 else None,
            text=typed_text(request, "q", longest=LONGEST_SEARCH),
            sort=sort if sort in catalog.SORTS else "",
            page=request.GET.get("page", "1"),
            low=Price.of(typed_text(request, "low", longest=LONGEST_PRICE)),
            high=Price.of(typed_text(request, "high", longest=LONGEST_PRICE)),
            stock=request.GET.get("stock") == "1",
            sale=request.GET.get("sale") == "1",
        )

    @property
    def fault(self) -> str:
        """Say what is wrong with the prices; "" when nothing is."""
        if self.low.fen is not None and self.high.fen is not None and self.low.fen > self.high.fen:
            return "最高价不能低于最低价"
        return self.low.fault or self.high.fault

    @property
    def price_words(self) -> str:
        """The range of prices as its chip says it; "" for none."""
        low, high = self.low.fen, self.high.fen
        if self.fault or (low is None and high is None):
            return ""
        if low is None or high is None:
            return f"{short_yuan(high or 0)} 以内" if low is None else f"{short_yuan(low)} 以上"
        return f"{short_yuan(low)}–{short_yuan(high)}"

    def query(self, **changes: Any) -> str:
        """Return this wish with `changes` as a query string, from the first page on."""
        wish = {
            "category": self.category, "q": self.text, "sort": self.sort, "low": self.low.typed,
            "high": self.high.typed, "stock": int(self.stock), "sale": int(self.sale),
        } | changes  # fmt: skip
        return urlencode({name: value for name, value in wish.items() if value})

    @property
    def bare_query(self) -> str:
        """This wish without what the filter sets."""
        return self.query(low="", high="", stock=0, sale=0)

    def goods(self, category_ids: list[int]) -> catalog.GoodsFound:
        """Find what was asked for; prices that make no sense narrow nothing."""
        low, high = (None, None) if self.fault else (self.low.fen, self.high.fen)
        return catalog.goods_found(
            category_ids=category_ids, text=self.text, sort=self.sort, price_from=low, price_to=high,
            in_stock=self.stock, reduced=self.sale,
        )  # fmt: skip


@require_safe
def goods_list(request: HttpRequest) -> HttpResponse:
    """Queries when nothing is cached: version, categories, count, goods, and what tags need: offers, tiers, flash."""
    wanted, version = Wanted.of(request), catalog.catalogue_version()
    path = catalog.category_named(catalog.category_tree(version), wanted.category) if wanted.category else []
    if wanted.category and not path:
        raise Http404
    found, results = fragments.fresh(f"goods:{wanted}", version, lambda: _results(wanted, version, path))
    context = {"results": results, "text": wanted.text, "path": path, "category": wanted.category}
    context["heading"] = path[-1].name if path else "全部商品"
    if not wanted.text:
        return alike.page(request, "shop/goods_list.html", context, version=version)
    answer = render(request, "shop/goods_list.html", context)
    if found:
        history.remember(request, answer, wanted.text)
    return answer


def _results(wanted: Wanted, version: str, path: list[catalog.CategoryNode]) -> tuple[int, SafeString]:
    """Return how many goods were found, and the list."""
    goods = wanted.goods(path[-1].ids if path else [])
    page: Page[Any] = Paginator(goods, GOODS_PER_PAGE).get_page(wanted.page)
    query = wanted.query()
    context = {
        "wanted": wanted,
        "cards": promotions.tagged(catalog.cards_of(list(page.object_list)), now=timezone.now()),
        "page": page,
        "query": f"{query}&" if query else "",
        "chips": _chips(wanted, catalog.category_tree(version), path),
        "orders": _orders(wanted),
        "applied": _applied(wanted, path),
        "popular": catalog.popular(POPULAR) if not page.paginator.count else [],
    }
    return page.paginator.count, render_to_string("shop/goods_list.html#results", context)


def _orders(wanted: Wanted) -> list[Option]:
    """Offer the sort orders; a second touch on the price turns it round."""
    offered = [Option(words, wanted.query(sort=sort), sort == wanted.sort) for sort, words in ORDERS]
    turned = "-price" if wanted.sort == "price" else "price"
    words, icon = PRICES.get(wanted.sort, ("价格", "sort"))
    return [*offered, Option(words, wanted.query(sort=turned), wanted.sort.endswith("price"), icon)]


def _chips(wanted: Wanted, tree: list[catalog.CategoryNode], path: list[catalog.CategoryNode]) -> list[Option]:
    """Offer the categories below the chosen one, or its sisters when it has none, after a way back up."""
    parents = path if not path or path[-1].children else path[:-1]
    level = parents[-1].children if parents else tree
    above = parents[-1].id if parents else None
    everything = Option("全部", wanted.query(category=above), wanted.category == above)
    below = [Option(node.name, wanted.query(category=node.id), node.id == wanted.category) for node in level]
    return [everything, *below] if below else []


def _applied(wanted: Wanted, path: list[catalog.CategoryNode]) -> list[Option]:
    """List what narrows the list, each with the list without it."""
    narrowing: list[tuple[str, dict[str, Any]]] = [
        (f"“{wanted.text}”" if wanted.text else "", {"q": ""}),
        (path[-1].name if path else "", {"category": None}),
        (wanted.price_words, {"low": "", "high": ""}),
        ("只看有货" if wanted.stock else "", {"stock": 0}),
        ("只看优惠" if wanted.sale else "", {"sale": 0}),
    ]
    return [Option(words, wanted.query(**without)) for words, without in narrowing if words]
