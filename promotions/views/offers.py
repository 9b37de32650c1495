"""Threshold offers: the list of those that run, each one's page with its goods, and how to pass it on."""

from hashlib import sha256
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from members.models import Member
from promotions import selectors
from promotions.models import Promotion
from shop.lib import fragments, posters, qrcodes
from shop.models import ShopSettings

GOODS_PER_PAGE = 20
POSTER_LIFETIME = 24 * 3600  # seconds


@require_safe
def offer_list(request: HttpRequest) -> HttpResponse:
    """Queries: offers, tiers with gifts, names of levels and categories where an offer has some. Members: their own."""
    level_id = request.user.level_id if isinstance(request.user, Member) else None
    offers = selectors.offers_shown(level_id=level_id, now=timezone.now())
    return render(request, "promotions/offer_list.html", {"offers": offers})


@require_safe
def offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Queries: offer, tiers with gifts, names where it has some, count, goods, and what tags need."""
    page, row = _named(offer_id)
    now = timezone.now()
    goods: Page[Any] = Paginator(selectors.goods_of(row), GOODS_PER_PAGE).get_page(request.GET.get("page"))
    cards = selectors.tagged(catalog.cards_of(goods.object_list), now=now)
    address = request.build_absolute_uri(request.path)
    return render(
        request,
        "promotions/offer.html",
        {"offer": page, "cards": cards, "page": goods, "address": address, "query": ""},
    )


@require_safe
def offer_share(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Show the address of an activity as text and as a QR code. Queries: offer, tiers with gifts, names."""
    page, _ = _named(offer_id)
    address = request.build_absolute_uri(reverse("promotions:offer", args=[offer_id]))
    qr = fragments.fresh(f"qr:{address}", "", lambda: qrcodes.data_uri(address))
    return render(request, "promotions/offer_share.html", {"offer": page, "address": address, "qr": qr})


@require_safe
def offer_poster(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Answer with the poster of an activity as a PNG, drawn once a day. Queries: as the share page, settings."""
    page, _ = _named(offer_id)
    address = request.build_absolute_uri(reverse("promotions:offer", args=[offer_id]))
    poster = poster_of(page, address=address, shop_name=ShopSettings.load().shop_name)
    key = f"offer-poster:{sha256(repr(poster).encode()).hexdigest()}"
    content = cache.get(key)
    if content is None:
        try:
            content = posters.draw(poster)
        except posters.FontMissing:
            messages.error(request, "海报暂时画不出来，请先用二维码或链接分享")
            return redirect("promotions:offer_share", offer_id)
        cache.set(key, content, POSTER_LIFETIME)
    name = quote(f"{page.name}-海报.png")
    headers = {"Content-Disposition": f"attachment; filename=poster.png; filename*=UTF-8''{name}"}
    return HttpResponse(content, content_type="image/png", headers=headers)


def poster_of(page: selectors.OfferPage, *, address: str, shop_name: str) -> posters.Poster:
    """Say what stands on the poster of an activity."""
    tiers = [f"{tier.words} {tier.gives}" if tier.product_id else tier.words for tier in page.tiers]
    return posters.Poster(
        title=page.name,
        address=address,
        invitation="长按或扫码，看活动商品",
        shop_name=shop_name,
        facts=[*tiers, f"{page.scope_words}，{page.window}"],
    )


def _named(offer_id: int) -> tuple[selectors.OfferPage, Promotion]:
    """Return the activity of an address. Raises Http404."""
    found = selectors.offer_page(offer_id, now=timezone.now())
    if found is None:
        raise Http404
    return found
