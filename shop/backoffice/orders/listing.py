"""The list of orders."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orders.models import Order, RefundedPart
from shop.backoffice.arranging import ArrangedAdmin, ArrangedChangeList, rows_of, stretches_of
from shop.backoffice.base import staff_of
from shop.backoffice.orders import actions, batch, detail, exporting, shipping
from shop.backoffice.orders.filters import FILTERS, TABS, TERMINALS, TRASH, anything
from shop.backoffice.orders.totals import totals_by_tab, totals_of
from shop.backoffice.paging import LongListPaginator
from shop.backoffice.words import amount, lines_of, moment, thumb, word
from shop.lib.money import yuan

LINES_SHOWN = 2
TAB_LABELS = {**{tab: label for tab, (label, _) in TABS.items()}, TRASH: "回收站"}


class OrderList(ArrangedChangeList):
    """A page of orders that knows whose screen it is on, and the totals of its filter."""

    def get_results(self, request: HttpRequest) -> None:
        staff = staff_of(request)
        self.tabs = totals_by_tab(Order.objects.of_staff(staff))
        self.totals = self.tabs[self.tab] if self.is_plain else totals_of(self.queryset)
        request.orders_counted = self.totals.count  # type: ignore[attr-defined]  # for the paginator
        super().get_results(request)
        for order in rows_of(self.result_list):
            order.steps_open = actions.open_actions(order, staff)

    @property
    def tab(self) -> str:
        typed = self.params.get("tab", "")
        return typed if typed in TAB_LABELS else ""

    @property
    def is_plain(self) -> bool:
        """Say whether nothing but the tab narrows the list."""
        return not self.query and not any(value for name, value in self.params.items() if name not in {"tab", "o"})


@admin.register(Order)
class OrderAdmin(ArrangedAdmin):
    """All orders of the person's stores. Nothing here is a form field; each step is an action with its own page."""

    list_display = [
        "number", "goods", "amounts", "discount", "delivery", "receiver", "buyer", "state", "remarks", "paid",
        "changed", "terminal_words", "parcels", "steps",
    ]  # fmt: skip
    columns_fixed = ["number"]
    columns_spare = ["discount", "buyer", "remarks", "paid", "changed", "terminal_words", "parcels"]
    list_display_links = ["number"]
    list_filter = FILTERS
    search_fields = ["no"]
    search_help_text = "订单号、提货码、收货人姓名或手机"
    ordering = ["-pk"]
    sortable_by = ["number", "amounts"]
    list_before_template = "admin/orders/list_head.html"
    actions = batch.BATCH_ACTIONS
    has_accept_permission = batch.permitted("accept")
    has_ship_permission = batch.permitted("ship")
    has_remark_permission = batch.permitted("remark")
    has_trash_permission = batch.permitted("trash")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OrderList]:
        return OrderList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        orders = Order.objects.of_staff(staff_of(request)).select_related("member", "store").prefetch_related("lines")
        if "parcels" in self.arrangement(request)["columns"]:
            orders = orders.prefetch_related("shipments")
        return orders.order_by("-pk")

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Order], per_page: int, *args: Any, **kwargs: Any
    ) -> LongListPaginator:
        return LongListPaginator(queryset, per_page, *args, known=getattr(request, "orders_counted", None), **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        typed = search_term.strip()
        return (queryset.filter(anything(typed)) if typed else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", None)
        if found and "cl" in found:
            listed = found["cl"]
            found["tabs"] = [(tab, label, listed.tabs[tab].count) for tab, label in TAB_LABELS.items()]
            found |= {"tab": listed.tab, "totals": listed.totals, "stretches": stretches_of(listed, "created")}
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return detail.order_page(request, object_id)

    def get_urls(self) -> list[URLPattern]:
        gate = self.admin_site.admin_view
        return [
            path("export/", gate(exporting.order_export), name="orders_order_export"),
            path("ship/", gate(shipping.ship_many), name="orders_order_ship"),
            path("<int:pk>/do/reveal/", gate(detail.reveal), name="orders_order_reveal"),
            path("<int:pk>/do/<slug:name>/", gate(actions.order_action), name="orders_order_action"),
            *super().get_urls(),
        ]

    @admin.display(description="订单号", ordering="pk")
    def number(self, order: Order) -> SafeString:
        said = [text for text in (order.buyer_remark, order.merchant_remark) if text]
        flag = format_html('<span class="bo-flag" title="{}">⚑ 有备注</span>', " / ".join(said)) if said else ""
        head = format_html('<span class="bo-strong">{}</span>', order.no)
        return lines_of(head, format_html("{} {}", moment(order.created_at), flag))

    @admin.display(description="商品")
    def goods(self, order: Order) -> SafeString:
        lines = list(order.lines.all())
        shown = [(f"{line.name} {line.spec_text}".strip(), line.units) for line in lines[:LINES_SHOWN]]
        names = format_html_join("", '<span class="bo-item"><span>{}</span><b>× {}</b></span>', shown)
        rest = f"等 {len(lines)} 种商品" if len(lines) > LINES_SHOWN else ""
        return format_html(
            '<span class="bo-goods">{}{}</span>', thumb(lines[0].image) if lines else "", lines_of(names, rest)
        )

    @admin.display(description="应付（元）", ordering="payable_amount")
    def amounts(self, order: Order) -> SafeString:
        refunded = f"已退 {yuan(order.refunded_amount)}" if order.refunded_amount else ""
        return format_html('<span class="bo-money"><b>{}</b><small>{}</small><small class="bo-error">{}</small></span>',
                           yuan(order.payable_amount), detail.pay_words(order), refunded)  # fmt: skip

    @admin.display(description="优惠（元）")
    def discount(self, order: Order) -> SafeString:
        return amount(order.goods_amount + order.freight_amount - order.payable_amount)

    @admin.display(description="方式 / 门店")
    def delivery(self, order: Order) -> SafeString:
        kind = "" if order.order_type == "normal" else f"{order.get_order_type_display()} · "
        return lines_of(f"{kind}{order.get_delivery_method_display()}", order.store.name)

    @admin.display(description="收货人")
    def receiver(self, order: Order) -> SafeString:
        phone = order.receiver_phone_masked or order.member.phone_masked
        return lines_of(order.receiver_name_masked or order.member.nickname, phone)

    @admin.display(description="会员")
    def buyer(self, order: Order) -> SafeString:
        return lines_of(order.member.nickname or "未填昵称", order.member.no)

    @admin.display(description="状态")
    def state(self, order: Order) -> SafeString:
        refund = order.get_refund_status_display() if order.refund_status != RefundedPart.NONE else ""
        return lines_of(word(order.status, order.get_status_display()), refund)

    @admin.display(description="备注")
    def remarks(self, order: Order) -> SafeString:
        texts = [("买家", order.buyer_remark), ("商家", order.merchant_remark)]
        shown = [(who, text) for who, text in texts if text]
        return format_html_join(
            "", '<span class="bo-lines"><span class="bo-quiet">{}</span><span>{}</span></span>', shown
        )

    @admin.display(description="支付时间", ordering="paid_at")
    def paid(self, order: Order) -> str:
        return moment(order.paid_at)

    @admin.display(description="最近操作")
    def changed(self, order: Order) -> str:
        return moment(order.updated_at)

    @admin.display(description="来源")
    def terminal_words(self, order: Order) -> str:
        return TERMINALS.get(order.terminal, order.terminal)

    @admin.display(description="快递")
    def parcels(self, order: Order) -> SafeString:
        shown = [(one.company, one.tracking_no) for one in order.shipments.all()]
        return format_html_join(
            "", '<span class="bo-lines"><span>{}</span><span class="bo-code">{}</span></span>', shown
        )

    @admin.display(description="操作")
    def steps(self, order: Any) -> SafeString:
        links = [
            ("bo-do bo-do--main" if step.tone == "main" else "bo-do",
             reverse("admin:orders_order_action", args=[order.pk, name]), step.title)
            for name, step in order.steps_open if name in actions.ON_ROWS
        ]  # fmt: skip
        parts = format_html_join("", '<a class="{}" href="{}">{}</a>', links)
        return format_html('<span class="bo-dos">{}</span>', parts)
