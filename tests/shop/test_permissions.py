"""What each role may do is written here once more: a change of the matrix has to be meant twice (I26)."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.utils import timezone

from orders.models import OrderStatus, RedemptionWay
from orders.services import redeem
from shop.backoffice.permissions import CLERK, FINANCE, OPERATOR, ROLES, ensure_roles, is_clerk, role_of
from tests.factories import make_order, make_staff, make_store
from tests.shop.backoffice import headquarters, make_worker, signed_in

pytestmark = pytest.mark.django_db

SNAPSHOT = {
    "运营": """
        catalog.add_category catalog.add_homeblock catalog.add_product catalog.change_category
        catalog.change_homeblock catalog.change_product catalog.delete_category catalog.delete_homeblock
        catalog.delete_product catalog.view_category catalog.view_homeblock catalog.view_product
        catalog.view_sku catalog.view_stockmove members.add_pointsentry members.change_level
        members.change_member members.view_level members.view_member members.view_message
        members.view_pointsentry orders.accept_order orders.cancel_order orders.change_price orders.edit_address
        orders.receive_order orders.redeem_order orders.redeem_without_code orders.refund_order
        orders.remark_order orders.reveal_personal_data orders.ship_order orders.trash_order
        orders.undo_redemption orders.view_order orders.view_redemption orders.view_refund
        promotions.add_coupontemplate promotions.add_exchangeitem promotions.add_flashsale
        promotions.add_promotion promotions.add_referralcampaign promotions.change_coupontemplate
        promotions.change_exchangeitem promotions.change_flashsale promotions.change_promotion
        promotions.change_referral promotions.change_referralcampaign promotions.delete_exchangeitem
        promotions.view_coupon promotions.view_coupontemplate promotions.view_exchangeitem
        promotions.view_flashsale promotions.view_promotion promotions.view_referral
        promotions.view_referralcampaign shop.add_pickupslot shop.change_pickupslot shop.change_store
        shop.delete_pickupslot shop.view_pickupslot shop.view_shopsettings shop.view_store
    """,
    "财务": """
        members.view_level members.view_pointsentry orders.refund_order orders.remark_order orders.view_billline
        orders.view_order orders.view_payment orders.view_redemption orders.view_refund promotions.view_coupon
        promotions.view_coupontemplate promotions.view_exchangeitem promotions.view_flashsale
        promotions.view_promotion promotions.view_referral promotions.view_referralcampaign
        shop.view_shopsettings shop.view_store
    """,
    "店员": """
        orders.accept_order orders.redeem_order orders.remark_order orders.view_order orders.view_redemption
    """,
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
    "/admin/orders/redemption/export/": "运营 财务 店员 店主",
    "/admin/members/level/": "运营 财务 店主",
    "/admin/members/pointsentry/": "运营 财务 店主",
    "/admin/members/pointsentry/adjust/": "运营 店主",
    "/admin/promotions/exchangeitem/": "运营 财务 店主",
    "/admin/promotions/exchangeitem/add/": "运营 店主",
    "/admin/catalog/product/": "运营 店主",
    "/admin/catalog/product/add/": "运营 店主",
    "/admin/catalog/product/import/": "运营 店主",
    "/admin/catalog/product/import/template/": "运营 店主",
    "/admin/catalog/product/export/csv/": "运营 店主",
    "/admin/catalog/sku/": "运营 店主",
    "/admin/catalog/stockmove/": "运营 店主",
    "/admin/catalog/category/": "运营 店主",
    "/admin/catalog/category/add/": "运营 店主",
    "/admin/promotions/promotion/": "运营 财务 店主",
    "/admin/promotions/promotion/add/": "运营 店主",
    "/admin/promotions/flashsale/": "运营 财务 店主",
    "/admin/promotions/flashsale/add/": "运营 店主",
    "/admin/members/member/": "运营 店主",
    "/admin/members/member/export/": "运营 店主",
    "/admin/members/member/exports/": "运营 店主",
    "/admin/promotions/referralcampaign/": "运营 财务 店主",
    "/admin/promotions/referralcampaign/add/": "运营 店主",
    "/admin/promotions/referral/": "运营 财务 店主",
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


def test_the_operation_log_is_offered_where_it_opens() -> None:
    page = f"/admin/shop/store/{headquarters().pk}/change/"
    readers = {"店主": make_staff(is_superuser=True), "财务": make_worker(FINANCE, headquarters())}

    pages = {role: signed_in(reader).get(page).content.decode() for role, reader in readers.items()}

    assert {role: "/history/" in html for role, html in pages.items()} == {"店主": True, "财务": False}


def test_taking_a_redemption_back_is_offered_to_those_who_may() -> None:
    store = headquarters()
    order = make_order(status=OrderStatus.READY_FOR_PICKUP, store=store, now=timezone.now())
    clerk, colleague = make_worker(CLERK, store), make_worker(CLERK, store)
    readers = [clerk, colleague, make_worker(OPERATOR, store), make_worker(FINANCE, store)]
    done = redeem(staff=clerk, way=RedemptionWay.CODE, code=str(order.pickup_code), submission="1", now=timezone.now())
    link = f"/admin/orders/redemption/{done.pk}/undo/"

    pages = [signed_in(reader).get("/admin/orders/redemption/").content.decode() for reader in readers]

    assert all(order.no in page for page in pages)
    assert [link in page for page in pages] == [True, False, True, False]
