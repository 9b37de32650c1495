"""`manage.py seed`: shops of any size, the same for the same seed, with every invariant kept."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from catalog.models import Product, ProductImage, Sku, StockMove
from members.models import Address, Member
from orders.models import Order, OrderLine, OrderStatus
from shop import audit
from shop.demo.pictures.shapes import dice
from shop.demo.seeding.crowd import phone_of
from shop.demo.seeding.fates import ODDS, Fate, draw
from shop.lib.crypto import blind_index

ELSEWHERE = {"I5", "I25"}  # a gateway that is not running here, and pictures that were not drawn


@pytest.fixture(autouse=True)
def var(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    settings.VAR_DIR = tmp_path
    return tmp_path


def seed(**sizes: int) -> str:
    out = StringIO()
    call_command("seed", without_pictures=True, stdout=out, **sizes)
    return out.getvalue()


def fingerprint() -> list[Any]:
    """What two shops must have in common to be the same: everything but keys, times and nonces."""
    orders = Order.objects.order_by("idempotency_key").select_related("member")
    columns = [(o.no[8:], o.member.phone, o.receiver_name, o.status, o.payable_amount, o.pickup_code) for o in orders]
    lines = OrderLine.objects.order_by("order__idempotency_key", "code").values_list("code", "units", "paid_amount")
    skus = Sku.objects.order_by("code").values_list("code", "price", "stock")
    return [columns, list(lines), list(skus)]


@pytest.mark.django_db
def test_a_seeded_shop_has_the_sizes_asked_for_and_breaks_no_invariant() -> None:
    seed(products=40, members=25, orders=400, seed=3)

    assert Product.objects.count() == ProductImage.objects.count() == 40
    assert Member.objects.shoppers().count() == Address.objects.count() == 25
    assert Order.objects.count() == 400
    assert [str(found) for found in audit.run(now=timezone.now()) if found.invariant not in ELSEWHERE] == []


@pytest.mark.django_db
def test_seeded_orders_meet_every_fate_and_leave_the_stock_as_it_was() -> None:
    seed(products=40, members=25, seed=3)
    before = Sku.objects.aggregate(units=Sum("stock"))["units"]

    seed(orders=400, seed=3)

    assert set(Order.objects.values_list("status", flat=True)) == {
        OrderStatus.PENDING_PAYMENT,
        OrderStatus.PREPARING,
        OrderStatus.READY_FOR_PICKUP,
        OrderStatus.SHIPPED,
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
    }
    assert set(Order.objects.values_list("refund_status", flat=True)) == {"none", "part", "full"}
    assert Sku.objects.aggregate(units=Sum("stock"))["units"] == before
    assert StockMove.objects.aggregate(units=Sum("delta"))["units"] == before
    sold = OrderLine.objects.filter(order__paid_at__isnull=False).aggregate(
        units=Sum("units") - Sum("units_cancelled") - Sum("units_returned")
    )
    assert Product.objects.aggregate(units=Sum("sold")) == sold


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_shop_and_another_one_another() -> None:
    made = []
    for number in (5, 5, 6):
        with transaction.atomic():
            seed(products=12, members=6, orders=30, seed=number)
            made.append(fingerprint())
            transaction.set_rollback(True)

    assert made[0] == made[1]
    assert made[0] != made[2]


@pytest.mark.django_db
def test_a_seed_is_used_once_per_shop_and_a_second_one_adds_to_it() -> None:
    seed(products=10, members=5, orders=10, seed=1)

    with pytest.raises(CommandError, match="take another --seed"):
        seed(members=5, seed=1)
    seed(products=10, members=5, orders=10, seed=2)

    assert (Product.objects.count(), Member.objects.shoppers().count(), Order.objects.count()) == (20, 10, 20)
    assert [str(found) for found in audit.run(now=timezone.now()) if found.invariant not in ELSEWHERE] == []


@pytest.mark.django_db
@pytest.mark.parametrize("sizes", [{}, {"products": -1}, {"members": 5, "seed": 1000}, {"orders": 0}])
def test_nonsense_is_refused_and_nothing_is_written(sizes: dict[str, int]) -> None:
    with pytest.raises(CommandError):
        seed(**sizes)

    assert not Product.objects.exists()
    assert not Member.objects.exists()


@pytest.mark.django_db
def test_orders_without_goods_or_shoppers_are_refused_in_words() -> None:
    with pytest.raises(CommandError, match="orders need shoppers"):
        seed(orders=5)

    assert not Order.objects.exists()


@pytest.mark.django_db
def test_a_seeded_shopper_is_found_by_phone() -> None:
    seed(members=3, seed=8)

    assert Member.objects.get(phone_index=blind_index(phone_of(2, 8))).phone == "16008000002"


def test_every_fate_is_drawn_in_its_time() -> None:
    random = dice(1)

    drawn = [draw(random) for _ in range(3000)]

    assert {fate for fate, _ in drawn} == set(Fate)
    assert all(ODDS[fate].youngest <= hours <= ODDS[fate].oldest for fate, hours in drawn)
