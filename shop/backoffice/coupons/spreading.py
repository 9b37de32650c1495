"""Bringing a coupon to people: sending it, printed codes, link with QR code and poster."""

import csv
import io
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from promotions import selectors
from promotions import services as promotions
from promotions.models import CouponPush, CouponTemplate, IssueMode, PushStatus
from promotions.services.coupon_codes import spaced
from shop.backoffice.base import log, now, posted, staff_of
from shop.backoffice.coupons.editing import CHANGE, named, page
from shop.backoffice.coupons.forms import AudienceForm, CodesForm
from shop.backoffice.posters import png
from shop.lib import qrcodes
from shop.lib.posters import Poster
from shop.lib.states import IllegalMove
from shop.models import ShopSettings

SALT = "coupon-audience"
PREVIEW_SECONDS = 3600
PUSHES_SHOWN = 20


# --- Sending ----------------------------------------------------------------------------------------------------------


def coupon_push(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whom, show how many that are, then begin; and show how the sending goes on."""
    template = named(request, pk)
    form = AudienceForm(posted(request), request.FILES if request.method == "POST" else None)
    facts: dict[str, Any] = {}
    if request.method == "POST" and "audience" in request.POST:
        refusal = begin(request, template)
        if not refusal:
            return redirect("admin:promotions_coupontemplate_push", pk)
        form = AudienceForm()
        facts["refusal"] = refusal
    elif request.method == "POST" and form.is_valid():
        facts = preview(template, form)
    pushes = list(template.pushes.select_related("created_by").order_by("-pk")[:PUSHES_SHOWN])
    running = any(push.status == PushStatus.RUNNING for push in pushes)
    return page(
        request, "push", title=f"发放：{template.name}", template=template, form=form, pushes=pushes, running=running,
        why_none=promotions.why_none(template, now=now()), back=reverse(CHANGE, args=[pk]), **facts,
    )  # fmt: skip


def preview(template: CouponTemplate, form: AudienceForm) -> dict[str, Any]:
    """Return what the page shows before anything is sent, and the audience, sealed, for the button that sends."""
    audience = form.cleaned_data["audience"]
    sealed = signing.dumps(
        {"audience": audience, "tells": form.cleaned_data["tells"], "template": template.pk}, salt=SALT, compress=True
    )
    seen = promotions.preview_push(template=template, audience=audience)
    missing = form.phones - len(audience.get("members", [])) if form.phones else 0
    return {"preview": seen, "sealed": sealed, "unknown": form.unknown, "missing": missing}


def begin(request: HttpRequest, template: CouponTemplate) -> str:
    """Begin what was previewed; return why not, "" when it has begun."""
    try:
        sealed = signing.loads(request.POST["audience"], salt=SALT, max_age=PREVIEW_SECONDS)
    except signing.BadSignature:
        return "预览已经过期，请重新选择发给谁"
    if sealed["template"] != template.pk:
        return "预览已经过期，请重新选择发给谁"
    try:
        push = promotions.start_push(
            template=template, audience=sealed["audience"], tells=sealed["tells"], by=staff_of(request), now=now()
        )
    except promotions.PushRefused as refusal:
        return refusal.message
    messages.success(request, f"开始向 {push.reached} 位会员发放，可以离开这一页，发放会继续")
    return ""


@require_POST
def push_stop(request: HttpRequest, pk: int, push: int) -> HttpResponse:
    """Send no further."""
    found = get_object_or_404(CouponPush, pk=push, template=named(request, pk))
    try:
        promotions.stop_push(push=found, by=staff_of(request), now=now())
    except IllegalMove:
        messages.warning(request, "这次发放已经结束了")
    else:
        messages.success(request, "已停止，收到的券照常可用")
    return redirect("admin:promotions_coupontemplate_push", pk)


# --- Codes ------------------------------------------------------------------------------------------------------------


def coupon_codes(request: HttpRequest, pk: int) -> HttpResponse:
    """Make codes in batches, and see how many of each were used."""
    template = coded(request, pk)
    form = CodesForm(posted(request))
    if request.method == "POST" and form.is_valid():
        units = form.cleaned_data["units"]
        try:
            batch = promotions.make_codes(template=template, units=units, by=staff_of(request), now=now())
        except promotions.TemplateRefused as refusal:
            form.add_error("units", str(refusal))
        else:
            messages.success(request, f"已生成 {units} 个兑换码，批次 {batch}，点“导出”下载")
            return redirect("admin:promotions_coupontemplate_codes", pk)
    batches = template.codes.order_by().values("batch")
    rows = batches.annotate(made=Count("pk"), used=Count("redeemed_at"), at=Min("created_at")).order_by("-at", "-batch")
    return page(
        request, "codes", title=f"兑换码：{template.name}", template=template, form=form, batches=list(rows),
        address=settings.SITE_URL + reverse("promotions:coupon_code"),
    )  # fmt: skip


def codes_export(request: HttpRequest, pk: int, batch: str) -> HttpResponse:
    """Send a batch as csv, with what became of each code."""
    template = coded(request, pk)
    rows = template.codes.filter(batch=batch).select_related("redeemed_by").order_by("pk")
    if not rows:
        raise Http404
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["兑换码", "批次", "优惠券", "状态", "兑换会员"])
    for row in rows:
        state = "已兑换" if row.redeemed_by else "未兑换"
        writer.writerow([spaced(row.code), batch, template.name, state, row.redeemed_by.no if row.redeemed_by else ""])
    log(request, "export_codes", template, summary=f"导出兑换码 {batch} 共 {len(rows)} 个")
    disposition = f'attachment; filename="codes-{template.pk}-{batch}.csv"'
    content = "\ufeff" + text.getvalue()
    return HttpResponse(
        content, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )  # fmt: skip


def coded(request: HttpRequest, pk: int) -> CouponTemplate:
    """Return a template whose coupons come by codes. Raises Http404."""
    template = named(request, pk)
    if template.issue_mode != IssueMode.CODE:
        raise Http404
    return template


# --- Promotion --------------------------------------------------------------------------------------------------------


def coupon_promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the link of a coupon with its QR code, to be sent and printed."""
    template = named(request, pk, change=False)
    address = address_of(template)
    return page(
        request, "promote", title=f"推广：{template.name}", template=template, address=address,
        qr=qrcodes.data_uri(address),
    )  # fmt: skip


def coupon_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw the poster of a coupon as a file to keep."""
    template = named(request, pk, change=False)
    shop_name = ShopSettings.load().shop_name
    poster: Poster = selectors.poster_of(template, address=address_of(template), shop_name=shop_name)
    back = reverse("admin:promotions_coupontemplate_promote", args=[pk])
    return png(request, poster, f"{template.name}-海报", back)


def address_of(template: CouponTemplate) -> str:
    """Return where people get the coupon."""
    if template.issue_mode == IssueMode.SHARE:
        return settings.SITE_URL + reverse("promotions:coupon_share", args=[template.share_token])
    if template.issue_mode == IssueMode.CODE:
        return settings.SITE_URL + reverse("promotions:coupon_code")
    return f"{settings.SITE_URL}{reverse('promotions:coupons')}#coupon-{template.pk}"


PAGES = [
    ("<int:pk>/push/", coupon_push, "push"),
    ("<int:pk>/push/<int:push>/stop/", push_stop, "push_stop"),
    ("<int:pk>/codes/", coupon_codes, "codes"),
    ("<int:pk>/codes/<slug:batch>/export/", codes_export, "codes_export"),
    ("<int:pk>/promote/", coupon_promote, "promote"),
    ("<int:pk>/poster/", coupon_poster, "poster"),
]
