"""What the pages about people read."""

from django.db.models import Q, QuerySet

from members.models import Address, Member, Message, MessageChannel, in_scope
from shop.models import Store


def addresses_of(member: Member) -> QuerySet[Address]:
    """The member's addresses, the default first, then the newest."""
    return member.addresses.order_by("-is_default", "-pk")


def inbox(member: Member) -> QuerySet[Message]:
    """The member's notices on the site, newest first."""
    return member.messages.filter(channel=MessageChannel.SITE).order_by("-pk")


def unread_count(member: Member) -> int:
    """How many notices on the site the member has not opened."""
    return inbox(member).filter(read_at=None).count()


def stores_of_staff(staff: Member) -> QuerySet[Store]:
    """The stores whose orders `staff` may see, open or closed, in the shop's order."""
    return Store.objects.filter(in_scope(staff, "pk")).order_by("sort_order", "pk")


def active_staff(*, store_id: int | None, permission: str = "") -> QuerySet[Member]:
    """Working staff who see the orders of `store_id`; of the headquarters alone for None.

    With `permission` ("orders.accept_order") only those whose role, or they themselves, hold it.
    """
    scope = Q(is_superuser=True) | Q(stores__is_headquarters=True)
    if store_id is not None:
        scope |= Q(stores=store_id)
    staff: QuerySet[Member] = Member.objects.filter(scope, is_staff=True, is_active=True)
    if permission:
        app, _, codename = permission.partition(".")
        of_role = Q(groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
        of_person = Q(user_permissions__codename=codename, user_permissions__content_type__app_label=app)
        staff = staff.filter(Q(is_superuser=True) | of_role | of_person)
    return staff.distinct().order_by("pk")
