"""The list of members. No personal data in clear; who must see it says why."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from members.models import Activity, Member
from promotions.models import Coupon, CouponStatus
from shop.backoffice.arranging import ArrangedAdmin, stretches_of
from shop.backoffice.base import staff_of
from shop.backoffice.members import batch, detail, exporting, steps
from shop.backoffice.members.filters import FILTERS, anything
from shop.backoffice.members.scope import members_of
from shop.backoffice.words import amount, lines_of, moment, word

TONES = {
    Activity.NEW: "go", Activity.ACTIVE: "done", Activity.STEADY: "quiet", Activity.SILENT: "wait",
}  # fmt: skip


@admin.register(Member)
class MemberAdmin(ArrangedAdmin):
    """Shoppers. Staff accounts have a page of their own."""

    list_display = [
        "who", "phone_shown", "standing", "tag_words", "points", "spent", "orders", "coupons", "inviter", "joined",
        "came", "bought", "state",
    ]  # fmt: skip
    columns_fixed = ["who"]
    columns_spare = ["inviter", "bought"]
    list_display_links = ["who"]
    list_filter = FILTERS
    list_before_template = "admin/members/list_head.html"
    search_fields = ["no"]
    search_help_text = "完整手机号、会员编号或昵称"
    ordering = ["-pk"]
    sortable_by = ["who", "spent", "orders", "points", "bought"]
    actions = batch.BATCH_ACTIONS
    has_edit_permission = batch.may("members.change_member")
    has_push_permission = batch.may("promotions.add_couponpush")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Count coupons in a subquery: it runs for the rows of the page, where a join would group the whole table."""
        usable = Coupon.objects.filter(member=OuterRef("pk"), status=CouponStatus.UNUSED).order_by().values("member")
        count = Subquery(usable.annotate(count=Count("pk")).values("count"))
        rows = members_of(staff_of(request)).select_related("level", "invited_by").prefetch_related("tags")
        return rows.annotate(coupon_count=Coalesce(count, 0)).order_by("-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Member], search_term: str
    ) -> tuple[QuerySet[Member], bool]:
        typed = search_term.replace("\0", "").strip()
        return (queryset.filter(anything(typed)) if typed else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", None)
        if found and "cl" in found:
            found |= {"stretches": stretches_of(found["cl"], "joined"), "count": found["cl"].result_count}
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return detail.member_page(request, int(object_id) if object_id.isdecimal() and len(object_id) < 18 else 0)

    def get_urls(self) -> list[URLPattern]:
        gate = self.admin_site.admin_view
        return [
            path("export/", gate(exporting.member_export), name="members_member_export"),
            path("exports/", gate(exporting.export_files), name="members_member_exports"),
            path("exports/<int:pk>/", gate(exporting.export_file), name="members_member_export_file"),
            path("<int:pk>/reveal/", gate(detail.reveal), name="members_member_reveal"),
            path("<int:pk>/do/<slug:name>/", gate(steps.member_step), name="members_member_step"),
            *super().get_urls(),
        ]

    @admin.display(description="会员", ordering="pk")
    def who(self, member: Member) -> SafeString:
        name = "已注销" if member.erased_at else member.nickname or "未填昵称"
        face = format_html('<span class="bo-face" aria-hidden="true">{}</span>', name[:1])
        return format_html('<span class="bo-goods">{}{}</span>', face, lines_of(name, member.no))

    @admin.display(description="手机")
    def phone_shown(self, member: Member) -> str:
        return member.phone_masked

    @admin.display(description="等级 / 分组")
    def standing(self, member: Member) -> SafeString:
        segment = word("", member.get_activity_display(), TONES[Activity(member.activity)])
        vip = format_html('<span class="bo-flag">{}</span>', "VIP") if member.is_vip else ""
        return lines_of(str(member.level or "无等级"), format_html("{} {}", segment, vip))

    @admin.display(description="标签")
    def tag_words(self, member: Member) -> SafeString:
        return format_html_join(" ", '<span class="bo-tag">{}</span>', ((tag.name,) for tag in member.tags.all()))

    @admin.display(description="积分", ordering="points_balance")
    def points(self, member: Member) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', member.points_balance)

    @admin.display(description="消费金额（元）", ordering="spent_amount")
    def spent(self, member: Member) -> SafeString:
        return amount(member.spent_amount)

    @admin.display(description="订单数", ordering="paid_orders")
    def orders(self, member: Member) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', member.paid_orders)

    @admin.display(description="可用券")
    def coupons(self, member: Any) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', member.coupon_count)

    @admin.display(description="邀请人")
    def inviter(self, member: Member) -> str:
        return str(member.invited_by or "")

    @admin.display(description="注册时间")
    def joined(self, member: Member) -> SafeString:
        return format_html('<span class="bo-day">{}</span>', day_of(member.created_at))

    @admin.display(description="最近访问")
    def came(self, member: Member) -> SafeString:
        return format_html('<span class="bo-day">{}</span>', member.last_visit_on or "")

    @admin.display(description="最近消费", ordering="last_paid_at")
    def bought(self, member: Member) -> SafeString:
        return format_html('<span class="bo-day">{}</span>', day_of(member.last_paid_at))

    @admin.display(description="状态")
    def state(self, member: Member) -> SafeString:
        if member.erased_at:
            return word("", "已注销", "quiet")
        return word("", "正常", "done") if member.is_active else word("", "已停用", "quiet")


def day_of(at: datetime | None) -> str:
    """Write the day of a time by the shop's clock."""
    return moment(at)[:10]
