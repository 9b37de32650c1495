"""What is running out, and every movement of stock."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Sku, StockMove, StockMoveKind
from shop.backoffice.base import ReadOnlyAdmin
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

    list_display = ["goods", "left", "stock_floor"]
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
        return format_html('<span class="bo-money bo-error">{}</span>', sku.stock)


@admin.register(StockMove)
class StockMoveAdmin(ReadOnlyAdmin):
    list_display = ["when", "goods", "change", "kind", "source", "who"]
    list_display_links = None
    list_select_related = ["sku__product", "actor"]
    list_filter = [
        chosen_filter("kind", "原因", StockMoveKind.choices),
        typed_filter("code", "商品编码或 SKU 编码", lambda typed: Q(sku__code=typed) | Q(sku__product__code=typed)),
        days_filter("at", "日期", "at"),
    ]
    ordering = ["-pk"]

    @admin.display(description="时间", ordering="pk")
    def when(self, move: StockMove) -> str:
        return moment(move.at)

    @admin.display(description="商品")
    def goods(self, move: StockMove) -> SafeString:
        return goods_link(move.sku)

    @admin.display(description="变化")
    def change(self, move: StockMove) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', f"{move.delta:+d}")

    @admin.display(description="操作人")
    def who(self, move: StockMove) -> str:
        return str(move.actor or "系统")
