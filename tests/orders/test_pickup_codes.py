"""Pickup codes: what they look like, that they are unique for ever, and what a clerk may type instead."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.models import Order
from orders.services import pickup_codes
from tests.factories import make_order, make_store


def is_sound(code: str) -> bool:
    return pickup_codes.check_digit(code[:-1]) == code[-1]


def test_a_code_has_twelve_digits_and_its_check_digit() -> None:
    codes = {pickup_codes.new_code() for _ in range(200)}

    assert len(codes) == 200
    assert all(re.fullmatch(r"\d{12}", code) and is_sound(code) for code in codes)


@pytest.mark.parametrize(("body", "digit"), [("7992739871", "3"), ("0", "0"), ("49927398716"[:-1], "6")])
def test_the_check_digit_is_that_of_luhn(body: str, digit: str) -> None:
    assert pickup_codes.check_digit(body) == digit


@given(st.from_regex(r"[0-9]{11}", fullmatch=True), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(body: str, position: int, offset: int) -> None:
    code = body + pickup_codes.check_digit(body)
    wrong = code[:position] + str((int(code[position]) + offset) % 10) + code[position + 1 :]

    assert is_sound(code)
    assert not is_sound(wrong)


@pytest.mark.parametrize(
    "typed",
    [
        "123456789015",
        "  1234 5678 9015\r\n",
        "1234-5678-9015",
        "１２３４５６７８９０１５",
        "]Q1123456789015",
        "提货码：1234 5678 9015",
        "https://shop.example:8000/counter/?code=123456789015",
        "123456789015123456789015",
        "123456789015\n123456789015",
    ],
)
def test_a_code_is_found_in_what_people_and_scanners_type(typed: str) -> None:
    assert pickup_codes.parse(typed) == "123456789015"


@pytest.mark.parametrize(
    "typed", ["", "12345678901", "1234567890155", "hello", "123456789015 x 123456789023", "6901234567892"]
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert pickup_codes.parse(typed) == ""


@pytest.mark.parametrize("typed", ["123456789016", "1234 5678 9051", "123456789016123456789016"])
def test_a_code_with_a_wrong_digit_is_mistyped(typed: str) -> None:
    with pytest.raises(pickup_codes.Mistyped):
        pickup_codes.parse(typed)


def test_the_check_digit_tells_a_code_from_another_number() -> None:
    assert pickup_codes.parse("单号 111111111111，提货码 123456789015") == "123456789015"


def test_a_code_is_written_in_fours_and_masked_in_lists() -> None:
    assert pickup_codes.spaced("123456789015") == "1234 5678 9015"
    assert pickup_codes.masked("123456789015") == "1234 **** 9015"
    assert pickup_codes.spaced(None) == pickup_codes.masked(None) == ""


def give(order: Order, *codes: str) -> None:
    """Write the first of `codes` that is free."""
    drawn = iter(codes)

    def write(code: str) -> None:
        Order.objects.filter(pk=order.pk).update(pickup_code=code)

    pickup_codes.write_code(order, write, draw=lambda: next(drawn))
    order.refresh_from_db()


@pytest.mark.django_db
def test_a_code_that_is_taken_is_drawn_again() -> None:
    first, second = make_order(), make_order()

    give(first, "123456789015")
    give(second, "123456789015", "223456789013")

    assert (first.pickup_code, second.pickup_code) == ("123456789015", "223456789013")


@pytest.mark.django_db
def test_an_order_keeps_its_code() -> None:
    order = make_order(store=make_store(), status="ready_for_pickup")
    code = order.pickup_code

    give(order, "123456789015")

    assert order.pickup_code == code


@pytest.mark.django_db
def test_a_broken_source_of_randomness_is_not_retried_for_ever() -> None:
    first, second = make_order(), make_order()
    give(first, "123456789015")

    with pytest.raises(pickup_codes.NoFreeCode):
        give(second, *["123456789015"] * 9)

    second.refresh_from_db()
    assert second.pickup_code is None
