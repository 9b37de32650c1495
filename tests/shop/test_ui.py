"""The words that templates use, and the pages that say what went wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.db import OperationalError
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from html5lib import HTMLParser

from shop.lib import fragments, markup
from shop.models import ShopSettings


def drawn(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (1280, "<small>¥</small>12<small>.80</small>"),
        (0, "<small>¥</small>0<small>.00</small>"),
        (5, "<small>¥</small>0<small>.05</small>"),
        (-1280, "-<small>¥</small>12<small>.80</small>"),
        (-5, "-<small>¥</small>0<small>.05</small>"),
        (123_456_789, "<small>¥</small>1234567<small>.89</small>"),
    ],
)
def test_a_price_is_set_with_small_sign_and_decimals(fen: int, shown: str) -> None:
    assert markup.price(fen) == shown
    assert drawn("{{ fen|price }}", fen=fen) == f'<span class="price">{shown}</span>'


def test_amounts_in_text_are_plain() -> None:
    assert drawn("{{ a|yuan }} {{ b|yuan }}", a=1280, b=-50) == "¥12.80 -¥0.50"
    assert [markup.short_yuan(fen) for fen in (9900, 950, 5)] == ["¥99", "¥9.50", "¥0.05"]


@pytest.mark.parametrize(("count", "shown"), [(0, ""), (None, ""), ("", ""), (3, ">3<"), (99, ">99<"), (100, ">99+<")])
def test_a_badge_is_silent_about_nothing(count: Any, shown: str) -> None:
    badge = drawn("{% badge count %}", count=count)

    assert shown in badge
    assert bool(badge) == bool(shown)


def test_an_icon_says_nothing_to_a_screen_reader() -> None:
    assert drawn('{% icon "cart" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/img/icons.svg#cart"></use></svg>'
    )


@pytest.mark.parametrize(
    ("path", "current"),
    [("/", ["首页"]), ("/categories/", ["分类"]), ("/cart/", ["购物车"]), ("/me/addresses/", ["我的"])],
)
def test_the_tab_of_the_place_is_marked(path: str, current: list[str]) -> None:
    tabs = [("home", "首页"), ("categories", "分类"), ("cart:index", "购物车"), ("me", "我的")]
    request = RequestFactory().get(path)

    marked = [
        words for view, words in tabs if "aria-current" in drawn(f'{{% tab "{view}" "x" "{words}" %}}', request=request)
    ]

    assert marked == current


def test_long_lists_of_pages_are_shortened() -> None:
    page = Paginator(range(200), 10).page(9)

    assert drawn("{% page_numbers page as numbers %}{{ numbers|join:' ' }}", page=page) == "1 … 8 9 10 … 20"


def test_a_fragment_is_made_once_for_each_version() -> None:
    fragments.forget()
    made: list[str] = []

    def make(words: str) -> Callable[[], str]:
        return lambda: made.append(words) or words  # type: ignore[func-returns-value]

    answers = [fragments.fresh("key", version, make(version)) for version in ("1", "1", "2")]

    assert answers == ["1", "1", "2"]
    assert made == ["1", "2"]


def test_a_fragment_that_is_nothing_is_kept_too() -> None:
    fragments.forget()

    assert fragments.fresh("gone", "1", lambda: None) is None
    assert fragments.fresh("gone", "1", lambda: pytest.fail("made twice")) is None


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_a_page_about_an_error_needs_no_request_and_no_database(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OperationalError("no database")

    monkeypatch.setattr(ShopSettings.objects, "filter", fail)
    page = render_to_string(f"{name}.html")

    HTMLParser(strict=True).parse(page)
    assert 'href="/"' in page


@pytest.mark.django_db
def test_a_form_without_its_token_is_answered_in_words() -> None:
    answer = Client(enforce_csrf_checks=True).post("/cart/add/")

    assert answer.status_code == 403
    assert "这个页面放得太久了" in answer.content.decode()
