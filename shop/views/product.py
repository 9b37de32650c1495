"""The product page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from members.models import Member
from orders.selectors import buying
from shop.lib import fragments
from shop.views import common


@require_safe
def product_page(request: HttpRequest, product_id: int) -> HttpResponse:
    """Queries when nothing is cached: version, SKUs with product, pictures, settings, stores.

    For a member session, user and, with a limit for life, what they bought, kept or not.
    """
    sku = request.GET.get("sku", "")
    sku_id = int(sku) if sku.isdecimal() and len(sku) < 18 else None
    version = catalog.catalogue_version()
    kept = fragments.fresh(f"product:{product_id}:{sku_id}", version, lambda: _product(product_id, sku_id))
    if kept is None:
        raise Http404
    product, parts = kept
    if product.limit.for_life and isinstance(request.user, Member):
        product = product.for_buyer(bought=buying.units_bought(request.user, [product_id]).get(product_id, 0))
    return render(request, "shop/product.html", {"product": product, "parts": parts})


def _product(product_id: int, sku_id: int | None) -> tuple[catalog.ProductPage, dict[str, SafeString]] | None:
    """Return the page's facts and its rendered parts; the form around them is made for each visitor."""
    product = catalog.product_page(product_id, sku_id=sku_id)
    if product is None:
        return None
    context = {"product": product, "promises": common.promises(common.shop_settings(), common.open_stores())}
    names = ["gallery", "facts", "delivery", "detail"]
    return product, {name: render_to_string(f"shop/product.html#{name}", context) for name in names}
