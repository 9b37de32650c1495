"""积分明细: every change of anybody's points, and giving or taking some by hand for a reason."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from members import services as members
from members.models import Member, PointsEntry, PointsKind
from shop.backoffice.base import BackofficeForm, ReadOnlyAdmin, now, posted, staff_of
from shop.backoffice.filters import chosen_filter, days_filter, numbers_filter
from shop.backoffice.members.scope import members_of
from shop.backoffice.words import lines_of, moment, word
from shop.lib.crypto import blind_index

WAYS = {"in": Q(delta__gt=0), "out": Q(delta__lt=0)}


class AdjustmentForm(BackofficeForm):
    """How many points somebody gets or loses, and why; the member reads the reason."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=32)
    member = forms.CharField(
        label="会员",
        max_length=20,
        help_text="会员编号或完整手机号。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    way = forms.ChoiceField(label="怎么调", choices=[("give", "增加"), ("take", "扣减")])
    points = forms.IntegerField(
        label="积分", min_value=1, max_value=1_000_000, help_text="最多扣到 0；会员欠积分时，增加的先抵扣欠的。"
    )
    reason = forms.CharField(
        label="原因", max_length=60, help_text="会员在积分明细里会看到，例如：活动补发。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, among: QuerySet[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.among = among

    def clean_member(self) -> Member:
        typed = str(self.cleaned_data["member"]).strip()
        found: Member | None = self.among.filter(Q(no=typed) | Q(phone_index=blind_index(typed))).first()
        if found is None:
            raise forms.ValidationError("没有找到这位会员，请核对编号或手机号")
        return found

    @property
    def signed_points(self) -> int:
        points = int(self.cleaned_data["points"])
        return points if self.cleaned_data["way"] == "give" else -points


@admin.register(PointsEntry)
class PointsEntryAdmin(ReadOnlyAdmin):
    list_display = ["when", "who", "change", "why", "state", "by"]
    list_display_links = None
    list_select_related = ["member", "actor"]
    list_before_template = "admin/points_head.html"
    list_filter = [
        chosen_filter("kind", "原因", PointsKind.choices),
        chosen_filter("way", "增减", [("in", "增加"), ("out", "减少")], lambda typed: WAYS[typed]),
        chosen_filter("frozen", "状态", [("yes", "待生效"), ("no", "已生效")],
                      lambda typed: Q(counted_at__isnull=typed == "yes")),
        days_filter("at", "日期", "at"),
        numbers_filter("delta", "积分", ("delta", "delta")),
    ]  # fmt: skip
    search_fields = ["member__no"]
    search_help_text = "会员编号、完整手机号或订单号"
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PointsEntry]:
        return PointsEntry.objects.filter(member__in=members_of(staff_of(request))).order_by("-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PointsEntry], search_term: str
    ) -> tuple[QuerySet[PointsEntry], bool]:
        typed = search_term.strip().replace("\0", "")
        if not typed:
            return queryset, False
        of_order = Q(source=f"order:{typed}") | Q(source__startswith=f"order:{typed}:")
        return queryset.filter(Q(member__no=typed) | Q(member__phone_index=blind_index(typed)) | of_order), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"may_adjust": may_adjust(request)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(adjust)
        return [path("adjust/", view, name="members_pointsentry_adjust"), *super().get_urls()]

    @admin.display(description="时间", ordering="pk")
    def when(self, entry: PointsEntry) -> str:
        return moment(entry.at)

    @admin.display(description="会员")
    def who(self, entry: PointsEntry) -> SafeString:
        url = reverse("admin:members_member_change", args=[entry.member_id])
        link = format_html('<a class="bo-link" href="{}">{}</a>', url, entry.member.nickname or "未填昵称")
        return lines_of(link, f"{entry.member.no} {entry.member.phone_masked}".strip())

    @admin.display(description="积分", ordering="delta")
    def change(self, entry: PointsEntry) -> SafeString:
        owed = f"欠 {entry.owed}" if entry.owed else ""
        return lines_of(format_html('<span class="bo-money">{}</span>', f"{entry.delta:+d}"), owed)

    @admin.display(description="原因")
    def why(self, entry: PointsEntry) -> SafeString:
        return lines_of(entry.get_kind_display(), entry.note)

    @admin.display(description="状态")
    def state(self, entry: PointsEntry) -> SafeString:
        if entry.counted_at is None:
            return lines_of(word("", "待生效", "wait"), moment(entry.available_at))
        left = f"剩 {entry.left}" if entry.left else ""
        ends = f"{moment(entry.expires_at)} 过期" if entry.left and entry.expires_at else ""
        return lines_of(word("", "已生效", "done"), "，".join(part for part in (left, ends) if part))

    @admin.display(description="操作人")
    def by(self, entry: PointsEntry) -> str:
        return str(entry.actor or "")


def may_adjust(request: HttpRequest) -> bool:
    return bool(staff_of(request).has_perm("members.add_pointsentry"))


def adjust(request: HttpRequest) -> HttpResponse:
    """Ask whose points, how many and why, then do it once for each form."""
    if not may_adjust(request):
        raise PermissionDenied
    fresh = {"key": uuid.uuid4().hex, "member": request.GET.get("member", "")[:20], "way": "give"}
    form = AdjustmentForm(posted(request), among=members_of(staff_of(request)), initial=fresh)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            members.adjust_points(
                member_id=facts["member"].pk, points=form.signed_points, reason=facts["reason"],
                source=f"form:{facts['key']}", by=staff_of(request), now=now(),
            )  # fmt: skip
        except members.AdjustmentRefused as refusal:
            form.add_error("points", refusal.message)
        else:
            messages.success(request, f"会员 {facts['member'].no} 的积分已调整 {form.signed_points:+d}")
            return redirect("admin:members_pointsentry_changelist")
    context = {
        "title": "调积分", "form": form, "button": "确认调整", "back": reverse("admin:members_pointsentry_changelist"),
        "hint": "调整马上生效，会写进会员的积分明细和操作日志。",
    }  # fmt: skip
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})
