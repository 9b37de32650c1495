"""Who may do what: the roles of the staff and their permissions, written into groups after every migration.

The owner is a superuser and needs no list. A clerk's orders are narrowed to their stores by `Order.objects.of_staff`.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission

from members import services as members
from members.models import Member

OWNER, OPERATOR, FINANCE, CLERK = "店主", "运营", "财务", "店员"

ROLES: dict[str, frozenset[str]] = {
    OPERATOR: frozenset({
        "orders.view_order",
        "orders.accept_order",
        "orders.ship_order",
        "orders.edit_address",
        "orders.change_price",
        "orders.receive_order",
        "orders.cancel_order",
        "orders.refund_order",
        "orders.remark_order",
        "orders.trash_order",
        "orders.redeem_order",
        "orders.redeem_without_code",
        "orders.undo_redemption",
        "orders.reveal_personal_data",
        "orders.view_redemption",
        "orders.view_refund",
        "catalog.view_product",
        "catalog.add_product",
        "catalog.change_product",
        "catalog.delete_product",
        "catalog.view_sku",
        "catalog.view_stockmove",
        "catalog.view_category",
        "catalog.add_category",
        "catalog.change_category",
        "catalog.delete_category",
        "members.view_member",
        "members.change_member",
        "members.add_pointsentry",
        "members.view_message",
        "members.view_level",
        "members.change_level",
        "members.view_pointsentry",
        "promotions.view_exchangeitem",
        "promotions.add_exchangeitem",
        "promotions.change_exchangeitem",
        "promotions.delete_exchangeitem",
        "promotions.view_referralcampaign",
        "promotions.add_referralcampaign",
        "promotions.change_referralcampaign",
        "promotions.view_referral",
        "promotions.change_referral",
        "shop.view_shopsettings",
        "shop.view_store",
        "shop.change_store",
        "shop.view_pickupslot",
        "shop.add_pickupslot",
        "shop.change_pickupslot",
        "shop.delete_pickupslot",
        "catalog.view_homeblock",
        "catalog.add_homeblock",
        "catalog.change_homeblock",
        "catalog.delete_homeblock",
        "promotions.view_promotion",
        "promotions.add_promotion",
        "promotions.change_promotion",
        "promotions.view_flashsale",
        "promotions.add_flashsale",
        "promotions.change_flashsale",
        "promotions.view_coupontemplate",
        "promotions.add_coupontemplate",
        "promotions.change_coupontemplate",
        "promotions.view_coupon",
    }),
    FINANCE: frozenset({
        "orders.view_order",
        "orders.refund_order",
        "orders.remark_order",
        "orders.view_redemption",
        "orders.view_payment",
        "orders.view_refund",
        "orders.view_billline",
        "members.view_level",
        "members.view_pointsentry",
        "promotions.view_exchangeitem",
        "promotions.view_referralcampaign",
        "promotions.view_referral",
        "promotions.view_promotion",
        "promotions.view_flashsale",
        "promotions.view_coupontemplate",
        "promotions.view_coupon",
        "shop.view_shopsettings",
        "shop.view_store",
    }),
    CLERK: frozenset({
        "orders.view_order",
        "orders.accept_order",
        "orders.remark_order",
        "orders.redeem_order",
        "orders.view_redemption",
    }),
}  # fmt: skip


def ensure_roles(sender: AppConfig | None = None, **kwargs: Any) -> None:
    """Make the groups of `ROLES` hold exactly their permissions; in the middle of migrations, those that exist yet.

    After a migration, `sender` is the last app whose permissions are needed; Django may not have made them yet.
    """
    if sender:
        create_permissions(sender, verbosity=0)
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    existing = {f"{label}.{codename}" for label, codename in rows}
    members.ensure_roles({role: names & existing for role, names in ROLES.items()})


def role_of(staff: Member) -> str:
    """Name the role of a member of the staff, as people read it."""
    if staff.is_superuser:
        return OWNER
    return "、".join(sorted(group.name for group in staff.groups.all()))


def is_clerk(staff: Member) -> bool:
    """Say whether `staff` works at a counter and nowhere else."""
    return role_of(staff) == CLERK


def is_owner(staff: Any) -> bool:
    """Say whether `staff` owns the shop: only owners manage staff accounts."""
    return bool(staff.is_active and staff.is_superuser)
