"""Batch actions of the list of members: tags, letting in and keeping out, coupons, the export."""

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

from members import services as members
from members.models import Member, Tag
from shop.backoffice.base import BackofficeForm, ReasonForm, log, staff_of

MOST_MEMBERS = 20_000
MOST_IN_ADDRESS = 500
SHOWN = 20
BatchAction = Callable[[Any, HttpRequest, QuerySet[Member]], HttpResponse | None]
LONGEST_TAG = 20


class TagsForm(BackofficeForm):
    """Tags that exist, ticked, and new ones, typed."""

    tags = django_forms.MultipleChoiceField(
        label="已有标签", required=False, widget=django_forms.CheckboxSelectMultiple
    )
    more = django_forms.CharField(
        label="新标签", required=False, max_length=200, help_text="多个用空格隔开，每个最多 20 个字。"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Tag.objects.order_by("name").values_list("name", flat=True)
        self.fields["tags"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean_more(self) -> list[str]:
        words = self.cleaned_data["more"].replace("，", " ").replace(",", " ").split()
        if any(len(word) > LONGEST_TAG for word in words):
            raise ValidationError(f"标签最多 {LONGEST_TAG} 个字")
        return words

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["names"] = list(dict.fromkeys([*cleaned.get("tags", []), *cleaned.get("more", [])]))
        if not cleaned["names"] and not self.errors:
            self.add_error("tags", "请至少选一个标签")
        return cleaned


class UntagForm(TagsForm):
    """Tags to take off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["more"]


def tag(request: HttpRequest, chosen: QuerySet[Member], facts: dict[str, Any]) -> str:
    count = members.tag_members(members=chosen, names=facts["names"])
    return f"已给 {count} 位会员打上标签：{'、'.join(facts['names'])}"


def untag(request: HttpRequest, chosen: QuerySet[Member], facts: dict[str, Any]) -> str:
    count = members.untag_members(members=chosen, names=facts["names"])
    return f"已从 {count} 位会员身上去掉标签：{'、'.join(facts['names'])}"


def switch_off(request: HttpRequest, chosen: QuerySet[Member], facts: dict[str, Any]) -> str:
    return f"已停用 {members.switch_members(members=chosen, is_active=False)} 位会员"


def switch_on(request: HttpRequest, chosen: QuerySet[Member], facts: dict[str, Any]) -> str:
    return f"已启用 {members.switch_members(members=chosen, is_active=True)} 位会员"


def batch_of(
    work: Callable[[HttpRequest, QuerySet[Member], dict[str, Any]], str],
    title: str, hint: str, form_class: type[BackofficeForm],
) -> BatchAction:  # fmt: skip
    """Make the batch action that does `work` to all chosen members, after a page that asks for it."""

    def run(model_admin: Any, request: HttpRequest, queryset: QuerySet[Member]) -> HttpResponse | None:
        pks = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_MEMBERS + 1])
        chosen = Member.objects.filter(pk__in=pks)
        if len(pks) > MOST_MEMBERS:
            messages.error(request, f"一次最多处理 {MOST_MEMBERS} 位会员，请缩小筛选范围")
            return None
        form = form_class(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            with transaction.atomic():
                done = work(request, chosen, form.cleaned_data)
                log_batch(request, run.__name__, done, chosen, form.cleaned_data)
            messages.success(request, done)
            return None
        context = {
            "title": title, "hint": hint, "button": title, "form": form, "count": len(pks),
            "shown": list(chosen.order_by("-pk")[:SHOWN]), "action": run.__name__, "checkbox": ACTION_CHECKBOX_NAME,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME), "across": request.POST.get("select_across", "0"),
            "back": request.get_full_path(),
        }  # fmt: skip
        return TemplateResponse(request, "admin/members/batch.html", {**admin.site.each_context(request), **context})

    run.__name__ = f"batch_{work.__name__}"
    run.short_description = title  # type: ignore[attr-defined]
    run.allowed_permissions = ["edit"]  # type: ignore[attr-defined]
    return run


def log_batch(
    request: HttpRequest, action: str, done: str, chosen: QuerySet[Member], facts: dict[str, Any]
) -> None:  # fmt: skip
    """Write one entry for all, with the numbers of the first of them."""
    numbers = list(chosen.order_by("pk").values_list("no", flat=True)[:SHOWN])
    reason = {"reason": facts["reason"]} if "reason" in facts else {}
    log(request, action, staff_of(request), summary=done, after={"members": numbers, **reason})


def coupon_push(model_admin: Any, request: HttpRequest, queryset: QuerySet[Member]) -> HttpResponse | None:
    """Lead to the page that pushes a coupon, with the chosen members in its address."""
    chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_IN_ADDRESS + 1])
    if len(chosen) > MOST_IN_ADDRESS:
        messages.error(request, f"一次最多选 {MOST_IN_ADDRESS} 位；更多会员请在发券页按等级、标签或分组发放")
        return None
    try:
        page = reverse("admin:coupon_push")
    except NoReverseMatch:
        messages.error(request, "发券功能还没有开通")
        return None
    return redirect(f"{page}?members={','.join(map(str, chosen))}")


coupon_push.short_description = "发券"  # type: ignore[attr-defined]
coupon_push.allowed_permissions = ["push"]  # type: ignore[attr-defined]


def export_chosen(model_admin: Any, request: HttpRequest, queryset: QuerySet[Member]) -> HttpResponse | None:
    """Lead to the export of the chosen members, or of all that the filters leave."""
    page = reverse("admin:members_member_export")
    if request.POST.get("select_across") == "1":
        return redirect(f"{page}?{request.GET.urlencode()}")
    chosen = queryset.order_by("pk").values_list("pk", flat=True)[:MOST_IN_ADDRESS]
    return redirect(f"{page}?ids={','.join(map(str, chosen))}")


export_chosen.short_description = "导出所选"  # type: ignore[attr-defined]

BATCH_ACTIONS: list[Any] = [
    batch_of(tag, "打标签", "已有这个标签的会员不变。标签只有员工能看到。", TagsForm),
    batch_of(untag, "去掉标签", "只从所选会员身上去掉，标签本身还在。", UntagForm),
    coupon_push,
    export_chosen,
    batch_of(switch_off, "停用", "停用后不能登录和下单，已下的订单照常处理。随时可以启用。", ReasonForm),
    batch_of(switch_on, "启用", "启用后可以重新登录。已注销的会员不能启用。", ReasonForm),
]


def may(permission: str) -> Callable[[Any, HttpRequest], bool]:
    """Make the check that Django's admin asks for `allowed_permissions`."""
    return lambda model_admin, request: bool(staff_of(request).has_perm(permission))
