"""I5 and I18 to I23: the gateway's own books, messages, the inbox, the operation log and personal data."""

from datetime import date, datetime, time, timedelta
from typing import Any

import requests
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from members import services as members
from members.models import Message, MessageStatus, OperationLog
from orders.models import (
    BillDay,
    Channel,
    GatewayNotice,
    NoticeStatus,
    OrderEvent,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from orders.services.reconciling import DAYS_BACK
from shop.audit.findings import Finding, by_query, invariant, select
from shop.lib.crypto import EncryptedTextField

OUTBOX_AGE = timedelta(minutes=2)
LATEST_BILL = 3  # days: one for the bill to come out, the rest for a gateway that was silent
SEAL_AGE = timedelta(minutes=10)
PHONE = r"(^|[^0-9A-Za-z])1[3-9][0-9]{9}([^0-9A-Za-z]|$)"
SCANNED = [
    (Message, ("title", "body")),
    (OperationLog, ("summary", "before", "after")),
    (GatewayNotice, ("facts", "error")),
    (OrderEvent, ("note",)),
]


@invariant("I5")
def gateway_books_agree(now: datetime) -> list[Finding]:
    """The sandbox keeps books of its own, written independently: both must hold the same payments and refunds."""
    if not settings.SANDBOX_URL:
        return []  # production compares the daily bill instead
    try:
        ledger = requests.get(f"{settings.SANDBOX_URL}/__control/ledger", timeout=5).json()
    except (requests.RequestException, ValueError):
        return []
    return _compare("orders_payment", _our_payments(), _their_payments(ledger)) + _compare(
        "orders_refund", _our_refunds(), _their_refunds(ledger)
    )


@invariant("I5")
def every_day_is_reconciled(now: datetime) -> list[Finding]:
    """Each of the last days on which we were paid was held against the gateway's bill."""
    if settings.SANDBOX_URL:
        return []  # its books are compared as a whole
    today = timezone.localdate(now)
    days = [today - timedelta(days=back) for back in range(LATEST_BILL, DAYS_BACK + 1)]
    done = set(BillDay.objects.filter(channel=Channel.WECHAT, bill_date__in=days).values_list("bill_date", flat=True))
    paid = Payment.objects.filter(channel=Channel.WECHAT, status=PaymentStatus.PAID)
    return [
        Finding("I5", "orders_billday", str(day), "reconciled", "not yet")
        for day in reversed(days)
        if day not in done and paid.filter(paid_at__gte=_midnight(day), paid_at__lt=_midnight(day, later=1)).exists()
    ]


def _midnight(day: date, *, later: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min))


def _compare(table: str, ours: dict[str, int], theirs: dict[str, int]) -> list[Finding]:
    return [
        Finding("I5", table, number, f"gateway: {theirs.get(number)}", f"shop: {ours.get(number)}")
        for number in sorted(ours.keys() | theirs.keys())
        if ours.get(number) != theirs.get(number)
    ]


def _our_payments() -> dict[str, int]:
    rows = Payment.objects.filter(channel=Channel.WECHAT, status=PaymentStatus.PAID)
    return dict(rows.values_list("out_trade_no", "amount"))


def _our_refunds() -> dict[str, int]:
    rows = Refund.objects.filter(payment__channel=Channel.WECHAT, status=RefundStatus.DONE, amount__gt=0)
    return dict(rows.values_list("out_refund_no", "amount"))


def _their_payments(ledger: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
    return {row["out_trade_no"]: row["total"] for row in ledger["payments"] if row["state"] in {"SUCCESS", "REFUND"}}


def _their_refunds(ledger: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
    return {row["out_refund_no"]: row["amount"] for row in ledger["refunds"] if row["state"] == "SUCCESS"}


by_query(
    "I18",
    table="orders_order",
    expected="one message that it is paid",
    sql="""
    SELECT o.id, COUNT(m.id) FROM orders_order o
    LEFT JOIN members_message m ON m.dedupe_key = 'paid:' || CAST(o.id AS varchar(20))
                               AND m.member_id = o.member_id AND m.channel = 'site'
    WHERE o.paid_at IS NOT NULL AND o.pay_channel <> 'offline'
    GROUP BY o.id HAVING COUNT(m.id) <> 1
    """,
)
by_query(
    "I18",
    table="orders_order",
    expected="one message that it is cancelled",
    sql="""
    SELECT o.id, COUNT(m.id) FROM orders_order o
    LEFT JOIN members_message m ON m.dedupe_key = 'cancelled:' || CAST(o.id AS varchar(20))
                               AND m.member_id = o.member_id AND m.channel = 'site'
    WHERE o.status = 'cancelled' AND o.cancel_reason <> 'full_refund'
    GROUP BY o.id HAVING COUNT(m.id) <> 1
    """,
)
by_query(
    "I18",
    table="orders_refund",
    expected="one message that the money is back",
    sql="""
    SELECT r.id, COUNT(m.id) FROM orders_refund r JOIN orders_order o ON o.id = r.order_id
    LEFT JOIN members_message m ON m.dedupe_key = 'refunded:' || CAST(r.id AS varchar(20))
                               AND m.member_id = o.member_id AND m.channel = 'site'
    WHERE r.status = 'done'
    GROUP BY r.id HAVING COUNT(m.id) <> 1
    """,
)
by_query(
    "I18",
    table="orders_shipment",
    expected="one message that it is on its way",
    sql="""
    SELECT s.id, COUNT(m.id) FROM orders_shipment s JOIN orders_order o ON o.id = s.order_id
    LEFT JOIN members_message m ON m.dedupe_key = 'shipped:' || CAST(s.id AS varchar(20))
                               AND m.member_id = o.member_id AND m.channel = 'site'
    GROUP BY s.id HAVING COUNT(m.id) <> 1
    """,
)
by_query(
    "I20",
    table="orders_gatewaynotice",
    expected="applied once, with a time, on a payment that is paid; a forged one holds no facts",
    sql="""
    SELECT n.id, n.status, p.status FROM orders_gatewaynotice n
    LEFT JOIN orders_payment p ON n.kind = 'payment' AND p.out_trade_no = n.subject_no
    WHERE (n.status IN ('applied', 'refused') AND n.applied_at IS NULL)
       OR (n.status = 'received' AND n.applied_at IS NOT NULL)
       OR (n.status = 'rejected' AND n.subject_no <> '')
       OR (n.kind = 'payment' AND n.status IN ('applied', 'refused') AND (p.id IS NULL OR p.status <> 'paid'))
    """,
)


@invariant("I19")
def nothing_waits_untouched(now: datetime) -> list[Finding]:
    """A message or a notice that nobody even tried for two minutes says that no worker is running."""
    messages = Message.objects.filter(status=MessageStatus.PENDING, attempts=0, created_at__lt=now - OUTBOX_AGE)
    notices = GatewayNotice.objects.filter(status=NoticeStatus.RECEIVED, attempts=0, received_at__lt=now - OUTBOX_AGE)
    return [
        Finding("I19", rows.model._meta.db_table, str(pk), "tried within two minutes", "never tried")
        for rows in (messages, notices)
        for pk in rows.order_by("pk").values_list("pk", flat=True)
    ]


@invariant("I21")
def the_log_is_whole(now: datetime) -> list[Finding]:
    """Every sealed row of the operation log fits the chain, and none stays unsealed."""
    late = OperationLog.objects.filter(digest="", at__lt=now - SEAL_AGE).order_by("pk").values_list("pk", flat=True)
    broken = [
        Finding("I21", "members_operationlog", str(seal.pk), "a seal that fits", "another")
        for seal in members.broken_seals()
    ]
    return broken + [
        Finding("I21", "members_operationlog", str(pk), "sealed within ten minutes", "open") for pk in late
    ]


@invariant("I22")
def no_phone_in_clear(now: datetime) -> list[Finding]:
    """No phone number stands in a column that is not encrypted."""
    return [
        Finding("I22", model._meta.db_table, str(pk), f"no phone in {column}", "a phone")
        for model, columns in SCANNED
        for column in columns
        for pk in _matching(model, column)
    ]


def _matching(model: type[models.Model], column: str) -> list[Any]:
    rows = model._default_manager.annotate(scanned=models.functions.Cast(column, models.TextField()))
    return list(rows.filter(scanned__regex=PHONE).order_by("pk").values_list("pk", flat=True))


@invariant("I22")
def personal_columns_are_encrypted(now: datetime) -> list[Finding]:
    """Every stored value of an encrypted column begins with a key's id."""
    return [
        Finding("I22", model._meta.db_table, str(pk), f"{field.column} encrypted", "plain text")
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
        for pk in _unencrypted(model, field)
    ]


def _unencrypted(model: type[models.Model], field: EncryptedTextField) -> list[Any]:
    quote = connection.ops.quote_name
    table, column, key = quote(model._meta.db_table), quote(str(field.column)), quote(str(model._meta.pk.column))
    sql = f"SELECT {key} FROM {table} WHERE {column} <> '' AND {column} NOT LIKE %s"  # noqa: S608  # our own models' names
    return [row[0] for row in select(sql, ["%:%"])]


@invariant("I23")
def times_know_their_zone(now: datetime) -> list[Finding]:
    """On PostgreSQL no column of ours holds a time without its zone."""
    if connection.vendor != "postgresql":
        return []
    rows = select(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND data_type = 'timestamp without time zone'"
    )
    return [Finding("I23", table, column, "a time with its zone", "one without") for table, column in rows]
