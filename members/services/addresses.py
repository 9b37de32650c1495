"""The address book: at most twenty per member, at most one of them the default."""

from datetime import datetime

from django.db import transaction

from members.models import Address, Member
from shop.lib import regions

MOST_ADDRESSES = 20


class AddressRefused(Exception):
    """The address cannot be kept; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def save_address(*, member: Member, address: Address, now: datetime) -> Address:
    """Write a new or edited address of `member`; the first one becomes the default.

    Raises AddressRefused for a region that parcels cannot go to and for one address too many,
    Address.DoesNotExist for somebody else's.
    """
    region = regions.region(address.region_code)
    if region is None or not regions.is_deliverable(region.code):
        raise AddressRefused("请把地区选完整")
    _lock(member)
    others = member.addresses.exclude(pk=address.pk)
    if address.pk is None and others.count() >= MOST_ADDRESSES:
        raise AddressRefused(f"最多保存 {MOST_ADDRESSES} 个地址，请先删除不用的")
    if address.pk is not None and not member.addresses.filter(pk=address.pk).exists():
        raise Address.DoesNotExist
    address.member, address.region_path = member, region.path
    address.created_at = address.created_at or now
    if address.is_default:
        others.filter(is_default=True).update(is_default=False)
    elif not others.filter(is_default=True).exists():
        address.is_default = True
    address.save()
    return address


@transaction.atomic
def delete_address(*, member: Member, address_id: int) -> None:
    """Delete an address; when it was the default, the newest other one becomes it. Safe to repeat."""
    _lock(member)
    member.addresses.filter(pk=address_id).delete()
    if not member.addresses.filter(is_default=True).exists():
        newest = member.addresses.order_by("-pk").values("pk")[:1]
        member.addresses.filter(pk__in=newest).update(is_default=True)


@transaction.atomic
def set_default_address(*, member: Member, address_id: int) -> None:
    """Make an address the default. Raises Address.DoesNotExist for somebody else's."""
    _lock(member)
    if not member.addresses.filter(pk=address_id).exists():
        raise Address.DoesNotExist
    member.addresses.filter(is_default=True).update(is_default=False)
    member.addresses.filter(pk=address_id).update(is_default=True)


def _lock(member: Member) -> None:
    """Take turns with other changes of the same address book, without holding up orders that point to the member."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
