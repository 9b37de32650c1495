"""Members and the messages sent to them. No personal data in clear; who must see it says why."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from members.models import Member, Message, MessageChannel, MessageStatus, staff_scope
from orders.models import Order
from shop.backoffice.base import ReadOnlyAdmin, ReasonForm, Staff, log, posted, staff_of
from shop.backoffice.filters import chosen_filter, days_filter
from shop.backoffice.till import confirm_page
from shop.backoffice.words import moment, word
from shop.lib.crypto import blind_index

ORDERS_SHOWN = 20


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    """Shoppers. Staff accounts have a page of their own."""

    list_display = ["who", "no", "phone_shown", "orders_count", "joined", "state"]
    list_display_links = ["who"]
    list_filter = [
        chosen_filter("is_active", "状态", [("True", "正常"), ("False", "已停用")]),
        days_filter("joined", "注册日期", "created_at"),
    ]
    search_fields = ["no"]
    search_help_text = "完整手机号、会员编号或昵称"
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Count orders in a subquery: it runs for the rows of the page, where a join would group the whole table."""
        staff = staff_of(request)
        own = Order.objects.of_staff(staff).filter(member=OuterRef("pk")).order_by().values("member")
        count = Subquery(own.annotate(count=Count("pk")).values("count"))
        return members_of(staff).annotate(order_count=Coalesce(count, 0)).order_by("-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Member], search_term: str
    ) -> tuple[QuerySet[Member], bool]:
        typed = search_term.strip()
        if not typed:
            return queryset, False
        found = Q(phone_index=blind_index(typed)) | Q(no=typed) | Q(nickname__icontains=typed)
        return queryset.filter(found), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return member_page(request, int(object_id) if object_id.isdecimal() else 0)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(reveal)
        return [path("<int:pk>/reveal/", view, name="members_member_reveal"), *super().get_urls()]

    @admin.display(description="会员")
    def who(self, member: Member) -> str:
        return member.nickname or "未填昵称"

    @admin.display(description="手机")
    def phone_shown(self, member: Member) -> str:
        return member.phone_masked

    @admin.display(description="订单数", ordering="order_count")
    def orders_count(self, member: Any) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', member.order_count)

    @admin.display(description="注册时间", ordering="pk")
    def joined(self, member: Member) -> str:
        return moment(member.created_at)

    @admin.display(description="状态")
    def state(self, member: Member) -> SafeString:
        return word("", "正常", "done") if member.is_active else word("", "已停用", "quiet")


def members_of(staff: Staff) -> QuerySet[Member]:
    """Return the shoppers whom `staff` may see: all for headquarters, else those with an order at their stores."""
    shoppers: QuerySet[Member] = Member.objects.shoppers()
    if staff_scope(staff) is None:
        return shoppers
    return shoppers.filter(Exists(Order.objects.of_staff(staff).filter(member=OuterRef("pk"))))


def member_page(request: HttpRequest, pk: int, *, revealed: bool = False) -> HttpResponse:
    """Show a member with their latest orders; with `revealed` the phone and addresses in clear, for this answer."""
    staff = staff_of(request)
    if not staff.has_perm("members.view_member"):
        raise PermissionDenied
    member = get_object_or_404(members_of(staff), pk=pk)
    own = Order.objects.of_staff(staff).filter(member=member).order_by("-pk")
    context = {
        "title": f"会员 {member}",
        "member": member,
        "orders": list(own[:ORDERS_SHOWN]),
        "addresses": list(member.addresses.order_by("-is_default", "pk")) if revealed else [],
        "address_count": member.addresses.count(),
        "revealed": revealed,
        "may_reveal": staff.has_perm("orders.reveal_personal_data") and not revealed,
    }
    response = TemplateResponse(request, "admin/member.html", {**admin.site.each_context(request), **context})
    response.headers["Cache-Control"] = "no-store, private"
    return response


def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, write it down, show phone and addresses once."""
    if not staff_of(request).has_perm("orders.reveal_personal_data"):
        raise PermissionDenied
    member = get_object_or_404(members_of(staff_of(request)), pk=pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        log(request, "reveal_member", member, summary=f"查看明文 会员 {member.no}", after={"reason": reason})
        return member_page(request, pk, revealed=True)
    hint = "将显示完整手机号和收货地址。谁在什么时候为什么查看，会记入操作日志。"
    back = reverse("admin:members_member_change", args=[pk])
    return confirm_page(request, f"查看明文 · 会员 {member.no}", hint, "查看", back, form)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What was sent to whom, and what could not be sent."""

    list_display = ["title", "to", "channel", "state", "sent"]
    list_display_links = None
    list_select_related = ["member"]
    list_filter = [
        chosen_filter("status", "状态", MessageStatus.choices),
        chosen_filter("channel", "渠道", MessageChannel.choices),
    ]
    search_fields = ["title"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Leave out what the staff are told; each of them finds it in their own inbox."""
        return Message.objects.filter(member__in=members_of(staff_of(request))).order_by("-pk")

    @admin.display(description="收件人")
    def to(self, message: Message) -> str:
        return f"{message.member.nickname or message.member.no} {message.member.phone_masked}".strip()

    @admin.display(description="状态")
    def state(self, message: Message) -> SafeString:
        tones = {MessageStatus.SENT: "done", MessageStatus.FAILED: "wrong", MessageStatus.PENDING: "wait"}
        return word("", message.get_status_display(), tones[MessageStatus(message.status)])

    @admin.display(description="时间", ordering="pk")
    def sent(self, message: Message) -> str:
        return moment(message.created_at)
