"""The category tree."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog import services as catalog
from catalog.models import Category
from shop.backoffice.base import StaffAdmin, now, staff_of
from shop.backoffice.words import word
from shop.lib.uploads import thumbnail_url


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A category; its name stands once below the same parent."""

    class Meta:
        model = Category
        fields = ["parent", "name", "image", "sort_order", "is_visible"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        siblings = Category.objects.filter(parent=cleaned.get("parent"), name=cleaned.get("name"))
        if siblings.exclude(pk=self.instance.pk).exists():
            raise ValidationError({"name": "同一级里已经有这个分类了"})
        return cleaned

    def validate_constraints(self) -> None:
        """Leave it to `clean`, whose sentence a person understands."""


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    form = CategoryForm
    list_display = ["path", "picture", "product_count", "sort_order", "state"]
    list_display_links = ["path"]
    list_select_related = ["parent__parent"]
    search_fields = ["name"]
    ordering = ["parent__parent__sort_order", "parent__sort_order", "sort_order", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(goods=Count("products"))

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        catalog.save_category(category=obj, by=staff_of(request), now=now())

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The service has logged it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The service has logged it."""

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        super().delete_model(request, obj)
        catalog.bump_catalogue()

    @admin.display(description="分类")
    def path(self, category: Category) -> str:
        names = [category.name]
        node = category.parent
        while node:
            names.insert(0, node.name)
            node = node.parent
        return " › ".join(names)

    @admin.display(description="图片")
    def picture(self, category: Category) -> SafeString | str:
        url = thumbnail_url(str(category.image.name or ""), "small")
        return format_html('<img class="bo-thumb" src="{}" alt="" loading="lazy">', url) if url else ""

    @admin.display(description="商品数")
    def product_count(self, category: Any) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', category.goods)

    @admin.display(description="状态")
    def state(self, category: Category) -> SafeString:
        return word("", "显示", "done") if category.is_visible else word("", "不显示", "quiet")
