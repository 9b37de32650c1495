"""The second factor of a staff sign-in: a code from an authenticator app, or a recovery code from paper."""

import base64
from io import BytesIO

import qrcode
from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django_otp import login as verify_session
from django_otp import match_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

from members import services as members
from members.models import Member
from shop.backoffice.base import BackofficeForm, now, posted, staff_of

RECOVERY_CODES = 10


class CodeForm(BackofficeForm):
    """Six digits of the app, or a recovery code."""

    code = forms.CharField(
        label="验证码",
        max_length=16,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).replace(" ", "").lower()


def has_device(staff: Member) -> bool:
    """Say whether `staff` holds a confirmed second factor."""
    return bool(TOTPDevice.objects.filter(user=staff, confirmed=True).exists())


def must_have_device(staff: Member) -> bool:
    """Say whether `staff` may not work without a second factor."""
    return bool(staff.is_superuser and settings.OWNERS_NEED_TOTP)


def is_verified(staff: Member) -> bool:
    """Say whether this session has shown the second factor; in the request that signs in, it has not yet."""
    check = getattr(staff, "is_verified", None)  # set by django-otp's middleware
    return bool(check and check())


def missing_step(request: HttpRequest) -> str:
    """Name the page that stands between a signed-in member of the staff and the back office; "" for none."""
    staff = staff_of(request)
    if is_verified(staff):
        return ""
    if not hasattr(staff, "second_factor_stands"):  # asked several times in one request
        staff.second_factor_stands = has_device(staff)
    if staff.second_factor_stands:
        return "admin:second_factor"
    return "admin:second_factor_enrol" if must_have_device(staff) else ""


@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the account's device."""
    if not is_staff(request):
        return redirect("admin:login")
    if missing_step(request) != "admin:second_factor":
        return redirect(next_page(request))
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        device = match_token(request.user, form.cleaned_data["code"])
        if device:
            verify_session(request, device)
            return redirect(next_page(request))
        form.add_error("code", "验证码不对或已经用过；输错多次需要等一会儿再试。")
    return page(request, "second_factor", {"form": form, "title": "两步验证", "next": next_page(request)})


@never_cache
def enrol(request: HttpRequest) -> HttpResponse:
    """Show the QR code of a new device, confirm it with its first code, then show the recovery codes once."""
    if not is_staff(request):
        return redirect("admin:login")
    staff = staff_of(request)
    if has_device(staff):
        return redirect("admin:index" if is_verified(staff) else "admin:second_factor")
    device = TOTPDevice.objects.get_or_create(user=staff, confirmed=False, defaults={"name": "手机验证器"})[0]
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        if device.verify_token(form.cleaned_data["code"]):
            codes = confirm(request, device)
            return page(
                request, "recovery_codes", {"codes": codes, "title": "请保存恢复码", "next": next_page(request)}
            )
        form.add_error("code", "验证码不对，请看手机上最新的 6 位数字。")
    secret = base64.b32encode(device.bin_key).decode()
    context = {"form": form, "qr": qr_code(device.config_url), "secret": secret, "title": "开启两步验证"}
    return page(request, "second_factor_enrol", context | {"required": must_have_device(staff)})


@transaction.atomic
def confirm(request: HttpRequest, device: TOTPDevice) -> list[str]:
    """Put `device` in force for its owner and this session; return the recovery codes, which are shown only once."""
    staff = staff_of(request)
    device.confirmed = True
    device.save()
    StaticDevice.objects.filter(user=staff).delete()
    paper = StaticDevice.objects.create(user=staff, name="恢复码")
    codes = [get_random_string(10, "abcdefghjkmnpqrstuvwxyz23456789") for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create([StaticToken(device=paper, token=code) for code in codes])
    verify_session(request, device)
    members.log_operation(actor=staff, action="enrol_totp", target=staff, summary="开启两步验证", now=now())
    return codes


def reset_devices(staff: Member) -> None:
    """Take every second factor from `staff`, who lost the phone."""
    TOTPDevice.objects.filter(user=staff).delete()
    StaticDevice.objects.filter(user=staff).delete()


def qr_code(text: str) -> str:
    """Return a QR code of `text` as the address of an SVG image."""
    stream = BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, box_size=12, border=2).save(stream)
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()


def is_staff(request: HttpRequest) -> bool:
    """Say whether the request comes from a signed-in member of the staff, verified or not."""
    return bool(request.user.is_authenticated and request.user.is_active and request.user.is_staff)


def next_page(request: HttpRequest) -> str:
    """Return where to go afterwards: `next` when it lies on this site, else the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else "/admin/"


def page(request: HttpRequest, name: str, context: dict[str, object]) -> HttpResponse:
    site = admin.site
    return TemplateResponse(request, f"admin/{name}.html", {**site.each_context(request), **context})
