"""Whom the staff may see."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from members.models import Member, staff_scope
from orders.models import Order
from shop.backoffice.base import Staff, staff_of


def members_of(staff: Staff) -> QuerySet[Member]:
    """Return the shoppers whom `staff` may see: all for headquarters, else those with an order at their stores."""
    shoppers: QuerySet[Member] = Member.objects.shoppers()
    if staff_scope(staff) is None:
        return shoppers
    return shoppers.filter(Exists(Order.objects.of_staff(staff).filter(member=OuterRef("pk"))))


def member_for(request: HttpRequest, pk: int, permission: str) -> Any:
    """Return a member whom the person may see; 403 without `permission`, 404 for anybody else's."""
    staff = staff_of(request)
    if not staff.has_perm("members.view_member") or not staff.has_perm(permission):
        raise PermissionDenied
    return get_object_or_404(members_of(staff), pk=pk)
