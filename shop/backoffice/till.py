"""Money: payments, refunds, the gateway's bill. All read-only; a refund that went wrong can be tried again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders import services as orders
from orders.models import (
    BillKind,
    BillLine,
    Channel,
    Payment,
    PaymentStatus,
    Refund,
    RefundCause,
    RefundStatus,
)
from shop.backoffice.base import ReadOnlyAdmin, log, now, staff_of
from shop.backoffice.filters import FormFilter, chosen_filter, days_filter, read_day, typed_filter
from shop.backoffice.words import amount, lines_of, moment, word

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
    list_display = ["number", "amounts", "channel", "refunded", "state", "transaction_id", "started", "paid"]
    list_filter = [
        chosen_filter("status", "状态", PaymentStatus.choices),
        chosen_filter("channel", "渠道", Channel.choices),
        days_filter("paid", "支付日期", "paid_at"),
    ]
    search_fields = ["out_trade_no"]
    search_help_text = "商户单号、流水号或订单号"

    def found(self, typed: str) -> Q:
        return Q(out_trade_no__startswith=typed) | Q(transaction_id=typed) | Q(order__no__startswith=typed)

    @admin.display(description="订单 / 商户单号", ordering="pk")
    def number(self, payment: Payment) -> SafeString:
        return lines_of(self.order_link(payment), payment.out_trade_no)

    @admin.display(description="金额（元）", ordering="amount")
    def amounts(self, payment: Payment) -> SafeString:
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


REFUND_TABS: dict[str, tuple[str, list[str]]] = {
    "": ("全部", list(RefundStatus.values)),
    "going": ("退款中", [RefundStatus.CREATED, RefundStatus.SENT, RefundStatus.UNKNOWN]),
    "trouble": ("退款失败", [RefundStatus.FAILED, RefundStatus.ABNORMAL]),
    "done": ("已退款", [RefundStatus.DONE]),
}


class RefundTabFilter(FormFilter):
    """The tab above the list of refunds."""

    title = "标签"
    parameter_name = "tab"
    template = "admin/filters/hidden.html"

    def form_fields(self) -> dict[str, forms.Field]:
        return {"tab": forms.CharField()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refund]) -> QuerySet[Refund]:
        tab = self.typed("tab")
        return queryset.filter(status__in=REFUND_TABS[tab][1]) if tab in REFUND_TABS and tab else queryset


@admin.register(Refund)
class RefundAdmin(OfOrderAdmin):
    list_display = ["number", "amounts", "reasons", "state", "by", "asked", "done", "steps"]
    list_select_related = ["order", "order__store", "requested_by"]
    list_filter = [
        RefundTabFilter,
        chosen_filter("status", "状态", RefundStatus.choices),
        chosen_filter("cause", "来源", RefundCause.choices),
        days_filter("created", "申请日期", "created_at"),
        days_filter("done", "到账日期", "done_at"),
    ]
    search_fields = ["out_refund_no"]
    search_help_text = "退款单号或订单号"
    list_before_template = "admin/tabs_head.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        rows = self.get_queryset(request).order_by().values_list("status").annotate(Count("pk"))
        by_status = dict(rows)
        tabs = [
            (tab, label, sum(by_status.get(one, 0) for one in those)) for tab, (label, those) in REFUND_TABS.items()
        ]
        typed = request.GET.get("tab", "")
        context = {"tabs": tabs, "tab": typed if typed in REFUND_TABS else "", "tabs_label": "退款状态"}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def found(self, typed: str) -> Q:
        return Q(out_refund_no__startswith=typed) | Q(order__no__startswith=typed)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(retry)
        return [path("<int:pk>/retry/", view, name="orders_refund_retry"), *super().get_urls()]

    @admin.display(description="订单 / 退款单号", ordering="pk")
    def number(self, refund: Refund) -> SafeString:
        return lines_of(self.order_link(refund), refund.out_refund_no)

    @admin.display(description="金额（元）", ordering="amount")
    def amounts(self, refund: Refund) -> SafeString:
        return amount(refund.amount)

    @admin.display(description="来源 / 原因")
    def reasons(self, refund: Refund) -> SafeString:
        return lines_of(refund.get_cause_display(), refund.reason)

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
    def steps(self, refund: Refund) -> SafeString | str:
        if refund.status not in TROUBLE:
            return ""
        url = reverse("admin:orders_refund_retry", args=[refund.pk])
        return format_html('<span class="bo-dos"><a class="bo-do bo-do--main" href="{}">重试</a></span>', url)


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


def confirm_page(request: HttpRequest, title: str, hint: str, button: str, back: str, form: Any = None) -> HttpResponse:
    context = {"title": title, "hint": hint, "button": button, "back": back, "form": form or []}
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})
