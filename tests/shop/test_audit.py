"""The auditor: silent on a sound shop, and naming each of many single broken rows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import ProductImage, Sku, StockMove
from members import services as members
from members.models import Member
from orders import services as orders
from orders.models import BillLine, GatewayNotice, Order, Payment, RedemptionWay, Refund
from promotions import services as promotions
from shop import audit
from shop.audit.findings import Finding
from shop.models import PickupSlot
from tests.factories import make_member, make_sku, make_staff
from tests.orders.shopping import buy, notify, open_shop, paid, start, to_send
from tests.promotions.activities import make_flash, make_gift_offer
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(sandbox: Sandbox, settings: LazySettings, tmp_path: Path) -> dict[str, Order]:
    """Let one order of each kind happen, through the real services and the real gateway."""
    settings.MEDIA_ROOT = tmp_path
    store, boss = open_shop(pay_at_store_enabled=True), make_staff(is_superuser=True)
    slot = PickupSlot.objects.create(store=store, starts=time(0), ends=time(23, 59), capacity=9)
    tomorrow = timezone.localdate() + timedelta(days=1)
    in_slot = orders.Pickup(store_id=store.pk, slot_id=slot.pk, day=tomorrow)
    member, daily = make_member(), make_sku(stock=9, sku={"daily_stock": 9})
    kinds = {
        "waiting": buy((daily, 2), delivery=in_slot),
        "ready": buy((make_sku(), 2), delivery=in_slot),
        "redeemed": buy((make_sku(), 2), delivery=in_slot),
        "shipped": buy((make_sku(price=3333), 3), (make_sku(), 1), member=member, delivery=to_send(member)),
        "cancelled": buy((make_sku(), 1), delivery=in_slot),
        "late": buy((make_sku(), 1), delivery=in_slot),
        "offline": buy((make_sku(), 1), delivery=in_slot, pay_channel="offline"),
    }
    for name in ("ready", "redeemed", "shipped"):
        paid(sandbox, kinds[name])
    _hand_over(kinds, boss)
    _send_back(kinds, boss, sandbox)
    members.log_operation(actor=boss, action="ship_order", target=kinds["shipped"], now=timezone.now())
    _run_activities(boss)
    members.seal_operations(now=timezone.now())
    return kinds


def _run_activities(boss: Member) -> None:
    """Let an offer with gifts and a flash sale run, and end another."""
    now = timezone.now()
    window: dict[str, Any] = {"now": now, "starts_at": now, "ends_at": now + timedelta(hours=1)}
    make_gift_offer(stock=3, by=boss, **window)
    make_flash(by=boss, **window)
    over = make_flash(by=boss, **window)
    promotions.stop_flash_sale(sale=over, by=boss, now=now)
    promotions.return_flash_quota(now=now)


def _hand_over(kinds: dict[str, Order], boss: Member) -> None:
    order, now = kinds["redeemed"], timezone.now()
    orders.redeem(
        order=order, staff=boss, way=RedemptionWay.CODE, code=order.pickup_code or "", submission="s1", now=now
    )
    orders.ship(order=kinds["shipped"], company="顺丰速运", tracking_no="SF1234567890", by=boss, now=now)


def _send_back(kinds: dict[str, Order], boss: Member, sandbox: Sandbox) -> None:
    """Cancel one order, pay another too late, and refund a unit of a third; all of the money arrives."""
    now = timezone.now()
    orders.cancel(order=kinds["cancelled"], by=boss, reason="admin", now=now)
    late = start(kinds["late"])
    orders.cancel(order=kinds["late"], by=kinds["late"].member, reason="member", now=now)
    sandbox.pay(late.out_trade_no, late=True, deliver=False)
    notify(sandbox, late.out_trade_no)
    line = kinds["shipped"].lines.order_by("pk")[0]
    orders.refund_lines(order=kinds["shipped"], units_by_line={line.pk: 1}, by=boss, now=now, reason="破损")
    for hour in (1, 3):
        orders.send_refunds(now=now + timedelta(hours=hour))
        sandbox.settle_refund()


def found() -> list[Finding]:
    return audit.run(now=timezone.now())


@contextmanager
def broken(*statements: str) -> Iterator[None]:
    """Break rows behind the back of every constraint and trigger, for the length of the block."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (*_disarm(), *statements):
            cursor.execute(statement)
            if not statement.startswith(("PRAGMA", "ALTER", "DROP", "SET")):
                assert cursor.rowcount == 1, f"breaks {cursor.rowcount} rows: {statement}"
        try:
            yield
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = OFF")
            transaction.set_rollback(True)


def _disarm() -> list[str]:
    if connection.vendor == "sqlite":
        return [
            "PRAGMA ignore_check_constraints = ON",
            "DROP TRIGGER operation_log_no_update",
            "DROP TRIGGER operation_log_no_delete",
        ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0")
        checks = [f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name in cursor.fetchall()]
    return ["SET CONSTRAINTS ALL IMMEDIATE", *checks, "DROP TRIGGER operation_log_guard ON members_operationlog"]


def test_a_sound_shop_gives_no_finding(shop: dict[str, Order]) -> None:
    assert found() == []
    assert {order.status for order in Order.objects.all()} == {
        "pending_payment", "ready_for_pickup", "completed", "shipped", "cancelled",
    }  # fmt: skip
    assert (Refund.objects.filter(status="done").count(), GatewayNotice.objects.count()) == (2, 4)


LONG_AGO = "'2020-01-01 00:00:00+00:00'"
ROWS = {  # what a corruption changes; `:name` is the key of an order of the shop above
    "order": "UPDATE orders_order SET ... WHERE id = :ready",
    "waiting": "UPDATE orders_order SET ... WHERE id = :waiting",
    "redeemed": "UPDATE orders_order SET ... WHERE id = :redeemed",
    "line": "UPDATE orders_orderline SET ... WHERE order_id = :ready",
    "sent line": "UPDATE orders_orderline SET ... WHERE order_id = :shipped AND units = 3",
    "payment": "UPDATE orders_payment SET ... WHERE order_id = :ready",
    "late payment": "UPDATE orders_payment SET ... WHERE order_id = :late",
    "refund": "UPDATE orders_refund SET ... WHERE order_id = :shipped",
    "event": "UPDATE orders_orderevent SET ... WHERE order_id = :ready AND kind = 'accepted'",
    "notice": "UPDATE orders_gatewaynotice SET ... WHERE id = (SELECT MIN(id) FROM orders_gatewaynotice)",
    "slot": "UPDATE shop_slotday SET ... WHERE booked > 0",
    "sku": "UPDATE catalog_sku SET ... WHERE id = :daily",
    "first move": "UPDATE catalog_stockmove SET ... WHERE kind = 'initial' AND sku_id = :daily",
    "sale": "UPDATE catalog_stockmove SET ... WHERE kind = 'order' AND sku_id = :daily",
    "message": "UPDATE members_message SET ... WHERE dedupe_key = 'paid::ready'",
    "told": "DELETE FROM members_message WHERE ...",
    "gift": "UPDATE promotions_promotiontier SET ... WHERE gift_total = 3",
    "piece": "UPDATE promotions_flashitem SET ... WHERE returned = 0",
    "returned piece": "UPDATE promotions_flashitem SET ... WHERE returned > 0",
    "returned move": "UPDATE catalog_stockmove SET ... WHERE kind = 'flash_back'",
    "log": "UPDATE members_operationlog SET ... WHERE id = (SELECT MIN(id) FROM members_operationlog)",
}
CORRUPTIONS = [
    ("I1", "orders_order", "order", "payable_amount = payable_amount + 1"),
    ("I1", "orders_order", "order", "freight_amount = -1, payable_amount = payable_amount - 1"),
    ("I1", "orders_order", "line", "list_amount = list_amount + 2"),
    ("I2", "orders_order", "line", "coupon_discount = 1, paid_amount = paid_amount - 1"),
    ("I2", "orders_orderline", "line", "paid_amount = paid_amount - 1"),
    ("I2", "orders_orderline", "line", "units = units + 1"),
    ("I3", "orders_orderline", "sent line", "refund_amount = refund_amount + 1"),
    ("I3", "orders_orderline", "sent line", "units_returned = 2"),
    ("I3", "orders_orderline", "line", "units_cancelled = 1"),
    ("I4", "orders_payment", "payment", "refund_claimed = 1"),
    ("I4", "orders_payment", "payment", "refunded_amount = 1"),
    ("I4", "orders_order", "order", "refunded_amount = 1"),
    ("I4", "orders_refund", "refund", "amount = amount - 1"),
    ("I5", "orders_payment", "payment", "amount = amount - 1"),
    ("I5", "orders_payment", "payment", "status = 'closed'"),
    ("I5", "orders_refund", "refund", "status = 'sent'"),
    ("I6", "orders_order", "order", "paid_amount = 0"),
    ("I6", "orders_order", "payment", "is_accepted = FALSE"),
    ("I6", "orders_payment", "payment", "transaction_id = NULL"),
    ("I6", "orders_payment", "payment", "paid_at = NULL"),
    ("I8", "catalog_sku", "sku", "stock = stock + 1"),
    ("I8", "catalog_sku", "first move", "delta = delta + 1"),
    ("I8", "orders_orderline", "sale", "delta = -1"),
    ("I8", "promotions_flashitem", "piece", "quota = quota + 1"),
    ("I8", "promotions_flashitem", "returned piece", "returned = returned - 1"),
    ("I8", "promotions_flashitem", "returned move", "delta = delta - 1"),
    ("I9", "catalog_sku", "sale", "delta = -10"),
    ("I9", "catalog_sku", "sale", "delta = -99"),
    ("I10", "promotions_promotiontier", "gift", "gift_left = gift_left - 1"),
    ("I10", "promotions_flashitem", "piece", "taken = 1"),
    ("I10", "promotions_flashbought", "piece", "taken = 1"),
    ("I14", "orders_orderline", "line", "units_handed = 1"),
    ("I14", "orders_redemption", "redeemed", "status = 'cancelled'"),
    ("I14", "orders_order", "order", "pickup_code = '123456789012'"),
    ("I14", "orders_order", "order", "status = 'completed'"),
    ("I15", "orders_payment", "payment", f"status = 'unknown', created_at = {LONG_AGO}"),
    ("I15", "orders_payment", "order", "status = 'pending_payment'"),
    ("I15", "orders_refund", "refund", f"status = 'sent', created_at = {LONG_AGO}"),
    ("I16", "orders_order", "waiting", "status = 'cancelled'"),
    ("I16", "shop_slotday", "slot", "booked = booked + 1"),
    ("I16", "orders_payment", "late payment", "status = 'pending', to_close = FALSE"),
    ("I17", "orders_order", "event", "from_status = 'shipped'"),
    ("I17", "orders_order", "event", "to_status = 'completed'"),
    ("I17", "orders_order", "order", "status = 'preparing'"),
    ("I18", "orders_order", "told", "dedupe_key = 'paid::ready'"),
    ("I18", "orders_order", "told", "dedupe_key = 'cancelled::cancelled'"),
    ("I18", "orders_shipment", "told", "scene = 'shipped'"),
    ("I19", "members_message", "message", f"status = 'pending', created_at = {LONG_AGO}"),
    ("I19", "orders_gatewaynotice", "notice", f"status = 'received', received_at = {LONG_AGO}, applied_at = NULL"),
    ("I20", "orders_gatewaynotice", "notice", "applied_at = NULL"),
    ("I20", "orders_gatewaynotice", "notice", "status = 'rejected'"),
    ("I20", "orders_gatewaynotice", "payment", "status = 'pending'"),
    ("I21", "members_operationlog", "log", "summary = 'another'"),
    ("I21", "members_operationlog", "log", f"digest = '', at = {LONG_AGO}"),
    ("I22", "members_message", "message", "body = '请联系 13800000000。'"),
    ("I22", "orders_orderevent", "event", "note = '收货人 13912345678'"),
    ("I22", "orders_order", "order", "receiver_phone = '13800000000'"),
]


def test_every_single_broken_row_is_named(shop: dict[str, Order]) -> None:
    keys = {name: order.pk for name, order in shop.items()} | {"daily": shop["waiting"].lines.get().sku_id}
    missed = []

    for invariant, table, row, change in CORRUPTIONS:
        statement = ROWS[row].replace("...", change)
        for name, pk in keys.items():
            statement = statement.replace(f":{name}", str(pk))
        with broken(statement):
            named = {(finding.invariant, finding.table) for finding in found()}
        if (invariant, table) not in named:
            missed.append(f"{invariant} {statement}: named {sorted(named)}")

    assert missed == []
    assert found() == []


def test_every_invariant_has_two_corruptions() -> None:
    tested = [name for name, *_ in CORRUPTIONS]
    elsewhere = {"I5", "I7", "I23", "I25"}  # the tests below, or the schema

    assert {name for name, _ in audit.INVARIANTS} - elsewhere == {
        n for n in set(tested) if tested.count(n) >= 2
    } - elsewhere


def test_a_bill_that_differs_is_named(shop: dict[str, Order]) -> None:
    row = {"channel": "wechat", "bill_date": "2026-03-01", "kind": "payment", "amount": 1}
    BillLine.objects.create(number="T-1", difference="我们没有这笔记录", **row)
    BillLine.objects.create(number="T-2", difference="我们记的是 1.00", **row)

    assert [(f.invariant, f.key) for f in found()] == [("I5", "T-1"), ("I5", "T-2")]


@pytest.mark.parametrize("count", [51, 60])
def test_a_payment_with_too_many_refunds_is_named(shop: dict[str, Order], count: int) -> None:
    payment = Payment.objects.get(order=shop["ready"])
    now = timezone.now()
    Refund.objects.bulk_create(
        Refund(order=payment.order, payment=payment, out_refund_no=f"X{n}", cause="late_money", created_at=now)
        for n in range(count)
    )

    assert {(f.invariant, f.key) for f in found()} == {("I7", str(payment.pk))}


def test_a_lost_picture_and_an_orphan_file_are_named(shop: dict[str, Order], tmp_path: Path) -> None:
    product = Sku.objects.order_by("pk")[0].product
    ProductImage.objects.create(product=product, image="products/lost.webp")
    orphan, thumbnail, fresh = (tmp_path / name for name in ("old.webp", "old.webp.360x360_q82_crop.webp", "new.webp"))
    for file in (orphan, thumbnail, fresh):
        file.write_bytes(b"x")
    for file in (orphan, thumbnail):
        os.utime(file, (0, 0))

    assert [(f.invariant, f.key) for f in found()] == [("I25", "products/lost.webp"), ("I25", "old.webp")]


def test_the_command_prints_each_broken_row_and_ends_with_one(shop: dict[str, Order]) -> None:
    out = StringIO()
    call_command("audit", stdout=out)
    assert out.getvalue().endswith("0 broken rows\n")
    sku = make_sku(stock=3)
    StockMove.objects.filter(sku=sku).update(delta=2)

    with pytest.raises(SystemExit) as end:
        call_command("audit", stdout=out)

    assert end.value.code == 1
    assert f"I8 catalog_sku {sku.pk}: expected stock = sum of its moves, never negative, found 3 2" in out.getvalue()
