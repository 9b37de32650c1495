"""The page of one product: read its forms, make a draft of them, let `catalog` save it.

Every button of the page sends the whole form. All but the one that saves only change the page: they make the rows of
the specs, fill them, order the pictures. What was typed always comes back.
"""

from typing import Any

from django import forms as django_forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from catalog import services as catalog
from catalog.models import Category, Product, ProductStatus
from shop.backoffice.base import now, settle_wording, staff_of
from shop.backoffice.goods.sheet import PLAIN_FIELDS, Sheet

SKU_NUMBERS = ["market_price", "cost_price", "stock_floor", "weight"]


def product_edit(request: HttpRequest, object_id: str = "") -> HttpResponse:
    """Show the forms of a product, or save what was typed; what cannot be saved comes back as it was."""
    product = product_named(object_id) if object_id else None
    if not staff_of(request).has_perm("catalog.change_product" if product else "catalog.add_product"):
        raise PermissionDenied
    sheet = Sheet(request, product)
    if sheet.is_sent and sheet.are_valid() and save(request, sheet, product):
        return redirect("admin:catalog_product_changelist")
    context = {
        "title": product.name if product else "添加商品",
        "product": product,
        "sheet": sheet,
        "groups": category_groups(),
        "trashed": bool(product and product.status == ProductStatus.TRASHED),
    }
    return TemplateResponse(request, "admin/goods/edit.html", {**admin.site.each_context(request), **context})


def product_named(object_id: str) -> Product:
    """Return the product of an address. Raises Http404."""
    if not object_id.isdecimal() or len(object_id) > 18:
        raise Http404
    return get_object_or_404(Product, pk=object_id)


def save(request: HttpRequest, sheet: Sheet, product: Product | None) -> bool:
    """Save the product; on refusal put each sentence at its field and return False."""
    draft = draft_from(sheet, product)
    facts = {"by": staff_of(request), "now": now(), "source": sheet.fact.cleaned_data["submission"]}
    try:
        saved = (catalog.save_product if product else catalog.add_product)(draft=draft, **facts)
    except catalog.DraftRefused as refusal:
        for problem in refusal.problems:
            place(sheet, problem)
        return False
    except catalog.StockTooLow as refusal:
        sheet.fact.add_error(None, str(refusal))
        return False
    settle_wording(request, sheet.fact, saved)
    messages.success(request, f"已保存商品 {saved.name}（{saved.get_status_display()}）")
    return True


def draft_from(sheet: Sheet, product: Product | None) -> catalog.ProductDraft:
    """Turn a valid sheet into a draft."""
    facts = sheet.fact.cleaned_data
    images = {sku.pk: str(sku.image.name or "") for sku in product.skus.all()} if product else {}
    return catalog.ProductDraft(
        **{name: facts[name] for name in PLAIN_FIELDS},
        category_ids=tuple(facts["categories"]),
        spec_names=tuple(axis.name for axis in sheet.axes),
        attributes=facts["attributes"],
        images=tuple(sheet.pictures),
        skus=tuple(sku_draft(row.cleaned_data, images) for row in sheet.skus.rows()),
        id=product.pk if product else None,
    )


def sku_draft(facts: dict[str, Any], images: dict[int, str]) -> catalog.SkuDraft:
    """Turn one row into a draft; a row whose id is not of this product makes a new SKU."""
    known = facts["id"] if facts["id"] in images else None
    return catalog.SkuDraft(
        id=known,
        specs=facts["specs"],
        price=facts["price"],
        stock=facts["stock"],
        shown_stock=facts["shown_stock"] if known else None,
        daily_stock=facts["daily_stock"],
        code=facts["code"],
        barcode=facts["barcode"],
        image=images.get(facts["id"] or 0, ""),
        **{name: facts[name] or 0 for name in SKU_NUMBERS},
    )


def place(sheet: Sheet, problem: catalog.Problem) -> None:
    """Put a sentence at its field, or at the head of the page when no field has that name."""
    if problem.sku is not None:
        form: django_forms.Form = sheet.skus.rows()[problem.sku]
    else:
        form = sheet.fact
    is_shown = problem.field in form.fields and not form.fields[problem.field].widget.is_hidden
    form.add_error(problem.field if is_shown else None, problem.sentence)


def category_choices() -> list[tuple[Any, str]]:
    """Return every category, each below its parent and pushed in by its depth."""
    return [(node.pk, "　" * depth + node.name) for node, depth in branch(children_of_each(), None, 0)]


def category_groups() -> list[list[tuple[Category, int]]]:
    """Return the top categories, each with all below it as `(category, depth)`."""
    children = children_of_each()
    return [[(top, 0), *branch(children, top.pk, 1)] for top in children.get(None, [])]


def children_of_each() -> dict[int | None, list[Category]]:
    """Return {parent's pk: its categories in order}."""
    children: dict[int | None, list[Category]] = {}
    for category in Category.objects.order_by("sort_order", "pk"):
        children.setdefault(category.parent_id, []).append(category)
    return children


def branch(children: dict[int | None, list[Category]], parent: int | None, depth: int) -> list[tuple[Category, int]]:
    """Return everything below `parent` with its depth, each category before those below it."""
    found = []
    for category in children.get(parent, []):
        found += [(category, depth), *branch(children, category.pk, depth + 1)]
    return found
