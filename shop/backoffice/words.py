"""How values look in the back office: amounts to the right, statuses as coloured words, times of the shop's clock."""

from datetime import datetime

from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.models import OrderStatus, PaymentStatus, RefundStatus
from shop.lib.money import yuan

# What a status asks of the staff: to act now, to wait, nothing; or that something is wrong.
TONES: dict[str, str] = {
    OrderStatus.PENDING_PAYMENT: "wait",
    OrderStatus.AWAITING_GROUP: "wait",
    OrderStatus.PENDING_ACCEPTANCE: "act",
    OrderStatus.PENDING_ASSIGNMENT: "act",
    OrderStatus.PREPARING: "act",
    OrderStatus.READY_FOR_PICKUP: "act",
    OrderStatus.PARTLY_SHIPPED: "go",
    OrderStatus.SHIPPED: "go",
    OrderStatus.COMPLETED: "done",
    OrderStatus.CANCELLED: "quiet",
    PaymentStatus.PAID: "done",
    PaymentStatus.CLOSED: "quiet",
    PaymentStatus.PENDING: "wait",
    PaymentStatus.CREATED: "wait",
    PaymentStatus.UNKNOWN: "act",
    RefundStatus.SENT: "go",
    RefundStatus.ABNORMAL: "wrong",
    RefundStatus.DONE: "done",
    RefundStatus.FAILED: "wrong",
    "on_sale": "done",
    "off_shelf": "quiet",
    "trashed": "quiet",
}


def word(value: str, label: str, tone: str = "") -> SafeString:
    """Write a status as a coloured word; a dot before it says the same without colour."""
    return format_html('<span class="bo-word bo-word--{}">{}</span>', tone or TONES.get(value, "quiet"), label)


def thumb(name: str) -> SafeString:
    """Show the stored picture `name` small; nothing when there is none."""
    return (
        format_html('<img class="bo-thumb" src="{}" alt="" loading="lazy">', default_storage.url(name))
        if name
        else SafeString("")
    )


def amount(fen: int) -> SafeString:
    """Write `fen` as yuan, for a column that is aligned to the right."""
    return format_html('<span class="bo-money">{}</span>', yuan(fen))


def lines_of(first: SafeString | str, second: SafeString | str = "") -> SafeString:
    """Write two lines in a cell, the second one quiet."""
    return format_html('<span class="bo-lines"><span>{}</span><span class="bo-quiet">{}</span></span>', first, second)


def moment(at: datetime | None) -> str:
    """Write a time by the shop's clock, to the minute."""
    return date_format(timezone.localtime(at), "Y-m-d H:i") if at else ""
