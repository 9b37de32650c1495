"""Batch changes of products, each one service call for all of them, all or nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog import services as catalog
from catalog.models import Category, Product
from catalog.services.stock import StockTooLow
from shop.backoffice.base import BackofficeForm, now, staff_of

MOST_PRODUCTS = 500
Facts = dict[str, Any]
BatchAction = Callable[[Any, HttpRequest, QuerySet[Product]], HttpResponse | None]


class NothingForm(BackofficeForm):
    """The button is the answer."""


class CategoriesForm(BackofficeForm):
    """Into which categories, or out of which."""

    how = forms.ChoiceField(
        label="方式", choices=[("add", "加入这些分类"), ("remove", "移出这些分类"), ("set", "改为只在这些分类")]
    )
    categories = forms.ModelMultipleChoiceField(
        Category.objects.order_by("sort_order", "pk"), label="分类", widget=forms.CheckboxSelectMultiple
    )


class PricesForm(BackofficeForm):
    """Up or down, by per cent or by yuan."""

    how = forms.ChoiceField(
        label="怎么改", initial="percent_down", widget=forms.RadioSelect,
        choices=[
            ("percent_down", "降价 %"), ("percent_up", "涨价 %"), ("yuan_down", "降价 元"), ("yuan_up", "涨价 元"),
        ],
    )  # fmt: skip
    number = forms.DecimalField(
        label="多少", min_value=Decimal("0.01"), max_value=Decimal(100_000), decimal_places=2,
        help_text="例如 降价 % 填 5 就是打 95 折；涨价 元 填 1.5 就是每个规格贵 1.50 元。四舍五入到分。",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip

    @property
    def change(self) -> catalog.PriceChange:
        """What was asked for, of a valid form."""
        unit, _, direction = self.cleaned_data["how"].partition("_")
        number: Decimal = self.cleaned_data["number"] * (1 if direction == "up" else -1)
        if unit == "percent":
            return catalog.PriceChange(percent=100 + number)
        return catalog.PriceChange(fen=int(number * 100))


class StockForm(BackofficeForm):
    """The stock of every SKU: a new number, or so many more or less."""

    how = forms.ChoiceField(label="方式", choices=[("delta", "每个规格增减"), ("wanted", "每个规格改为")])
    units = forms.IntegerField(label="数量", min_value=-99_999_999, max_value=99_999_999)
    source = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=lambda: f"batch-{uuid4().hex}")


class FloorForm(BackofficeForm):
    """Below which stock the staff is told."""

    floor = forms.IntegerField(label="库存下限", min_value=0, max_value=99_999_999, help_text="0 表示不提醒。")


def set_categories(ids: list[int], facts: Facts, by: Any, at: Any) -> int:
    chosen = [category.pk for category in facts["categories"]]
    return catalog.change_categories(product_ids=ids, category_ids=chosen, how=facts["how"], by=by, now=at)


def set_stock(ids: list[int], facts: Facts, by: Any, at: Any) -> int:
    how = {facts["how"]: facts["units"]}
    return catalog.change_stock(product_ids=ids, **how, source=facts["source"], by=by, now=at)


def set_floor(ids: list[int], facts: Facts, by: Any, at: Any) -> int:
    return catalog.change_floor(product_ids=ids, floor=facts["floor"], by=by, now=at)


def plainly(service: Callable[..., int]) -> Callable[[list[int], Facts, Any, Any], int]:
    """Make a step of a service that needs nothing but the products."""
    return lambda ids, facts, by, at: service(product_ids=ids, by=by, now=at)


def batch_of(
    name: str,
    title: str,
    run: Callable[[list[int], Facts, Any, Any], int],
    hint: str = "",
    form_class: type[BackofficeForm] = NothingForm,
) -> BatchAction:
    """Make a batch action: a page that asks, then one service call."""

    def action(model_admin: Any, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        products = chosen(request, queryset)
        form = form_class(request.POST if "confirmed" in request.POST else None)
        if products and form.is_valid():
            try:
                count = run([product.pk for product in products], form.cleaned_data, staff_of(request), now())
            except (catalog.BatchRefused, StockTooLow) as refusal:
                form.add_error(None, words_of(refusal))
            else:
                messages.success(request, f"{title}：{count} 项已修改")
                return None
        facts = {"title": title, "form": form, "hint": hint, "action": f"batch_{name}", "button": title}
        return page_of(request, "admin/goods/batch.html", products, facts) if products else None

    action.__name__ = f"batch_{name}"
    action.short_description = title  # type: ignore[attr-defined]
    action.allowed_permissions = ["change"]  # type: ignore[attr-defined]
    return action


def change_prices(model_admin: Any, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
    """Ask by how much, show every old and new price, then change them."""
    products = chosen(request, queryset)
    if not products:
        return None
    ids = [product.pk for product in products]
    form = PricesForm(request.POST if "how" in request.POST else None)
    facts: Facts = {"title": "批量改价", "form": form, "action": "batch_prices", "button": "看看改成多少"}
    if form.is_valid():
        prices = catalog.new_prices(product_ids=ids, change=form.change)
        refused = [price for price in prices if price.refusal]
        facts |= {"prices": prices, "refused": refused}
        if "apply" in request.POST and not refused:
            try:
                count = catalog.change_prices(product_ids=ids, change=form.change, by=staff_of(request), now=now())
            except catalog.BatchRefused as refusal:  # somebody changed a price in the meantime
                form.add_error(None, words_of(refusal))
            else:
                messages.success(request, f"批量改价：{count} 个规格的价格已修改")
                return None
    return page_of(request, "admin/goods/prices.html", products, facts)


change_prices.__name__ = "batch_prices"
change_prices.short_description = "批量改价"  # type: ignore[attr-defined]
change_prices.allowed_permissions = ["change"]  # type: ignore[attr-defined]


def chosen(request: HttpRequest, queryset: QuerySet[Product]) -> list[Product]:
    """Return the chosen goods, or none, with a message, when there are too many for one go."""
    products = list(queryset.order_by("pk")[: MOST_PRODUCTS + 1])
    if len(products) <= MOST_PRODUCTS:
        return products
    messages.error(request, f"一次最多处理 {MOST_PRODUCTS} 个商品，请分批选择")
    return []


def page_of(request: HttpRequest, template: str, products: list[Product], facts: Facts) -> HttpResponse:
    """Show a page that asks something about the chosen goods."""
    shared = {"products": products, "checkbox": ACTION_CHECKBOX_NAME, "back": request.get_full_path()}
    return TemplateResponse(request, template, {**admin.site.each_context(request), **shared, **facts})


def words_of(refusal: Exception) -> str:
    """Say why a batch was not done; nothing was changed."""
    if isinstance(refusal, catalog.BatchRefused):
        sentences = [one.sentence for one in refusal.refusals[:10]]
        return "没有修改任何商品。" + "；".join(sentences)
    return f"没有修改任何商品。{getattr(refusal, 'message', refusal)}"


BATCH_ACTIONS: list[BatchAction] = [
    batch_of("shelf", "批量上架", plainly(catalog.put_on_shelf), "上架后顾客立刻可以购买。"),
    batch_of("unshelf", "批量下架", plainly(catalog.take_off_shelf), "下架后顾客看不到；已下的订单不受影响。"),
    batch_of("categories", "批量改分类", set_categories, "", CategoriesForm),
    change_prices,
    batch_of("stock", "批量改库存", set_stock, "每次修改都记入库存流水。", StockForm),
    batch_of("floor", "批量改库存下限", set_floor, "", FloorForm),
    batch_of("trash", "移入回收站", plainly(catalog.trash), "同时下架，可以在回收站恢复。"),
    batch_of("restore", "从回收站恢复", plainly(catalog.restore), "恢复后是下架状态。"),
]
