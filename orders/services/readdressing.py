"""Where a parcel goes, changed by the staff until it has left."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from members import services as members
from members.models import Member
from orders.models import Order
from orders.services.events import record_event
from shop.lib import regions

INDEXES = {"receiver_name": "receiver_name_index", "receiver_phone": "receiver_phone_index"}
WORDS = {
    "receiver_name": "收货人",
    "receiver_phone": "手机",
    "region_code": "地区",
    "address_detail": "详细地址",
}


class AddressFixed(Exception):
    """The address can no longer be changed, or never could; the message says why and belongs on the screen."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Destination:
    """Who receives a parcel and where; what is empty stays as the order has it."""

    receiver_name: str = ""
    receiver_phone: str = ""
    region_code: str = ""
    address_detail: str = ""


@transaction.atomic
def edit_address(*, order: Order, to: Destination, by: Member, now: datetime) -> Order:
    """Send an express order elsewhere, before any parcel of it has left, and tell the buyer.

    Takes turns with shipping under the order's lock, and writes nothing when nothing differs. The freight stays: it
    is the same everywhere. Raises AddressFixed, always for a pickup order.
    """
    locked = Order.objects.select_for_update().get(pk=order.pk)
    _check(locked)
    changed = [name for name in WORDS if getattr(to, name) not in {"", getattr(locked, name)}]
    if changed:
        _write(locked, to, changed)
        parts = "、".join(WORDS[name] for name in changed)
        record_event(locked, kind="address_edited", from_status=locked.status, by=by, now=now, note=f"修改了{parts}")
        _tell_buyer(locked, now)
    return locked


def _check(order: Order) -> None:
    if order.is_pickup:
        raise AddressFixed("自提订单在门店提货，没有收货地址")
    if not order.can_edit_address:
        raise AddressFixed(f"订单现在是「{order.get_status_display()}」，不能再修改地址")


def _write(order: Order, to: Destination, changed: list[str]) -> None:
    for name in changed:
        setattr(order, name, getattr(to, name))
    order.region_path = _path_of(order.region_code)
    indexes = [INDEXES[name] for name in changed if name in INDEXES]
    order.save(update_fields=[*changed, *indexes, "region_path", "updated_at"])


def _path_of(code: str) -> str:
    region = regions.region(code)
    if region is None or not regions.is_deliverable(code):
        raise AddressFixed("请把地区选完整")
    return region.path


def _tell_buyer(order: Order, now: datetime) -> None:
    members.notify(
        member=order.member,
        scene="address_edited",
        key=f"address-edited:{order.pk}:{now.isoformat()}",
        title="收货信息已修改",
        body=f"商家修改了订单 {order.no} 的收货信息，请核对；有误请联系商家。",
        link=f"/orders/{order.no}/",
        now=now,
    )
