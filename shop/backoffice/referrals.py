"""邀请有礼: campaigns with their figures, the pairs that came of them, and those that look like one person."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from members.models import Member
from promotions import selectors
from promotions import services as promotions
from promotions.models import CouponTemplate, IssueMode, Referral, ReferralCampaign, ReferralStatus, RunState
from shop.backoffice.base import ReadOnlyAdmin, ReasonForm, StaffAdmin, log, now, posted, staff_of
from shop.backoffice.filters import ChosenFilter, FormFilter, chosen_filter, days_filter
from shop.backoffice.members.filters import anything
from shop.backoffice.till import confirm_page
from shop.backoffice.words import lines_of, moment, word

REWARDS = ["inviter_points", "inviter_coupon", "invitee_points", "invitee_coupon"]
STATE_TONES = {
    RunState.RUNNING: "done", RunState.SCHEDULED: "wait", RunState.ENDED: "quiet", RunState.STOPPED: "quiet",
}  # fmt: skip
MOST_POINTS = 100_000


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an invitation is worth; a campaign ends after it starts, gives something, and runs alone."""

    class Meta:
        help_texts = {
            "name": "显示在会员的邀请页上。",
            "starts_at": "从这时起，用邀请链接注册的新会员算进活动。",
            "ends_at": "不填就一直进行，直到停止。结束前邀请的好友，奖励照常到账。",
            "inviter_points": "好友完成首单、售后期结束后送给邀请人；0 表示不送。",
            "inviter_coupon": "只能选发放方式是“奖励券”的优惠券。",
            "invitee_points": "新人注册后马上送；0 表示不送。",
            "invitee_coupon": "新人注册后马上送，只能选“奖励券”。",
            "rules_text": "显示在邀请页和好友打开的页面上，例如兑奖说明。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = CouponTemplate.objects.filter(issue_mode=IssueMode.REWARD, is_stopped=False)
        for name in ("inviter_coupon", "invitee_coupon"):
            if name in self.fields:
                kept = CouponTemplate.objects.filter(pk=getattr(self.instance, f"{name}_id"))
                self.fields[name].queryset = (offered | kept).order_by("-pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", "结束时间要晚于开始时间")
        for name in ("inviter_points", "invitee_points"):
            if (cleaned.get(name) or 0) > MOST_POINTS:
                self.add_error(name, f"最多 {MOST_POINTS} 积分")
        if REWARDS[0] in self.fields and not self.errors and not any(cleaned.get(name) for name in REWARDS):
            self.add_error("inviter_points", "邀请人和新人至少有一方得到积分或优惠券")
        day, total = cleaned.get("cap_per_day") or 0, cleaned.get("cap_total") or 0
        if total and day > total:
            self.add_error("cap_per_day", "每天的上限不能大于累计上限")
        if starts and not self.errors:
            self._refuse_overlap(starts, ends)
        return cleaned

    def _refuse_overlap(self, starts: datetime, ends: datetime | None) -> None:
        """Say at the field what saving would refuse; saving looks again, under a lock."""
        wanted = ReferralCampaign(
            pk=self.instance.pk, starts_at=starts, ends_at=ends, is_stopped=self.instance.is_stopped
        )
        try:
            with transaction.atomic():
                promotions.check_overlap(wanted)
        except promotions.CampaignsOverlap as clash:
            self.add_error("starts_at", clash.message)

    def validate_constraints(self) -> None:
        """Leave it to `clean`, whose sentences a person understands."""


@admin.register(ReferralCampaign)
class ReferralCampaignAdmin(StaffAdmin):
    """Campaigns. Once one has brought somebody, what was promised stays as it is."""

    form = CampaignForm
    list_display = ["title", "window", "rewards", "brought", "bought", "rewarded", "doubtful", "state", "steps"]
    list_display_links = ["title"]
    ordering = ["-pk"]
    list_before_template = "admin/referrals_head.html"
    fieldsets = [
        (None, {
            "fields": ["name", "starts_at", "ends_at"],
            "description": "奖励挂在好友自己完成的首单上，只算一级。转发链接本身没有奖励：微信禁止奖励分享行为。",
        }),
        ("邀请人得到", {"fields": ["inviter_points", "inviter_coupon", "cap_per_day", "cap_total"]}),
        ("新人得到", {"fields": ["invitee_points", "invitee_coupon"]}),
        ("说明", {"fields": ["rules_text"]}),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferralCampaign]:
        return selectors.campaigns_with_figures().select_related("inviter_coupon", "invitee_coupon")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return REWARDS if obj and obj.brought else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A campaign has a past: it is stopped, never deleted."""
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Say so when somebody else was quicker with a campaign for the same time."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except promotions.CampaignsOverlap as clash:
            messages.error(request, clash.message)
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: ReferralCampaign, form: Any, change: bool) -> None:
        promotions.save_campaign(obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(switch)
        return [path("<int:pk>/switch/", view, name="promotions_referralcampaign_switch"), *super().get_urls()]

    @admin.display(description="活动", ordering="pk")
    def title(self, campaign: ReferralCampaign) -> str:
        return campaign.name

    @admin.display(description="时间")
    def window(self, campaign: ReferralCampaign) -> SafeString:
        return lines_of(moment(campaign.starts_at), f"至 {moment(campaign.ends_at) or '停止为止'}")

    @admin.display(description="奖励")
    def rewards(self, campaign: ReferralCampaign) -> SafeString:
        inviter = selectors.reward_words(campaign) or "无"
        return lines_of(f"邀请人：{inviter}", f"新人：{selectors.reward_words(campaign, invitee=True) or '无'}")

    @admin.display(description="邀请人数")
    def brought(self, campaign: Any) -> SafeString:
        return number_of(campaign, campaign.brought)

    @admin.display(description="首单人数")
    def bought(self, campaign: Any) -> SafeString:
        share = f"（{round(100 * campaign.bought / campaign.brought)}%）" if campaign.brought else ""
        return format_html('<span class="bo-money">{}{}</span>', campaign.bought, share)

    @admin.display(description="已奖励")
    def rewarded(self, campaign: Any) -> SafeString:
        return format_html('<span class="bo-money">{}</span>', campaign.rewarded)

    @admin.display(description="待核查")
    def doubtful(self, campaign: Any) -> SafeString:
        return number_of(campaign, campaign.doubtful, ReferralStatus.DOUBTFUL)

    @admin.display(description="状态")
    def state(self, campaign: ReferralCampaign) -> SafeString:
        state = selectors.state_of(campaign, now=now())
        return word("", state.label, STATE_TONES[state])

    @admin.display(description="操作")
    def steps(self, campaign: ReferralCampaign) -> SafeString:
        url = reverse("admin:promotions_referralcampaign_switch", args=[campaign.pk])
        title = "启动" if campaign.is_stopped else "停止"
        return format_html('<span class="bo-dos"><a class="bo-do" href="{}">{}</a></span>', url, title)


def number_of(campaign: ReferralCampaign, count: int, status: str = "") -> SafeString:
    """Write a number that leads to its pairs."""
    query = f"?campaign={campaign.pk}" + (f"&tab={status}" if status else "")
    url = reverse("admin:promotions_referral_changelist")
    return format_html('<a class="bo-link bo-money" href="{}{}">{}</a>', url, query, count)


def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then stop a campaign or let it run again."""
    if not staff_of(request).has_perm("promotions.change_referralcampaign"):
        raise PermissionDenied
    campaign = get_object_or_404(ReferralCampaign, pk=pk)
    to, back = not campaign.is_stopped, reverse("admin:promotions_referralcampaign_changelist")
    title = "停止" if to else "启动"
    if request.method == "POST":
        try:
            with transaction.atomic():
                promotions.switch_campaign(campaign=campaign, is_stopped=to)
                log(
                    request, "switch_campaign", campaign, summary=f"{title}邀请活动「{campaign.name}」",
                    before={"is_stopped": not to}, after={"is_stopped": to},
                )  # fmt: skip
        except promotions.CampaignsOverlap as clash:
            messages.error(request, clash.message)
        else:
            messages.success(request, f"已{title}「{campaign.name}」")
        return redirect(back)
    hint = "停止后新注册的会员不再算进活动；已经邀请的好友，奖励照常到账。" if to else "启动后按活动的时间继续进行。"
    return confirm_page(request, f"{title}「{campaign.name}」", hint, title, back)


TABS = {"": "全部", **dict(ReferralStatus.choices)}


class TabFilter(FormFilter):
    """The tab above the list of pairs."""

    title = "标签"
    parameter_name = "tab"
    template = "admin/filters/hidden.html"

    def form_fields(self) -> dict[str, forms.Field]:
        return {"tab": forms.CharField()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Referral]) -> QuerySet[Referral]:
        tab = self.typed("tab")
        return queryset.filter(status=tab) if tab in ReferralStatus.values else queryset


class CampaignFilter(ChosenFilter):
    """The pairs of one campaign."""

    title = "活动"
    parameter_name = "campaign"

    def options(self) -> list[tuple[Any, str]]:
        if not hasattr(self, "campaigns"):
            rows = ReferralCampaign.objects.order_by("-pk").values_list("pk", "name")
            self.campaigns = [(str(pk), name) for pk, name in rows]
        return self.campaigns


def of_person(side: str, typed: str) -> Q:
    return Q(**{f"{side}__in": Member.objects.shoppers().filter(anything(typed)).values("pk")})


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin):
    """Who brought whom. What looks like one person with two phones waits here for a decision."""

    list_display = ["pair", "invitee_words", "state", "doubt_words", "order", "due", "came", "decided", "steps"]
    list_display_links = None
    list_select_related = ["inviter", "invitee", "campaign", "decided_by"]
    list_filter = [
        TabFilter,
        CampaignFilter,
        chosen_filter("doubt", "疑点", list(selectors.DOUBTS.items()), lambda typed: Q(doubts__icontains=typed)),
        days_filter("came", "注册日期", "created_at"),
        days_filter("rewarded", "奖励日期", "rewarded_at"),
    ]
    list_before_template = "admin/tabs_head.html"
    search_fields = ["order_no"]
    search_help_text = "邀请人或新人的完整手机号、会员编号或昵称，或首单订单号"
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Referral]:
        return Referral.objects.order_by("-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Referral], search_term: str
    ) -> tuple[QuerySet[Referral], bool]:
        typed = search_term.replace("\0", "").strip()
        if not typed:
            return queryset, False
        found = of_person("inviter", typed) | of_person("invitee", typed) | Q(order_no=typed)
        return queryset.filter(found), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        counts = selectors.referrals_by_status()
        tabs = [(tab, label, counts.get(tab, 0) if tab else sum(counts.values())) for tab, label in TABS.items()]
        typed = request.GET.get("tab", "")
        context = {"tabs": tabs, "tab": typed if typed in TABS else "", "tabs_label": "邀请状态"}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(decide)
        return [path("<int:pk>/do/<slug:name>/", view, name="promotions_referral_decide"), *super().get_urls()]

    @admin.display(description="邀请人", ordering="pk")
    def pair(self, referral: Referral) -> SafeString:
        return person_of(referral.inviter)

    @admin.display(description="新人")
    def invitee_words(self, referral: Referral) -> SafeString:
        return person_of(referral.invitee)

    @admin.display(description="状态")
    def state(self, referral: Referral) -> SafeString:
        tones = {
            ReferralStatus.REWARDED: "done", ReferralStatus.DOUBTFUL: "act", ReferralStatus.REFUSED: "quiet",
        }  # fmt: skip
        tone = tones.get(ReferralStatus(referral.status), "wait")
        return lines_of(word("", referral.get_status_display(), tone), referral.campaign.name)

    @admin.display(description="疑点")
    def doubt_words(self, referral: Referral) -> str:
        return "、".join(selectors.DOUBTS.get(doubt, doubt) for doubt in referral.doubts)

    @admin.display(description="首单")
    def order(self, referral: Referral) -> str:
        return referral.order_no

    @admin.display(description="售后期结束")
    def due(self, referral: Referral) -> str:
        return moment(referral.due_at)

    @admin.display(description="注册时间", ordering="pk")
    def came(self, referral: Referral) -> str:
        return moment(referral.created_at)

    @admin.display(description="核查")
    def decided(self, referral: Referral) -> SafeString:
        return lines_of(str(referral.decided_by or ""), referral.decided_note)

    @admin.display(description="操作")
    def steps(self, referral: Referral) -> SafeString:
        names = [name for name, (_, statuses, _) in DECISIONS.items() if referral.status in statuses]
        parts = [(reverse("admin:promotions_referral_decide", args=[referral.pk, name]), DECISIONS[name][0])
                 for name in names]  # fmt: skip
        links = [format_html('<a class="bo-do" href="{}">{}</a>', url, title) for url, title in parts]
        return format_html('<span class="bo-dos">{}</span>', SafeString("").join(links))


def person_of(member: Member) -> SafeString:
    """Write a member with the way to their page; the phone is masked."""
    url = reverse("admin:members_member_change", args=[member.pk])
    name = "已注销" if member.erased_at else member.nickname or "未填昵称"
    return lines_of(format_html('<a class="bo-link" href="{}">{}</a>', url, name), member.phone_masked or member.no)


OPEN = {ReferralStatus.WAITING, ReferralStatus.ORDERED, ReferralStatus.DOUBTFUL}
DECISIONS: dict[str, tuple[str, set[ReferralStatus], str]] = {  # name -> words, from which statuses, hint
    "approve": ("通过", {ReferralStatus.DOUBTFUL}, "通过后新人礼马上发放；邀请人的奖励等好友首单的售后期结束。"),
    "refuse": ("不予奖励", OPEN, "双方都不再得到这次邀请的奖励，已发的不收回。不能恢复。"),
}


def decide(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Ask why, then let a pair go on, or end it without a reward."""
    staff = staff_of(request)
    if not staff.has_perm("promotions.change_referral"):
        raise PermissionDenied
    if name not in DECISIONS:
        raise Http404
    title, _, hint = DECISIONS[name]
    referral = get_object_or_404(Referral.objects.select_related("inviter", "invitee"), pk=pk)
    form, back = ReasonForm(posted(request)), reverse("admin:promotions_referral_changelist")
    if request.method == "POST" and form.is_valid():
        work = promotions.approve_referral if name == "approve" else promotions.refuse_referral
        reason = form.cleaned_data["reason"]
        try:
            with transaction.atomic():
                work(referral=referral, by=staff, note=reason, now=now())
                log(
                    request, f"{name}_referral", referral, summary=f"邀请核查：{title}",
                    before={"status": referral.status}, after={"reason": reason},
                )  # fmt: skip
        except promotions.ReferralDecided as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, f"已处理：{title}")
        return redirect(f"{back}?tab={ReferralStatus.DOUBTFUL}")
    context = {
        "title": f"{title} · {referral.inviter} 邀请 {referral.invitee}", "hint": hint, "button": title,
        "back": back, "form": form,
    }  # fmt: skip
    return TemplateResponse(request, "admin/confirm.html", {**admin.site.each_context(request), **context})
