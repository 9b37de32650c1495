"""The export of what was handed over: the rows that the filters leave, with buyers and codes masked."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from orders.models import Redemption, RedemptionLine
from orders.services import pickup_codes
from shop.backoffice.base import log, posted, staff_of
from shop.backoffice.files import FileForm, download, listed
from shop.backoffice.words import moment
from shop.lib.money import share, yuan
from shop.lib.tables import neutralise

MOST = 20_000
CHUNK = 500

COLUMNS: dict[str, Callable[[Redemption], str]] = {
    "核销时间": lambda one: moment(one.redeemed_at),
    "订单号": lambda one: one.order.no,
    "提货码": lambda one: pickup_codes.masked(one.order.pickup_code),
    "商品": lambda one: "；".join(f"{part.line.name} {part.line.spec_text} × {part.units}" for part in one.lines.all()),
    "件数": lambda one: str(sum(part.units for part in one.lines.all())),
    "核销金额": lambda one: "" if one.undone_at else yuan(worth(one)),
    "订单金额": lambda one: yuan(one.order.payable_amount),
    "会员编号": lambda one: one.order.member.no,
    "昵称": lambda one: one.order.member.nickname,
    "手机": lambda one: one.order.receiver_phone_masked or one.order.member.phone_masked,
    "门店": lambda one: one.store.name,
    "核销员": lambda one: str(one.staff),
    "方式": lambda one: one.get_way_display(),
    "无码原因": lambda one: one.reason,
    "状态": lambda one: "已撤销" if one.undone_at else "有效",
    "撤销时间": lambda one: moment(one.undone_at),
    "撤销人": lambda one: str(one.undone_by or ""),
    "撤销原因": lambda one: one.undo_reason,
}
NUMERIC = {"件数", "核销金额", "订单金额"}


def redemption_export(request: HttpRequest) -> HttpResponse:
    """Ask what kind of file it shall be, then send it. The address carries the filters of the list."""
    staff = staff_of(request)
    if not staff.has_perm("orders.view_redemption"):
        raise PermissionDenied
    found = listed(request, Redemption)
    count, form = found.count(), FileForm(posted(request))
    if request.method == "POST" and form.is_valid():
        if 0 < count <= MOST:
            return file_of(request, found, count, form.cleaned_data["kind"])
        form.add_error(None, f"一次最多导出 {MOST} 次核销，请缩小筛选范围" if count else "没有符合条件的核销记录")
    context = {
        "title": "导出核销记录", "form": form, "button": "导出", "back": reverse("admin:orders_redemption_changelist"),
        "hint": f"将导出 {count} 次核销，手机和提货码打码。已撤销的也在里面，核销金额空着，整列相加不会算进去。",
    }  # fmt: skip
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})


def file_of(request: HttpRequest, found: QuerySet[Redemption], count: int, kind: str) -> HttpResponse:
    """Log who takes the file, and send it."""
    summary = f"导出核销记录 {count} 次"
    log(request, "export_redemptions", staff_of(request), summary=summary, after={"format": kind})
    return download(name="redemptions", kind=kind, title="核销记录", head=[*COLUMNS], numeric=NUMERIC, body=rows(found))


def rows(found: QuerySet[Redemption]) -> Iterator[list[str]]:
    """Yield the rows, newest first, with no text that is a formula; they are read in chunks."""
    people = found.select_related("order", "order__member", "store", "staff", "undone_by")
    lines = Prefetch("lines", RedemptionLine.objects.select_related("line").order_by("pk"))
    for one in people.prefetch_related(None).prefetch_related(lines).order_by("-pk").iterator(chunk_size=CHUNK):
        yield [neutralise(value(one)) for value in COLUMNS.values()]


def worth(redemption: Redemption) -> int:
    """Return what the buyer paid for the units handed over, in fen."""
    parts: list[Any] = list(redemption.lines.all())
    return sum(share(part.line.paid_amount, part.units, part.line.units) for part in parts)
