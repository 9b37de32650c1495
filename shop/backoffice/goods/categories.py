"""The category tree on one screen: in order, moved, shown and hidden where it stands."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from catalog import services as catalog
from catalog.models import MAX_CATEGORY_DEPTH, Category, Product
from shop.backoffice.base import BackofficeForm, StaffAdmin, now, staff_of
from shop.backoffice.goods.editing import branch, children_of_each
from shop.lib.uploads import thumbnail_url

TOP = "（顶级分类）"
AFTER_THE_LAST = 10


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A category; its name stands once below the same parent."""

    class Meta:
        model = Category
        fields = ["parent", "name", "image", "sort_order", "is_visible"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tree = branch(children_of_each(), None, 0)
        places = [(node.pk, "　" * depth + node.name) for node, depth in tree if depth < MAX_CATEGORY_DEPTH - 1]
        self.fields["parent"].choices = [("", TOP), *places]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        siblings = Category.objects.filter(parent=cleaned.get("parent"), name=cleaned.get("name"))
        if siblings.exclude(pk=self.instance.pk).exists():
            raise ValidationError({"name": "同一级里已经有这个分类了"})
        return cleaned

    def validate_constraints(self) -> None:
        """Leave it to `clean`, whose sentence a person understands."""


@dataclass(frozen=True)
class Node:
    """A category as the screen draws it; `goods` are those in it and below it."""

    category: Category
    picture: str
    depth: int
    goods: int
    children: list["Node"]
    is_first: bool
    is_last: bool

    @property
    def may_have_children(self) -> bool:
        return self.depth < MAX_CATEGORY_DEPTH - 1


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    form = CategoryForm

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the tree; a POST moves a category one place, or shows or hides it, and leads back."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.change_tree(request)
        context = {
            "title": "分类",
            "nodes": tree(),
            "may_add": self.has_add_permission(request),
            "may_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/goods/tree.html", {**self.admin_site.each_context(request), **context})

    def change_tree(self, request: HttpRequest) -> HttpResponse:
        """Do what a button of the tree asks for."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        act, _, pk = request.POST.get("act", "").partition(":")
        category = get_object_or_404(Category, pk=pk if pk.isdecimal() and len(pk) < 18 else 0)
        facts = {"category": category, "by": staff_of(request), "now": now()}
        if act in {"up", "down"}:
            catalog.move_category(steps=-1 if act == "up" else 1, **facts)
        if act in {"show", "hide"}:
            catalog.show_category(is_visible=act == "show", **facts)
        return redirect("admin:catalog_category_changelist")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new category last below the parent that the address names."""
        pk = request.GET.get("parent", "")
        parent = int(pk) if pk.isdecimal() and len(pk) < 18 else None
        last = Category.objects.filter(parent=parent).order_by("-sort_order").first()
        return {"parent": parent, "sort_order": last.sort_order + AFTER_THE_LAST if last else AFTER_THE_LAST}

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        catalog.save_category(category=obj, by=staff_of(request), now=now())

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The service has logged it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The service has logged it."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Say what deleting does and does not do, then do it."""
        category = get_object_or_404(Category, pk=object_id if object_id.isdecimal() and len(object_id) < 18 else 0)
        if not self.has_delete_permission(request, category):
            raise PermissionDenied
        if request.method == "POST" or category.children.exists():
            try:
                catalog.delete_category(category=category, by=staff_of(request), now=now())
            except catalog.CategoryInUse as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, f"已删除分类 {category.name}")
            return redirect("admin:catalog_category_changelist")
        context = {
            "title": f"删除分类 {category.name}",
            "form": BackofficeForm(),
            "hint": delete_words(category),
            "button": "删除这个分类",
            "button_tone": "danger",
            "back": "../change/",
        }
        return TemplateResponse(request, "admin/confirm.html", {**self.admin_site.each_context(request), **context})


def delete_words(category: Category) -> str:
    """Say what becomes of the goods in a category that is deleted."""
    count = category.products.count()
    goods = f"里面的 {count} 个商品不会删除，只是不再属于这个分类。" if count else "里面没有商品。"
    return f"确定删除分类“{category.name}”吗？{goods}删除后不能恢复；只是暂时不想让顾客看到的话，可以改为不显示。"


def tree() -> list[Node]:
    """Return the whole tree in two queries: categories, and which goods outside the recycle bin are in them."""
    links = Product.categories.through.objects.filter(product__in=Product.objects.kept())
    goods: dict[int, set[int]] = {}
    for category_id, product_id in links.values_list("category_id", "product_id"):
        goods.setdefault(category_id, set()).add(product_id)
    return nodes_below(None, children_of_each(), goods, 0)


def nodes_below(
    parent: int | None, children: dict[int | None, list[Category]], goods: dict[int, set[int]], depth: int
) -> list[Node]:
    """Return the nodes below `parent`; the goods of each flow into those of its parent in `goods`."""
    sisters = children.get(parent, [])
    found = []
    for at, category in enumerate(sisters):
        below = nodes_below(category.pk, children, goods, depth + 1)
        inside = goods.get(category.pk, set()).union(*(goods.get(node.category.pk, set()) for node in below))
        goods[category.pk] = inside
        picture = thumbnail_url(str(category.image.name or ""), "small")
        found.append(Node(category, picture, depth, len(inside), below, at == 0, at == len(sisters) - 1))
    return found
