"""Filters of the lists: exact words, blind indexes, choices, days of the shop's calendar, amounts."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from shop.backoffice.base import BackofficeForm, dress
from shop.lib.crypto import blind_index
from shop.lib.money import parse_yuan


class FormFilter(admin.SimpleListFilter):
    """A filter whose choice is made in form fields, each named after a parameter of the address."""

    template = "unfold/filters/filters_field.html"
    parameter_name = ""

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        self.request, self.model_admin = request, model_admin
        super().__init__(request, params, model, model_admin)
        for name in self.names():
            if name in params:
                value = params.pop(name)
                self.used_parameters[name] = value[-1] if isinstance(value, list) else value

    def names(self) -> list[str]:
        return [str(self.parameter_name)]

    def expected_parameters(self) -> list[str | None]:
        return [*self.names()]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def has_output(self) -> bool:
        return True

    def typed(self, name: str) -> str:
        """Return what was typed for the parameter `name`, trimmed and without NUL bytes, which PostgreSQL refuses."""
        return str(self.used_parameters.get(name) or "").replace("\0", "").strip()

    def choices(self, changelist: Any) -> Any:
        form = BackofficeForm(initial=self.used_parameters)
        for name, field in self.form_fields().items():
            field.required = False
            dress(field)
            form.fields[name] = field
        yield {"form": form}

    def form_fields(self) -> dict[str, forms.Field]:
        raise NotImplementedError


class TypedFilter(FormFilter):
    """One text field; `condition` turns what was typed into a Q."""

    def form_fields(self) -> dict[str, forms.Field]:
        return {str(self.parameter_name): forms.CharField(label=self.title)}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = self.typed(str(self.parameter_name))
        return queryset.filter(self.condition(typed)) if typed else queryset

    def condition(self, typed: str) -> Q:
        raise NotImplementedError


def typed_filter(parameter: str, title: str, condition: Callable[[str], Q]) -> type[TypedFilter]:
    """Make a filter with one text field; `condition` turns what was typed into a Q."""
    methods = {"title": title, "parameter_name": parameter, "condition": lambda self, typed: condition(typed)}
    return type(f"{parameter.title()}Filter", (TypedFilter,), methods)


class ChosenFilter(FormFilter):
    """One drop-down; `options` yields `(value, label)`."""

    def form_fields(self) -> dict[str, forms.Field]:
        options = [("", "全部"), *self.options()]
        return {str(self.parameter_name): forms.ChoiceField(label=self.title, choices=options)}

    def options(self) -> list[tuple[Any, str]]:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = self.typed(str(self.parameter_name))
        known = {str(value) for value, _ in self.options()} if typed else set()
        return queryset.filter(self.condition(typed)) if typed in known else queryset

    def condition(self, typed: str) -> Q:
        return Q(**{str(self.parameter_name): typed})


def chosen_filter(
    parameter: str,
    title: str,
    options: list[tuple[Any, Any]],
    condition: Callable[[str], Q] | None = None,
) -> type[ChosenFilter]:
    """Make a drop-down over fixed `options`; without `condition` the column of that name must equal the choice."""
    methods: dict[str, Any] = {"title": title, "parameter_name": parameter, "options": lambda self: options}
    if condition:
        methods["condition"] = lambda self, typed: condition(typed)
    return type(f"{parameter.title()}Filter", (ChosenFilter,), methods)


class ManyFilter(ChosenFilter):
    """Any of several values, each a tick; the address repeats the parameter."""

    template = "admin/filters/ticks.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.ticked = request.GET.getlist(str(self.parameter_name))
        used: dict[str, Any] = self.used_parameters
        if used:
            used[str(self.parameter_name)] = self.ticked

    def form_fields(self) -> dict[str, forms.Field]:
        ticks = forms.CheckboxSelectMultiple
        return {str(self.parameter_name): forms.MultipleChoiceField(choices=self.options(), widget=ticks)}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {str(value) for value, _ in self.options()} if self.ticked else set()
        wanted = [value for value in self.ticked if value in known]
        return queryset.filter(**{f"{self.parameter_name}__in": wanted}) if wanted else queryset


# Label -> how many days ago the stretch begins and ends.
STRETCHES = {"今天": (0, 0), "昨天": (1, 1), "近 7 天": (6, 0), "近 30 天": (29, 0)}


class DaysFilter(FormFilter):
    """From one day to another, both included, by the shop's calendar; `column` is a datetime."""

    template = "admin/filters/days.html"
    column: ClassVar[str] = ""

    def names(self) -> list[str]:
        return [f"{self.parameter_name}_from", f"{self.parameter_name}_to"]

    def form_fields(self) -> dict[str, forms.Field]:
        first, last = self.names()
        return {
            first: forms.DateField(label="从", widget=forms.DateInput(attrs={"type": "date"})),
            last: forms.DateField(label="到", widget=forms.DateInput(attrs={"type": "date"})),
        }

    def choices(self, changelist: Any) -> Any:
        for shown in super().choices(changelist):
            yield {**shown, "stretches": self.stretches(changelist)}

    def stretches(self, changelist: Any) -> list[tuple[str, str, bool]]:
        """List `(label, query, whether it is the choice of the moment)` of the stretches that one touch chooses."""
        first, last = self.names()
        now_typed = [self.typed(first), self.typed(last)]
        found = []
        for label, days in stretch_days(timezone.localdate()).items():
            query = changelist.get_query_string(dict(zip((first, last), days, strict=True)))
            found.append((label, query, now_typed == days))
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = [read_day(self.typed(name)) for name in self.names()]
        if first:
            queryset = queryset.filter(**{f"{self.column}__gte": midnight(first)})
        if last:
            queryset = queryset.filter(**{f"{self.column}__lt": midnight(last + timedelta(days=1))})
        return queryset


def days_filter(parameter: str, title: str, column: str) -> type[DaysFilter]:
    """Make a filter by days over the datetime `column`."""
    return type(f"{parameter.title()}DaysFilter", (DaysFilter,), {
        "title": title, "parameter_name": parameter, "column": column,
    })  # fmt: skip


class NumbersFilter(FormFilter):
    """From one number to another; with `in_yuan` people type yuan and the column is fen."""

    template = "admin/filters/range.html"
    columns: ClassVar[tuple[str, str]] = ("", "")  # compared with the lower and the upper end
    in_yuan = False

    def names(self) -> list[str]:
        return [f"{self.parameter_name}_from", f"{self.parameter_name}_to"]

    def form_fields(self) -> dict[str, forms.Field]:
        first, last = self.names()
        attrs = {"inputmode": "decimal"}
        return {
            first: forms.CharField(label="从", widget=forms.TextInput(attrs=attrs)),
            last: forms.CharField(label="到", widget=forms.TextInput(attrs=attrs)),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        lowest, highest = [self.read(self.typed(name)) for name in self.names()]
        if lowest is not None:
            queryset = queryset.filter(**{f"{self.columns[0]}__gte": lowest})
        if highest is not None:
            queryset = queryset.filter(**{f"{self.columns[1]}__lte": highest})
        return queryset

    def read(self, typed: str) -> int | None:
        try:
            return parse_yuan(typed) if self.in_yuan else max(min(int(typed), 10**9), -(10**9))
        except ValueError:
            return None


def numbers_filter(
    parameter: str, title: str, columns: tuple[str, str], *, in_yuan: bool = False
) -> type[NumbersFilter]:
    """Make a filter by a range of numbers."""
    return type(f"{parameter.title()}NumbersFilter", (NumbersFilter,), {
        "title": title, "parameter_name": parameter, "columns": columns, "in_yuan": in_yuan,
    })  # fmt: skip


def by_person(name_index: str, phone_index: str) -> Callable[[str], Q]:
    """Return a condition that finds a person by the exact name or phone, through the blind indexes."""

    def condition(typed: str) -> Q:
        index = blind_index(typed)
        return Q(**{phone_index: index}) | (Q(**{name_index: index}) if name_index else Q())

    return condition


def stretch_days(today: date) -> dict[str, list[str]]:
    """Return the first and last day of every stretch, as the address writes them."""
    return {label: [(today - timedelta(days=days)).isoformat() for days in ends] for label, ends in STRETCHES.items()}


def read_day(typed: str) -> date | None:
    try:
        return parse_date(typed)
    except ValueError:
        return None


def midnight(day: date) -> datetime:
    """Return the beginning of `day` by the shop's clock."""
    return timezone.make_aware(datetime.combine(day, time.min))
