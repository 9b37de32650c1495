"""Staff accounts, for owners only: who works here, in which role and stores, and with which second factor."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from members.models import Member
from shop.backoffice.base import BackofficeForm, log, posted, staff_of
from shop.backoffice.permissions import CLERK, OWNER, ROLES, is_owner, role_of
from shop.backoffice.second_factor import reset_devices
from shop.models import Store


class StaffForm(BackofficeForm):
    """An account of the staff; an empty password keeps the one there is."""

    username = forms.RegexField(
        r"^[A-Za-z0-9_.@-]+$",
        label="登录名",
        max_length=40,
        error_messages={"invalid": "登录名只能用字母、数字和 _ . @ -"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    nickname = forms.CharField(label="姓名", max_length=30, help_text="显示在核销记录和操作日志里。")
    role = forms.ChoiceField(
        label="角色",
        choices=[(name, name) for name in [*ROLES, OWNER]],
        help_text="店主可以做任何事；运营管商品、订单和门店；财务管退款和账；店员只在自己的门店接单和核销。",
    )
    stores = forms.ModelMultipleChoiceField(
        Store.objects.order_by("sort_order", "pk"),
        label="所属门店",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="只能处理这些门店的订单；选了总店就能处理所有门店。店主不用选。",
    )
    password = forms.CharField(
        label="密码",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="至少 10 位，不能全是数字。修改账号时留空表示不改密码。",
    )

    def __init__(self, *args: Any, account: Member, **kwargs: Any) -> None:
        self.account = account
        super().__init__(*args, **kwargs)
        self.fields["password"].required = account.pk is None

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        if Member.objects.filter(username=username).exclude(pk=self.account.pk).exists():
            raise ValidationError("这个登录名已经有人用了")
        return username

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password, self.account)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") not in {OWNER, None} and not cleaned.get("stores"):
            self.add_error("stores", "请至少选一个门店；管全部门店的人请选总店")
        return cleaned


def staff_list(request: HttpRequest) -> HttpResponse:
    """List every account of the staff."""
    owners_only(request)
    accounts = accounts_of_staff().order_by("-is_active", "username", "pk")
    return page(request, "staff_list", {"accounts": [(one, role_of(one)) for one in accounts], "title": "员工与权限"})


def staff_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make an account, or change one."""
    owners_only(request)
    account = get_object_or_404(accounts_of_staff(), pk=pk) if pk else Member(is_staff=True)
    form = StaffForm(posted(request), account=account, initial=values_of(account))
    if request.method == "POST" and form.is_valid():
        if account.pk == staff_of(request).pk and form.cleaned_data["role"] != OWNER:
            form.add_error("role", "不能取消自己的店主身份")
        else:
            save_account(request, account, form)
            messages.success(request, f"已保存账号 {account.username}")
            return redirect("admin:staff")
    title = f"修改账号 {account.username}" if pk else "新增员工"
    return page(request, "staff_edit", {"form": form, "title": title, "back": reverse("admin:staff")})


@require_POST
def staff_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account at once, or open it again."""
    owners_only(request)
    account = get_object_or_404(accounts_of_staff(), pk=pk)
    if account.pk == staff_of(request).pk:
        messages.error(request, "不能停用自己的账号")
        return redirect("admin:staff")
    account.is_active = not account.is_active
    account.save(update_fields=["is_active"])
    done = "启用" if account.is_active else "停用"
    log(
        request,
        "switch_staff",
        account,
        summary=f"{done}账号 {account.username}",
        after={"is_active": account.is_active},
    )
    messages.success(request, f"已{done}账号 {account.username}")
    return redirect("admin:staff")


@require_POST
def staff_reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second factor from an account whose phone was lost."""
    owners_only(request)
    account = get_object_or_404(accounts_of_staff(), pk=pk)
    reset_devices(account)
    log(request, "reset_totp", account, summary=f"重置两步验证 {account.username}")
    messages.success(request, f"已重置 {account.username} 的两步验证，下次登录后可以重新绑定")
    return redirect("admin:staff")


PAGES: list[tuple[str, Callable[..., HttpResponse], str]] = [
    ("staff/", staff_list, "staff"),
    ("staff/add/", staff_edit, "staff_add"),
    ("staff/<int:pk>/", staff_edit, "staff_edit"),
    ("staff/<int:pk>/switch/", staff_switch, "staff_switch"),
    ("staff/<int:pk>/reset-second-factor/", staff_reset_second_factor, "staff_reset_second_factor"),
]


def owners_only(request: HttpRequest) -> None:
    if not is_owner(staff_of(request)):
        raise PermissionDenied("只有店主可以管理员工账号")


def accounts_of_staff() -> QuerySet[Member]:
    """Return the accounts with all that their list shows."""
    devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    staff = Member.objects.filter(is_staff=True).prefetch_related("groups", "stores")
    return staff.annotate(has_device=Exists(devices))


def values_of(account: Member) -> dict[str, Any]:
    if account.pk is None:
        return {"role": CLERK}
    return {
        "username": account.username,
        "nickname": account.nickname,
        "role": role_of(account),
        "stores": [store.pk for store in account.stores.all()],
    }


@transaction.atomic
def save_account(request: HttpRequest, account: Member, form: StaffForm) -> None:
    """Write the account with its role and stores, and log what changed; the password only as "changed"."""
    before = values_of(account) if account.pk else {}
    facts = form.cleaned_data
    account.username, account.nickname = facts["username"], facts["nickname"]
    account.is_superuser = facts["role"] == OWNER
    if facts["password"]:
        account.set_password(facts["password"])
    account.save()
    account.groups.set(Group.objects.filter(name=facts["role"]))
    account.stores.set(facts["stores"])
    after = {**facts, "stores": [store.pk for store in facts["stores"]]}
    after["password"] = "已修改" if facts["password"] else "未改"
    log(request, "save_staff", account, summary=f"保存账号 {account.username}", before=before, after=after)


def page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, f"admin/{name}.html", {**admin.site.each_context(request), **context})
