"""The page of one product: read its forms, make a draft of them, let `catalog` save it."""

from typing import Any
from uuid import uuid4

from django import forms as django_forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from catalog import services as catalog
from catalog.models import Category, Product, ProductStatus, Sku
from shop.backoffice.base import now, staff_of
from shop.backoffice.goods.forms import BLANK_ROWS, PictureFormSet, ProductForm, SkuFormSet, UploadForm
from shop.lib.uploads import store_image

PLAIN_FIELDS = [
    "name", "code", "status", "on_sale_at", "brand", "selling_point", "keywords", "unit", "sort_order",
    "virtual_sold", "min_units", "limit_kind", "limit_units", "detail_html",
]  # fmt: skip
SKU_NUMBERS = ["market_price", "cost_price", "stock_floor", "weight"]


class Forms:
    """All forms of the page, bound or fresh."""

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        post = request.POST if request.method == "POST" else None
        rows = with_more_rows(request.POST) if post and "more" in post else post
        self.fact = ProductForm(post, categories=category_choices(), initial=facts_of(product))
        self.skus: Any = SkuFormSet(rows, prefix="skus", initial=skus_of(product))
        self.pictures: Any = PictureFormSet(post, prefix="pictures", initial=pictures_of(product))
        self.upload = UploadForm(post, request.FILES if post else None)

    def are_valid(self) -> bool:
        """Judge all of them, so that every mistake shows at once."""
        return all([part.is_valid() for part in (self.fact, self.skus, self.pictures, self.upload)])  # noqa: C419


def with_more_rows(post: QueryDict) -> QueryDict:
    """Return what was posted with a few blank SKU rows more."""
    more = post.copy()
    total = post.get("skus-TOTAL_FORMS", "")
    more["skus-TOTAL_FORMS"] = str(int(total) + BLANK_ROWS) if total.isdecimal() else total
    return more


def product_edit(request: HttpRequest, object_id: str = "") -> HttpResponse:
    """Show the forms of a product, or save what was typed; what cannot be saved comes back as it was."""
    staff, product = staff_of(request), None
    if object_id:
        if not object_id.isdecimal():
            raise Http404
        product = get_object_or_404(Product, pk=object_id)
    if not staff.has_perm("catalog.change_product" if product else "catalog.add_product"):
        raise PermissionDenied
    forms = Forms(request, product)
    if request.method == "POST" and "more" not in request.POST and forms.are_valid() and save(request, forms, product):
        return redirect("admin:catalog_product_changelist")
    context = {
        "title": f"修改商品 · {product.code}" if product else "添加商品",
        "product": product,
        "forms": forms,
        "trashed": bool(product and product.status == ProductStatus.TRASHED),
    }
    return TemplateResponse(request, "admin/goods/edit.html", {**admin.site.each_context(request), **context})


def save(request: HttpRequest, forms: Forms, product: Product | None) -> bool:
    """Save the product; on refusal put each sentence at its field and return False."""
    draft = draft_from(forms, product)
    try:
        saved = catalog.save_product(
            draft=draft, by=staff_of(request), now=now(), source=forms.fact.cleaned_data["submission"]
        )
    except catalog.DraftRefused as refusal:
        for problem in refusal.problems:
            place(forms, problem)
        return False
    except catalog.StockTooLow as refusal:
        forms.fact.add_error(None, str(refusal))
        return False
    messages.success(request, f"已保存商品 {saved.name}")
    return True


def draft_from(forms: Forms, product: Product | None) -> catalog.ProductDraft:
    """Turn valid forms into a draft; new pictures are stored here, outside any transaction."""
    facts = forms.fact.cleaned_data
    rows = sorted(forms.pictures.rows(), key=lambda row: (row.cleaned_data.get("sort_order") or 0, row.prefix))
    kept = [row.cleaned_data["name"] for row in rows]
    new = [store_image(file) for file in forms.upload.cleaned_data["pictures"]]
    images = {sku.pk: str(sku.image.name or "") for sku in product.skus.all()} if product else {}
    return catalog.ProductDraft(
        **{name: facts[name] for name in PLAIN_FIELDS},
        category_ids=tuple(facts["categories"]),
        spec_names=facts["spec_names"],
        attributes=facts["attributes"],
        images=(*kept, *new),
        skus=tuple(sku_draft(row.cleaned_data, images) for row in forms.skus.rows()),
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


def place(forms: Forms, problem: catalog.Problem) -> None:
    """Put a sentence at its field, or at the head of the page when no field has that name."""
    if problem.sku is not None:
        form: django_forms.Form = forms.skus.rows()[problem.sku]
    else:
        form = forms.fact
    form.add_error(problem.field if problem.field in form.fields else None, problem.sentence)


def facts_of(product: Product | None) -> dict[str, Any]:
    """Return what the page shows of a product at first."""
    fresh = {"submission": uuid4().hex}
    if product is None:
        return fresh
    return (
        fresh
        | {name: getattr(product, name) for name in PLAIN_FIELDS}
        | {
            "categories": list(product.categories.values_list("pk", flat=True)),
            "spec_names": " / ".join(product.spec_names),
            "attributes": "\n".join(f"{name}：{value}" for name, value in product.attributes),
        }
    )


def skus_of(product: Product | None) -> list[dict[str, Any]]:
    """Return one row per SKU that is offered, with the stock as it is shown."""
    if product is None:
        return []
    skus = Sku.objects.active().filter(product=product).order_by("sort_order", "pk")
    names = ["id", "price", "market_price", "cost_price", "stock", "stock_floor", "daily_stock", "barcode", "weight"]
    return [
        {name: getattr(sku, name) for name in names}
        | {"specs": " / ".join(sku.specs), "shown_stock": sku.stock, "code": sku.code or ""}
        for sku in skus
    ]


def pictures_of(product: Product | None) -> list[dict[str, Any]]:
    if product is None:
        return []
    images = product.images.order_by("sort_order", "pk")
    return [{"name": str(image.image.name), "sort_order": number} for number, image in enumerate(images, start=1)]


def category_choices() -> list[tuple[Any, str]]:
    """Return every category, each below its parent and pushed in by its depth."""
    children: dict[int | None, list[Category]] = {}
    for category in Category.objects.order_by("sort_order", "pk"):
        children.setdefault(category.parent_id, []).append(category)
    return branch(children, None, 0)


def branch(children: dict[int | None, list[Category]], parent: int | None, depth: int) -> list[tuple[Any, str]]:
    found = []
    for category in children.get(parent, []):
        found.append((category.pk, "　" * depth + category.name))
        found += branch(children, category.pk, depth + 1)
    return found
