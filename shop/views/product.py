"""The product page, its share sheet, and what is shown in place of a product that is gone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from catalog import services as goods
from members.models import Member
from members.views.access import is_shopper
from orders.selectors import buying
from shop.lib import alike, fragments, qrcodes
from shop.views import common

OTHERS = 6


@require_safe
def product_page(request: HttpRequest, product_id: int) -> HttpResponse:
    """Queries when nothing is cached: version, SKUs with product, pictures, settings, stores, others like it.

    For a member session, user, footprint with favourite and, with a limit for life, what they bought, kept or not.
    A choice of specs that htmx asks for leaves no footprint.
    """
    sku_id, version = _number(request, "sku"), catalog.catalogue_version()
    kept = fragments.fresh(f"product:{product_id}:{sku_id}", version, lambda: _product(product_id, sku_id))
    if kept is None:
        return _gone(request, version)
    product, parts = kept
    context = {"product": product, "parts": parts, "is_favourite": False}
    face = ""
    if isinstance(request.user, Member):
        bought = _bought(request.user, product)
        if bought is not None:
            context["product"] = product = product.for_buyer(bought=bought)
        if is_shopper(request.user) and not getattr(request, "htmx", False):
            context["is_favourite"] = _seen_by(request, request.user, product_id)
        face = f"bought {bought}, favourite {context['is_favourite']}"
    context["units"] = min(max(_number(request, "units") or 0, product.min_units), max(product.max_units, 1))
    context |= {"address": request.build_absolute_uri(request.path)}
    context |= {"share_picture": request.build_absolute_uri(product.pictures[0])}
    return alike.page(request, "shop/product.html", context, version=version, face=face, for_members=False)


def _bought(member: Member, product: catalog.ProductPage) -> int | None:
    """Return how many the member has bought of a product with a limit for life."""
    return buying.units_bought(member, [product.id]).get(product.id, 0) if product.limit.for_life else None


@require_safe
def product_share(request: HttpRequest, product_id: int) -> HttpResponse:
    """Show the address of a product as text and as a QR code. Queries when nothing is cached: as the product page."""
    version = catalog.catalogue_version()
    kept = fragments.fresh(f"product:{product_id}:None", version, lambda: _product(product_id, None))
    if kept is None:
        return _gone(request, version)
    address = request.build_absolute_uri(reverse("product", args=[product_id]))
    qr = fragments.fresh(f"qr:{address}", "", lambda: qrcodes.data_uri(address))
    return render(request, "shop/product_share.html", {"product": kept[0], "address": address, "qr": qr})


def _seen_by(request: HttpRequest, member: Member, product_id: int) -> bool:
    """Leave the member's footprint; return whether the product is a favourite of theirs."""
    if request.method == "GET":
        return goods.leave_footprint(member=member, product_id=product_id, now=timezone.now())
    return catalog.is_favourite(member=member, product_id=product_id)


def _product(product_id: int, sku_id: int | None) -> tuple[catalog.ProductPage, dict[str, SafeString]] | None:
    """Return the page's facts and its rendered parts; the form around them is made for each visitor."""
    product = catalog.product_page(product_id, sku_id=sku_id)
    if product is None:
        return None
    context = {
        "product": product,
        "promises": common.promises(catalog.shop_settings(), common.open_stores()),
        "others": catalog.others_like(product_id, limit=OTHERS),
    }
    names = ["gallery", "facts", "delivery", "detail"]
    return product, {name: render_to_string(f"shop/product.html#{name}", context) for name in names}


def _gone(request: HttpRequest, version: str) -> HttpResponse:
    """Say that there is no such product, and show what others buy."""
    popular = fragments.fresh("popular", version, lambda: catalog.popular(OTHERS))
    return render(request, "shop/product_gone.html", {"cards": popular}, status=404)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None
