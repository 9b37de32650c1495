"""Every address of the back office that changes something, posted to directly by each role (I26)."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.utils import timezone

from catalog.models import HomeBlock
from members.models import OperationLog
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption, RedemptionWay, Refund, RefundStatus
from shop.backoffice.orders.actions import ACTIONS
from shop.models import ShopSettings, Store
from tests.factories import make_category, make_member, make_order, make_product, make_staff, make_store
from tests.shop.backoffice import headquarters, make_worker, signed_in

pytestmark = pytest.mark.django_db

# What every role may do in its own store; a page of another store's order is a 404 for all of them.
ORDER_STEPS = {
    "运营": {
        "accept",
        "ship",
        "edit_address",
        "change_price",
        "receive",
        "refund",
        "cancel",
        "remark",
        "trash",
        "restore",
        "reveal",
    },
    "财务": {"refund", "remark"},
    "店员": {"accept", "remark"},
}
OWNERS_PAGES = {
    "/admin/staff/add/",
    "/admin/staff/{staff}/",
    "/admin/staff/{staff}/switch/",
    "/admin/staff/{staff}/reset-second-factor/",
    "/admin/shop/store/add/",
    "/admin/shop/shopsettings/1/change/",
}
GOODS_PAGES = {
    "/admin/catalog/product/add/",
    "/admin/catalog/product/{product}/change/",
    "/admin/catalog/product/import/",
    "/admin/catalog/category/add/",
    "/admin/catalog/category/{category}/change/",
    "/admin/catalog/category/{category}/delete/",
    "/admin/catalog/homeblock/add/",
    "/admin/catalog/homeblock/{block}/change/",
    "/admin/catalog/homeblock/{block}/delete/",
    "/admin/catalog/homeblock/{block}/move/",
    "/admin/catalog/homeblock/{block}/show/",
    "/admin/catalog/homeblock/{block}/goods/",
    "/admin/catalog/homepicture/{picture}/change/",
    "/admin/catalog/homepicture/{picture}/delete/",
}


def far_away() -> dict[str, int]:
    """Make a row of each kind; those of orders belong to 西店, where the workers of the tests are strangers."""
    west, boss, now = make_store("西店"), make_staff(is_superuser=True), timezone.now()
    ready = make_order(store=west, status=OrderStatus.READY_FOR_PICKUP, now=now)
    done = make_order(store=west, status=OrderStatus.READY_FOR_PICKUP, now=now)
    line = done.lines.get()
    orders.redeem(
        staff=boss, way=RedemptionWay.CODE, code=str(done.pickup_code), submission="s", units_by_line={line.pk: 1},
        now=now,
    )  # fmt: skip
    orders.refund_lines(order=ready, units_by_line={ready.lines.get().pk: 1}, by=boss, now=now, reason="x")
    Refund.objects.update(status=RefundStatus.FAILED)
    ShopSettings.load()
    block = HomeBlock.objects.create(kind="banners")
    return {
        "order": ready.pk, "member": ready.member_id, "refund": Refund.objects.get().pk,
        "redemption": Redemption.objects.get().pk, "store": west.pk, "staff": boss.pk,
        "product": make_product().pk, "category": make_category().pk,
        "block": block.pk, "picture": block.pictures.create(title="x", link="/").pk,
    }  # fmt: skip


def role_of_store(role: str) -> Any:
    headquarters()
    return signed_in(make_worker(role, make_store("东店")))


def rows() -> dict[str, int]:
    """Count every row of the shop, but those that any request writes."""
    ours = [model for app in ("catalog", "members", "orders", "shop") for model in models_of(app)]
    return {model._meta.label: model._default_manager.count() for model in ours}


def models_of(app: str) -> list[type[models.Model]]:
    return [model for model in admin.site._registry if model._meta.app_label == app]


@pytest.mark.parametrize("role", ORDER_STEPS)
def test_no_step_of_another_stores_rows_is_taken(role: str) -> None:
    client, pks = role_of_store(role), far_away()
    before, status = rows(), Order.objects.get(pk=pks["order"]).status
    steps = {
        **{
            f"/admin/orders/order/{pks['order']}/do/{name}/": name in ORDER_STEPS[role] for name in [*ACTIONS, "reveal"]
        },
        f"/admin/orders/refund/{pks['refund']}/retry/": role != "店员",
        f"/admin/orders/redemption/{pks['redemption']}/undo/": role != "财务",
        f"/admin/members/member/{pks['member']}/reveal/": role == "运营",
        f"/admin/shop/store/{pks['store']}/change/": None,
        f"/admin/orders/order/{pks['order']}/change/": True,
    }
    typed = {"reason": "x", "note": "x", "text": "x", "company": "x", "tracking_no": "x", "no": "x", "name": "x"}

    answers = {url: client.post(url, typed).status_code for url in steps}

    expected = {url: 404 if allowed else 403 for url, allowed in steps.items()}
    del expected[f"/admin/shop/store/{pks['store']}/change/"]
    assert answers.pop(f"/admin/shop/store/{pks['store']}/change/") in {302, 403, 404}
    assert answers == expected
    assert (rows(), Order.objects.get(pk=pks["order"]).status) == (before, status)
    assert Store.objects.get(pk=pks["store"]).name == "西店"
    assert not OperationLog.objects.filter(action__startswith="reveal").exists()


@pytest.mark.parametrize("role", ORDER_STEPS)
def test_pages_of_owners_and_of_goods_are_closed_to_those_who_may_not(role: str) -> None:
    client, pks = role_of_store(role), far_away()
    before = rows()
    closed = OWNERS_PAGES if role == "运营" else OWNERS_PAGES | GOODS_PAGES

    answers = {page: client.post(page.format(**pks), {"post": "yes"}).status_code for page in closed}

    assert answers == dict.fromkeys(closed, 403)
    assert rows() == before


@pytest.mark.parametrize("role", [*ORDER_STEPS, "店主"])
def test_what_is_read_only_is_so_for_everybody(role: str) -> None:
    client = signed_in(make_staff(is_superuser=True)) if role == "店主" else role_of_store(role)
    make_member()
    before = rows()
    lists = ["orders/order", "orders/payment", "orders/refund", "orders/billline", "orders/redemption",
             "members/member", "members/message", "members/operationlog", "catalog/sku",
             "catalog/stockmove"]  # fmt: skip

    answers = [client.post(f"/admin/{one}/{tail}", {"post": "yes"}).status_code
               for one in lists for tail in ("add/", "1/delete/")]  # fmt: skip

    assert set(answers) <= {302, 403, 404}
    assert set(answers[::2]) == {403}
    assert rows() == before
