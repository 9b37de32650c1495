"""Pages kept for all visitors: with a form that works, the own number at the cart, and nothing of anybody else."""

import re
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product, Sku
from catalog.selectors import catalogue_version
from catalog.services import bump_catalogue
from orders.models import CartItem
from shop.lib import fragments
from shop.models import ShopSettings
from tests.factories import make_member, make_product, make_sku

pytestmark = pytest.mark.django_db


def signed_in(nickname: str) -> Client:
    client = Client()
    client.force_login(make_member(nickname), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def goods() -> Product:
    fragments.forget()
    ShopSettings.load()
    catalogue_version()
    return make_product("奶油草莓")


@pytest.mark.parametrize("path", ["/", "/goods/", "/goods/?sort=price", "/goods/{}/", "/categories/"])
def test_the_second_guest_costs_one_look_at_the_version(
    client: Client, goods: Product, path: str, django_assert_num_queries: Any
) -> None:
    first = client.get(path.format(goods.pk))

    with django_assert_num_queries(1):
        second = Client().get(path.format(goods.pk))

    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert second.status_code == 200
    assert token.sub("", second.content.decode()) == token.sub("", first.content.decode())
    assert second.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert second.headers["X-Frame-Options"] == first.headers["X-Frame-Options"]


def test_the_form_of_a_kept_page_is_accepted_from_each_guest_with_a_token_of_their_own(goods: Product) -> None:
    sku = Sku.objects.get(product=goods)
    tokens: list[str] = []
    for _ in range(3):
        guest = Client(enforce_csrf_checks=True)
        page = guest.get(f"/goods/{goods.pk}/").content.decode()
        own = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
        assert own not in tokens

        for foreign in tokens:
            answer = guest.post("/cart/add/", {"sku": sku.pk, "units": 1, "csrfmiddlewaretoken": foreign})
            assert answer.status_code == 403
        answer = guest.post("/cart/add/", {"sku": sku.pk, "units": 1, "csrfmiddlewaretoken": own})
        assert answer.status_code == 302
        tokens.append(own)


def test_a_guest_with_something_in_the_cart_sees_their_own_number(client: Client, goods: Product) -> None:
    Client().get("/")
    client.post("/cart/add/", {"sku": Sku.objects.get(product=goods).pk, "units": 3})

    badge = '<span class="badge badge--cart">3</span>'
    assert [badge in client.get("/").content.decode() for _ in range(2)] == [True, True]
    assert badge not in Client().get("/").content.decode()


@pytest.mark.parametrize("path", ["/", "/goods/", "/categories/"])
def test_the_second_member_costs_the_session_and_one_look_at_the_version(
    goods: Product, path: str, django_assert_num_queries: Any
) -> None:
    first, second = signed_in("小满"), signed_in("阿禾")
    second.post("/cart/add/", {"sku": Sku.objects.get(product=goods).pk, "units": 3})
    first.get(path)
    second.get("/cart/")  # where the message of what was added is shown

    with django_assert_num_queries(2):
        page = second.get(path).content.decode()

    assert '<span class="badge badge--cart">3</span>' in page
    assert '<span class="badge badge--cart" hidden></span>' in first.get(path).content.decode()


def test_a_message_that_waits_is_shown_though_the_page_is_kept(goods: Product) -> None:
    member, other = signed_in("小满"), signed_in("阿禾")
    other.get("/")
    member.post("/checkout/", {"do": "place"})  # an empty cart: the shop says so on the next page

    assert "请先选择要购买的商品" in member.get("/").content.decode()
    assert "请先选择要购买的商品" not in other.get("/").content.decode()
    assert "请先选择要购买的商品" not in member.get("/").content.decode()


def test_the_product_page_of_a_member_is_their_own(goods: Product, django_assert_num_queries: Any) -> None:
    first, second = signed_in("小满"), signed_in("阿禾")
    first.post(f"/goods/{goods.pk}/favourite/", {"keep": "1"})

    pages = [client.get(f"/goods/{goods.pk}/").content.decode() for client in (first, second)]

    assert ["已收藏" in page for page in pages] == [True, False]


def test_a_page_that_a_member_was_shown_is_kept_for_nobody(client: Client) -> None:
    fragments.forget()
    member, sku = make_member("小满"), make_sku("青瓷茶杯")
    CartItem.objects.create(member=member, sku=sku, units=2, added_at=member.created_at)
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/")
    client.get("/me/")

    assert "小满" not in Client().get("/").content.decode()
    assert "小满" not in Client().get("/me/").content.decode()


def test_an_edit_of_the_catalogue_is_seen_by_the_next_guest(client: Client, goods: Product) -> None:
    assert "奶油草莓" in client.get(f"/goods/{goods.pk}/").content.decode()

    Product.objects.filter(pk=goods.pk).update(name="红颜草莓")
    bump_catalogue()

    assert "红颜草莓" in Client().get(f"/goods/{goods.pk}/").content.decode()


def test_goods_that_are_not_there_and_other_hosts_share_nothing(client: Client, goods: Product) -> None:
    client.get(f"/goods/{goods.pk}/")

    assert client.get("/goods/999999/").status_code == 404
    assert client.get(f"/goods/{goods.pk}/", headers={"host": "evil.example"}).status_code == 400
