"""Money is an integer of fen; nothing is lost between what is typed, kept and shown."""

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from shop.lib.money import MAX_FEN, FenField, YuanFormField, parse_yuan, share, split, yuan
from shop.models import ShopSettings

fen = st.integers(min_value=0, max_value=MAX_FEN)
weights = st.lists(st.integers(min_value=0, max_value=10**7), min_size=1, max_size=20).filter(any)


@given(fen, weights)
def test_the_parts_of_a_split_sum_to_the_whole(total: int, parts: list[int]) -> None:
    assert sum(split(total, parts)) == total


@given(fen, weights)
def test_no_part_is_further_than_a_fen_from_its_exact_share(total: int, parts: list[int]) -> None:
    whole = sum(parts)

    for part, weight in zip(split(total, parts), parts, strict=True):
        assert abs(part * whole - total * weight) < whole


@given(weights, st.data())
def test_no_line_is_given_more_than_itself(lines: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(min_value=0, max_value=sum(lines)))

    assert all(part <= line for part, line in zip(split(total, lines), lines, strict=True))


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        (1000, [5691, 6346, 10], [472, 527, 1]),  # the golden example of the rules: 满 100 减 10
        (500, [5219, 5819], [236, 264]),
        (2109, [4983, 5555, 9], [996, 1111, 2]),
        (100, [1, 1, 1], [34, 33, 33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [0, 1], [0, 5]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
    ],
)
def test_the_largest_remainders_get_what_is_left(total: int, parts: list[int], expected: list[int]) -> None:
    assert split(total, parts) == expected


def test_something_cannot_be_split_over_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        split(1, [0, 0])


@pytest.mark.parametrize(
    ("total", "part", "whole", "expected"), [(100, 1, 3, 33), (101, 1, 2, 51), (99, 1, 2, 50), (0, 1, 2, 0)]
)
def test_a_share_is_rounded_half_up(total: int, part: int, whole: int, expected: int) -> None:
    assert share(total, part, whole) == expected


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00"), (5, "0.05"), (123456, "1234.56"), (-5, "-0.05"), (-1234, "-12.34")]
)
def test_fen_are_shown_as_yuan(amount: int, text: str) -> None:
    assert yuan(amount) == text


@given(st.integers(min_value=-MAX_FEN, max_value=MAX_FEN))
def test_what_is_shown_is_read_back(amount: int) -> None:
    assert parse_yuan(yuan(amount)) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", 1200), ("12.5", 1250), ("¥1,234.50", 123450), ("￥8", 800), ("12元", 1200), (" 0.01 ", 1), (".5", 50),
        ("１２.５", 1250), ("1，000", 100000), ("-3", -300), ("12.500", 1250), ("+1", 100),
    ],
)  # fmt: skip
def test_yuan_are_read_as_people_type_them(text: str, amount: int) -> None:
    assert parse_yuan(text) == amount


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请填写金额，例如 12.50"), ("十二", "请填写金额，例如 12.50"), ("1.2.3", "请填写金额，例如 12.50"),
        ("NaN", "请填写金额，例如 12.50"), ("Infinity", "请填写金额，例如 12.50"), ("sNaN", "请填写金额，例如 12.50"),
        ("1e2", "请填写金额，例如 12.50"), ("1e999999999", "请填写金额，例如 12.50"),
        ("0.001", "金额最多两位小数"), ("12.5" + "0" * 40 + "1", "金额最多两位小数"),
        ("10000000.01", "金额太大了"), ("9" * 60, "金额太大了"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_in_words(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence + "$"):
        parse_yuan(text)


class PriceForm(forms.Form):
    price = YuanFormField(label="价格", min_fen=1)


def test_a_form_shows_and_reads_yuan_and_yields_fen() -> None:
    form = PriceForm({"price": "12.8"}, initial={"price": 1280})

    assert form.is_valid()
    assert form.cleaned_data == {"price": 1280}
    assert 'value="12.80"' in str(PriceForm(initial={"price": 1280})["price"])


def test_the_same_amount_written_otherwise_is_no_change() -> None:
    assert not PriceForm({"price": "12.80"}, initial={"price": 1280}).has_changed()
    assert PriceForm({"price": "12.81"}, initial={"price": 1280}).has_changed()
    assert PriceForm({"price": "x"}, initial={"price": 1280}).has_changed()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("0", "金额不能低于 0.01 元"), ("x", "请填写金额，例如 12.50"), ("-1", "金额不能低于 0.01 元")],
)
def test_a_form_says_what_is_wrong_and_keeps_what_was_typed(typed: str, sentence: str) -> None:
    form = PriceForm({"price": typed})

    assert form.errors["price"] == [sentence]
    assert f'value="{typed}"' in str(form["price"])


def test_a_column_of_fen_is_typed_in_yuan() -> None:
    field = ShopSettings._meta.get_field("freight_amount")
    assert isinstance(field, FenField)

    typed = field.formfield()

    assert isinstance(typed, YuanFormField)
    assert (typed.label, typed.clean("8.5")) == ("运费", 850)
