"""The product page, its share sheet, and what is shown in place of a product that is gone."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import selectors as catalog
from catalog import services as goods
from members import services as members
from members.models import Member
from members.views.access import is_shopper
from orders.selectors import buying
from promotions import selectors as promotions
from shop import alike
from shop.lib import fragments, markup, qrcodes
from shop.lib.http import typed_text
from shop.lib.money import yuan
from shop.views import common

OTHERS = 6
COUPONS = 6


@require_safe
def product_page(request: HttpRequest, product_id: int) -> HttpResponse:
    """Queries when nothing is cached: version, SKUs with product, pictures, flash price, settings, stores, others like
    it, offers, coupons; and categories, flash prices of the others where there are some.

    For a member session, user, favourite, footprint and, with a limit for life, what they bought, with coupons, which
    they hold, kept or not; for one with a level that too. The member's price stands outside the kept parts.
    A choice of specs that htmx asks for leaves no footprint.
    """
    sku_id, version = _number(request, "sku"), catalog.catalogue_version()
    is_vip = isinstance(request.user, Member) and request.user.is_vip
    key = f"product:{product_id}:{sku_id}:{is_vip}"
    kept = fragments.fresh(key, version, lambda: _product(product_id, sku_id, is_vip=is_vip))
    if kept is None:
        return _gone(request, version)
    product, parts, deal = kept
    context = {"product": product, "parts": parts, "deal": deal, "is_favourite": False}
    context["coupons"] = _coupons(request, product_id)
    if isinstance(request.user, Member):
        context["member_price"] = _member_price(request.user, product)
        context["shared_by"] = _shared_by(request)
        if product.limit.for_life:
            bought = buying.units_bought(request.user, [product_id]).get(product_id, 0)
            context["product"] = product = product.for_buyer(bought=bought)
        if is_shopper(request.user) and not getattr(request, "htmx", False):
            context["is_favourite"] = _seen_by(request, request.user, product_id)
    context["units"] = min(max(_number(request, "units") or 0, product.min_units), max(product.max_units, 1))
    context |= {"address": request.build_absolute_uri(request.path)}
    context |= {"share_picture": request.build_absolute_uri(product.pictures[0])}
    return alike.page(request, "shop/product.html", context, version=version, for_members=False)


@require_safe
def product_share(request: HttpRequest, product_id: int) -> HttpResponse:
    """Show the address of a product as text and as a QR code. Queries when nothing is cached: as the product page."""
    version = catalog.catalogue_version()
    kept = fragments.fresh(f"product:{product_id}:None:False", version, lambda: _product(product_id, None))
    if kept is None:
        return _gone(request, version)
    address = request.build_absolute_uri(reverse("product", args=[product_id])) + _sharer(request)
    qr = fragments.fresh(f"qr:{address}", "", lambda: qrcodes.data_uri(address))
    return render(request, "shop/product_share.html", {"product": kept[0], "address": address, "qr": qr})


def _sharer(request: HttpRequest) -> str:
    """Return what tells a shared link who shared it; "" unless the merchant rewards links that friends open."""
    member = request.user
    if not isinstance(member, Member) or not is_shopper(member) or not common.shop_settings().points_share:
        return ""
    return "?" + urlencode({"by": members.share_token(member)})


def _shared_by(request: HttpRequest) -> str:
    """Return who shared the link by which a shopper came, for the page to tell; "" where nobody asks."""
    asked = common.shop_settings().points_share and is_shopper(request.user)
    return typed_text(request, "by", longest=200) if asked else ""


@dataclass(frozen=True, slots=True)
class MemberPrice:
    """What a member pays for a product, as strings to print, and why."""

    price: SafeString
    was: str
    level: str


def _member_price(member: Member, product: catalog.ProductPage) -> MemberPrice | None:
    """Return what the level of `member` makes of the price; None when it makes nothing of it."""
    level = promotions.level_terms(member)
    fen = promotions.member_price(level, product.site_price, takes_level=product.takes_level)
    if fen >= product.site_price:
        return None
    return MemberPrice(markup.price(fen), f"¥{yuan(product.site_price)}", f"{level.name} {level.rate / 10:g} 折")


def _coupons(request: HttpRequest, product_id: int) -> list[promotions.Offered]:
    """Return the coupons that are good for a product; to a member those they may take or have taken."""
    offered = promotions.claimable_for_product(product_id, now=timezone.now())
    offered = [one for one in offered if one.state == "claimable"]
    if is_shopper(request.user):
        seen = promotions.claimable_by(request.user, offered)  # type: ignore[arg-type]
        return [one for one in seen if one.state != "others"][:COUPONS]
    return [one for one in offered if one.is_for_all][:COUPONS]


def _seen_by(request: HttpRequest, member: Member, product_id: int) -> bool:
    """Leave the member's footprint; return whether the product is a favourite of theirs."""
    if request.method == "GET":
        goods.leave_footprint(member=member, product_id=product_id, now=timezone.now())
    return catalog.is_favourite(member=member, product_id=product_id)


Drawn = tuple[catalog.ProductPage, dict[str, SafeString], promotions.SkuDeal | None]


def _product(product_id: int, sku_id: int | None, *, is_vip: bool = False) -> Drawn | None:
    """Return the page's facts, its rendered parts and its flash price; the form around them is each visitor's own."""
    product, now = catalog.product_page(product_id, sku_id=sku_id), timezone.now()
    if product is None:
        return None
    deal = promotions.deal_of_sku(product.sku_id, now=now, is_vip=is_vip)
    context = {
        "product": product,
        "deal": deal,
        "offers": promotions.tags_of_product(product_id, now=now),
        "promises": common.promises(common.shop_settings(), common.open_stores()),
        "others": promotions.tagged(catalog.others_like(product_id, limit=OTHERS), now=now),
    }
    names = ["gallery", "flash", "offer", "name", "facts", "delivery", "detail"]
    return product, {name: render_to_string(f"shop/product.html#{name}", context) for name in names}, deal


def _gone(request: HttpRequest, version: str) -> HttpResponse:
    """Say that there is no such product, and show what others buy."""
    popular = fragments.fresh("popular", version, lambda: catalog.popular(OTHERS))
    return render(request, "shop/product_gone.html", {"cards": popular}, status=404)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None
