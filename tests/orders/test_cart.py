"""The cart: live prices, what cannot be bought and why, and a guest's cart that survives signing in."""

from typing import Any

import pytest
from django.test import Client

from catalog.models import Product, Sku
from members.models import Member
from orders.models import CartItem
from orders.services import cart
from tests.factories import NOON, make_member, make_order, make_product, make_sku

pytestmark = pytest.mark.django_db


def owner(member: Member | None = None, **session: Any) -> cart.Owner:
    return cart.Owner(member=member, session=session)


def fill(whose: cart.Owner, *items: tuple[Sku, int]) -> None:
    for sku, units in items:
        cart.add(whose, sku_id=sku.pk, units=units, now=NOON)


def problems(whose: cart.Owner) -> dict[str, list[str]]:
    return {problem: [line.why for line in lines] for problem, lines in cart.show(whose).invalid}


@pytest.fixture(params=["member", "guest"])
def anyone(request: pytest.FixtureRequest) -> cart.Owner:
    return owner(make_member() if request.param == "member" else None)


def test_the_cart_shows_the_prices_of_the_moment(anyone: cart.Owner) -> None:
    sku = make_sku("龙井", price=1280, stock=5)
    fill(anyone, (sku, 2))
    Sku.objects.filter(pk=sku.pk).update(price=1500)

    shown = cart.show(anyone)

    assert [(line.name, line.price, line.units, line.most) for line in shown.lines] == [("龙井", 1500, 2, 5)]
    assert (shown.goods_amount, shown.units) == (3000, 2)
    assert cart.selected_items(shown) == [(sku.pk, 2)]


def test_the_same_good_twice_is_one_line(anyone: cart.Owner) -> None:
    sku = make_sku(stock=5)
    fill(anyone, (sku, 2), (sku, 1))

    assert [line.units for line in cart.show(anyone).lines] == [3]
    assert anyone.session["cart_count"] == 3


def test_what_was_added_last_stands_first(anyone: cart.Owner) -> None:
    first, second = make_sku("甲"), make_sku("乙")
    fill(anyone, (first, 1), (second, 1))

    assert [line.name for line in cart.show(anyone).lines] == ["乙", "甲"]


@pytest.mark.parametrize(
    ("fields", "units", "sentence"),
    [
        ({"stock": 3}, 4, "库存只有 3 件"),
        ({"stock": 0}, 1, "这件商品已经售罄"),
        ({"limit_kind": "per_order", "limit_units": 2}, 3, "每单限购 2 件"),
        ({"status": "off_shelf"}, 1, "商品已经下架，看看别的吧"),
    ],
)
def test_what_cannot_be_bought_is_not_added(
    anyone: cart.Owner, fields: dict[str, Any], units: int, sentence: str
) -> None:
    sku = make_sku(**fields)

    with pytest.raises(cart.CartRefused) as refusal:
        fill(anyone, (sku, units))

    assert refusal.value.message == sentence
    assert cart.show(anyone).is_empty


def test_adding_counts_what_is_in_the_cart_already(anyone: cart.Owner) -> None:
    sku = make_sku(stock=3)
    fill(anyone, (sku, 2))

    with pytest.raises(cart.CartRefused, match="库存只有 3 件，购物车里已有 2 件"):
        fill(anyone, (sku, 2))

    assert [line.units for line in cart.show(anyone).lines] == [2]


def test_lines_that_cannot_be_bought_stand_in_groups_with_the_reason(anyone: cart.Owner) -> None:
    good, short, gone, off = make_sku(price=500), make_sku(stock=5), make_sku(), make_sku()
    fill(anyone, (good, 1), (short, 5), (gone, 1), (off, 1))
    Sku.objects.filter(pk=short.pk).update(stock=2)
    Sku.objects.filter(pk=gone.pk).update(stock=0)
    Product.objects.filter(pk=off.product_id).update(status="off_shelf")

    shown = cart.show(anyone)

    assert [(problem, [line.why for line in lines]) for problem, lines in shown.invalid] == [
        ("库存不足", ["只剩 2 件，请减少数量"]),
        ("已售罄", ["暂时没有货了"]),
        ("已下架", ["商品已经下架"]),
    ]
    assert [line.sku_id for line in shown.lines] == [good.pk]
    assert shown.goods_amount == 500


def test_the_smallest_number_is_counted_over_the_specs_of_a_product() -> None:
    whose = owner(make_member())
    red, blue = make_product(specs={"颜色": ["红", "蓝"]}, min_units=3).skus.order_by("pk")
    fill(whose, (red, 2))
    assert problems(whose) == {"不够起购": ["3 件起购，请增加数量"]}

    fill(whose, (blue, 1))
    assert problems(whose) == {}


def test_a_limit_for_life_counts_what_was_bought_before() -> None:
    member = make_member()
    sku = make_sku(limit_kind="lifetime", limit_units=3, stock=10)
    make_order((sku, 2), member=member)
    whose = owner(member)
    CartItem.objects.create(member=member, sku=sku, units=2, added_at=NOON)

    assert problems(whose) == {"超过限购": ["每人限购 3 件，您还可以买 1 件"]}
    assert [line.most for _, lines in cart.show(whose).invalid for line in lines] == [1]
    with pytest.raises(cart.CartRefused, match="每人限购 3 件，您还可以买 1 件，购物车里已有 2 件"):
        fill(whose, (sku, 1))
    assert cart.set_units(whose, units_by_sku={sku.pk: 3}, now=NOON) == [
        f"{sku.product.name} 每人限购 3 件，您还可以买 1 件"
    ]
    assert problems(whose) == {}


def test_a_guest_who_signs_in_keeps_no_more_than_they_may_still_buy() -> None:
    member, guest = make_member(), owner(None)
    sku = make_sku(limit_kind="lifetime", limit_units=3, stock=10)
    fill(guest, (sku, 3))
    make_order((sku, 2), member=member)

    notes = cart.merge_guest_cart(member=member, session=guest.session, now=NOON)

    assert notes == [f"{sku.product.name} 每人限购 3 件，您还可以买 1 件，数量已调整"]
    assert [line.units for line in cart.show(owner(member)).lines] == [1]


def test_only_what_is_selected_counts() -> None:
    whose = owner(make_member())
    one, other = make_sku(price=100), make_sku(price=1000)
    fill(whose, (one, 1), (other, 1))

    cart.select(whose, sku_ids=[other.pk], among=[one.pk, other.pk])

    shown = cart.show(whose)
    assert (shown.goods_amount, shown.units, shown.all_selected) == (1000, 1, False)
    assert cart.selected_items(shown) == [(other.pk, 1)]
    assert [line.sku_id for line in cart.only_selected(shown).lines] == [other.pk]


def test_selecting_leaves_alone_what_the_page_did_not_show() -> None:
    whose = owner(make_member())
    one, other = make_sku(), make_sku()
    fill(whose, (one, 1), (other, 1))

    cart.select(whose, sku_ids=[], among=[one.pk])

    assert dict(CartItem.objects.values_list("sku_id", "is_selected")) == {one.pk: False, other.pk: True}


def test_a_quantity_beyond_the_stock_is_lowered_and_said(anyone: cart.Owner) -> None:
    sku = make_sku("龙井", stock=4)
    fill(anyone, (sku, 1))

    notes = cart.set_units(anyone, units_by_sku={sku.pk: 9}, now=NOON)

    assert notes == ["龙井 库存只有 4 件"]
    assert [line.units for line in cart.show(anyone).lines] == [4]
    assert anyone.session["cart_count"] == 4


def test_a_quantity_keeps_the_tick_as_it_was() -> None:
    whose = owner(make_member())
    sku = make_sku()
    fill(whose, (sku, 1))
    cart.select(whose, sku_ids=[], among=[sku.pk])

    cart.set_units(whose, units_by_sku={sku.pk: 2}, now=NOON)

    assert CartItem.objects.values_list("units", "is_selected").get() == (2, False)


def test_goods_that_are_not_in_the_cart_cannot_be_set(anyone: cart.Owner) -> None:
    cart.set_units(anyone, units_by_sku={make_sku().pk: 2}, now=NOON)

    assert cart.show(anyone).is_empty


def test_removing_takes_out_what_was_named_and_nothing_else(anyone: cart.Owner) -> None:
    one, other = make_sku(), make_sku()
    fill(anyone, (one, 1), (other, 2))

    cart.remove(anyone, sku_ids=[one.pk, 12345678])

    assert [line.sku_id for line in cart.show(anyone).lines] == [other.pk]
    assert anyone.session["cart_count"] == 2


def test_one_member_never_sees_the_cart_of_another() -> None:
    mine, theirs = owner(make_member()), owner(make_member())
    sku = make_sku()
    fill(theirs, (sku, 1))

    cart.remove(mine, sku_ids=[sku.pk])
    cart.set_units(mine, units_by_sku={sku.pk: 3}, now=NOON)

    assert cart.show(mine).is_empty
    assert [line.units for line in cart.show(theirs).lines] == [1]


@pytest.mark.parametrize(
    "kept", [None, "junk", {"a": 1}, {"1": "2"}, {"1": -1}, {"1": 0}, {"-1": 1}, {"9" * 12: 1}, ["1"]], ids=repr
)
def test_a_broken_session_is_an_empty_cart(kept: Any) -> None:
    assert cart.show(owner(cart=kept)).is_empty


# --- Signing in ----------------------------------------------------------------------------------------------------
def merge(member: Member, guest: dict[str, int]) -> tuple[list[str], dict[str, Any]]:
    session: dict[str, Any] = {"cart": guest}
    return cart.merge_guest_cart(member=member, session=session, now=NOON), session


def test_a_guest_keeps_the_cart_when_signing_in() -> None:
    member, sku, other = make_member(), make_sku(stock=10), make_sku(stock=10)
    fill(owner(member), (sku, 2))

    notes, session = merge(member, {str(sku.pk): 3, str(other.pk): 1})

    assert notes == []
    assert dict(CartItem.objects.values_list("sku_id", "units")) == {sku.pk: 5, other.pk: 1}
    assert session == {"cart_count": 6}


def test_a_sum_beyond_the_stock_is_lowered_and_said() -> None:
    member, sku = make_member(), make_sku("龙井", stock=4)
    fill(owner(member), (sku, 3))

    notes, session = merge(member, {str(sku.pk): 3})

    assert notes == ["龙井 库存只有 4 件，数量已调整"]
    assert CartItem.objects.get().units == 4
    assert session["cart_count"] == 4


def test_merging_never_takes_away_what_the_member_had() -> None:
    member, sku = make_member(), make_sku(stock=4)
    fill(owner(member), (sku, 4))
    Sku.objects.update(stock=1)

    merge(member, {str(sku.pk): 1})

    assert CartItem.objects.get().units == 4


def test_goods_that_are_gone_stay_in_the_cart_where_the_page_says_so() -> None:
    member, sku = make_member(), make_sku()
    Product.objects.update(status="off_shelf")

    merge(member, {str(sku.pk): 1, "99999999": 2})

    assert problems(owner(member)) == {"已下架": ["商品已经下架"]}


def test_signing_in_merges_the_carts(client: Client) -> None:
    member, sku = make_member(), make_sku()
    client.post("/cart/add/", {"sku": sku.pk, "units": 2})

    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")

    assert CartItem.objects.values_list("member", "sku", "units").get() == (member.pk, sku.pk, 2)
    assert client.session["cart_count"] == 2
    assert "cart" not in client.session
