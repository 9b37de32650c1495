"""Pages kept for all visitors: with a form that works, the own number at the cart, and nothing of anybody else."""

import re
import secrets
import time
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import Client, RequestFactory

from catalog.models import Product, Sku
from catalog.selectors import catalogue_version, versions
from catalog.services import bump_catalogue
from orders.models import CartItem
from shop.lib.alike import CART_COOKIE, MESSAGES_COOKIE
from shop.models import ShopSettings
from tests.factories import make_member, make_product, make_sku
from tests.shop.front import start_cold

pytestmark = pytest.mark.django_db


def signed_in(nickname: str) -> Client:
    client = Client()
    client.force_login(make_member(nickname), backend="django.contrib.auth.backends.ModelBackend")
    return client


def badge(count: str) -> str:
    return f'<span class="badge badge--cart">{count}</span>'


NO_BADGE = '<span class="badge badge--cart" hidden></span>'


@pytest.fixture
def goods() -> Product:
    start_cold()
    return make_product("奶油草莓")


@pytest.mark.parametrize("path", ["/", "/goods/", "/goods/?sort=price", "/goods/{}/", "/categories/", "/cart/"])
def test_the_second_guest_costs_no_query(
    client: Client, goods: Product, path: str, django_assert_num_queries: Any
) -> None:
    first = client.get(path.format(goods.pk))

    with django_assert_num_queries(0):
        second = Client().get(path.format(goods.pk))

    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert second.status_code == 200
    assert token.sub("", second.content.decode()) == token.sub("", first.content.decode())
    assert second.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert second.headers["X-Frame-Options"] == first.headers["X-Frame-Options"]
    assert "Cookie" in second.headers["Vary"]
    assert set(second.headers) == set(first.headers)
    assert set(second.cookies) == set(first.cookies)


def test_a_kept_page_brings_what_https_asks_for(goods: Product, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    for _ in range(2):
        page = Client().get("/", secure=True)
        assert page.headers["Strict-Transport-Security"] == "max-age=60"
        assert 'content="https://testserver/"' in page.content.decode()
    assert 'content="http://testserver/"' in Client().get("/").content.decode()


def test_each_host_gets_its_own_addresses(goods: Product, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    for host in ("one.example", "two.example", "one.example"):
        assert f'content="http://{host}/"' in Client().get("/", headers={"host": host}).content.decode()
    assert Client().get("/", headers={"host": "three.example"}).status_code == 400


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

    assert [badge("3") in client.get("/").content.decode() for _ in range(2)] == [True, True]
    assert badge("3") not in Client().get("/").content.decode()
    assert NO_BADGE in Client().get("/cart/").content.decode()
    assert "奶油草莓" in client.get("/cart/").content.decode()
    assert "购物车是空的" in Client().get("/cart/").content.decode()


@pytest.mark.parametrize("path", ["/", "/goods/", "/categories/"])
def test_the_second_member_costs_no_query(goods: Product, path: str, django_assert_num_queries: Any) -> None:
    first, second = signed_in("小满"), signed_in("阿禾")
    second.post("/cart/add/", {"sku": Sku.objects.get(product=goods).pk, "units": 3})
    first.get(path)
    second.get("/cart/")  # where the message of what was added is shown

    with django_assert_num_queries(0):
        page = second.get(path).content.decode()

    assert badge("3") in page
    assert NO_BADGE in first.get(path).content.decode()


def test_the_number_at_the_cart_follows_the_session_in_a_cookie_that_no_script_reads(goods: Product) -> None:
    client, sku = signed_in("小满"), Sku.objects.get(product=goods)

    cookie = client.post("/cart/add/", {"sku": sku.pk, "units": 3}).cookies[CART_COOKIE]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("3", True, "Lax")
    assert cookie["max-age"] == settings.SESSION_COOKIE_AGE
    assert CART_COOKIE not in client.get("/cart/").cookies  # it is right already

    assert client.post("/cart/remove/", {"sku": sku.pk}).cookies[CART_COOKIE].value == ""
    assert NO_BADGE in client.get("/").content.decode()


def test_a_number_that_the_browser_lost_comes_back_with_the_next_page_that_reads_the_session(goods: Product) -> None:
    client = signed_in("小满")
    client.post("/cart/add/", {"sku": Sku.objects.get(product=goods).pk, "units": 3})
    client.get("/cart/")
    del client.cookies[CART_COOKIE]
    client.get("/")

    client.get("/me/")

    assert badge("3") in client.get("/").content.decode()


def test_who_signs_out_takes_the_number_along(goods: Product) -> None:
    client = signed_in("小满")
    client.post("/cart/add/", {"sku": Sku.objects.get(product=goods).pk, "units": 3})
    client.get("/cart/")

    client.post("/logout/")
    client.get("/me/")  # where the message is shown

    assert client.cookies[CART_COOKIE].value == ""
    assert NO_BADGE in client.get("/").content.decode()


@pytest.mark.parametrize("told", ["<b>", "-3", "", "²", "99999999999", "3; x=y"])
def test_a_forged_number_shows_nothing_harmful(goods: Product, told: str) -> None:
    client = signed_in("小满")
    client.get("/")

    client.cookies[CART_COOKIE] = told
    page = client.get("/").content.decode()

    assert "<b>" not in page
    assert NO_BADGE in page or badge("3") in page


def test_a_number_without_a_session_is_nobodys(goods: Product) -> None:
    guest = Client()
    guest.cookies[CART_COOKIE] = "7"

    assert [NO_BADGE in guest.get("/").content.decode() for _ in range(2)] == [True, True]


def test_a_message_that_waits_is_shown_though_the_page_is_kept(goods: Product) -> None:
    member, other = signed_in("小满"), signed_in("阿禾")
    other.get("/")
    member.post("/checkout/", {"do": "place"})  # an empty cart: the shop says so on the next page

    assert "请先选择要购买的商品" in member.get("/").content.decode()
    assert "请先选择要购买的商品" not in other.get("/").content.decode()
    assert "请先选择要购买的商品" not in member.get("/").content.decode()


def test_messages_that_are_too_many_for_the_cookie_leave_it_behind_to_say_so(goods: Product) -> None:
    """What shop.lib.alike rests on: the cookie alone tells whether a message waits."""
    request = RequestFactory().get("/")
    request.session = Client().session
    storage, answer = FallbackStorage(request), Client().get("/robots.txt")
    for number in range(4):
        storage.add(20, f"{number} {secrets.token_hex(1000)}")
    storage.update(answer)

    assert "_messages" in request.session
    assert answer.cookies[MESSAGES_COOKIE].value != ""

    again = RequestFactory().get("/")
    again.session, again.COOKIES = request.session, {MESSAGES_COOKIE: answer.cookies[MESSAGES_COOKIE].value}
    assert len(list(FallbackStorage(again))) == 4


def test_the_product_page_of_a_member_shows_their_own_heart_though_it_is_kept(goods: Product) -> None:
    keen, cool, guest = signed_in("小满"), signed_in("阿禾"), Client()
    keen.post(f"/goods/{goods.pk}/favourite/", {"keep": "1"})

    for _ in range(2):
        pages = [client.get(f"/goods/{goods.pk}/").content.decode() for client in (keen, cool, guest)]
        assert ["已收藏" in page for page in pages] == [True, False, False]
    keen.post(f"/goods/{goods.pk}/favourite/", {"keep": "0"})
    assert "已收藏" not in keen.get(f"/goods/{goods.pk}/").content.decode()


def test_a_kept_product_page_still_notes_who_looked_at_it(goods: Product) -> None:
    first, second = make_member("小满"), make_member("阿禾")
    for member in (first, second):
        client = Client()
        client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
        client.get(f"/goods/{goods.pk}/")

    assert [member.footprints.get().product_id for member in (first, second)] == [goods.pk, goods.pk]


def test_members_who_share_a_product_page_have_tokens_of_their_own(goods: Product) -> None:
    tokens: list[str] = []
    for nickname in ("小满", "阿禾"):
        client = Client(enforce_csrf_checks=True)
        client.force_login(make_member(nickname), backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/goods/{goods.pk}/").content.decode()
        own = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page))
        form = {"sku": Sku.objects.get(product=goods).pk, "units": 1}
        answers = [client.post("/cart/add/", {**form, "csrfmiddlewaretoken": token}) for token in [*tokens, *own]]
        assert [answer.status_code for answer in answers] == [403] * len(tokens) + [302] * len(own)
        tokens += own


def test_a_message_that_waits_is_shown_on_the_product_page_of_a_member(goods: Product) -> None:
    member, other = signed_in("小满"), signed_in("阿禾")
    address = f"/goods/{goods.pk}/"
    other.get(address)
    member.post("/cart/add/", {"sku": Sku.objects.get(product=goods).pk, "units": 1})

    said = ["已加入购物车" in client.get(address).content.decode() for client in (member, other, member)]

    assert said == [True, False, False]


def test_a_page_that_a_member_was_shown_is_kept_for_nobody(client: Client) -> None:
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


def test_an_edit_by_another_process_is_seen_a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    assert versions.LIFETIME == 60  # of the tests; see conftest
    monkeypatch.undo()
    ShopSettings.load()
    before, clock = catalogue_version(), time.time
    ShopSettings.objects.update(catalogue_version="elsewhere")

    assert catalogue_version() == before
    monkeypatch.setattr(time, "time", lambda: clock() + 1.01)
    assert catalogue_version() == "elsewhere"
