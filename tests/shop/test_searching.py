"""Searching: the page to search from, its history in the browser, and names while typing."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from shop.models import ShopSettings
from shop.views.history import COOKIE
from tests.factories import make_category, make_product
from tests.shop.front import start_cold, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    start_cold()


def history_of(client: Client) -> list[str]:
    section = text_of(client, "/goods/search/").partition("最近搜索")[2].partition("</section>")[0]
    return re.findall(r'chip__text">([^<]*)<', section)


# --- History -------------------------------------------------------------------------------------------------------
def test_what_found_something_is_remembered_the_latest_first_and_once(client: Client) -> None:
    make_product("草莓 蓝莓")

    for text in ("草莓", "蓝莓", "没有的东西", "草莓"):
        client.get("/goods/", {"q": text})

    assert history_of(client) == ["草莓", "蓝莓"]
    assert history_of(Client()) == []


def test_the_history_is_a_cookie_for_the_goods_alone_that_no_script_reads(client: Client) -> None:
    make_product("草莓")

    cookie = client.get("/goods/", {"q": "草莓"}).cookies[COOKIE]

    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/goods/", True, "Lax")
    assert len(client.session.keys()) == 0


def test_ten_searches_are_kept_and_very_long_ones_never(client: Client) -> None:
    make_product(" ".join(f"茶{number}" for number in range(12)) + "长" * 40)

    for number in range(12):
        client.get("/goods/", {"q": f"茶{number}"})
    client.get("/goods/", {"q": "长" * 30})

    assert history_of(client) == [f"茶{number}" for number in range(11, 1, -1)]


@pytest.mark.parametrize("cookie", ["%00%0a%1b", quote("<b>x</b>\n" + "长" * 60), "%ff%fe", "%0a" * 5000])
def test_a_forged_history_shows_nothing_harmful(client: Client, cookie: str) -> None:
    client.cookies[COOKIE] = cookie

    page = text_of(client, "/goods/search/")

    assert "<b>x</b>" not in page
    assert "长" not in page


def test_the_history_is_cleared_by_a_post_alone(client: Client) -> None:
    make_product("草莓")
    client.get("/goods/", {"q": "草莓"})

    assert client.get("/goods/search/forget/").status_code == 405
    assert history_of(client) == ["草莓"]
    assert client.post("/goods/search/forget/").headers["Location"] == "/goods/search/"
    assert history_of(client) == []


# --- Hot words -----------------------------------------------------------------------------------------------------
def test_hot_words_are_the_merchants_own_else_those_of_what_sells(
    client: Client, django_assert_num_queries: Any
) -> None:
    make_product("红颜草莓", keywords="草莓 水果", virtual_sold=9)
    make_product("丹东草莓", keywords="草莓", virtual_sold=8)
    make_product("龙井", keywords="绿茶", virtual_sold=99)
    make_product("无词")
    make_product("下架", keywords="旧货", status="off_shelf", virtual_sold=999)

    def hot_words() -> list[str]:
        return re.findall(r'<span class="grow">([^<]*)<', text_of(client, "/goods/search/"))

    with django_assert_num_queries(3):  # settings, hot words, categories
        assert hot_words() == ["绿茶", "草莓"]
    ShopSettings.objects.update(hot_words="粽子  咸鸭蛋")
    start_cold()
    assert hot_words() == ["粽子", "咸鸭蛋"]


# --- Suggestions ---------------------------------------------------------------------------------------------------
def test_names_and_categories_come_while_typing(client: Client, django_assert_num_queries: Any) -> None:
    berries = make_category("草莓与浆果", parent=make_category("水果"))
    few, much = make_product("奶油草莓"), make_product("草莓酱", virtual_sold=9)
    make_product("下架的草莓", status="off_shelf")

    with django_assert_num_queries(2):  # categories, names
        part = text_of(client, "/goods/suggest/?q=草莓")
    with django_assert_num_queries(0):
        text_of(client, "/goods/suggest/?q=草莓")

    links = re.findall(r'href="([^"]*)"', part)
    assert [link for link in links if "#" not in link] == [
        f"/goods/?category={berries.pk}", f"/goods/{much.pk}/", f"/goods/{few.pk}/",
    ]  # fmt: skip
    assert f"/goods/{few.pk}/" in text_of(client, "/goods/suggest/?q=nycm")


def test_nothing_typed_suggests_nothing_and_nothing_found_says_so(client: Client) -> None:
    make_product("草莓")

    assert text_of(client, "/goods/suggest/").strip() == ""
    assert text_of(client, "/goods/suggest/?q=%00%20").strip() == ""
    assert "没有叫“&lt;i&gt;”的商品" in text_of(client, "/goods/suggest/?q=<i>")
