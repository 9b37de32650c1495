"""Comparing our books with the gateway's daily bill, row by row."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from members import services as members
from orders.channels import BillEntry, channel_of
from orders.models import BillDay, BillKind, BillLine, Channel, Payment, PaymentStatus, Refund, RefundStatus
from orders.services import looking_up, refund_sending
from shop.lib.money import yuan
from shop.lib.providers import ProviderError, ProviderRejected

UNKNOWN_TO_US = "我们没有这笔记录"
UNKNOWN_TO_GATEWAY = "账单里没有这笔"
NOT_PAID = "我们没有记为已支付"
NOT_TOLD = "我们记为退款失败，网关拒绝查询"

DAYS_BACK = 7  # how long a bill that could not be had is asked for
BILLS_ARE_OUT = time(10, 30)  # of the next day; WeChat says about ten
LATE = timedelta(days=3)  # by then a bill that is still missing is a matter for people
EDGE = timedelta(minutes=5)  # two clocks may see a moment so close to midnight on two different days

Key = tuple[str, str]  # (kind, number)


def reconcile(*, day: date, now: datetime) -> int:
    """Fetch the bill of a Shanghai `day`, keep it, and mark every row on which the books differ; return how many rows.

    A payment that the bill has and we do not, or a refund that we believe to have failed, is looked up and applied
    first. A repeat replaces what it found before. Raises ProviderError when there is no bill to be had.
    """
    entries = channel_of(Channel.WECHAT).bill(day)
    _apply_forgotten_payments(entries, now)
    denied = _apply_denied_refunds(entries, now)
    lines = _compared(entries, day, denied) + _missing(entries, day)
    different = [line for line in lines if line.difference]
    with transaction.atomic():
        BillDay.objects.update_or_create(  # first, so that two workers who reconcile the same day take turns
            channel=Channel.WECHAT,
            bill_date=day,
            defaults={"reconciled_at": now, "rows": len(lines), "differences": len(different)},
        )
        BillLine.objects.filter(channel=Channel.WECHAT, bill_date=day).delete()
        BillLine.objects.bulk_create(lines, batch_size=1000)
    if different:
        _tell_differences(day, different, now)
    return len(lines)


def reconcile_days(*, now: datetime, limit: int = DAYS_BACK) -> int:
    """Reconcile every one of the last days that is not reconciled yet and whose bill is out; return how many rows.

    The oldest comes first. A gateway that is silent ends the round; a day that stays without a bill is told to staff.
    """
    rows = 0
    for day in _days_to_do(now)[:limit]:
        try:
            rows += reconcile(day=day, now=now)
        except ProviderRejected:
            continue  # of this day; the next one may be had
        except ProviderError:
            break
    for day in _days_to_do(now):
        if day <= timezone.localdate(now) - LATE:
            _tell_no_bill(day, now)
    return rows


def _days_to_do(now: datetime) -> list[date]:
    local = timezone.localtime(now)
    newest = local.date() - timedelta(days=1 if local.time() >= BILLS_ARE_OUT else 2)
    days = [newest - timedelta(days=back) for back in reversed(range(DAYS_BACK))]
    done = set(BillDay.objects.filter(channel=Channel.WECHAT, bill_date__in=days).values_list("bill_date", flat=True))
    return [day for day in days if day not in done]


def _apply_forgotten_payments(entries: Sequence[BillEntry], now: datetime) -> None:
    for payment in _payments_in(entries).values():
        if payment.status == PaymentStatus.PAID:
            continue
        try:
            looking_up.query_payment(payment, now=now)
        except ProviderRejected:
            continue  # it stays different


def _apply_denied_refunds(entries: Sequence[BillEntry], now: datetime) -> dict[str, str]:
    """Ask after refunds that the gateway has and we believe to have failed; return why they still differ, by number."""
    denied = {}
    for number, refund in _refunds_in(entries).items():
        if refund.status != RefundStatus.FAILED:
            continue
        try:
            denied[number] = refund_sending.ask_again(refund, now=now).error
        except ProviderRejected:
            denied[number] = NOT_TOLD
    return denied


def _payments_in(entries: Sequence[BillEntry]) -> dict[str, Payment]:
    numbers = [entry.number for entry in entries if entry.kind == BillKind.PAYMENT]
    return Payment.objects.filter(channel=Channel.WECHAT).in_bulk(numbers, field_name="out_trade_no")


def _refunds_in(entries: Sequence[BillEntry]) -> dict[str, Refund]:
    numbers = [entry.number for entry in entries if entry.kind == BillKind.REFUND]
    return Refund.objects.select_related("payment").in_bulk(numbers, field_name="out_refund_no")


def _compared(entries: Sequence[BillEntry], day: date, denied: Mapping[str, str]) -> list[BillLine]:
    """Look every row of the bill up by its number, on whichever day we have it."""
    payments, refunds = _payments_in(entries), _refunds_in(entries)
    return [
        BillLine(
            channel=Channel.WECHAT,
            bill_date=day,
            kind=entry.kind,
            number=entry.number,
            gateway_number=entry.gateway_number,
            amount=entry.amount,
            difference=_payment_difference(entry, payments.get(entry.number))
            if entry.kind == BillKind.PAYMENT
            else _refund_difference(entry, refunds.get(entry.number)) or denied.get(entry.number, "")[:100],
        )
        for entry in entries
    ]


def _payment_difference(entry: BillEntry, payment: Payment | None) -> str:
    if payment is None:
        return UNKNOWN_TO_US
    if payment.status != PaymentStatus.PAID:
        return NOT_PAID
    return "" if payment.amount == entry.amount else f"我们记的是 {yuan(payment.amount)}"


def _refund_difference(entry: BillEntry, refund: Refund | None) -> str:
    if refund is None:
        return UNKNOWN_TO_US
    return "" if refund.amount == entry.amount else f"我们记的是 {yuan(refund.amount)}"


def _missing(entries: Sequence[BillEntry], day: date) -> list[BillLine]:
    """Return what we hold for paid, or sent back, on that day and the gateway lists neither there nor elsewhere."""
    ours = _our_books(*_span(day))
    for entry in entries:
        ours.pop((entry.kind, entry.number), None)
    listed = BillLine.objects.filter(number__in=[number for _, number in ours]).exclude(gateway_number="")
    for key in listed.exclude(bill_date=day).values_list("kind", "number"):
        ours.pop(key, None)
    return [
        BillLine(
            channel=Channel.WECHAT,
            bill_date=day,
            kind=kind,
            number=number,
            amount=amount,
            difference=UNKNOWN_TO_GATEWAY,
        )
        for (kind, number), amount in ours.items()
    ]


def _span(day: date) -> tuple[datetime, datetime]:
    """Return from when to when our books are held against the bill: what is close to midnight waits for both bills."""
    midnight, next_midnight = (
        timezone.make_aware(datetime.combine(each, time.min)) for each in (day, day + timedelta(days=1))
    )
    neighbours = BillDay.objects.filter(channel=Channel.WECHAT)
    before = neighbours.filter(bill_date=day - timedelta(days=1)).exists()
    after = neighbours.filter(bill_date=day + timedelta(days=1)).exists()
    return midnight - EDGE if before else midnight, next_midnight if after else next_midnight - EDGE


def _our_books(start: datetime, end: datetime) -> dict[Key, int]:
    """Return `{(kind, number): fen}` of what was paid, or last asked back, in that time."""
    payments = Payment.objects.filter(
        channel=Channel.WECHAT, status=PaymentStatus.PAID, paid_at__gte=start, paid_at__lt=end
    )
    refunds = Refund.objects.filter(
        payment__channel=Channel.WECHAT,
        amount__gt=0,
        sent_at__gte=start,
        sent_at__lt=end,
        status__in=[RefundStatus.SENT, RefundStatus.DONE, RefundStatus.ABNORMAL],
    )
    books: dict[Key, int] = {}
    for number, amount in payments.values_list("out_trade_no", "amount"):
        books[BillKind.PAYMENT.value, number] = amount
    for number, amount in refunds.values_list("out_refund_no", "amount"):
        books[BillKind.REFUND.value, number] = amount
    return books


def _tell_differences(day: date, different: list[BillLine], now: datetime) -> None:
    members.notify_staff(
        store_id=None,
        scene="bill_difference",
        key=f"bill_difference:{day}:{len(different)}",
        title="对账有差异",
        body=f"{day:%Y-%m-%d} 的微信支付账单有 {len(different)} 笔与系统不一致，请核对。",
        link="/admin/orders/billline/",
        now=now,
    )


def _tell_no_bill(day: date, now: datetime) -> None:
    start, end = _span(day)
    if not _our_books(start, end):
        return
    members.notify_staff(
        store_id=None,
        scene="bill_missing",
        key=f"bill_missing:{day}",
        title="还没有对账",
        body=f"{day:%Y-%m-%d} 的微信支付账单一直取不到，这一天还没有对账。",
        link="/admin/orders/billline/",
        now=now,
    )
