"""Sending parcels: for now a whole order goes out at once."""

import re
from datetime import datetime, timedelta

from django.db import transaction

from members import services as members
from members.models import Member
from orders.models import Order, OrderLine, OrderStatus, Shipment, ShipmentLine
from orders.services.events import step
from shop.models import ShopSettings

TRACKING_NO = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{4,39}")


class NotShippable(Exception):
    """The parcel cannot leave; the message says why and belongs on the screen."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def ship(*, order: Order, company: str, tracking_no: str, by: Member, now: datetime) -> Shipment:
    """Send all that is left of `order` in one parcel and tell the buyer.

    The same parcel reported again is returned as it stands. Raises NotShippable, always for a pickup order.
    """
    company, tracking_no = _clean(company, tracking_no)
    locked = Order.objects.select_for_update().get(pk=order.pk)
    known = locked.shipments.filter(company=company, tracking_no=tracking_no).first()
    if known:
        return known
    _check(locked)
    shipment = _pack(locked, company, tracking_no, by, now)
    days = ShopSettings.load().auto_receive_days
    due = {"shipped_at": now, "receive_before": now + timedelta(days=days) if days else None}
    step(locked, OrderStatus.SHIPPED, kind="shipped", by=by, now=now, note=f"{company} {tracking_no}", **due)
    _tell_buyer(locked, shipment, now)
    return shipment


def check_shippable(*, order: Order, company: str, tracking_no: str) -> None:
    """Raise NotShippable when `ship` would, as far as `order` as it was read can tell; nothing is written."""
    _check(order)
    _clean(company, tracking_no)


def _clean(company: str, tracking_no: str) -> tuple[str, str]:
    company, tracking_no = company.strip(), re.sub(r"\s", "", tracking_no)
    if not company or len(company) > 30:
        raise NotShippable("请填写快递公司，最多 30 个字")
    if not TRACKING_NO.fullmatch(tracking_no):
        raise NotShippable("快递单号是 5 到 40 位的字母和数字，请核对")
    return company, tracking_no


def _check(order: Order) -> None:
    if order.is_pickup:
        raise NotShippable("自提订单不能发货，请凭提货码核销")
    if order.status != OrderStatus.PREPARING:
        raise NotShippable(f"订单现在是「{order.get_status_display()}」，不能发货")


def _pack(order: Order, company: str, tracking_no: str, by: Member, now: datetime) -> Shipment:
    lines = [line for line in order.lines.order_by("pk") if line.units_left]
    if not lines:
        raise NotShippable("订单里没有可以发货的商品")
    shipment = Shipment.objects.create(
        order=order, company=company, tracking_no=tracking_no, shipped_by=by, shipped_at=now
    )
    ShipmentLine.objects.bulk_create(
        [ShipmentLine(shipment=shipment, line=line, units=line.units_left) for line in lines]
    )
    for line in lines:
        line.units_handed += line.units_left
    OrderLine.objects.bulk_update(lines, ["units_handed"])
    return shipment


def _tell_buyer(order: Order, shipment: Shipment, now: datetime) -> None:
    members.notify(
        member=order.member,
        scene="shipped",
        key=f"shipped:{shipment.pk}",
        title="您的订单已发货",
        body=f"{shipment.company} {shipment.tracking_no}，收到后请确认收货。",
        link=f"/orders/{order.no}/",
        now=now,
    )
