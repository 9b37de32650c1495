"""What is running out, and every movement of stock."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Sku, StockMove, StockMoveKind
from orders.models import OrderLine, RefundLine
from shop.backoffice.base import OneCountChangeList, ReadOnlyAdmin
from shop.backoffice.filters import chosen_filter, days_filter, typed_filter
from shop.backoffice.words import moment


def goods_link(sku: Sku) -> SafeString:
    url = reverse("admin:catalog_product_change", args=[sku.product_id])
    return format_html(
        '<span class="bo-lines"><a class="bo-link" href="{}">{}</a><span class="bo-quiet">{} {}</span></span>',
        url, sku.product.name, sku.spec_text, sku.code or sku.product.code,
    )  # fmt: skip


@admin.register(Sku)
class LowStockAdmin(ReadOnlyAdmin):
    """SKUs on sale whose stock has fallen below their floor; the stock is changed on the product's page."""

    list_display = ["goods", "left", "floor", "missing"]
    list_display_links = None
    list_select_related = ["product"]
    ordering = ["stock", "pk"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "库存预警", **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        return Sku.objects.below_floor()

    @admin.display(description="商品")
    def goods(self, sku: Sku) -> SafeString:
        return goods_link(sku)

    @admin.display(description="库存", ordering="stock")
    def left(self, sku: Sku) -> SafeString:
        tone = "bo-error" if sku.stock == 0 else ""
        return format_html('<span class="bo-money {}">{}{}</span>', tone, sku.stock, "" if sku.stock else "（售罄）")

    @admin.display(description="库存下限", ordering="stock_floor")
    def floor(self, sku: Sku) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', sku.stock_floor)

    @admin.display(description="至少补货")
    def missing(self, sku: Sku) -> SafeString:
        return format_html('<span class="bo-money bo-strong">{}</span>', sku.stock_floor - sku.stock)


class MovesWithCauses(OneCountChangeList):
    """A list of movements that knows, with two queries a page, which orders they are of."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        numbers = {name: numbers_of(self.result_list, name) for name in ("order-line", "refund-line")}
        orders = {"order-line": orders_of(OrderLine, "order", numbers["order-line"])}
        orders["refund-line"] = orders_of(RefundLine, "refund__order", numbers["refund-line"])
        for move in self.result_list:
            name, _, number = move.source.partition(":")
            move.order = orders.get(name, {}).get(number)


def numbers_of(moves: Iterable[StockMove], name: str) -> list[int]:
    """Return the numbers of the rows called `name` that movements come from."""
    parts = [move.source.partition(":") for move in moves]
    return [int(number) for found, _, number in parts if found == name and number.isdecimal()]


def orders_of(model: type[Model], path: str, numbers: list[int]) -> dict[str, tuple[int, str]]:
    """Return {number of a row: pk and number of its order}."""
    rows = model._default_manager.filter(pk__in=numbers).values_list("pk", f"{path}__pk", f"{path}__no")
    return {str(pk): (order_pk, no) for pk, order_pk, no in rows}


def cause_words(move: StockMove) -> str:
    """Say where a movement without an order comes from."""
    if move.kind == StockMoveKind.EDIT and move.source.startswith("batch-"):
        return "批量改库存"
    return {
        StockMoveKind.INITIAL: "新增规格时填写",
        StockMoveKind.EDIT: "商品页修改",
        StockMoveKind.IMPORT: "文件导入",
        StockMoveKind.DAILY: "每天零点恢复",
    }.get(StockMoveKind(move.kind), "")


@admin.register(StockMove)
class StockMoveAdmin(ReadOnlyAdmin):
    list_display = ["when", "goods", "change", "reason", "cause", "who"]
    list_display_links = None
    list_select_related = ["sku__product", "actor"]
    list_filter = [
        chosen_filter("kind", "原因", StockMoveKind.choices),
        typed_filter("code", "商品编码或 SKU 编码", lambda typed: Q(sku__code=typed) | Q(sku__product__code=typed)),
        days_filter("at", "日期", "at"),
    ]
    ordering = ["-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OneCountChangeList]:
        return MovesWithCauses

    @admin.display(description="时间", ordering="pk")
    def when(self, move: StockMove) -> str:
        return moment(move.at)

    @admin.display(description="商品")
    def goods(self, move: StockMove) -> SafeString:
        return goods_link(move.sku)

    @admin.display(description="变化")
    def change(self, move: StockMove) -> SafeString:
        tone = "bo-up" if move.delta > 0 else "bo-down"
        return format_html('<span class="bo-money {}">{}</span>', tone, f"{move.delta:+d}")

    @admin.display(description="原因")
    def reason(self, move: StockMove) -> str:
        return move.get_kind_display()

    @admin.display(description="来源")
    def cause(self, move: Any) -> SafeString | str:
        if not move.order:
            return cause_words(move)
        pk, no = move.order
        url = reverse("admin:orders_order_change", args=[pk])
        return format_html('<a class="bo-link" href="{}">订单 {}</a>', url, no)

    @admin.display(description="操作人")
    def who(self, move: StockMove) -> str:
        return str(move.actor or "系统")
