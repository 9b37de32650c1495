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
from shop.lib.money import YuanFormField

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
    """By how much prices change: per cent first, then yuan."""

    percent = forms.DecimalField(
        label="按百分比", initial=100, min_value=Decimal(1), max_value=Decimal(1000), decimal_places=2,
        help_text="95 表示打 95 折，110 表示涨一成，100 表示不变。四舍五入到分。",
    )  # fmt: skip
    fen = YuanFormField(
        label="再加减（元）", required=False, initial=0, min_fen=-(10**9), help_text="例如 -1.50；不变填 0。"
    )


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


def set_prices(ids: list[int], facts: Facts, by: Any, at: Any) -> int:
    change = catalog.PriceChange(percent=facts["percent"], fen=facts["fen"] or 0)
    return catalog.change_prices(product_ids=ids, change=change, by=by, now=at)


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
        products = list(queryset.order_by("pk")[: MOST_PRODUCTS + 1])
        if len(products) > MOST_PRODUCTS:
            messages.error(request, f"一次最多处理 {MOST_PRODUCTS} 个商品，请分批选择")
            return None
        form = form_class(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            try:
                count = run([product.pk for product in products], form.cleaned_data, staff_of(request), now())
            except (catalog.BatchRefused, StockTooLow) as refusal:
                form.add_error(None, words_of(refusal))
            else:
                messages.success(request, f"{title}：{count} 项已修改")
                return None
        context = {
            "title": title,
            "products": products,
            "form": form,
            "hint": hint,
            "action": f"batch_{name}",
            "checkbox": ACTION_CHECKBOX_NAME,
            "button": title,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/goods/batch.html", {**admin.site.each_context(request), **context})

    action.__name__ = f"batch_{name}"
    action.short_description = title  # type: ignore[attr-defined]
    action.allowed_permissions = ["change"]  # type: ignore[attr-defined]
    return action


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
    batch_of("prices", "批量改价", set_prices, "所选商品每个规格的本站价都会改变，已下的订单不变。", PricesForm),
    batch_of("stock", "批量改库存", set_stock, "每次修改都记入库存流水。", StockForm),
    batch_of("floor", "批量改库存下限", set_floor, "", FloorForm),
    batch_of("trash", "移入回收站", plainly(catalog.trash), "同时下架，可以在回收站恢复。"),
    batch_of("restore", "从回收站恢复", plainly(catalog.restore), "恢复后是下架状态。"),
]
