"""Writing a coupon: its form, its goods, and what is done with it as a whole."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog.models import Product
from promotions import services as promotions
from promotions.models import CouponStatus, CouponTemplate, IssueMode, ScopeKind
from shop.backoffice.base import ReasonForm, now, posted, settle_wording, staff_of
from shop.backoffice.coupons.forms import TemplateForm
from shop.backoffice.coupons.modes import MODES, REPEATING, mode_in
from shop.backoffice.home import goods_to_pick, picture_of
from shop.backoffice.till import confirm_page
from shop.lib.http import typed_text

LIST = "admin:promotions_coupontemplate_changelist"
CHANGE = "admin:promotions_coupontemplate_change"
PICKS_SHOWN = 200
PICKED = {ScopeKind.PRODUCT, ScopeKind.EXCLUDE}


def named(request: HttpRequest, pk: int, *, change: bool = True) -> CouponTemplate:
    """Return a template for those who may change (or look at) it."""
    allowed = "promotions.change_coupontemplate" if change else "promotions.view_coupontemplate"
    if not staff_of(request).has_perm(allowed):
        raise PermissionDenied
    return get_object_or_404(CouponTemplate, pk=pk)


def page(request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(request, f"admin/coupons/{name}.html", {**admin.site.each_context(request), **context})


def coupon_kinds(request: HttpRequest) -> HttpResponse:
    """Offer the kinds of coupons to begin with."""
    if not staff_of(request).has_perm("promotions.add_coupontemplate"):
        raise PermissionDenied
    kinds = [(mode, label, hint) for mode, (label, hint) in MODES.items()]
    return page(request, "kinds", title="新建优惠券：先选一种", kinds=kinds)


def coupon_edit(request: HttpRequest, object_id: str = "") -> HttpResponse:
    """Show the form of a coupon, or save what was typed; what cannot be saved comes back as it was."""
    if object_id and (not object_id.isdecimal() or len(object_id) > 18):
        raise Http404
    staff = staff_of(request)
    if object_id:
        template = named(request, int(object_id), change=request.method == "POST")
    elif staff.has_perm("promotions.add_coupontemplate"):
        template = fresh(mode_in(request.GET.get("mode", "")))
    else:
        raise PermissionDenied
    form = TemplateForm(
        posted(request), initial=TemplateForm.initial_of(template), frozen=bool(template.pk and template.issued)
    )  # fmt: skip
    if request.method == "POST" and not form.is_valid():  # say all that is wrong at once
        form.place(promotions.problems_of(form.write_into(template), before=None, now=now()))
    elif request.method == "POST" and (saved := save(request, form, template)):
        settle_wording(request, form, saved)
        messages.success(request, f"已保存「{saved.name}」：{saved.worth_words}，{saved.threshold_words}")
        return redirect(after_saving(saved))
    label, hint = MODES[template.issue_mode]
    facts: dict[str, Any] = {"title": template.name or f"新建{label}", "form": form, "template": template}
    facts |= {"mode": label, "hint": hint, "may_change": staff.has_perm("promotions.change_coupontemplate")}
    facts |= {"has_link": template.issue_mode in {IssueMode.SHARE, IssueMode.CLAIM, IssueMode.CODE}}
    facts |= {"can_push": template.issue_mode in promotions.PUSHED, "why_none": why_none(template)}
    facts |= {"picks_goods": template.scope_kind in PICKED, "is_code": template.issue_mode == IssueMode.CODE}
    return page(request, "edit", **facts)


def fresh(mode: str) -> CouponTemplate:
    """Return a new coupon as its kind usually is."""
    return CouponTemplate(issue_mode=mode, per_member=0 if mode in REPEATING else 1)


def why_none(template: CouponTemplate) -> str:
    return promotions.why_none(template, now=now()) if template.pk else ""


def save(request: HttpRequest, form: TemplateForm, template: CouponTemplate) -> CouponTemplate | None:
    """Save the coupon; on refusal put each sentence at its field and return None."""
    try:
        return promotions.save_template(template=form.write_into(template), by=staff_of(request), now=now())
    except promotions.TemplateRefused as refusal:
        form.place(refusal.problems)
        return None


def after_saving(template: CouponTemplate) -> str:
    """Go on where something is still missing: goods, codes."""
    if template.scope_kind in PICKED and not template.scope_ids:
        return reverse("admin:promotions_coupontemplate_goods", args=[template.pk])
    if template.issue_mode == IssueMode.CODE and not template.codes.exists():
        return reverse("admin:promotions_coupontemplate_codes", args=[template.pk])
    return reverse(CHANGE, args=[template.pk])


def coupon_goods(request: HttpRequest, pk: int) -> HttpResponse:
    """Pick the goods that a coupon is for, or not for: those in it, and those that a search finds."""
    template = named(request, pk)
    if template.scope_kind not in PICKED:
        return redirect(CHANGE, pk)
    if request.method == "POST":
        change_goods(request, template)
        query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
        return redirect(f"{reverse('admin:promotions_coupontemplate_goods', args=[pk])}{query}")
    text = typed_text(request, "q", longest=50)
    picks = Product.objects.filter(pk__in=template.scope_ids).order_by("pk").prefetch_related("images")
    found = goods_to_pick(text, leaving_out=template.scope_ids)
    verb = "不参加" if template.scope_kind == ScopeKind.EXCLUDE else "参加"
    return page(
        request, "goods", title=f"{verb}的商品：{template.name}", template=template, text=text, verb=verb,
        count=len(template.scope_ids), frozen=template.issued > 0, shown=PICKS_SHOWN,
        picks=[(product, picture_of(product)) for product in picks[:PICKS_SHOWN]],
        found=[(product, picture_of(product)) for product in found],
    )  # fmt: skip


def change_goods(request: HttpRequest, template: CouponTemplate) -> None:
    """Do what one button of the page of goods says: put goods in, or take one out."""
    ids = [int(pk) for pk in request.POST.getlist("product") if pk.isdecimal() and len(pk) < 18]
    known = list(Product.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
    if not known:
        messages.warning(request, "请先勾选商品")
        return
    out = "remove" in request.POST
    kept = [pk for pk in template.scope_ids if pk not in known]
    try:
        promotions.set_goods(template=template, ids=kept if out else kept + known, by=staff_of(request), now=now())
    except promotions.TemplateRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已{'移出' if out else '放入'} {len(known)} 件商品")


@require_POST
def coupon_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy a coupon and open the copy."""
    if not staff_of(request).has_perm("promotions.add_coupontemplate"):
        raise PermissionDenied
    copied = promotions.copy_template(template=named(request, pk, change=False), by=staff_of(request), now=now())
    messages.success(request, "已复制。请核对日期和金额，保存后点“恢复发放”")
    return redirect(CHANGE, copied.pk)


def coupon_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then stop issuing; going on needs no question."""
    template = named(request, pk)
    if request.method == "POST":
        promotions.stop_template(template=template, stop=not template.is_stopped, by=staff_of(request), now=now())
        messages.success(request, "已恢复发放" if template.is_stopped else "已停发，领到的券照常可用")
        return redirect(CHANGE, pk)
    if template.is_stopped:
        return redirect(CHANGE, pk)
    hint = "停发后谁也领不到这张券，自动发放也停；已经领到的照常可用。以后可以恢复。"
    return confirm_page(request, f"停发：{template.name}", hint, "停发", reverse(CHANGE, args=[pk]))


def coupon_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then take back all unused coupons."""
    template = named(request, pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        count = promotions.revoke_unused(template=template, reason=reason, by=staff_of(request), now=now())
        messages.success(request, f"已作废 {count} 张未使用的券")
        return redirect(CHANGE, pk)
    count = template.coupons.filter(status=CouponStatus.UNUSED).count()
    hint = f"会员手里还没用的 {count} 张马上失效，不能恢复；已经用掉的订单不受影响。如果不想再发，请另外点“停发”。"
    return confirm_page(request, f"作废未用：{template.name}", hint, "作废", reverse(CHANGE, args=[pk]), form)


PAGES = [
    ("kinds/", coupon_kinds, "kinds"),
    ("<int:pk>/goods/", coupon_goods, "goods"),
    ("<int:pk>/copy/", coupon_copy, "copy"),
    ("<int:pk>/stop/", coupon_stop, "stop"),
    ("<int:pk>/revoke/", coupon_revoke, "revoke"),
]
