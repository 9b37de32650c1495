"""The category tree and the database's own guards."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from catalog import services as catalog
from catalog.models import Category, Sku, StockMove
from tests.factories import NOON, make_category, make_sku, make_staff

pytestmark = pytest.mark.django_db


def save(category: Category) -> Category:
    return catalog.save_category(category=category, by=make_staff(), now=NOON)


def test_categories_nest_three_deep_and_no_deeper() -> None:
    third = save(Category(name="c", parent=save(Category(name="b", parent=save(Category(name="a"))))))

    with pytest.raises(ValidationError, match="分类最多 3 级"):
        save(Category(name="d", parent=third))


def test_a_category_takes_those_below_it_along() -> None:
    top = make_category("a")
    make_category("c", parent=make_category("b", parent=top))
    other = make_category("x")
    top.parent = other

    with pytest.raises(ValidationError, match="分类最多 3 级"):
        save(top)

    other.parent = Category.objects.get(pk=top.pk)
    assert save(other).parent == top


def test_a_category_cannot_lie_below_itself() -> None:
    top = make_category("a")
    below = make_category("b", parent=top)
    top.parent = below

    with pytest.raises(ValidationError, match="分类不能放到自己的下级里"):
        save(top)


@pytest.mark.parametrize("changes", [{"stock": -1}, {"price": 0}])
def test_the_database_refuses_negative_stock_and_free_goods(changes: dict[str, int]) -> None:
    sku = make_sku()

    with pytest.raises(IntegrityError), transaction.atomic():
        Sku.objects.filter(pk=sku.pk).update(**changes)


def test_the_database_refuses_a_move_twice_and_a_move_of_nothing() -> None:
    sku = make_sku()

    for delta, source in [(1, "initial"), (0, "other")]:
        with pytest.raises(IntegrityError), transaction.atomic():
            StockMove.objects.create(sku=sku, delta=delta, kind="initial", source=source, at=NOON)
