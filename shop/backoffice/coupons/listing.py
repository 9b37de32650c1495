"""The list of coupons, one tab per way in which they reach people."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from promotions.models import CouponTemplate, IssueMode, RunState
from shop.backoffice.base import ReadOnlyAdmin, now
from shop.backoffice.coupons import editing, spreading
from shop.backoffice.coupons.modes import MODES
from shop.backoffice.filters import ChosenFilter, FormFilter
from shop.backoffice.words import lines_of, moment, word
from shop.lib.money import yuan

TONES = {RunState.RUNNING: "done", RunState.SCHEDULED: "wait", RunState.ENDED: "quiet", RunState.STOPPED: "wrong"}


def tab_counts() -> list[tuple[str, str, int]]:
    """Return `(mode, label, count)` of every tab; kinds that are rare appear once there is one. One query."""
    rows = CouponTemplate.objects.order_by().values_list("issue_mode").annotate(count=Count("pk"))
    counts: dict[str, int] = dict(rows)
    usual = list(MODES)[:7]
    tabs = [(mode, MODES[mode][0], counts.get(mode, 0)) for mode in MODES if mode in usual or mode in counts]
    return [("", "全部", sum(counts.values())), *tabs]


class ModeFilter(FormFilter):
    """The tab above the list."""

    title = "标签"
    parameter_name = "tab"
    template = "admin/filters/hidden.html"

    def form_fields(self) -> dict[str, forms.Field]:
        return {"tab": forms.CharField()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[CouponTemplate]) -> QuerySet[CouponTemplate]:
        tab = self.typed("tab")
        return queryset.filter(issue_mode=tab) if tab in MODES else queryset


class StateFilter(ChosenFilter):
    """Whether it is handed out now."""

    title = "状态"
    parameter_name = "state"

    def options(self) -> list[tuple[Any, str]]:
        return list(RunState.choices)

    def condition(self, typed: str) -> Q:
        running = Q(pk__in=CouponTemplate.objects.handed_out_at(now()).values("pk"))
        later = Q(is_stopped=False, claim_from__gt=now())
        conditions = {
            RunState.STOPPED: Q(is_stopped=True),
            RunState.RUNNING: running,
            RunState.SCHEDULED: later,
            RunState.ENDED: Q(is_stopped=False) & ~running & ~later,
        }
        return conditions[RunState(typed)]


@admin.register(CouponTemplate)
class CouponTemplateAdmin(ReadOnlyAdmin):
    """Coupons. Writing one happens on pages of its own, see `editing`."""

    list_display = ["title", "worth", "threshold_shown", "validity", "units", "rate", "state"]
    list_display_links = ["title"]
    list_filter = [ModeFilter, StateFilter]
    search_fields = ["name"]
    search_help_text = "优惠券名称"
    ordering = ["-pk"]
    list_before_template = "admin/coupons/list_head.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tab = request.GET.get("tab", "")
        facts = {"tabs": tab_counts(), "tab": tab, "may_add": request.user.has_perm("promotions.add_coupontemplate")}
        if tab in MODES:
            facts |= {"hint": MODES[tab][1]}
        return super().changelist_view(request, {**facts, **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return editing.coupon_edit(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return editing.coupon_edit(request, object_id)

    def get_urls(self) -> list[URLPattern]:
        gate = self.admin_site.admin_view
        pages: list[Any] = [*editing.PAGES, *spreading.PAGES]
        own = [path(route, gate(view), name=f"promotions_coupontemplate_{name}") for route, view, name in pages]
        return own + super().get_urls()

    @admin.display(description="名称", ordering="name")
    def title(self, template: CouponTemplate) -> SafeString:
        name = format_html('<span class="bo-strong">{}</span>', template.name)
        return lines_of(name, MODES[template.issue_mode][0])

    @admin.display(description="面额")
    def worth(self, template: CouponTemplate) -> str:
        return template.worth_words

    @admin.display(description="门槛", ordering="threshold")
    def threshold_shown(self, template: CouponTemplate) -> SafeString:
        over = f"满 {yuan(template.threshold)} 元" if template.threshold else "无门槛"
        return lines_of(over, "" if template.scope_kind == "all" else template.scope_words)

    @admin.display(description="有效期")
    def validity(self, template: CouponTemplate) -> SafeString:
        until = f"{moment(template.claim_to)} 停发" if template.claim_to else ""
        return lines_of(template.validity_words, until)

    @admin.display(description="总量 / 已领 / 已用", ordering="issued")
    def units(self, template: CouponTemplate) -> SafeString:
        log = f"{reverse('admin:promotions_coupon_changelist')}?template={template.pk}"
        return format_html(
            '<a class="bo-money bo-link" href="{}" aria-label="{} 的领取记录">{} / {} / {}</a>',
            log, template.name, template.total or "不限", template.issued, template.used,
        )  # fmt: skip

    @admin.display(description="核销率")
    def rate(self, template: CouponTemplate) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', use_rate(template))

    @admin.display(description="状态")
    def state(self, template: CouponTemplate) -> SafeString:
        state = template.run_state(now())
        if state == RunState.RUNNING and template.lacks_goods:
            return word("", "还没选商品", "act")
        if state == RunState.RUNNING and template.is_gone:
            return word("", "已发完", "quiet")
        if state == RunState.RUNNING and template.issue_mode == IssueMode.PUSH:
            return word("", "可发放", "done")
        return word("", state.label, TONES[state])


def use_rate(template: CouponTemplate) -> str:
    """Say how many of the issued coupons were used."""
    return f"{template.used * 100 / template.issued:.1f}%" if template.issued else "–"
