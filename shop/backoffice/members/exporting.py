"""The export of members: masked at once; in clear, for a reason, as a file for its maker that is gone after a week."""

import io
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from members import services as members
from members.models import ExportFile, Member
from shop.backoffice.base import BackofficeForm, log, now, posted, staff_of
from shop.backoffice.members.scope import members_of
from shop.backoffice.words import moment
from shop.lib.money import yuan
from shop.lib.tables import neutralise

MOST_MEMBERS = 20_000
CHUNK = 1000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CLEAR = "orders.reveal_personal_data"
Value = Callable[[Member], str]

COLUMNS: dict[str, Value] = {
    "会员编号": lambda member: member.no,
    "昵称": lambda member: member.nickname,
    "等级": lambda member: str(member.level or ""),
    "分组": lambda member: member.get_activity_display(),
    "VIP": lambda member: "是" if member.is_vip else "",
    "标签": lambda member: "、".join(tag.name for tag in member.tags.all()),
    "积分": lambda member: str(member.points_balance),
    "消费金额": lambda member: yuan(member.spent_amount),
    "订单数": lambda member: str(member.paid_orders),
    "最近消费": lambda member: moment(member.last_paid_at),
    "邀请人": lambda member: member.invited_by.no if member.invited_by else "",
    "注册时间": lambda member: moment(member.created_at),
    "最近访问": lambda member: str(member.last_visit_on or ""),
    "状态": lambda member: "正常" if member.is_active else "已停用",
    "备注": lambda member: member.note,
}
HEADINGS = [*COLUMNS, "手机", "生日"]
NUMERIC = {"积分", "消费金额", "订单数"}


class ExportForm(BackofficeForm):
    """Whether people shall be in clear; who wants that says why."""

    in_clear = forms.BooleanField(
        label="手机和生日不打码", required=False,
        help_text="文件只有您能下载，7 天后自动删除。谁为什么导出，会记入操作日志。",
    )  # fmt: skip
    reason = forms.CharField(label="为什么需要明文", max_length=80, required=False, help_text="例如：电话回访老顾客")

    def __init__(self, *args: Any, may_reveal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_reveal:
            self.fields.clear()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("in_clear") and not cleaned.get("reason"):
            self.add_error("reason", "导出明文要写明原因")
        return cleaned


def member_export(request: HttpRequest) -> HttpResponse:
    """Ask, then send or keep the file. The address carries the filters of the list, or `ids`."""
    staff = staff_of(request)
    if not staff.has_perm("members.view_member"):
        raise PermissionDenied
    found = wanted(request)
    count = found.count()
    form = ExportForm(posted(request), may_reveal=staff.has_perm(CLEAR))
    if request.method == "POST" and form.is_valid():
        if 0 < count <= MOST_MEMBERS:
            return answer(request, found, count, form.cleaned_data)
        words = f"一次最多导出 {MOST_MEMBERS} 位，请缩小筛选范围" if count else "没有符合条件的会员"
        form.add_error(None, words)
    context = {
        "title": "导出会员", "form": form, "hint": f"将导出 {count} 位会员，xlsx 文件。", "button": "导出",
        "back": reverse("admin:members_member_changelist"),
    }  # fmt: skip
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})


def wanted(request: HttpRequest) -> QuerySet[Member]:
    """Return the members that the address names, of those the person may see."""
    own = members_of(staff_of(request)).filter(erased_at=None)
    if "ids" in request.GET:
        return own.filter(pk__in=[int(pk) for pk in request.GET["ids"].split(",") if pk.isdecimal() and len(pk) < 19])
    try:
        listed = admin.site.get_model_admin(Member).get_changelist_instance(request)
    except IncorrectLookupParameters:
        raise Http404 from None
    return own.filter(pk__in=listed.queryset.order_by().values("pk"))


@transaction.atomic
def answer(request: HttpRequest, found: QuerySet[Member], count: int, facts: dict[str, Any]) -> HttpResponse:
    """Write the file and log who took it. One in clear is kept for its maker, one with masks is sent at once."""
    in_clear, at = bool(facts.get("in_clear")), now()
    content = workbook(found, in_clear=in_clear)
    name = f"members-{timezone.localtime(at):%Y%m%d-%H%M%S}.xlsx"
    after = {"in_clear": in_clear, "reason": facts.get("reason", ""), "file": name}
    log(request, "export_members", staff_of(request), summary=f"导出会员 {count} 位", after=after)
    if not in_clear:
        return file_answer(name, content)
    members.keep_export(
        by=staff_of(request), name=name, rows=count, reason=facts["reason"], content=content, now=at
    )  # fmt: skip
    messages.success(request, "文件已生成，7 天内可以下载")
    return redirect("admin:members_member_exports")


def workbook(found: QuerySet[Member], *, in_clear: bool) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet("会员")
    page.append(HEADINGS)
    for row in rows(found, in_clear=in_clear):
        page.append([cell_of(title, text) for title, text in zip(HEADINGS, row, strict=True)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows(found: QuerySet[Member], *, in_clear: bool) -> Iterator[list[str]]:
    """Yield the rows of `found`, newest first, with no text that is a formula; they are read in chunks."""
    read = found.select_related("level", "invited_by").prefetch_related("tags").order_by("-pk")
    for member in read.iterator(chunk_size=CHUNK):
        birthday = f"{member.birthday:%Y-%m-%d}" if member.birthday else ""
        person = [member.phone, birthday] if in_clear else [member.phone_masked, birthday and f"****{birthday[4:]}"]
        yield [neutralise(cell) for cell in [*(value(member) for value in COLUMNS.values()), *person]]


def cell_of(title: str, text: str) -> str | float:
    return float(text) if title in NUMERIC else ILLEGAL_CHARACTERS_RE.sub("", text)


def export_files(request: HttpRequest) -> HttpResponse:
    """List the files in clear that this person made and that are still there."""
    staff = staff_of(request)
    if not staff.has_perm(CLEAR) or not staff.has_perm("members.view_member"):
        raise PermissionDenied
    files = own_files(request).defer("content").order_by("-pk")
    context = {"title": "导出文件", "files": list(files)}
    return TemplateResponse(request, "admin/members/exports.html", {**admin.site.each_context(request), **context})


@require_POST
def export_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a file to its maker, while they may see people in clear. Another person's and an old one are a 404."""
    if not staff_of(request).has_perm(CLEAR):
        raise PermissionDenied
    export = get_object_or_404(own_files(request), pk=pk)
    log(request, "download_export", staff_of(request), summary=f"下载导出文件 {export.name}")
    return file_answer(export.name, members.content_of(export))


def own_files(request: HttpRequest) -> QuerySet[ExportFile]:
    return ExportFile.objects.filter(made_by=staff_of(request), expires_at__gt=now())


def file_answer(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response
