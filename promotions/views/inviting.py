"""邀请有礼: the link that friends open, what it promises them, and the inviter's own page with its statement."""

from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from members import services as members
from members.models import Member, mask_name
from members.selectors import inviter_of
from members.views import inviting
from members.views.access import MemberRequest, is_shopper, shopper_required
from promotions import selectors
from shop.lib import fragments, posters, qrcodes
from shop.models import ShopSettings

PER_PAGE = 20


@require_safe
@never_cache
def invite_link(request: HttpRequest, code: str) -> HttpResponse:
    """Remember in a cookie whose link this is, and lead on to what it promises. Queries: the owner of the code."""
    if inviter_of(code) is None:
        raise Http404
    response = redirect("promotions:invited")
    inviting.remember_code(response, code)
    return response


@require_safe
@never_cache
def invited(request: HttpRequest) -> HttpResponse:
    """Say who invites and what a new member gets. Queries: inviter, campaign; session and member if signed in."""
    inviter = inviter_of(inviting.code_in(request))
    campaign = selectors.running_campaign(timezone.now())
    context = {
        "inviter": mask_name(inviter.nickname) or "您的好友" if inviter else "",
        "is_own": inviter is not None and request.user == inviter,
        "is_member": is_shopper(request.user),
        "campaign": campaign,
        "gift": selectors.reward_words(campaign, invitee=True) if campaign else "",
    }
    return render(request, "promotions/invited.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@shopper_required
def invite(request: MemberRequest) -> HttpResponse:
    """Show link, QR code, rules and what came of it. A POST makes the link of those who joined before there were any.

    Queries: session, member, campaign, figures (3), friends (2).
    """
    member = request.user
    if request.method == "POST":
        members.ensure_invite_code(member)
        return redirect("promotions:invite")
    campaign = selectors.running_campaign(timezone.now())
    link = link_of(member) if member.invite_code and campaign else ""
    page = Paginator(selectors.referrals_of(member), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign,
        "reward": selectors.reward_words(campaign) if campaign else "",
        "gift": selectors.reward_words(campaign, invitee=True) if campaign else "",
        "link": link,
        "qr": fragments.fresh(f"qr:{link}", "", lambda: qrcodes.data_uri(link)) if link else "",
        "has_poster": bool(link) and posters.is_font_there(),
        "statement": selectors.statement_of(member),
        "page": page,
        "friends": [selectors.friend_of(one) for one in page],
    }
    return render(request, "promotions/invite.html", context)


@require_safe
@shopper_required
def invite_poster(request: MemberRequest) -> HttpResponse:
    """Draw the member's link as a picture to send on; back to the page when there is no link or no font."""
    campaign = selectors.running_campaign(timezone.now())
    if campaign is None or not request.user.invite_code:
        return redirect("promotions:invite")
    shop, gift = ShopSettings.load(), selectors.reward_words(campaign, invitee=True)
    poster = posters.Poster(
        title=f"{mask_name(request.user.nickname) or '好友'}邀请您逛{shop.shop_name}",
        address=link_of(request.user),
        invitation="长按或扫码，注册领新人礼" if gift else "长按或扫码，逛逛小店",
        shop_name=shop.shop_name,
        facts=[f"新人注册送 {gift}"] if gift else [],
    )
    try:
        content = posters.draw(poster)
    except posters.FontMissing:
        messages.warning(request, "海报暂时画不出来，可以发送链接或二维码")
        return redirect("promotions:invite")
    disposition = f"inline; filename=invite.png; filename*=UTF-8''{quote('邀请海报')}.png"
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, max-age=600"}
    return HttpResponse(content, content_type="image/png", headers=headers)


def link_of(member: Member) -> str:
    """Return the address that a member's friends open."""
    return f"{settings.SITE_URL}{reverse('promotions:invite_link', args=[member.invite_code])}"
