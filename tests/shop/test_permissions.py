"""What each role may do is written here once more: a change of the matrix has to be meant twice (I26)."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from shop.backoffice.permissions import CLERK, FINANCE, OPERATOR, ROLES, ensure_roles, is_clerk, role_of
from tests.factories import make_staff, make_store
from tests.shop.backoffice import headquarters, make_worker, signed_in

pytestmark = pytest.mark.django_db

SNAPSHOT = {
    "运营": """
        catalog.add_category catalog.add_homeblock catalog.add_product catalog.change_category
        catalog.change_homeblock catalog.change_product catalog.delete_category catalog.delete_homeblock
        catalog.delete_product catalog.view_category catalog.view_homeblock catalog.view_product catalog.view_sku
        catalog.view_stockmove members.view_member members.view_message orders.accept_order orders.cancel_order
        orders.redeem_order orders.redeem_without_code orders.refund_order orders.remark_order
        orders.reveal_personal_data orders.ship_order orders.trash_order orders.undo_redemption orders.view_order
        orders.view_redemption orders.view_refund promotions.add_coupontemplate promotions.change_coupontemplate
        promotions.view_coupon promotions.view_coupontemplate shop.add_pickupslot shop.change_pickupslot
        shop.change_store shop.delete_pickupslot shop.view_pickupslot shop.view_shopsettings shop.view_store
    """,
    "财务": """
        orders.refund_order orders.remark_order orders.view_billline orders.view_order orders.view_payment
        orders.view_redemption orders.view_refund promotions.view_coupon promotions.view_coupontemplate
        shop.view_shopsettings shop.view_store
    """,
    "店员": "orders.accept_order orders.redeem_order orders.remark_order orders.view_order orders.view_redemption",
}


def granted(role: str) -> list[str]:
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return sorted(f"{app}.{codename}" for app, codename in rows)


def test_each_role_holds_exactly_what_the_snapshot_says() -> None:
    assert set(ROLES) == set(SNAPSHOT)
    assert {role: granted(role) for role in SNAPSHOT} == {role: text.split() for role, text in SNAPSHOT.items()}


def test_a_permission_given_by_hand_is_taken_back_by_the_next_migration() -> None:
    clerk = Group.objects.get(name=CLERK)
    clerk.permissions.add(Permission.objects.get(codename="refund_order"))

    call_command("migrate", verbosity=0)

    assert granted(CLERK) == SNAPSHOT["店员"].split()


def test_making_the_roles_twice_changes_nothing() -> None:
    before = {role: granted(role) for role in ROLES}

    ensure_roles()

    assert {role: granted(role) for role in ROLES} == before


def test_a_role_has_a_name_that_people_read() -> None:
    store = make_store()

    assert role_of(make_staff(is_superuser=True)) == "店主"
    assert role_of(make_worker(FINANCE, store)) == "财务"
    assert is_clerk(make_worker(CLERK, store))
    assert not is_clerk(make_worker(OPERATOR, store))


PAGES = {  # page -> who may open it
    "/admin/": "运营 财务 店员 店主",
    "/admin/orders/order/": "运营 财务 店员 店主",
    "/admin/orders/refund/": "运营 财务 店主",
    "/admin/orders/payment/": "财务 店主",
    "/admin/orders/billline/": "财务 店主",
    "/admin/orders/redemption/": "运营 财务 店员 店主",
    "/admin/catalog/product/": "运营 店主",
    "/admin/catalog/product/add/": "运营 店主",
    "/admin/catalog/product/import/": "运营 店主",
    "/admin/catalog/product/import/template/": "运营 店主",
    "/admin/catalog/product/export/csv/": "运营 店主",
    "/admin/catalog/sku/": "运营 店主",
    "/admin/catalog/stockmove/": "运营 店主",
    "/admin/catalog/category/": "运营 店主",
    "/admin/catalog/category/add/": "运营 店主",
    "/admin/members/member/": "运营 店主",
    "/admin/members/message/": "运营 店主",
    "/admin/members/operationlog/": "店主",
    "/admin/shop/store/": "运营 财务 店主",
    "/admin/shop/store/add/": "店主",
    "/admin/catalog/homeblock/": "运营 店主",
    "/admin/shop/shopsettings/1/change/": "运营 财务 店主",
    "/admin/staff/": "店主",
    "/admin/staff/add/": "店主",
}


@pytest.mark.parametrize("role", ["运营", "财务", "店员", "店主"])
def test_each_page_opens_for_the_roles_of_the_snapshot_only(role: str) -> None:
    store = headquarters()
    worker = make_staff(is_superuser=True) if role == "店主" else make_worker(role, store)
    client = signed_in(worker)
    client.get("/admin/shop/shopsettings/")  # the settings' row stands from the first look on

    answers = {page: client.get(page).status_code for page in PAGES}

    assert answers == {page: 200 if role in roles.split() else 403 for page, roles in PAGES.items()}


def test_settings_are_changed_by_owners_only() -> None:
    operator = signed_in(make_worker(OPERATOR, headquarters()))

    assert operator.post("/admin/shop/shopsettings/1/change/", {"shop_name": "别的店"}).status_code == 403
