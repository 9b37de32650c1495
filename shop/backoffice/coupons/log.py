"""领取记录: who got which coupon when and how, and what became of it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from members.models import staff_scope
from orders.models import Order
from promotions import services as promotions
from promotions.models import Coupon, CouponStatus
from shop.backoffice.base import ReadOnlyAdmin, ReasonForm, now, posted, staff_of
from shop.backoffice.coupons.modes import MODES
from shop.backoffice.filters import FormFilter, chosen_filter, days_filter
from shop.backoffice.members.scope import members_of
from shop.backoffice.till import confirm_page
from shop.backoffice.words import lines_of, moment, word
from shop.lib.crypto import blind_index

TONES = {
    CouponStatus.UNUSED: "go", CouponStatus.USED: "done", CouponStatus.EXPIRED: "quiet", CouponStatus.REVOKED: "wrong",
}  # fmt: skip
LIST = "admin:promotions_coupon_changelist"


class TemplateFilter(FormFilter):
    """The coupon whose list led here."""

    title = "优惠券"
    parameter_name = "template"
    template = "admin/filters/hidden.html"

    def form_fields(self) -> dict[str, forms.Field]:
        return {"template": forms.CharField()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> QuerySet[Coupon]:
        typed = self.typed("template")
        return queryset.filter(template=int(typed)) if typed.isdecimal() and len(typed) < 18 else queryset


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    """Coupons of members; phones are masked."""

    list_display = ["who", "what", "way", "issued", "until", "state", "do"]
    list_display_links = None
    list_select_related = ["member"]
    list_filter = [
        TemplateFilter,
        chosen_filter("status", "状态", CouponStatus.choices),
        chosen_filter("issue_mode", "来源", [(mode, label) for mode, (label, _) in MODES.items()]),
        days_filter("issued", "领取日期", "issued_at"),
        days_filter("used", "使用日期", "used_at"),
    ]
    search_fields = ["name"]
    search_help_text = "会员编号、完整手机号或优惠券名称"
    ordering = ["-pk"]
    list_before_template = "admin/coupons/log_head.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        staff = staff_of(request)
        may_revoke = Value(staff.has_perm("promotions.change_coupontemplate"), output_field=BooleanField())
        rows = Coupon.objects.annotate(may_revoke=may_revoke)
        if staff_scope(staff) is not None:
            rows = rows.filter(member__in=members_of(staff))
        return rows.select_related("member").prefetch_related("orders")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        typed = search_term.replace("\0", "").strip()
        if not typed:
            return queryset, False
        member = Q(member__no=typed) | Q(member__phone_index=blind_index(typed))
        return queryset.filter(member | Q(name__icontains=typed)), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(coupon_revoke)
        return [path("<int:pk>/revoke/", view, name="promotions_coupon_revoke"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "领取记录", **(extra_context or {})})

    @admin.display(description="会员")
    def who(self, coupon: Coupon) -> SafeString:
        member = coupon.member
        link = reverse("admin:members_member_change", args=[member.pk])
        name = format_html('<a class="bo-link" href="{}">{}</a>', link, member.nickname or "未填昵称")
        return lines_of(name, f"{member.no} {member.phone_masked}")

    @admin.display(description="优惠券")
    def what(self, coupon: Coupon) -> SafeString:
        link = reverse("admin:promotions_coupontemplate_change", args=[coupon.template_id])
        name = format_html('<a class="bo-link" href="{}">{}</a>', link, coupon.name)
        return lines_of(name, f"{coupon.worth_words}，{coupon.threshold_words}")

    @admin.display(description="来源")
    def way(self, coupon: Coupon) -> str:
        return MODES[coupon.issue_mode][0]

    @admin.display(description="领取时间", ordering="pk")
    def issued(self, coupon: Coupon) -> str:
        return moment(coupon.issued_at)

    @admin.display(description="到期时间")
    def until(self, coupon: Coupon) -> str:
        return f"{coupon.last_moment:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="状态")
    def state(self, coupon: Coupon) -> SafeString:
        said = word("", coupon.get_status_display(), TONES[CouponStatus(coupon.status)])
        orders: list[Order] = [order for order in coupon.orders.all() if order.status != "cancelled"]
        if coupon.status != CouponStatus.USED or not orders:
            return lines_of(said, moment(coupon.used_at or coupon.revoked_at))
        link = reverse("admin:orders_order_change", args=[orders[0].pk])
        return lines_of(said, format_html('<a class="bo-link" href="{}">{}</a>', link, orders[0].no))

    @admin.display(description="管理")
    def do(self, coupon: Any) -> SafeString:
        if coupon.status != CouponStatus.UNUSED or not coupon.may_revoke:
            return SafeString("")
        link = reverse("admin:promotions_coupon_revoke", args=[coupon.pk])
        return format_html(
            '<a class="bo-do" href="{}" aria-label="作废 {} 的 {}">作废</a>', link, coupon.member, coupon.name
        )  # fmt: skip


def coupon_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then take back one unused coupon."""
    if not staff_of(request).has_perm("promotions.change_coupontemplate"):
        raise PermissionDenied
    coupon = get_object_or_404(Coupon.objects.select_related("member"), pk=pk)
    back = f"{reverse(LIST)}?template={coupon.template_id}"
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if promotions.revoke_coupon(coupon=coupon, reason=reason, by=staff_of(request), now=now()):
            messages.success(request, "已作废")
        else:
            messages.warning(request, "这张券已经用掉、过期或作废了，没有改动")
        return redirect(back)
    hint = f"会员 {coupon.member} 的“{coupon.name}”马上失效，不能恢复。"
    return confirm_page(request, "作废一张优惠券", hint, "作废", back, form)
