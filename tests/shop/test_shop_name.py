"""The name of the shop: from the settings, on every page, and a new one on the next page of whatever process."""

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalog.selectors import forget_version, shop_name
from catalog.services import bump_catalogue
from orders.models import OrderStatus
from shop.lib import fragments
from shop.models import ShopSettings
from tests.factories import make_order, make_product, make_staff
from tests.shop.backoffice import headquarters, make_operator, sent_fields, signed_in
from tests.shop.front import as_member

pytestmark = pytest.mark.django_db
NAME, WRITTEN = "阿禾<果>铺", "阿禾&lt;果&gt;铺"


def name_it(name: str = NAME) -> None:
    """Name the shop, past the back office."""
    ShopSettings.load()
    ShopSettings.objects.update(shop_name=name)
    bump_catalogue()


def title_of(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


GUESTS = [
    "/", "/goods/", "/goods/{product}/", "/categories/", "/goods/search/?q=x", "/goods/search/", "/stores/", "/me/",
    "/login/", "/privacy/", "/cart/", "/nowhere/", "/goods/{product}/share/",
]  # fmt: skip
MEMBERS = ["/", "/goods/", "/goods/{product}/", "/me/", "/me/addresses/", "/me/addresses/new/", "/orders/", "/cart/",
           "/me/messages/", "/me/favourites/", "/me/footprints/", "/orders/{order}/"]  # fmt: skip
STAFF = [
    "/admin/", "/admin/orders/order/", "/admin/inbox/", "/counter/", "/counter/log/", "/admin/second-factor/enrol/",
    "/admin/orders/order/print/?ids={order_pk}", "/admin/catalog/product/add/",
]  # fmt: skip


@pytest.mark.parametrize("path", GUESTS)
def test_a_guest_reads_the_name_on_every_page(client: Client, path: str) -> None:
    product = make_product("奶油草莓")
    name_it()

    page = client.get(path.format(product=product.pk)).content.decode()

    assert WRITTEN in title_of(page)
    assert "团铺" not in page


@pytest.mark.parametrize("path", MEMBERS)
def test_a_member_reads_the_name_on_every_page(client: Client, path: str) -> None:
    order = make_order()
    name_it()

    page = as_member(client, order.member).get(path.format(product=make_product().pk, order=order.no))

    assert page.status_code == 200
    assert WRITTEN in title_of(page.content.decode())
    assert "团铺" not in page.content.decode()


@pytest.mark.parametrize("path", STAFF)
def test_the_staff_read_the_name_on_every_page(path: str) -> None:
    headquarters()
    order = make_order(status=OrderStatus.PREPARING)
    name_it()

    page = signed_in(make_staff(is_superuser=True)).get(path.format(order_pk=order.pk))

    assert page.status_code == 200
    assert WRITTEN in title_of(page.content.decode())
    assert "团铺" not in page.content.decode()


def test_it_stands_where_people_sign_in_and_where_they_are_locked_out(client: Client) -> None:
    name_it()

    pages = [client.get("/admin/login/").content.decode(), render_to_string("admin/locked_out.html")]

    assert [WRITTEN in title_of(page) for page in pages] == [True, True]
    assert "团铺" not in "".join(pages)


def test_an_authenticator_app_is_told_the_name() -> None:
    name_it("阿禾果铺")

    device = TOTPDevice(user=make_staff("lihe"))

    assert "issuer=%E9%98%BF%E7%A6%BE%E6%9E%9C%E9%93%BA" in device.config_url


# --- A new name ----------------------------------------------------------------------------------------------------
def save_settings(owner: Client, **changes: str) -> Any:
    address = "/admin/shop/shopsettings/1/change/"
    fields = {name: parts[0] for name, parts in sent_fields(owner.get(address)).items()}
    return owner.post(address, fields | changes)


def test_a_name_that_is_saved_stands_on_the_next_page(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    ShopSettings.load()
    owner, paths = signed_in(make_staff(is_superuser=True)), ["/", "/goods/", "/categories/", "/cart/", "/nowhere/"]
    before = [client.get(path).content.decode() for path in paths]
    assert all("团铺" in page for page in before)

    with django_capture_on_commit_callbacks(execute=True):
        answer = save_settings(owner, shop_name="阿禾果铺")

    after = [Client().get(path).content.decode() for path in paths]
    assert answer.status_code == 302
    assert ["阿禾果铺" in title_of(page) for page in after] == [True] * len(paths)
    assert "团铺" not in "".join(after)
    assert "阿禾果铺后台" in owner.get("/admin/").content.decode()
    assert client.get("/manifest.webmanifest").json()["name"] == "阿禾果铺"


def test_another_process_shows_it_within_a_second_on_pages_that_it_had_kept(client: Client) -> None:
    ShopSettings.load()
    for path in ("/", "/goods/", "/cart/"):
        client.get(path)
    ShopSettings.objects.update(shop_name="阿禾果铺", catalogue_version="as another process left it")
    assert shop_name() == "团铺"

    forget_version()  # the second is over
    pages = [Client().get(path).content.decode() for path in ("/goods/", "/", "/cart/")]

    assert ["阿禾果铺" in title_of(page) for page in pages] == [True, True, True]


def test_the_name_costs_no_statement_while_it_is_remembered_and_one_afterwards(
    django_assert_num_queries: Any,
) -> None:
    name_it("阿禾果铺")
    with django_assert_num_queries(1):  # the settings
        assert shop_name() == "阿禾果铺"
    with django_assert_num_queries(0):
        assert shop_name() == "阿禾果铺"


def test_without_a_database_pages_about_errors_do_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OperationalError("no database")

    fragments.forget()
    monkeypatch.setattr(ShopSettings.objects, "filter", fail)

    pages = [render_to_string(f"{name}.html") for name in ("500", "404", "403")]

    assert [title_of(page) for page in pages] == ["出了点问题", "没有找到这个页面", "没有权限"]
    assert shop_name() == ""


def test_a_failure_of_the_shop_says_whose_shop_it_is() -> None:
    name_it("阿禾果铺")

    assert title_of(render_to_string("500.html")) == "出了点问题 · 阿禾果铺"


def test_an_operator_sees_the_name_above_the_menu() -> None:
    name_it("阿禾果铺")

    assert "阿禾果铺后台" in signed_in(make_operator()).get("/admin/").content.decode()
