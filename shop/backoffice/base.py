"""What every screen of the back office shares: who acts, dressed forms, and admin classes that log each write."""

from datetime import datetime
from typing import Any, TypeAlias, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import flatten_fieldsets, quote
from django.db.models import Field, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.views import ChangeList
from unfold.widgets import CHECKBOX_CLASSES, INPUT_CLASSES, SELECT_CLASSES, TEXTAREA_CLASSES, UnfoldAdminTextInputWidget

from members import services as members
from members.models import Member
from shop.lib import wording
from shop.lib.money import FenField
from shop.lib.uploads import store_ahead

WORDING_REASON = "wording_reason"  # the field of a WordingMixin

Staff: TypeAlias = Any  # a Member on which django-otp has set is_verified()


def now() -> datetime:
    """Read the clock: the back office is an edge, services below take the time as an argument."""
    return timezone.now()


def staff_of(request: HttpRequest) -> Staff:
    """Return the signed-in account, which a gate before this has found to be staff."""
    return request.user


def posted(request: HttpRequest) -> Any:
    """Return what a form is bound to: the data of a POST, even an empty one."""
    return request.POST if request.method == "POST" else None


def log(request: HttpRequest, action: str, target: Model, **facts: Any) -> None:
    """Append to the operation log that the signed-in person did `action` to `target`."""
    members.log_operation(actor=cast(Member, request.user), action=action, target=target, now=now(), **facts)


def settle_wording(request: HttpRequest, form: forms.BaseForm, target: Model) -> None:
    """After saving a WordingMixin: warn of doubtful words; log with its reason what was kept though it is forbidden."""
    for doubt in getattr(form, "wording_doubts", []):
        messages.warning(request, doubt)
    kept = getattr(form, "wording_overridden", [])
    if kept:
        summary = f"坚持使用绝对化用语{wording.quoted(dict.fromkeys(kept))}"
        log(request, "keep_wording", target, summary=summary, after={"reason": form.cleaned_data[WORDING_REASON]})


CLASSES_OF_WIDGETS: list[tuple[type[forms.Widget], list[str]]] = [
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.HiddenInput, []),
    (forms.RadioSelect, []),
    (forms.CheckboxSelectMultiple, []),
    (forms.Widget, INPUT_CLASSES),
]


class BackofficeForm(forms.Form):
    """A form in the back office's clothes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for field in self.fields.values():
            dress(field)


class ReasonForm(BackofficeForm):
    """Why something is done."""

    reason = forms.CharField(label="原因", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))


def dress(field: forms.Field) -> None:
    """Give the widget of `field` the classes that unfold's own widgets have."""
    classes = next(classes for kind, classes in CLASSES_OF_WIDGETS if isinstance(field.widget, kind))
    field.widget.attrs["class"] = " ".join([*classes, field.widget.attrs.get("class", "")]).strip()


class OneCountChangeList(ChangeList):
    """A list that counts what the filters leave, and nothing else."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class StaffAdmin(ModelAdmin):
    """An admin class whose every write goes to the operation log, with what changed from what to what."""

    list_per_page = 20
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    actions_on_top = True
    compressed_fields = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OneCountChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": self.model._meta.verbose_name_plural}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Store pictures before Django's transaction begins (R13)."""
        if request.FILES and (self.has_add_permission(request) or self.has_change_permission(request)):
            store_ahead(request.FILES, model=self.model)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Put the field of a WordingMixin below the others; it stays hidden until it is asked for."""
        fieldsets = super().get_fieldsets(request, obj)
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if WORDING_REASON not in getattr(self.form, "base_fields", {}) or not may_write:
            return fieldsets
        if WORDING_REASON in flatten_fieldsets(fieldsets):
            return fieldsets
        return [*fieldsets, (None, {"fields": [WORDING_REASON]})]

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer the actions that the class names; wholesale deleting is none of them."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, FenField) and field:
            field.widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
        return field

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Return what changed as `{"before": {...}, "after": {...}}` instead of a sentence; the form is saved."""
        settle_wording(request, form, form.instance)
        changes = changes_of(form)
        for formset in formsets or []:
            for inline in formset.forms:
                if inline.has_changed() and hasattr(inline, "cleaned_data"):
                    changes.append((f"{inline.instance._meta.verbose_name} {inline.instance}", "", describe(inline)))
        return {
            "before": {name: before for name, before, _ in changes},
            "after": {name: after for name, _, after in changes},
        }

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        log(request, "add", obj, summary=f"新增{obj._meta.verbose_name}", after=message["after"])

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        if message["after"]:
            log(request, "change", obj, summary=f"修改{obj._meta.verbose_name}", **message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            log(request, "delete", obj, summary=f"删除{obj._meta.verbose_name}：{obj}"[:200])

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the operation log of the row; Django's own history does not exist here."""
        kind = self.model._meta.label_lower
        return redirect(f"{reverse('admin:members_operationlog_changelist')}?target={kind}&number={quote(object_id)}")


class ReadOnlyAdmin(StaffAdmin):
    """A list to look at: nothing is added, changed or deleted.

    A row has no page unless the class makes one: Django's own would show every column, masked or not.
    """

    actions: Any = None
    warn_unsaved_form = False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def changes_of(form: forms.BaseForm) -> list[tuple[str, Any, Any]]:
    """List `(name, before, after)` of every changed field, as plain values."""
    found = []
    for name in form.changed_data:
        if name == WORDING_REASON:
            continue
        before = form.get_initial_for_field(form.fields[name], name)
        found.append((name, plain(before), plain(form.cleaned_data.get(name))))
    return found


def describe(form: forms.BaseForm) -> str:
    """Write what changed in one row of an inline in a line."""
    if form.cleaned_data.get("DELETE"):
        return "删除"
    return "；".join(f"{name} {before} → {after}" for name, before, after in changes_of(form))[:500]


def plain(value: Any) -> Any:
    """Turn a form's value into what JSON can hold and a person can read."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, QuerySet | list | tuple):
        return "、".join(str(part) for part in value)
    return str(value)
