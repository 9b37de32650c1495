"""What a member keeps of the goods: the heart, the page of favourites and the page of footprints."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from catalog import selectors, services
from catalog.models import Product
from members.views.access import MemberRequest, is_shopper, shopper_required
from shop.lib.http import safe_next

FAVOURITES_PER_PAGE = 20


@require_POST
def favourite(request: HttpRequest, product_id: int) -> HttpResponse:
    """Keep the product or let go of it, as `keep` says; a guest goes and signs in, and comes back to the product."""
    page = reverse("product", args=[product_id])
    asked_by_htmx = getattr(request, "htmx", False)
    if not is_shopper(request.user):
        login = f"{reverse('members:login')}?{urlencode({'next': page})}"
        return HttpResponseClientRedirect(login) if asked_by_htmx else redirect(login)
    is_kept = _set(request, product_id, keep=request.POST.get("keep") == "1")
    if asked_by_htmx:
        return render(request, "catalog/_heart.html", {"product_id": product_id, "is_favourite": is_kept, "told": True})
    return redirect(safe_next(request, page))


def _set(request: MemberRequest | HttpRequest, product_id: int, *, keep: bool) -> bool:
    """Do what the heart asks; return whether the product is a favourite afterwards."""
    if not keep:
        services.remove_favourite(member=request.user, product_id=product_id)  # type: ignore[arg-type]
        return False
    product = get_object_or_404(Product.objects.on_sale(), pk=product_id)
    try:
        services.add_favourite(member=request.user, product=product, now=timezone.now())  # type: ignore[arg-type]
    except services.FavouritesFull as refusal:
        messages.warning(request, refusal.message)
        return False
    return True


@require_safe
@never_cache
@shopper_required
def favourite_list(request: MemberRequest) -> HttpResponse:
    """Queries: session, member, count, goods."""
    paginator = Paginator(selectors.favourite_rows(request.user), FAVOURITES_PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    kept = selectors.kept_of(page.object_list)
    return render(request, "catalog/favourite_list.html", {"page": page, "kept": kept})


@require_POST
@shopper_required
def favourites_tidy(request: MemberRequest) -> HttpResponse:
    removed = services.remove_gone_favourites(request.user)
    messages.success(request, f"已清理 {removed} 件下架商品" if removed else "收藏里没有下架的商品")
    return redirect("catalog:favourites")


@require_safe
@never_cache
@shopper_required
def footprint_list(request: MemberRequest) -> HttpResponse:
    """Queries: session, member, goods."""
    days = selectors.footprints_by_day(request.user, now=timezone.now())
    return render(request, "catalog/footprint_list.html", {"days": days})


@require_POST
@shopper_required
def footprints_remove(request: MemberRequest) -> HttpResponse:
    """Forget one product (`product`), or all of them."""
    product = request.POST.get("product", "")
    if product.isdecimal() and len(product) < 18:
        services.remove_footprints(member=request.user, product_id=int(product))
    elif not product:
        services.remove_footprints(member=request.user)
        messages.success(request, "浏览足迹已清空")
    return redirect("catalog:footprints")
