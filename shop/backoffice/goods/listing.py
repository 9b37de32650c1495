"""The list of products."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Category, Product, ProductStatus, Sku
from catalog.selectors import picture_url
from shop.backoffice.base import StaffAdmin
from shop.backoffice.filters import ChosenFilter, FormFilter, days_filter, numbers_filter
from shop.backoffice.goods import batch, editing, exchange, inline, preview
from shop.backoffice.words import amount, lines_of, moment
from shop.lib.money import yuan

TABS: dict[str, tuple[str, Q]] = {
    "": ("全部", ~Q(status=ProductStatus.TRASHED)),
    "on_sale": ("出售中", Q(status=ProductStatus.ON_SALE)),
    "off_shelf": ("已下架", Q(status=ProductStatus.OFF_SHELF)),
    "low": ("库存预警", Q(status=ProductStatus.ON_SALE)),
    "trashed": ("回收站", Q(status=ProductStatus.TRASHED)),
}

PAGES = [
    *exchange.PAGES,
    ("inline/", inline.goods_inline, "catalog_product_inline"),
    ("preview/", preview.goods_preview, "catalog_product_preview"),
]


def tab_counts() -> list[tuple[str, str, int]]:
    """Return `(value, label, count)` of every tab, with one query for all but the low ones."""
    plain = {value: condition for value, (_, condition) in TABS.items() if value != "low"}
    row = Product.objects.aggregate(**{f"tab_{value}": Count("pk", filter=q) for value, q in plain.items()})
    low = Sku.objects.below_floor().values("product").distinct().count()
    return [(value, label, low if value == "low" else row[f"tab_{value}"]) for value, (label, _) in TABS.items()]


class TabFilter(FormFilter):
    """The tab above the list."""

    title = "标签"
    parameter_name = "tab"
    template = "admin/filters/hidden.html"

    def form_fields(self) -> dict[str, forms.Field]:
        return {"tab": forms.CharField()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        tab = self.typed("tab")
        if tab == "low":
            queryset = queryset.filter(pk__in=Sku.objects.below_floor().values("product"))
        return queryset.filter(TABS.get(tab, TABS[""])[1])


class CategoryFilter(ChosenFilter):
    """A category with everything below it."""

    title = "分类（含下级）"
    parameter_name = "category"

    def options(self) -> list[tuple[Any, str]]:
        if not hasattr(self, "nodes"):
            self.nodes = editing.category_choices()
        return self.nodes

    def condition(self, typed: str) -> Q:
        below = Category.objects.filter(Q(pk=typed) | Q(parent=typed) | Q(parent__parent=typed))
        return Q(pk__in=Product.categories.through.objects.filter(category__in=below).values("product"))


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    """Products. Adding and changing happens on pages of their own, see `editing`."""

    list_display = ["picture", "title", "prices", "stock", "sales", "sort_number", "state", "changed"]
    list_display_links = ["title"]
    list_filter = [
        TabFilter,
        CategoryFilter,
        numbers_filter("price", "价格（元）", ("price_max", "price_min"), in_yuan=True),
        numbers_filter("stock", "库存", ("stock_left", "stock_left")),
        numbers_filter("sold", "销量", ("sold", "sold")),
        days_filter("created", "创建日期", "created_at"),
    ]
    search_fields = ["code"]
    search_help_text = "名称、编码、拼音或首字母"
    ordering = ["sort_order", "-pk"]
    list_before_template = "admin/goods/list_head.html"
    actions = batch.BATCH_ACTIONS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        skus = Sku.objects.active().filter(product=OuterRef("pk")).order_by().values("product")
        left = Subquery(skus.annotate(units=Sum("stock")).values("units"))
        return Product.objects.annotate(stock_left=Coalesce(left, 0)).prefetch_related("images")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        for part in search_term.lower().split():
            queryset = queryset.filter(Q(search_text__contains=part) | Q(code__icontains=part))
        return queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"tabs": tab_counts(), "tab": request.GET.get("tab", ""), **(extra_context or {})}
        return super().changelist_view(request, context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return editing.product_edit(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return editing.product_edit(request, object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Goods go into the recycle bin; orders point at them for ever."""
        return False

    def get_urls(self) -> list[URLPattern]:
        gate = self.admin_site.admin_view
        return [path(route, gate(view), name=name) for route, view, name in PAGES] + super().get_urls()

    @admin.display(description="图")
    def picture(self, product: Product) -> SafeString:
        images = sorted(product.images.all(), key=lambda image: (image.sort_order, image.pk))
        url = picture_url(str(images[0].image.name) if images else "", "small")
        return format_html('<img class="bo-thumb" src="{}" alt="" loading="lazy">', url)

    @admin.display(description="名称 / 编码", ordering="name")
    def title(self, product: Product) -> SafeString:
        return lines_of(format_html('<span class="bo-strong">{}</span>', product.name), product.code)

    @admin.display(description="价格（元）", ordering="price_min")
    def prices(self, product: Product) -> SafeString:
        if product.price_min == product.price_max:
            return amount(product.price_min)
        return format_html('<span class="bo-money">{}–{}</span>', yuan(product.price_min), yuan(product.price_max))

    @admin.display(description="库存", ordering="stock_left")
    def stock(self, product: Any) -> SafeString:
        tone = "bo-error" if product.stock_left == 0 else ""
        return format_html('<span class="bo-money {}">{}</span>', tone, product.stock_left)

    @admin.display(description="实销 / 虚销", ordering="sold")
    def sales(self, product: Product) -> SafeString:
        return format_html('<span class="bo-money">{} / {}</span>', product.sold, product.virtual_sold)

    @admin.display(description="排序号", ordering="sort_order")
    def sort_number(self, product: Product) -> SafeString:
        return inline.sort_field(product)

    @admin.display(description="状态", ordering="status")
    def state(self, product: Product) -> SafeString:
        timed = f"{moment(product.on_sale_at)} 上架" if product.on_sale_at else ""
        return lines_of(inline.switch(product), timed)

    @admin.display(description="更新时间", ordering="updated_at")
    def changed(self, product: Product) -> str:
        return moment(product.updated_at)
