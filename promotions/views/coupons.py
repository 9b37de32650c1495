"""领券中心, 我的优惠券, the page behind a shared link, and the page on which printed codes are typed."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from members.views.access import MemberRequest, is_shopper, shopper_required
from promotions import selectors
from promotions import services as promotions
from promotions.forms import CodeForm
from promotions.models import CouponTemplate
from promotions.selectors import Offered
from shop.lib import fragments, posters, qrcodes
from shop.lib.http import client_ip, safe_next
from shop.lib.throttle import TooManyTries
from shop.models import ShopSettings

PER_PAGE = 20
DRAWN_SECONDS = 3600


@require_safe
@never_cache
def coupon_centre(request: HttpRequest) -> HttpResponse:
    """Queries: coupons that are there to be taken, some seconds old; for a member session, account, what they hold."""
    offered = selectors.claimable(now=timezone.now())
    if is_shopper(request.user):
        offered = selectors.claimable_by(request.user, offered)  # type: ignore[arg-type]
    return render(request, "promotions/coupon_centre.html", {"coupons": offered})


@require_POST
def coupon_claim(request: HttpRequest) -> HttpResponse:
    """Take the coupon `coupon`; a guest goes and signs in, and comes back to where the coupon was."""
    page = safe_next(request, reverse("promotions:coupons"))
    if not is_shopper(request.user):
        return _to_login(request, page)
    typed = request.POST.get("coupon", "")
    if not typed.isdecimal() or len(typed) > 18:
        raise Http404
    return _answer(request, page, template_id=int(typed))


@require_safe
@never_cache
def coupon_share(request: HttpRequest, token: str) -> HttpResponse:
    """Queries: coupon; for a member session, account, what they hold."""
    template, offered = _shared(token)
    if is_shopper(request.user):
        (offered,) = selectors.claimable_by(request.user, [offered])  # type: ignore[arg-type]
    address = request.build_absolute_uri(request.path)
    context = {
        "coupon": offered,
        "token": token,
        "over": promotions.why_none(template, now=timezone.now()),
        "goods": selectors.scope_names(template, limit=5) if offered.scope == template.scope_words else [],
        "address": address,
        "qr": fragments.fresh(f"qr:{address}", "", lambda: qrcodes.data_uri(address)),
    }
    return render(request, "promotions/coupon_share.html", context)


@require_POST
def coupon_take(request: HttpRequest, token: str) -> HttpResponse:
    """Take the coupon behind a shared link."""
    page = reverse("promotions:coupon_share", args=[token])
    return _answer(request, page, token=token) if is_shopper(request.user) else _to_login(request, page)


@require_safe
@cache_control(max_age=DRAWN_SECONDS, public=True)
def coupon_poster(request: HttpRequest, token: str) -> HttpResponse:
    """Draw the shared coupon as a picture to keep and to send."""
    template, _ = _shared(token)
    address = request.build_absolute_uri(reverse("promotions:coupon_share", args=[token]))
    try:
        content = fragments.fresh(f"coupon-poster:{address}", template.name, lambda: _drawn(template, address))
    except posters.FontMissing:
        messages.warning(request, "海报暂时画不出来，请直接复制链接或保存二维码")
        return redirect("promotions:coupon_share", token)
    return HttpResponse(content, content_type="image/png")


@never_cache
@shopper_required
def coupon_code(request: MemberRequest) -> HttpResponse:
    """Change a printed code into a coupon. Queries: session, account."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["code"]
        try:
            coupon = promotions.redeem_code(
                member=request.user, code=typed, ip=client_ip(request), now=timezone.now()
            )  # fmt: skip
        except (promotions.CouponRefused, TooManyTries) as refusal:
            form.add_error("code", refusal.message)
        else:
            messages.success(request, f"兑换成功，“{coupon.name}”已经放进您的券包")
            return redirect("promotions:my_coupons")
    return render(request, "promotions/coupon_code.html", {"form": form})


@require_safe
@never_cache
@shopper_required
def my_coupons(request: MemberRequest) -> HttpResponse:
    """Queries: session, account, numbers of the tabs, coupons, names of categories and of goods that they are for."""
    now, tab = timezone.now(), request.GET.get("tab", "")
    tabs = selectors.tabs_at(now)
    tab = tab if tab in tabs else "unused"
    rows, counts = selectors.coupons_of(request.user, tab=tab, now=now)
    paginator = Paginator(rows, PER_PAGE)
    paginator.count = counts[tab]  # known already
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "coupons": selectors.held_words(list(page), now=now),
        "tabs": [(key, words, counts[key]) for key, (words, _) in tabs.items()],
        "tab": tab,
        "query": "" if tab == "unused" else f"tab={tab}&",
    }
    return render(request, "promotions/my_coupons.html", context)


def _drawn(template: CouponTemplate, address: str) -> bytes:
    return posters.draw(selectors.poster_of(template, address=address, shop_name=ShopSettings.load().shop_name))


def _shared(token: str) -> tuple[CouponTemplate, Offered]:
    found = selectors.shared(token)
    if found is None:
        raise Http404
    return found


def _to_login(request: HttpRequest, page: str) -> HttpResponse:
    login = f"{reverse('members:login')}?{urlencode({'next': page})}"
    return HttpResponseClientRedirect(login) if getattr(request, "htmx", False) else redirect(login)


def _answer(request: HttpRequest, page: str, *, template_id: int = 0, token: str = "") -> HttpResponse:
    """Take the coupon and say what came of it: beside its button for htmx, else on the page it was taken from."""
    taken, sentence = _take(request, template_id, token)
    if getattr(request, "htmx", False):
        return render(request, "promotions/_taken.html", {"taken": taken, "sentence": sentence})
    (messages.success if taken else messages.warning)(request, sentence)
    return redirect(page)


def _take(request: HttpRequest, template_id: int, token: str) -> tuple[bool, str]:
    who = {"member": request.user, "now": timezone.now()}
    try:
        if token:
            coupon = promotions.claim_shared(token=token, **who)  # type: ignore[arg-type]
        else:
            coupon = promotions.claim(template_id=template_id, **who)  # type: ignore[arg-type]
    except promotions.CouponNotIssued as refusal:
        return False, refusal.message
    return True, f"已领取“{coupon.name}”，下单时会自动提醒您使用"
