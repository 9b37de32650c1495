"""What the lists of offers and of flash sales share: tabs by state, one way to every page of a row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from promotions.models import RunState, in_state
from shop.backoffice.base import now
from shop.backoffice.filters import FormFilter
from shop.backoffice.words import lines_of, moment, word

TONES = {RunState.SCHEDULED: "wait", RunState.RUNNING: "done", RunState.ENDED: "quiet", RunState.STOPPED: "quiet"}


class StateFilter(FormFilter):
    """The tab above the list."""

    title = "状态"
    parameter_name = "tab"
    template = "admin/filters/hidden.html"

    def form_fields(self) -> dict[str, forms.Field]:
        return {"tab": forms.CharField()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        tab = self.typed("tab")
        return queryset.filter(in_state(tab, now())) if tab in RunState.values else queryset


def tabs_of(model: type[Model], at: datetime) -> list[tuple[str, str, int]]:
    """Return `(value, label, count)` of every tab in one query."""
    counts = {state.value: Count("pk", filter=in_state(state, at)) for state in RunState}
    row = model._default_manager.aggregate(all=Count("pk"), **counts)
    return [("", "全部", row["all"]), *((state.value, str(state.label), row[state.value]) for state in RunState)]


def state_word(row: Any) -> SafeString:
    """Write the state of an activity as a coloured word."""
    state = row.state_at(now())
    return word(state, str(state.label), TONES[state])


def window(row: Any) -> SafeString:
    """Write when an activity runs in two lines."""
    return lines_of(moment(row.starts_at), f"至 {moment(row.ends_at)}" if row.ends_at else "不限结束时间")


def links(row: Any, offered: Sequence[tuple[str, str]]) -> SafeString:
    """Draw the ways to the pages of a row: `[(label, address)]`."""
    parts = format_html_join(
        "", '<a class="bo-row-link" href="{}" aria-label="{}：{}">{}</a>', [
            (address, label, row.name, label) for label, address in offered
        ],
    )  # fmt: skip
    return format_html('<span class="bo-row-links">{}</span>', parts)


def may_stop(row: Any) -> bool:
    """Say whether an activity can still be stopped."""
    return row.state_at(now()) in {RunState.SCHEDULED, RunState.RUNNING}
