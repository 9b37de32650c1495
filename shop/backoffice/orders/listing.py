"""The list of orders."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orders.models import Order, RefundedPart
from shop.backoffice.base import ReadOnlyAdmin, staff_of
from shop.backoffice.orders import actions, batch, detail
from shop.backoffice.orders.filters import FILTERS, anything, sums_of, tab_counts
from shop.backoffice.words import lines_of, moment, word
from shop.lib.money import yuan

LINES_SHOWN = 2


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """All orders of the person's stores. Nothing here is a form field; each step is an action with its own page."""

    list_display = ["number", "goods", "amounts", "delivery", "receiver", "state", "flags"]
    list_display_links = ["number"]
    list_filter = FILTERS
    search_fields = ["no"]
    search_help_text = "订单号、提货码、收货人姓名或手机"
    ordering = ["-pk"]
    sortable_by = ["number", "amounts"]
    list_before_template = "admin/orders/list_head.html"
    actions = batch.BATCH_ACTIONS
    has_accept_permission = batch.permitted("accept")
    has_remark_permission = batch.permitted("remark")
    has_trash_permission = batch.permitted("trash")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        orders = Order.objects.of_staff(staff_of(request))
        return orders.select_related("member", "store").prefetch_related("lines").order_by("-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        typed = search_term.strip()
        return (queryset.filter(anything(typed)) if typed else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tabs = tab_counts(Order.objects.of_staff(staff_of(request)))
        context = {"tabs": tabs, "tab": request.GET.get("tab", ""), **(extra_context or {})}
        response = super().changelist_view(request, context)
        found = getattr(response, "context_data", None)
        if found and "cl" in found:
            found["sums"] = sums_of(found["cl"].queryset)
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return detail.order_page(request, object_id)

    def get_urls(self) -> list[URLPattern]:
        gate = self.admin_site.admin_view
        return [
            path("<int:pk>/do/reveal/", gate(detail.reveal), name="orders_order_reveal"),
            path("<int:pk>/do/<slug:name>/", gate(actions.order_action), name="orders_order_action"),
            *super().get_urls(),
        ]

    @admin.display(description="订单号 / 下单时间", ordering="pk")
    def number(self, order: Order) -> SafeString:
        return lines_of(format_html('<span class="bo-strong">{}</span>', order.no), moment(order.created_at))

    @admin.display(description="商品")
    def goods(self, order: Order) -> SafeString:
        lines = list(order.lines.all())
        shown = [(f"{line.name} {line.spec_text}".strip(), line.units) for line in lines[:LINES_SHOWN]]
        names = format_html_join("", '<span class="bo-item"><span>{}</span><b>× {}</b></span>', shown)
        return lines_of(names, f"等 {len(lines)} 种商品" if len(lines) > LINES_SHOWN else "")

    @admin.display(description="应付 / 支付（元）", ordering="payable_amount")
    def amounts(self, order: Order) -> SafeString:
        refunded = f"已退 {yuan(order.refunded_amount)}" if order.refunded_amount else ""
        return format_html('<span class="bo-money">{}<small>{}</small><small class="bo-error">{}</small></span>',
                           yuan(order.payable_amount), detail.pay_words(order), refunded)  # fmt: skip

    @admin.display(description="类型 / 门店")
    def delivery(self, order: Order) -> SafeString:
        return lines_of(f"{order.get_order_type_display()} · {order.get_delivery_method_display()}", order.store.name)

    @admin.display(description="收货人")
    def receiver(self, order: Order) -> SafeString:
        phone = order.receiver_phone_masked or order.member.phone_masked
        return lines_of(order.receiver_name_masked or order.member.nickname, phone)

    @admin.display(description="状态")
    def state(self, order: Order) -> SafeString:
        refund = order.get_refund_status_display() if order.refund_status != RefundedPart.NONE else ""
        return lines_of(word(order.status, order.get_status_display()), refund)

    @admin.display(description="备注")
    def flags(self, order: Order) -> SafeString | str:
        remarks = [text for text in (order.buyer_remark, order.merchant_remark) if text]
        if not remarks:
            return ""
        return format_html('<span class="bo-flag" title="{}">⚑ 有备注</span>', " / ".join(remarks))
