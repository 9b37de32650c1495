"""Money and handing over: payments, refunds, the gateway's bill, redemptions. All read-only but for a few actions."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from members.models import Member
from orders import services as orders
from orders.models import (
    BillKind,
    BillLine,
    Channel,
    Payment,
    PaymentStatus,
    Redemption,
    RedemptionWay,
    Refund,
    RefundCause,
    RefundStatus,
)
from orders.services import pickup_codes, redeeming
from shop.backoffice.base import ReadOnlyAdmin, ReasonForm, log, now, posted, staff_of
from shop.backoffice.filters import ChosenFilter, chosen_filter, days_filter, read_day, typed_filter
from shop.backoffice.orders.filters import StoreFilter
from shop.backoffice.words import amount, moment, word

TROUBLE = [RefundStatus.FAILED, RefundStatus.ABNORMAL]


class OfOrderAdmin(ReadOnlyAdmin):
    """Rows that belong to an order: only those that `of_staff` leaves are there."""

    list_select_related = ["order", "order__store"]
    ordering = ["-pk"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.model._default_manager.of_staff(staff_of(request)).order_by("-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        typed = search_term.strip()
        return (queryset.filter(self.found(typed)) if typed else queryset), False

    def found(self, typed: str) -> Q:
        return Q(order__no__startswith=typed)

    @admin.display(description="订单")
    def order_link(self, row: Any) -> SafeString:
        url = reverse("admin:orders_order_change", args=[row.order_id])
        return format_html('<a class="bo-link" href="{}">{}</a>', url, row.order.no)


@admin.register(Payment)
class PaymentAdmin(OfOrderAdmin):
    list_display = [
        "out_trade_no",
        "order_link",
        "channel",
        "sum",
        "refunded",
        "state",
        "transaction_id",
        "started",
        "paid",
    ]
    list_filter = [
        chosen_filter("status", "状态", PaymentStatus.choices),
        chosen_filter("channel", "渠道", Channel.choices),
        days_filter("paid", "支付日期", "paid_at"),
    ]
    search_fields = ["out_trade_no"]
    search_help_text = "商户单号、流水号或订单号"

    def found(self, typed: str) -> Q:
        return Q(out_trade_no__startswith=typed) | Q(transaction_id=typed) | Q(order__no__startswith=typed)

    @admin.display(description="金额（元）", ordering="amount")
    def sum(self, payment: Payment) -> SafeString:
        return amount(payment.amount)

    @admin.display(description="已退（元）")
    def refunded(self, payment: Payment) -> SafeString:
        return amount(payment.refunded_amount)

    @admin.display(description="状态")
    def state(self, payment: Payment) -> SafeString:
        return word(payment.status, payment.get_status_display())

    @admin.display(description="发起时间", ordering="pk")
    def started(self, payment: Payment) -> str:
        return moment(payment.created_at)

    @admin.display(description="支付时间", ordering="paid_at")
    def paid(self, payment: Payment) -> str:
        return moment(payment.paid_at)


@admin.register(Refund)
class RefundAdmin(OfOrderAdmin):
    list_display = ["out_refund_no", "order_link", "sum", "cause", "reason", "state", "by", "asked", "done", "again"]
    list_select_related = ["order", "order__store", "requested_by"]
    list_filter = [
        chosen_filter("trouble", "需要处理", [("yes", "退款异常或失败")], lambda typed: Q(status__in=TROUBLE)),
        chosen_filter("status", "状态", RefundStatus.choices),
        chosen_filter("cause", "来源", RefundCause.choices),
        days_filter("created", "申请日期", "created_at"),
    ]
    search_fields = ["out_refund_no"]
    search_help_text = "退款单号或订单号"

    def found(self, typed: str) -> Q:
        return Q(out_refund_no__startswith=typed) | Q(order__no__startswith=typed)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(retry)
        return [path("<int:pk>/retry/", view, name="orders_refund_retry"), *super().get_urls()]

    @admin.display(description="金额（元）", ordering="amount")
    def sum(self, refund: Refund) -> SafeString:
        return amount(refund.amount)

    @admin.display(description="状态")
    def state(self, refund: Refund) -> SafeString:
        tail = (
            format_html('<span class="bo-quiet">{}</span>', refund.last_error[:60]) if refund.status in TROUBLE else ""
        )
        return format_html('<span class="bo-lines">{}{}</span>', word(refund.status, refund.get_status_display()), tail)

    @admin.display(description="操作人")
    def by(self, refund: Refund) -> str:
        return str(refund.requested_by or "自动")

    @admin.display(description="申请时间", ordering="pk")
    def asked(self, refund: Refund) -> str:
        return moment(refund.created_at)

    @admin.display(description="到账时间", ordering="done_at")
    def done(self, refund: Refund) -> str:
        return moment(refund.done_at)

    @admin.display(description="操作")
    def again(self, refund: Refund) -> SafeString | str:
        if refund.status not in TROUBLE:
            return ""
        return format_html(
            '<a class="bo-link" href="{}">重试</a>', reverse("admin:orders_refund_retry", args=[refund.pk])
        )


def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then try a refund again that went wrong."""
    if not staff_of(request).has_perm("orders.refund_order"):
        raise PermissionDenied
    own = Refund.objects.of_staff(staff_of(request))
    refund = get_object_or_404(own.select_related("order", "payment"), pk=pk)
    if request.method == "POST":
        try:
            with transaction.atomic():
                fresh = orders.retry_refund(refund=refund, by=staff_of(request), now=now())
                log(
                    request,
                    "retry_refund",
                    refund,
                    summary=f"重试退款 {refund.out_refund_no}",
                    after={"no": str(fresh)},
                )
        except orders.NotRefundable as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, f"已重新提交退款 {fresh.out_refund_no}")
        return redirect("admin:orders_refund_changelist")
    hint = "退款异常会按原退款单号再查询一次；退款失败会用新的退款单号重新提交相同的商品和金额。"
    return confirm_page(
        request, f"重试退款 {refund.out_refund_no}", hint, "重试", reverse("admin:orders_refund_changelist")
    )


@admin.register(BillLine)
class BillLineAdmin(ReadOnlyAdmin):
    list_display = ["bill_date", "kind", "number", "gateway_number", "sum", "result"]
    list_display_links = None
    ordering = ["-bill_date", "-pk"]
    list_filter = [
        chosen_filter("differs", "对账结果", [("yes", "有差异"), ("no", "一致")],
                      lambda typed: ~Q(difference="") if typed == "yes" else Q(difference="")),
        chosen_filter("kind", "类型", BillKind.choices),
        typed_filter("bill_date", "账单日（例如 2026-01-31）", lambda typed: Q(bill_date=read_day(typed))),
    ]  # fmt: skip
    search_fields = ["number"]
    search_help_text = "商户单号或流水号"

    @admin.display(description="金额（元）", ordering="amount")
    def sum(self, line: BillLine) -> SafeString:
        return amount(line.amount)

    @admin.display(description="对账结果")
    def result(self, line: BillLine) -> SafeString:
        return word("", line.difference, "wrong") if line.difference else word("", "一致", "done")


@admin.register(Redemption)
class RedemptionAdmin(OfOrderAdmin):
    list_display = ["code", "order_link", "goods", "sum", "buyer", "store", "staff", "at", "way", "state"]
    list_select_related = ["order", "order__member", "store", "staff", "undone_by"]
    search_fields = ["order__no"]
    search_help_text = "提货码或订单号"

    class OwnStoreFilter(StoreFilter):
        """The store that handed the goods over."""

    class StaffFilter(ChosenFilter):
        """The person who handed the goods over."""

        title = "核销员"
        parameter_name = "staff"

        def options(self) -> list[tuple[Any, str]]:
            if not hasattr(self, "people"):
                done = Redemption.objects.of_staff(staff_of(self.request)).filter(staff=OuterRef("pk"))
                people = Member.objects.filter(Exists(done), is_staff=True).order_by("username", "pk")
                self.people = [(one.pk, str(one)) for one in people]
            return self.people

    list_filter = [
        OwnStoreFilter,
        StaffFilter,
        chosen_filter("way", "方式", RedemptionWay.choices),
        chosen_filter("undone", "状态", [("no", "有效"), ("yes", "已撤销")],
                      lambda typed: Q(undone_at__isnull=typed == "no")),
        days_filter("redeemed", "核销日期", "redeemed_at"),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Redemption]:
        return super().get_queryset(request).prefetch_related("lines__line")

    def found(self, typed: str) -> Q:
        digits = "".join(character for character in typed if character.isdigit())
        return Q(order__no__startswith=typed) | Q(order__pickup_code=digits or None)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(undo)
        return [path("<int:pk>/undo/", view, name="orders_redemption_undo"), *super().get_urls()]

    @admin.display(description="提货码")
    def code(self, redemption: Redemption) -> str:
        return pickup_codes.masked(redemption.order.pickup_code)

    @admin.display(description="商品")
    def goods(self, redemption: Redemption) -> str:
        return "；".join(f"{part.line.name} {part.line.spec_text} × {part.units}" for part in redemption.lines.all())

    @admin.display(description="订单金额（元）")
    def sum(self, redemption: Redemption) -> SafeString:
        return amount(redemption.order.payable_amount)

    @admin.display(description="会员")
    def buyer(self, redemption: Redemption) -> str:
        return f"{redemption.order.member.nickname} {redemption.order.member.phone_masked}".strip()

    @admin.display(description="核销时间", ordering="redeemed_at")
    def at(self, redemption: Redemption) -> str:
        return moment(redemption.redeemed_at)

    @admin.display(description="状态")
    def state(self, redemption: Redemption) -> SafeString:
        if redemption.undone_at:
            return format_html(
                '<span class="bo-lines">{}<span class="bo-quiet">{}</span></span>',
                word("", "已撤销", "quiet"), f"{redemption.undone_by}：{redemption.undo_reason}",
            )  # fmt: skip
        if now() >= redemption.redeemed_at + timedelta(minutes=redeeming.UNDO_MINUTES):
            return word("", "有效", "done")
        url = reverse("admin:orders_redemption_undo", args=[redemption.pk])
        return format_html('{} <a class="bo-link" href="{}">撤销</a>', word("", "有效", "done"), url)


def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then take back a redemption; the service says who may and until when."""
    if not staff_of(request).has_perm("orders.redeem_order"):
        raise PermissionDenied
    own = Redemption.objects.of_staff(staff_of(request))
    redemption = get_object_or_404(own.select_related("order"), pk=pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            redeeming.undo_redemption(redemption=redemption, by=staff_of(request), reason=reason, now=now())
        except (orders.NotRedeemable, orders.NotOfThisStore) as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, f"订单 {redemption.order.no} 的核销已撤销，回到待提货")
            return redirect("admin:orders_redemption_changelist")
    hint = "核销后 10 分钟内，本人或有权限的人可以撤销；订单回到待提货，提货码继续有效。"
    title = f"撤销核销 · {redemption.order.no}"
    return confirm_page(request, title, hint, "撤销核销", reverse("admin:orders_redemption_changelist"), form)


def confirm_page(request: HttpRequest, title: str, hint: str, button: str, back: str, form: Any = None) -> HttpResponse:
    context = {"title": title, "hint": hint, "button": button, "back": back, "form": form or []}
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})
