"""Posters for the shop window and for chats: a product or a store with its QR code, as a PNG to keep."""

from typing import BinaryIO, cast
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from catalog.models import Product
from members.selectors import stores_of_staff
from shop.backoffice.base import staff_of
from shop.lib import posters
from shop.lib.money import yuan
from shop.models import ShopSettings, Store


def product_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw a product: picture, name, price, and the way to its page."""
    if not staff_of(request).has_perm("catalog.view_product"):
        raise PermissionDenied
    product = get_object_or_404(Product, pk=pk)
    image = product.images.order_by("sort_order", "pk").first()
    poster = posters.Poster(
        title=product.name,
        address=settings.SITE_URL + reverse("product", args=[product.pk]),
        invitation="长按或扫码，看详情、下单",
        shop_name=ShopSettings.load().shop_name,
        price=price_of(product),
        facts=[product.selling_point] if product.selling_point else [],
        picture=opened(str(image.image.name)) if image else None,
    )
    return png(request, poster, f"{product.name}-海报", reverse("admin:catalog_product_change", args=[pk]))


def store_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw a store: picture if it has one, name, address, hours, phone, and the way to the shop."""
    if not staff_of(request).has_perm("shop.view_store"):
        raise PermissionDenied
    store = get_object_or_404(stores_of_staff(staff_of(request)), pk=pk)
    poster = posters.Poster(
        title=store.name,
        address=f"{settings.SITE_URL}/",
        invitation="扫码逛网店，到店自提",
        shop_name=ShopSettings.load().shop_name,
        facts=facts_of(store),
        picture=opened(str(store.image.name)) if store.image else None,
    )
    return png(request, poster, f"{store.name}-海报", reverse("admin:shop_store_change", args=[pk]))


def price_of(product: Product) -> str:
    """Write the price as the shop does: the lowest of several with 起."""
    return f"¥{yuan(product.price_min)}{'' if product.price_min == product.price_max else ' 起'}"


def facts_of(store: Store) -> list[str]:
    return [f"地址　{store.full_address}", f"营业　{store.hours}", f"电话　{store.phone}"]


def opened(name: str) -> BinaryIO | None:
    """Open a stored picture; None when the file is not there."""
    try:
        return cast(BinaryIO, default_storage.open(name))
    except OSError:
        return None


def png(request: HttpRequest, poster: posters.Poster, name: str, back: str) -> HttpResponse:
    """Answer with the poster as a file, or go back and say why there is none."""
    try:
        content = posters.draw(poster)
    except posters.FontMissing as missing:
        messages.error(request, missing.message)
        return redirect(back)
    finally:
        if poster.picture:
            poster.picture.close()
    disposition = f"attachment; filename=poster.png; filename*=UTF-8''{quote(name)}.png"
    return HttpResponse(content, content_type="image/png", headers={"Content-Disposition": disposition})


PAGES = [
    ("catalog/product/<int:pk>/poster/", product_poster, "catalog_product_poster"),
    ("shop/store/<int:pk>/poster/", store_poster, "shop_store_poster"),
]
