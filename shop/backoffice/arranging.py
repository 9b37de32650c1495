"""Lists that people arrange for themselves: which columns, how many rows a page. A cookie of the browser keeps it."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.views import ChangeList

from shop.backoffice.base import BackofficeForm, OneCountChangeList, ReadOnlyAdmin

SIZES = [20, 50, 100, 200]
KEPT_SECONDS = 365 * 24 * 3600


class ArrangementForm(BackofficeForm):
    """The choice of columns and the size of a page."""

    size = forms.TypedChoiceField(label="每页", choices=[(size, f"{size} 条") for size in SIZES], coerce=int)
    columns = forms.MultipleChoiceField(label="显示的列", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, columns: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = columns  # type: ignore[attr-defined]
        self.fields["size"].widget.attrs["id"] = "arrange_size"  # the page has other forms


class ArrangedChangeList(OneCountChangeList):
    """A list with as many rows a page as the person likes."""

    def get_results(self, request: HttpRequest) -> None:
        self.list_per_page = self.model_admin.arrangement(request)["size"]
        super().get_results(request)


class ArrangedAdmin(ReadOnlyAdmin):
    """A list whose columns can be chosen: `list_display` names all, `columns_fixed` stay, `columns_spare` are off."""

    columns_fixed: ClassVar[list[str]] = []
    columns_spare: ClassVar[list[str]] = []

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ArrangedChangeList

    def get_list_display(self, request: HttpRequest) -> list[str]:
        chosen = {*self.columns_fixed, *self.arrangement(request)["columns"]}
        return [name for name in self.list_display if name in chosen]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        form = ArrangementForm(initial=self.arrangement(request), columns=self.choosable())
        return super().changelist_view(request, {"arrangement": form, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view: Callable[..., HttpResponse] = self.admin_site.admin_view(require_POST(self.arrange))
        name = f"{self.opts.app_label}_{self.opts.model_name}_arrange"
        return [path("arrange/", view, name=name), *super().get_urls()]

    def arrange(self, request: HttpRequest) -> HttpResponse:
        """Keep what was chosen, then lead back to the list as it was filtered."""
        query = QueryDict(request.POST.get("back", "")).urlencode()
        target = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        response = redirect(f"{target}?{query}" if query else target)
        form = ArrangementForm(request.POST, columns=self.choosable())
        if "reset" in request.POST:
            response.delete_cookie(self.cookie_name)
        elif form.is_valid():
            kept = json.dumps(form.cleaned_data)
            response.set_cookie(self.cookie_name, kept, KEPT_SECONDS, httponly=True, samesite="Lax")
        return response

    def arrangement(self, request: HttpRequest) -> dict[str, Any]:
        """Return the size and the columns to show, from the cookie if it holds something sensible."""
        usual = [name for name in self.list_display if name not in self.columns_spare]
        try:
            kept = json.loads(request.COOKIES.get(self.cookie_name, ""))
        except ValueError:
            kept = None
        form = ArrangementForm(kept if isinstance(kept, dict) else {}, columns=self.choosable())
        return form.cleaned_data if form.is_valid() else {"size": self.list_per_page, "columns": usual}

    @property
    def cookie_name(self) -> str:
        return f"arranged_{self.opts.model_name}"

    def choosable(self) -> list[tuple[str, str]]:
        """List `(name, label)` of the columns that may be off."""
        names = [str(name) for name in self.list_display if name not in self.columns_fixed]
        return [(name, self.column_label(name)) for name in names]

    def column_label(self, name: str) -> str:
        return str(getattr(getattr(self, name, None), "short_description", name))


def stretches_of(listed: Any, parameter: str) -> list[tuple[str, str, bool]]:
    """Return the stretches of days of one of the list's filters, to be offered above the list as well."""
    return next((spec.stretches(listed) for spec in listed.filter_specs if spec.parameter_name == parameter), [])


def rows_of(result_list: Any) -> list[Any]:
    """Return the rows of a page as the table will show them; a QuerySet keeps what it has fetched."""
    return list(result_list) if isinstance(result_list, QuerySet) else result_list
