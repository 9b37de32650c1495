"""满减满赠: the list of threshold offers with their figures, the page of one, and what is done with it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from promotions import selectors
from promotions import services as promotions
from promotions.models import Promotion, RunState
from shop.backoffice.activities import pages
from shop.backoffice.activities.figures import Figures, offer_days, offer_figures
from shop.backoffice.activities.listing import StateFilter, links, may_stop, state_word, tabs_of, window
from shop.backoffice.activities.offer_sheet import OfferSheet
from shop.backoffice.arranging import rows_of
from shop.backoffice.base import OneCountChangeList, StaffAdmin, now, settle_wording, staff_of
from shop.backoffice.words import amount, lines_of


class OfferChangeList(OneCountChangeList):
    """Puts beside every row of the page how it reads to shoppers, and its figures."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = rows_of(self.result_list)
        ids = [row.pk for row in self.result_list]
        shown, figures = selectors.pages_of(self.result_list, now=now()), offer_figures(ids)
        for row, page in zip(self.result_list, shown, strict=True):
            row.page, row.figures = page, figures.get(row.pk, Figures())


@admin.register(Promotion)
class PromotionAdmin(StaffAdmin):
    """Offers. Adding and changing happens on a page of its own, see `offer_edit`."""

    list_display = ["title", "tiers_words", "people", "goods", "when", "state", "orders", "discount", "sales", "ways"]
    list_display_links = ["title"]
    list_filter = [StateFilter]
    search_fields = ["name"]
    search_help_text = "活动名称"
    ordering = ["-pk"]
    list_before_template = "admin/tabs_head.html"
    warn_unsaved_form = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OfferChangeList

    def get_queryset(self, request: HttpRequest) -> Any:
        return selectors.with_tiers(super().get_queryset(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tabs = {"tabs": tabs_of(Promotion, now()), "tab": request.GET.get("tab", ""), "tabs_label": "活动状态"}
        return super().changelist_view(request, {**tabs, **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return offer_edit(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_change_permission(request) and self.has_view_permission(request):
            return redirect("admin:promotions_promotion_figures", offer_named(object_id).pk)
        return offer_edit(request, object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders point at activities for ever: they are stopped, never deleted."""
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [("stop", offer_stop), ("promote", offer_promote), ("figures", offer_report)]
        gate = self.admin_site.admin_view
        return [
            path(f"<int:pk>/{name}/", gate(view), name=f"promotions_promotion_{name}") for name, view in own
        ] + super().get_urls()

    @admin.display(description="活动", ordering="name")
    def title(self, row: Any) -> SafeString:
        return lines_of(format_html('<span class="bo-strong">{}</span>', row.name), row.page.kind_words)

    @admin.display(description="档位")
    def tiers_words(self, row: Any) -> str:
        words = [f"{tier.words} {tier.gives}" if tier.product_id else tier.words for tier in row.page.tiers]
        return "；".join(words)

    @admin.display(description="等级")
    def people(self, row: Any) -> str:
        return row.page.level_words or "所有顾客"

    @admin.display(description="商品")
    def goods(self, row: Any) -> str:
        return str(row.page.scope_words)

    @admin.display(description="时间", ordering="starts_at")
    def when(self, row: Promotion) -> SafeString:
        return window(row)

    @admin.display(description="状态")
    def state(self, row: Promotion) -> SafeString:
        return state_word(row)

    @admin.display(description="用单数")
    def orders(self, row: Any) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', row.figures.orders)

    @admin.display(description="优惠额（元）")
    def discount(self, row: Any) -> SafeString:
        return amount(row.figures.discount)

    @admin.display(description="销售额（元）")
    def sales(self, row: Any) -> SafeString:
        return amount(row.figures.sales)

    @admin.display(description="管理")
    def ways(self, row: Promotion) -> SafeString:
        copy = f"{reverse('admin:promotions_promotion_add')}?copy={row.pk}"
        names = [("数据", "figures"), ("推广", "promote"), *([("停止", "stop")] if may_stop(row) else [])]
        offered = [(label, reverse(f"admin:promotions_promotion_{name}", args=[row.pk])) for label, name in names]
        return links(row, [*offered, ("复制", copy)])


def offer_edit(request: HttpRequest, object_id: str = "") -> HttpResponse:
    """Show the page of an offer, or save what was typed; what cannot be saved comes back as it was."""
    promotion = offer_named(object_id) if object_id else None
    if not staff_of(request).has_perm(f"promotions.{'change' if promotion else 'add'}_promotion"):
        raise PermissionDenied
    sheet = OfferSheet(request, promotion, copied=copied_from(request))
    if sheet.is_sent and sheet.is_valid() and save(request, sheet, promotion):
        return redirect("admin:promotions_promotion_changelist")
    state = promotion.state_at(now()) if promotion else RunState.SCHEDULED
    context = {
        "title": promotion.name if promotion else "添加活动",
        "promotion": promotion,
        "sheet": sheet,
        "is_running": state == RunState.RUNNING,
        "is_over": state in {RunState.ENDED, RunState.STOPPED},
    }
    return pages.answer(request, "admin/activities/offer_edit.html", context)


def save(request: HttpRequest, sheet: OfferSheet, promotion: Promotion | None) -> bool:
    """Save the offer; on refusal put each sentence at its field and return False."""
    try:
        saved = promotions.save_offer(draft=sheet.draft(), promotion=promotion, by=staff_of(request), now=now())
    except promotions.DraftRefused as refusal:
        for problem in refusal.problems:
            sheet.place(problem)
        return False
    settle_wording(request, sheet.fact, saved)
    messages.success(request, f"已保存活动「{saved.name}」（{saved.state_at(now()).label}）")
    return True


def copied_from(request: HttpRequest) -> Promotion | None:
    """Return the offer that the address of a new one names to be copied."""
    pk = request.GET.get("copy", "")
    return Promotion.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 18 else None


def offer_named(object_id: str) -> Promotion:
    """Return the offer of an address. Raises Http404."""
    if not object_id.isdecimal() or len(object_id) > 18:
        raise Http404
    return get_object_or_404(Promotion, pk=object_id)


def offer_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an offer after asking once more."""
    if not staff_of(request).has_perm("promotions.change_promotion"):
        raise PermissionDenied
    promotion = get_object_or_404(Promotion, pk=pk)
    return pages.stop_page(
        request,
        title=f"停止活动：{promotion.name}",
        hint="停止后顾客不再享受这个活动，也不能重新开始；已经下的单不受影响。",
        back=reverse("admin:promotions_promotion_changelist"),
        stop=lambda: promotions.stop_offer(promotion=promotion, by=staff_of(request), now=now()),
    )


def offer_promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how to pass an offer on."""
    if not staff_of(request).has_perm("promotions.view_promotion"):
        raise PermissionDenied
    promotion = get_object_or_404(Promotion, pk=pk)
    return pages.promote_page(
        request,
        title=f"推广：{promotion.name}",
        path=reverse("promotions:offer", args=[pk]),
        poster=reverse("promotions:offer_poster", args=[pk]),
        back=reverse("admin:promotions_promotion_changelist"),
    )


def offer_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what an offer has brought, in all and day by day. Queries: offer, tiers, figures, days."""
    if not staff_of(request).has_perm("promotions.view_promotion"):
        raise PermissionDenied
    found = selectors.offer_page(pk, now=now())
    if found is None:
        raise Http404
    page, _ = found
    context = {
        "title": f"数据：{page.name}",
        "page": page,
        "figures": offer_figures([pk]).get(pk, Figures()),
        "days": offer_days(pk),
        "back": reverse("admin:promotions_promotion_changelist"),
    }
    return pages.answer(request, "admin/activities/offer_figures.html", context)
