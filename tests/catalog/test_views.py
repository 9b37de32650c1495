"""The heart, the page of favourites and the page of footprints."""

from typing import Any

import pytest
from django.test import Client
from html5lib import HTMLParser  # type: ignore[import-untyped,unused-ignore]

from catalog import services
from catalog.models import Favourite, Footprint, Product
from members.models import Member
from tests.factories import NOON, make_member, make_product, make_staff

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def member(client: Client) -> Member:
    member = make_member("小满")
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return member


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    HTMLParser(strict=True).parse(answer.content.decode())
    return answer.content.decode()


# --- The heart -----------------------------------------------------------------------------------------------------
def test_the_heart_does_what_it_says_however_often_it_is_touched(client: Client, member: Member) -> None:
    goods = make_product()

    for keep, count in [("1", 1), ("1", 1), ("0", 0), ("0", 0)]:
        answer = client.post(f"/goods/{goods.pk}/favourite/", {"keep": keep})
        assert answer.headers["Location"] == f"/goods/{goods.pk}/"
        assert member.favourites.count() == count


def test_htmx_gets_the_heart_alone(client: Client, member: Member) -> None:
    answer = client.post(f"/goods/{make_product().pk}/favourite/", {"keep": "1"}, headers=HTMX)

    page = answer.content.decode()
    assert ('aria-pressed="true"' in page, 'name="keep" value="0"' in page, "<html" in page) == (True, True, False)


@pytest.mark.parametrize("staff", [False, True])
def test_whoever_is_no_shopper_signs_in_and_comes_back_to_the_product(client: Client, staff: bool) -> None:
    goods = make_product()
    if staff:
        client.force_login(make_staff(), backend="django.contrib.auth.backends.ModelBackend")

    plain = client.post(f"/goods/{goods.pk}/favourite/", {"keep": "1"})
    by_htmx = client.post(f"/goods/{goods.pk}/favourite/", {"keep": "1"}, headers=HTMX)

    login = f"/login/?next=%2Fgoods%2F{goods.pk}%2F"
    assert (plain.headers["Location"], by_htmx.headers["HX-Redirect"]) == (login, login)
    assert Favourite.objects.count() == 0


def test_only_what_is_on_sale_can_become_a_favourite(client: Client, member: Member) -> None:
    off = make_product(status="off_shelf")

    assert client.post(f"/goods/{off.pk}/favourite/", {"keep": "1"}).status_code == 404
    assert client.post("/goods/999999/favourite/", {"keep": "1"}).status_code == 404
    assert client.get(f"/goods/{off.pk}/favourite/").status_code == 405
    assert Favourite.objects.count() == 0


# --- Favourites ----------------------------------------------------------------------------------------------------
def test_favourites_are_listed_with_a_way_to_let_go(
    client: Client, member: Member, django_assert_num_queries: Any
) -> None:
    for number in range(21):
        services.add_favourite(member=member, product=make_product(f"茶 {number}号"), now=NOON)
    Product.objects.filter(name="茶 20号").update(status="off_shelf")

    with django_assert_num_queries(4):  # session, member, count, goods
        page = text_of(client, "/me/favourites/")

    gone, kept = (Product.objects.get(name=f"茶 {number}号") for number in (20, 19))
    assert ("茶 1号" in page, "茶 0号" in page) == (True, False)
    assert (f'href="/goods/{kept.pk}/"' in page, f'href="/goods/{gone.pk}/"' in page) == (True, False)
    assert "已下架" in page
    answer = client.post(f"/goods/{gone.pk}/favourite/", {"keep": "0", "next": "/me/favourites/?page=1"})
    assert answer.headers["Location"] == "/me/favourites/?page=1"
    assert member.favourites.count() == 20


def test_what_is_off_the_shelf_is_cleared_at_once(client: Client, member: Member) -> None:
    kept = make_product()
    for goods in (kept, make_product(status="off_shelf")):
        services.add_favourite(member=member, product=goods, now=NOON)

    answer = client.post("/me/favourites/tidy/", follow=True)

    assert "已清理 1 件下架商品" in answer.content.decode()
    assert [favourite.product for favourite in member.favourites.all()] == [kept]


# --- Footprints ----------------------------------------------------------------------------------------------------
def test_footprints_are_forgotten_one_by_one_or_all_at_once(
    client: Client, member: Member, django_assert_num_queries: Any
) -> None:
    goods = [make_product(f"茶 {number}号") for number in range(3)]
    for one in goods:
        services.leave_footprint(member=member, product_id=one.pk, now=NOON)
    services.leave_footprint(member=make_member(), product_id=goods[0].pk, now=NOON)

    with django_assert_num_queries(3):  # session, member, goods
        assert "茶 2号" in text_of(client, "/me/footprints/")
    client.post("/me/footprints/remove/", {"product": goods[2].pk})
    client.post("/me/footprints/remove/", {"product": "x"})
    assert member.footprints.count() == 2
    assert "浏览足迹已清空" in client.post("/me/footprints/remove/", follow=True).content.decode()

    assert (member.footprints.count(), Footprint.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    ("path", "words"), [("/me/favourites/", "还没有收藏"), ("/me/footprints/", "还没有看过的商品")]
)
def test_a_page_without_anything_leads_to_the_goods(client: Client, member: Member, path: str, words: str) -> None:
    page = text_of(client, path)

    assert (words in page, 'href="/goods/"' in page) == (True, True)
    assert Client().get(path).headers["Location"] == f"/login/?next={path}"
