"""The ladder of levels on one screen: every level a card, saved all together, so that ranges leave no gap."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from members import services as members
from members.models import FULL_PRICE, Level
from shop.backoffice.base import BackofficeForm, StaffAdmin, dress, now, staff_of
from shop.lib.money import YuanFormField
from shop.models import LevelMetric, ShopSettings

MOST_ORDERS = 1_000_000
NOWHERE, NOT_SAID = "none", ""
PREFIX = "rungs"


class LadderForm(BackofficeForm):
    """What the ladder counts."""

    metric = forms.ChoiceField(
        label="等级依据", choices=LevelMetric.choices,
        help_text="消费金额：已完成订单的实付，扣除退款。完成订单数：全额退款的不算。换了依据，下面的范围也要重填。",
    )  # fmt: skip
    window_months = forms.IntegerField(
        label="统计期（月）", min_value=0, max_value=60, initial=0,
        help_text="只算最近多少个月完成的订单；0 表示全部，12 表示滚动一年，旧订单过期后会降级。",
    )  # fmt: skip


class RungForm(BackofficeForm):
    """One level. The ends of its range are yuan or orders, as `metric` says."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="等级名称", max_length=20, help_text="顾客看到的名称，例如“银卡”。")
    discount_rate = forms.IntegerField(
        label="折扣（%）", min_value=1, max_value=FULL_PRICE, initial=FULL_PRICE,
        help_text="按本站价的百分之几付款：95 就是 9.5 折，100 不打折。",
    )  # fmt: skip
    points_rate = forms.IntegerField(
        label="积分倍数（%）",
        min_value=0,
        max_value=1000,
        initial=100,
        help_text="150 就是 1.5 倍消费积分，100 不加倍。",
    )
    birthday_points = forms.IntegerField(
        label="生日积分", min_value=0, max_value=1_000_000, initial=0,
        help_text="生日前后五天来访时送一次，每年一次；0 不送。",
    )  # fmt: skip
    free_freight = forms.BooleanField(label="免运费", required=False, help_text="这一级的快递订单不收运费。")
    moves_to = forms.ChoiceField(label="会员转到", required=False, help_text="删除这一级时，它的会员先转到这里。")

    field_order = ["id", "name", "min_value", "max_value"]

    def __init__(self, *args: Any, metric: str, levels: Sequence[Level], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        starts = {"label": "从", "help_text": "达到这么多就是这一级。"}
        ends = {"label": "到", "required": False, "help_text": "含这个数，紧接着是下一级；最后一级不填。"}
        for name, facts in (("min_value", starts), ("max_value", ends)):
            self.fields[name] = value_field(metric, **facts)
        self.order_fields(self.field_order)
        self.level = next((level for level in levels if str(level.pk) == str(self["id"].value())), None)
        others = [(str(level.pk), level.name) for level in levels if level is not self.level]
        self.fields["moves_to"].choices = [  # type: ignore[attr-defined]
            (NOT_SAID, "请选择"), *others, (NOWHERE, "没有等级"),
        ]  # fmt: skip

    @property
    def member_count(self) -> int:
        return vars(self.level)["member_count"] if self.level else 0

    def rung(self) -> members.Rung:
        """Return what was typed."""
        facts = {name: value for name, value in self.cleaned_data.items() if name not in {"moves_to", "DELETE"}}
        return members.Rung(**facts)


def value_field(metric: str, **facts: Any) -> forms.Field:
    """Make a field for a value of the ladder: yuan or a number of orders, in the back office's clothes."""
    if metric == LevelMetric.AMOUNT:
        field: forms.Field = YuanFormField(**{**facts, "label": f"{facts['label']}（元）"})
    else:
        error = {"invalid": "请填写订单数，例如 3"}
        field = forms.IntegerField(
            **{**facts, "label": f"{facts['label']}（单）"}, min_value=0, max_value=MOST_ORDERS, error_messages=error
        )
    dress(field)
    return field


@admin.register(Level)
class LevelAdmin(StaffAdmin):
    """Levels have one screen, the ladder; a level has none of its own."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:members_level_changelist")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the ladder; a POST adds an empty card to it, or saves all of it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        levels = list(Level.objects.annotate(member_count=Count("members")).order_by("min_value"))
        if "save" in request.POST:
            ladder, rungs = bound(request.POST, levels)
            if saved(request, ladder, rungs, levels):
                messages.success(request, "会员等级已保存，会员的等级会在几分钟内重新计算")
                return redirect("admin:members_level_changelist")
        else:
            ladder, rungs = unbound(request.POST, levels)
        context = {
            "title": "会员等级",
            "ladder": ladder,
            "rungs": rungs,
            "can_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/levels.html", {**self.admin_site.each_context(request), **context})


class Rungs(forms.BaseFormSet):  # type: ignore[type-arg]
    """All the levels."""

    def add_fields(self, form: RungForm, index: int | None) -> None:
        super().add_fields(form, index)
        field = form.fields["DELETE"]
        field.label, field.help_text = "删除", "保存后生效。"
        dress(field)


def rung_formset(**facts: Any) -> Any:
    most = members.MOST_LEVELS
    made = forms.formset_factory(RungForm, formset=Rungs, extra=0, can_delete=True, max_num=most)
    return made(prefix=PREFIX, **facts)


def bound(posted: QueryDict, levels: Sequence[Level]) -> tuple[LadderForm, Any]:
    """Return the forms with what was sent, to be checked."""
    return LadderForm(posted), rung_formset(data=posted, form_kwargs={"metric": metric_of(posted), "levels": levels})


def unbound(posted: QueryDict, levels: Sequence[Level]) -> tuple[LadderForm, Any]:
    """Return the forms as the ladder stands, or as they were sent and one more card, unchecked."""
    shop = ShopSettings.load()
    known = {"metric": shop.level_metric, "window_months": shop.level_window_months}
    rows = [values_of(level) for level in levels] or [{"min_value": 0}]
    if posted:
        known = {name: posted.get(name, "") for name in known}
        rows = [*sent_rows(posted), {}]
    kwargs = {"metric": metric_of(posted) if posted else shop.level_metric, "levels": levels}
    return LadderForm(initial=known), rung_formset(initial=rows, form_kwargs=kwargs)


def metric_of(posted: QueryDict) -> str:
    metric = posted.get("metric", "")
    return metric if metric in LevelMetric.values else LevelMetric.AMOUNT.value


def values_of(level: Level) -> dict[str, Any]:
    names = ["id", "name", "min_value", "max_value", "discount_rate", "points_rate", "birthday_points", "free_freight"]
    return {name: getattr(level, name) for name in names}


def sent_rows(posted: QueryDict) -> list[dict[str, Any]]:
    """Return what stands in the cards, as it was typed."""
    total = posted.get(f"{PREFIX}-TOTAL_FORMS", "")
    count = min(int(total), members.MOST_LEVELS) if total.isdecimal() and len(total) < 4 else 0
    fields = [*RungForm.base_fields, "min_value", "max_value"]
    return [
        {name: posted[f"{PREFIX}-{row}-{name}"] for name in fields if f"{PREFIX}-{row}-{name}" in posted}
        for row in range(count)
    ]


def saved(request: HttpRequest, ladder: LadderForm, rungs: Any, levels: Sequence[Level]) -> bool:
    """Save what was typed, or write sentences to the fields and return False."""
    if not (rungs.is_valid() and ladder.is_valid()):
        return False
    kept = sorted((form for form in rungs.forms if form not in rungs.deleted_forms), key=starts_at)
    moves = moves_of(rungs.deleted_forms)
    try:
        members.save_ladder(
            rungs=[form.rung() for form in kept], moves=moves, by=staff_of(request), now=now(), **ladder.cleaned_data
        )
    except members.LadderRefused as refusal:
        write_mistakes(refusal, ladder, rungs, kept)
        return False
    return True


def starts_at(form: RungForm) -> int:
    return int(form.cleaned_data["min_value"])


def moves_of(deleted: Sequence[RungForm]) -> dict[int, int | None]:
    """Return where the members of removed levels go: {level id: level id, None for no level}."""
    moves: dict[int, int | None] = {}
    for form in deleted:
        target = form["moves_to"].value() or NOT_SAID
        if form.level and (target == NOWHERE or target.isdecimal()):
            moves[form.level.pk] = None if target == NOWHERE else int(target)
    return moves


def write_mistakes(refusal: members.LadderRefused, ladder: LadderForm, rungs: Any, kept: Sequence[RungForm]) -> None:
    """Put every sentence where it belongs: at the field of its card, at the card that goes, else on top."""
    for mistake in refusal.mistakes:
        if mistake.row is None:
            ladder.add_error(None, mistake.sentence)
        else:
            kept[mistake.row].add_error(mistake.field, mistake.sentence)
    homeless = {level.pk for level in refusal.homeless}
    for form in rungs.deleted_forms:
        if form.level and form.level.pk in homeless:
            form.add_error("moves_to", f"还有 {form.member_count} 位会员，请选择他们转到哪个等级")
