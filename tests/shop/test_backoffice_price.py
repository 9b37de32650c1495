"""Changing the price of an unpaid order from its page."""

import pytest
from django.test import Client
from django.utils import timezone

from members.models import OperationLog
from orders.models import Order
from tests.factories import make_order, make_sku
from tests.shop.backoffice import action_url, do, make_operator, page_of, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    """An operator of the headquarters, signed in."""
    return signed_in(make_operator())


def make(status: str = "pending_payment") -> Order:
    return make_order((make_sku(price=5000), 2), status=status, now=timezone.now())


def test_only_an_unpaid_order_offers_another_price(desk: Client) -> None:
    pages = [desk.get(page_of(order)).content.decode() for order in (make(), make("preparing"))]

    assert ["/do/change_price/" in page for page in pages] == [True, False]


def test_the_form_shows_what_the_order_costs_now(desk: Client) -> None:
    page = desk.get(action_url(make(), "change_price")).content.decode()

    assert 'value="100.00"' in page
    assert 'value="0.00"' in page


def test_a_new_price_is_written_and_logged_with_the_old_one(desk: Client) -> None:
    order = make()

    answer = do(desk, order, "change_price", goods="88.8", freight="5")

    order.refresh_from_db()
    assert answer.status_code == 302
    assert (order.payable_amount, order.freight_amount, order.price_change) == (9380, 500, -1120)
    entry = OperationLog.objects.get(action="order_change_price")
    assert (entry.before["payable_amount"], entry.after["payable_amount"]) == (10000, 9380)
    assert "改价" in text_of(desk.get(page_of(order)))


@pytest.mark.parametrize(("goods", "freight"), [("-1", "0"), ("abc", "0"), ("", "0"), ("88.888", "0"), ("100", "0")])
def test_a_price_that_makes_no_sense_is_told_and_keeps_what_was_typed(desk: Client, goods: str, freight: str) -> None:
    order = make()

    page = do(desk, order, "change_price", goods=goods, freight=freight)

    order.refresh_from_db()
    assert page.status_code == 200
    assert f'value="{goods}"' in page.content.decode() or not goods
    assert order.payable_amount == 10000
    assert not OperationLog.objects.filter(action="order_change_price").exists()


def test_an_order_that_costs_nothing_any_more_is_paid_at_once(desk: Client) -> None:
    order = make()

    do(desk, order, "change_price", goods="0", freight="0")

    order.refresh_from_db()
    assert (order.status, order.payable_amount, order.pay_channel) == ("preparing", 0, "none")
