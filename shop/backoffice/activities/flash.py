"""限时抢购: the list of sessions with their figures, the page of one, and what is done with it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from promotions import services as promotions
from promotions.models import FlashItem, FlashSale, RunState
from shop.backoffice.activities import pages
from shop.backoffice.activities.figures import Figures, flash_figures, item_figures
from shop.backoffice.activities.flash_forms import FlashSheet
from shop.backoffice.activities.listing import StateFilter, links, may_stop, state_word, tabs_of, window
from shop.backoffice.activities.picks import sku_name
from shop.backoffice.arranging import rows_of
from shop.backoffice.base import OneCountChangeList, StaffAdmin, now, settle_wording, staff_of
from shop.backoffice.words import amount, lines_of
from shop.lib.money import yuan

GOODS_NAMED = 3


class FlashChangeList(OneCountChangeList):
    """Puts beside every session of the page what it has brought."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = rows_of(self.result_list)
        figures = flash_figures([row.pk for row in self.result_list])
        for row in self.result_list:
            row.figures = figures.get(row.pk, Figures())


@admin.register(FlashSale)
class FlashSaleAdmin(StaffAdmin):
    """Sessions. Adding and changing happens on a page of its own, see `flash_edit`."""

    list_display = ["title", "goods", "taken", "when", "state", "orders", "sales", "ways"]
    list_display_links = ["title"]
    list_filter = [StateFilter]
    search_fields = ["name"]
    search_help_text = "场次名称"
    ordering = ["-pk"]
    list_before_template = "admin/tabs_head.html"
    warn_unsaved_form = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FlashChangeList

    def get_queryset(self, request: HttpRequest) -> Any:
        items = FlashItem.objects.select_related("sku__product").order_by("pk")
        return super().get_queryset(request).prefetch_related(Prefetch("items", items))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tabs = {"tabs": tabs_of(FlashSale, now()), "tab": request.GET.get("tab", ""), "tabs_label": "场次状态"}
        return super().changelist_view(request, {**tabs, **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return flash_edit(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_change_permission(request) and self.has_view_permission(request):
            return redirect("admin:promotions_flashsale_figures", flash_named(object_id).pk)
        return flash_edit(request, object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders point at sessions for ever: they are stopped, never deleted."""
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [("stop", flash_stop), ("promote", flash_promote), ("figures", flash_report)]
        gate = self.admin_site.admin_view
        return [
            path(f"<int:pk>/{name}/", gate(view), name=f"promotions_flashsale_{name}") for name, view in own
        ] + super().get_urls()

    @admin.display(description="场次", ordering="name")
    def title(self, row: FlashSale) -> SafeString:
        return format_html('<span class="bo-strong">{}</span>', row.name)

    @admin.display(description="商品")
    def goods(self, row: FlashSale) -> str:
        items = list(row.items.all())
        named = "、".join(f"{sku_name(item.sku)} ¥{yuan(item.price)}" for item in items[:GOODS_NAMED])
        return f"{named} 等 {len(items)} 件" if len(items) > GOODS_NAMED else named

    @admin.display(description="已抢 / 数量")
    def taken(self, row: FlashSale) -> SafeString:
        items = list(row.items.all())
        counts = sum(item.taken for item in items), sum(item.quota for item in items)
        return format_html('<span class="bo-money">{} / {}</span>', *counts)

    @admin.display(description="时间", ordering="starts_at")
    def when(self, row: FlashSale) -> SafeString:
        return window(row)

    @admin.display(description="状态")
    def state(self, row: FlashSale) -> SafeString:
        return lines_of(state_word(row), f"VIP 提前 {row.vip_early_minutes} 分钟" if row.vip_early_minutes else "")

    @admin.display(description="付款订单")
    def orders(self, row: Any) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', row.figures.orders)

    @admin.display(description="销售额（元）")
    def sales(self, row: Any) -> SafeString:
        return amount(row.figures.sales)

    @admin.display(description="管理")
    def ways(self, row: FlashSale) -> SafeString:
        copy = f"{reverse('admin:promotions_flashsale_add')}?copy={row.pk}"
        names = [("数据", "figures"), ("推广", "promote"), *([("停止", "stop")] if may_stop(row) else [])]
        offered = [(label, reverse(f"admin:promotions_flashsale_{name}", args=[row.pk])) for label, name in names]
        return links(row, [*offered, ("复制", copy)])


def flash_edit(request: HttpRequest, object_id: str = "") -> HttpResponse:
    """Show the page of a session, or save what was typed; what cannot be saved comes back as it was."""
    sale = flash_named(object_id) if object_id else None
    if not staff_of(request).has_perm(f"promotions.{'change' if sale else 'add'}_flashsale"):
        raise PermissionDenied
    copy = request.GET.get("copy", "")
    copied = FlashSale.objects.filter(pk=int(copy)).first() if copy.isdecimal() and len(copy) < 18 else None
    sheet = FlashSheet(request, sale, copied=copied)
    if sheet.is_sent and sheet.is_valid() and save(request, sheet, sale):
        return redirect("admin:promotions_flashsale_changelist")
    state = sale.state_at(now()) if sale else RunState.SCHEDULED
    context = {
        "title": sale.name if sale else "添加场次",
        "sale": sale,
        "sheet": sheet,
        "is_running": state == RunState.RUNNING,
        "is_over": state in {RunState.ENDED, RunState.STOPPED},
    }
    return pages.answer(request, "admin/activities/flash_edit.html", context)


def save(request: HttpRequest, sheet: FlashSheet, sale: FlashSale | None) -> bool:
    """Save the session; on refusal put each sentence at its field and return False."""
    try:
        saved = promotions.save_flash_sale(
            draft=sheet.draft(), sale=sale, submission=sheet.submission, by=staff_of(request), now=now()
        )
    except promotions.DraftRefused as refusal:
        for problem in refusal.problems:
            sheet.place(problem)
        return False
    settle_wording(request, sheet.fact, saved)
    messages.success(request, f"已保存场次「{saved.name}」，数量已从商品库存里锁定")
    return True


def flash_named(object_id: str) -> FlashSale:
    """Return the session of an address. Raises Http404."""
    if not object_id.isdecimal() or len(object_id) > 18:
        raise Http404
    return get_object_or_404(FlashSale, pk=object_id)


def flash_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a session after asking once more."""
    if not staff_of(request).has_perm("promotions.change_flashsale"):
        raise PermissionDenied
    sale = get_object_or_404(FlashSale, pk=pk)
    return pages.stop_page(
        request,
        title=f"停止场次：{sale.name}",
        hint="停止后不能重新开始，没卖完的数量一分钟内回到商品库存；已经下的单不受影响。",
        back=reverse("admin:promotions_flashsale_changelist"),
        stop=lambda: promotions.stop_flash_sale(sale=sale, by=staff_of(request), now=now()),
    )


def flash_promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how to pass a session on."""
    if not staff_of(request).has_perm("promotions.view_flashsale"):
        raise PermissionDenied
    sale = get_object_or_404(FlashSale, pk=pk)
    return pages.promote_page(
        request,
        title=f"推广：{sale.name}",
        path=f"{reverse('promotions:flash')}?session={pk}",
        poster="",
        back=reverse("admin:promotions_flashsale_changelist"),
    )


def flash_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a session has brought, SKU by SKU. Queries: session, items with goods, figures of both."""
    if not staff_of(request).has_perm("promotions.view_flashsale"):
        raise PermissionDenied
    sale = get_object_or_404(FlashSale, pk=pk)
    by_item = item_figures(pk)
    items = sale.items.select_related("sku__product").order_by("pk")
    context = {
        "title": f"数据：{sale.name}",
        "sale": sale,
        "state": sale.state_at(now()).label,
        "figures": flash_figures([pk]).get(pk, Figures()),
        "rows": [(item, sku_name(item.sku), by_item.get(item.pk, Figures())) for item in items],
        "back": reverse("admin:promotions_flashsale_changelist"),
    }
    return pages.answer(request, "admin/activities/flash_figures.html", context)
