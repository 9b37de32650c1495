"""Comparing our books with the gateway's daily bill, row by row."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from members import services as members
from orders.channels import BillEntry, channel_of
from orders.models import BillKind, BillLine, Channel, Payment, PaymentStatus, Refund, RefundStatus
from orders.services import looking_up
from shop.lib.money import yuan
from shop.lib.providers import ProviderError

UNKNOWN_TO_US = "我们没有这笔记录"
UNKNOWN_TO_GATEWAY = "账单里没有这笔"


def reconcile(*, day: date, now: datetime) -> int:
    """Fetch the bill of a Shanghai `day`, keep it, and mark every row on which the books differ; return how many rows.

    A payment that the bill has and we do not is looked up and applied first. A repeat replaces what it found
    before. Raises ProviderError when there is no bill to be had.
    """
    entries = channel_of(Channel.WECHAT).bill(day)
    _apply_forgotten(entries, now)
    ours = _our_books(day)
    lines = [_compared(entry, day, ours.pop((entry.kind, entry.number), None)) for entry in entries]
    lines += [_missing(kind, number, amount, day) for (kind, number), amount in ours.items()]
    with transaction.atomic():
        BillLine.objects.filter(channel=Channel.WECHAT, bill_date=day).delete()
        BillLine.objects.bulk_create(lines, batch_size=1000)
    different = [line for line in lines if line.difference]
    if different:
        _tell(day, different, now)
    return len(lines)


def reconcile_yesterday(*, now: datetime) -> int:
    """Reconcile yesterday once its bill is out (after ten o'clock), and once only; return how many rows."""
    local = timezone.localtime(now)
    day = local.date() - timedelta(days=1)
    if local.time() < time(10, 30) or BillLine.objects.filter(channel=Channel.WECHAT, bill_date=day).exists():
        return 0
    if not _our_books(day):
        return 0
    try:
        return reconcile(day=day, now=now)
    except ProviderError:
        return 0  # not out yet, or the gateway is silent: the next round asks again


def _apply_forgotten(entries: list[BillEntry], now: datetime) -> None:
    numbers = [entry.number for entry in entries if entry.kind == BillKind.PAYMENT]
    for payment in Payment.objects.filter(out_trade_no__in=numbers).exclude(status=PaymentStatus.PAID):
        looking_up.query_payment(payment, now=now)


def _our_books(day: date) -> dict[tuple[str, str], int]:
    """Return `{(kind, number): fen}` of what we hold for paid, or asked back, on that day."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    within = (start, start + timedelta(days=1))
    payments = Payment.objects.filter(channel=Channel.WECHAT, paid_at__gte=within[0], paid_at__lt=within[1])
    refunds = Refund.objects.filter(
        payment__channel=Channel.WECHAT, sent_at__gte=within[0], sent_at__lt=within[1],
        status__in=[RefundStatus.SENT, RefundStatus.DONE, RefundStatus.ABNORMAL],
    )  # fmt: skip
    books: dict[tuple[str, str], int] = {}
    for number, amount in payments.values_list("out_trade_no", "amount"):
        books[BillKind.PAYMENT, number] = amount
    for number, amount in refunds.values_list("out_refund_no", "amount"):
        books[BillKind.REFUND, number] = amount
    return books


def _compared(entry: BillEntry, day: date, ours: int | None) -> BillLine:
    difference = ""
    if ours is None:
        difference = UNKNOWN_TO_US
    elif ours != entry.amount:
        difference = f"我们记的是 {yuan(ours)}"
    return BillLine(
        channel=Channel.WECHAT,
        bill_date=day,
        kind=entry.kind,
        number=entry.number,
        gateway_number=entry.gateway_number,
        amount=entry.amount,
        difference=difference,
    )


def _missing(kind: str, number: str, amount: int, day: date) -> BillLine:
    return BillLine(
        channel=Channel.WECHAT, bill_date=day, kind=kind, number=number, amount=amount, difference=UNKNOWN_TO_GATEWAY
    )


def _tell(day: date, different: list[BillLine], now: datetime) -> None:
    members.notify_staff(
        store_id=None,
        scene="bill_difference",
        key=f"bill_difference:{day}:{len(different)}",
        title="对账有差异",
        body=f"{day:%Y-%m-%d} 的微信支付账单有 {len(different)} 笔与系统不一致，请核对。",
        link="/admin/orders/billline/",
        now=now,
    )
