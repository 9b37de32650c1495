"""Signing in with a phone and a code, in two pages; signing out.

Between the pages the phone waits in the session, encrypted, for sessions lie in the database.
"""

from datetime import datetime
from urllib.parse import urlencode

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from members import services
from members.forms import CodeForm, SignInForm
from members.models import mask_phone
from members.views import inviting
from members.views.access import is_shopper
from shop.lib import crypto
from shop.lib.http import client_ip, safe_next
from shop.lib.throttle import TooManyTries

PHONE, SENT_AT = "login_phone", "login_sent_at"
PHONE_COLUMN = "session.login_phone"
RESEND_SECONDS = 60
BACKEND = "django.contrib.auth.backends.ModelBackend"
TOO_MANY = 429


@never_cache
@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Ask for the phone and send it a code; the answer is the same for known and unknown phones."""
    if is_shopper(request.user):
        return redirect(_after(request))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        phone, now = form.cleaned_data["phone"], timezone.now()
        try:
            services.request_code(phone=phone, ip=client_ip(request), now=now)
        except TooManyTries as error:
            if phone == _phone(request):
                messages.warning(request, "验证码刚刚发过，请先看看短信")
                return redirect(_to_code(request))
            form.add_error("phone", error.message)
            status = TOO_MANY
        except services.SmsUnavailable as error:
            form.add_error(None, error.message)
        else:
            _remember(request, phone, now)
            return redirect(_to_code(request))
    return render(request, "members/login.html", {"form": form, "next": safe_next(request, "")}, status=status)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; the right one signs in, and what lies in the session (a guest's cart) stays there."""
    if is_shopper(request.user):
        return redirect(_after(request))
    phone, now = _phone(request), timezone.now()
    if not phone:
        return redirect(_with_next(reverse("members:login"), request))
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            member = services.verify_code(
                phone=phone, code=form.cleaned_data["code"], ip=client_ip(request), now=now,
                invite_code=inviting.code_in(request), device=inviting.device_of(request),
            )  # fmt: skip
        except services.CodeRefused as error:
            form.add_error("code", error.message)
        except TooManyTries as error:
            form.add_error("code", error.message)
            status = TOO_MANY
        else:
            _forget(request)
            auth.login(request, member, backend=BACKEND)
            response = redirect(_after(request))
            if inviting.COOKIE in request.COOKIES:
                inviting.forget_code(response)
            return response
    context = {"form": form, "phone": mask_phone(phone), "wait": _wait(request, now), "next": safe_next(request, "")}
    return render(request, "members/login_code.html", context, status=status)


@require_POST
def code_resend(request: HttpRequest) -> HttpResponse:
    """Send the phone that waits in the session another code."""
    phone, now = _phone(request), timezone.now()
    if not phone:
        return redirect(_with_next(reverse("members:login"), request))
    try:
        services.request_code(phone=phone, ip=client_ip(request), now=now)
    except (TooManyTries, services.SmsUnavailable) as error:
        messages.error(request, error.message)
    else:
        _remember(request, phone, now)
        messages.success(request, "新的验证码已发送，之前的不再有效")
    return redirect(_to_code(request))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("home")


def _phone(request: HttpRequest) -> str:
    try:
        return crypto.decrypt(request.session.get(PHONE, ""), column=PHONE_COLUMN)
    except crypto.DecryptionFailed:  # the key was changed meanwhile
        return ""


def _remember(request: HttpRequest, phone: str, now: datetime) -> None:
    request.session[PHONE] = crypto.encrypt(phone, column=PHONE_COLUMN)
    request.session[SENT_AT] = now.timestamp()


def _forget(request: HttpRequest) -> None:
    for key in (PHONE, SENT_AT):
        request.session.pop(key, None)


def _wait(request: HttpRequest, now: datetime) -> int:
    """Return how many seconds the button for another code should rest; the limit itself lies in the service."""
    sent_at = float(request.session.get(SENT_AT, 0))
    return max(0, round(sent_at + RESEND_SECONDS - now.timestamp()))


def _after(request: HttpRequest) -> str:
    return safe_next(request, "") or resolve_url("me")


def _to_code(request: HttpRequest) -> str:
    return _with_next(reverse("members:login_code"), request)


def _with_next(url: str, request: HttpRequest) -> str:
    following = safe_next(request, "")
    return f"{url}?{urlencode({'next': following})}" if following else url
