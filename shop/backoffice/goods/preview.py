"""The product page of a product that is not saved yet, as its form stands: nothing is written."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from catalog.models import Product, Sku, spec_text_of
from catalog.selectors.product_page import page_of
from catalog.services import sanitise
from shop.backoffice.base import staff_of
from shop.backoffice.goods import matrix
from shop.backoffice.goods.forms import ProductForm, SkuFormSet
from shop.backoffice.goods.sheet import category_names, is_stored

UNNAMED = "（还没有名称）"


@require_POST
def goods_preview(request: HttpRequest) -> HttpResponse:
    """Render the shop's product page of what was typed; what is wrong is left out."""
    staff = staff_of(request)
    if not (staff.has_perm("catalog.change_product") or staff.has_perm("catalog.add_product")):
        raise PermissionDenied
    product, skus = unsaved(request)
    chosen = next((sku for sku in skus if sku.stock), skus[0])
    page = page_of(skus, chosen, [name for name in request.POST.getlist("picture") if is_stored(name)])
    context: dict[str, Any] = {"product": page, "promises": [], "others": []}
    names = ("gallery", "offer", "name", "facts", "detail")
    parts = {name: render_to_string(f"shop/product.html#{name}", context) for name in names}
    return render(request, "shop/product.html", {**context, "parts": parts, "units": product.min_units})


def unsaved(request: HttpRequest) -> tuple[Product, list[Sku]]:
    """Return the product and its SKUs as objects that no table holds; they number themselves from 1."""
    form = ProductForm(request.POST, categories=category_names())
    form.is_valid()
    facts = form.cleaned_data
    rows = matrix.read_rows(request.POST)
    axes = matrix.read_axes(request.POST, rows)
    names = ["selling_point", "unit", "brand", "virtual_sold", "limit_kind", "limit_units"]
    product = Product(
        pk=0,
        name=facts.get("name") or UNNAMED,
        min_units=facts.get("min_units") or 1,
        spec_names=[axis.name for axis in axes],
        attributes=list(facts.get("attributes") or ()),
        detail_html=sanitise(facts.get("detail_html") or ""),
        **{name: facts[name] for name in names if facts.get(name) is not None},
    )
    return product, skus_of(product, SkuFormSet(request.POST, prefix="skus"))


def skus_of(product: Product, formset: Any) -> list[Sku]:
    """Return one SKU a row; there is always one."""
    formset.is_valid()
    kept = [form.cleaned_data for form in formset.forms if not form.cleaned_data.get("DELETE")]
    return [
        Sku(
            pk=number,
            product=product,
            specs=list(facts.get("specs") or ()),
            spec_text=spec_text_of(facts.get("specs") or ()),
            price=facts.get("price") or 0,
            market_price=facts.get("market_price") or 0,
            stock=facts.get("stock") or 0,
        )
        for number, facts in enumerate(kept or [{}], start=1)
    ]
