"""Rows for tests, made by plain functions with dull defaults; what a test is about it says itself."""

from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password

from members.models import Address, Member
from shop.lib import regions
from shop.models import Store

PASSWORD = "a-dull-password"
_numbers = count(1)


def make_phone() -> str:
    """Return a phone that no other call returned."""
    return f"139{next(_numbers):08d}"


def make_member(nickname: str = "", **fields: Any) -> Member:
    """Make a shopper with a phone of their own, as signing in by phone does."""
    fields = {"phone": make_phone(), "password": make_password(None)} | fields
    member: Member = Member.objects.create(nickname=nickname, **fields)
    return member


def make_staff(username: str = "", *, stores: list[Store] | None = None, **fields: Any) -> Member:
    """Make a working member of the staff of `stores` whose password is PASSWORD."""
    staff: Member = Member.objects.create_user(username or f"staff-{next(_numbers)}", PASSWORD, **fields)
    staff.stores.set(stores or [])
    return staff


def make_store(name: str = "", **fields: Any) -> Store:
    fields = {"phone": "0571-88880000", "address": "文三路 1 号"} | fields
    return Store.objects.create(name=name or f"门店 {next(_numbers)}", **fields)


def make_address(member: Member, **fields: Any) -> Address:
    """Make an address in 杭州, the member's default unless there is one already."""
    region = regions.all_regions()[fields.pop("region_code", "330106")]
    dull = {
        "receiver_name": "王小明", "receiver_phone": "13800000000", "detail": "文三路 90 号",
        "is_default": not member.addresses.filter(is_default=True).exists(),
    }  # fmt: skip
    return Address.objects.create(member=member, region_code=region.code, region_path=region.path, **(dull | fields))
