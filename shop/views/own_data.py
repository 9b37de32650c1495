"""我的数据 and 注销账号: both ask for a fresh code, so that a phone left lying about gives nothing away."""

from typing import Any
from urllib.parse import quote

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from catalog.selectors import shop_settings
from members import services as members
from members.forms import LeaveForm, ProofForm
from members.views.access import MemberRequest, shopper_required
from orders.services import StillOpen
from shop import privacy
from shop.lib.http import client_ip
from shop.lib.throttle import TooManyTries


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@shopper_required
def my_data(request: MemberRequest) -> HttpResponse:
    """Explain what the file holds; send a code; answer the right one with the file, which nothing keeps."""
    if request.POST.get("do") == "code":
        return _send_code(request, "my_data")
    form = ProofForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _is_proven(request, form):
        return _file(request)
    return render(request, "shop/my_data.html", {"form": form, "phone": request.user.phone_masked})


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@shopper_required
def erase(request: MemberRequest) -> HttpResponse:
    """Say what goes and what stays; with a code and a tick the person is forgotten, unless something is still open."""
    member = request.user
    if request.POST.get("do") == "code":
        return _send_code(request, "erase")
    obstacle = privacy.what_is_open(member)
    form = LeaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not obstacle and form.is_valid() and _is_proven(request, form):
        try:
            privacy.erase(member=member, by=None, reason="会员本人注销", now=timezone.now())
        except StillOpen as still:
            form.add_error(None, still.message)
        else:
            auth.logout(request)
            messages.success(request, "账号已注销，您的个人信息已删除。欢迎随时再来。")
            return redirect("home")
    context = {"form": form, "phone": member.phone_masked, "obstacle": obstacle, "shop": shop_settings()}
    return render(request, "shop/erase.html", context)


def _send_code(request: MemberRequest, page: str) -> HttpResponse:
    """Send a code to the member's own phone, and show the page again."""
    try:
        members.request_code(phone=request.user.phone, ip=client_ip(request), now=timezone.now())
    except (TooManyTries, members.SmsUnavailable) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"验证码已发往 {request.user.phone_masked}，5 分钟内有效")
    return redirect(page)


def _is_proven(request: HttpRequest, form: Any) -> bool:
    """Use up the code that was typed; a wrong one is a mistake at its field."""
    code, now = form.cleaned_data["code"], timezone.now()
    try:
        members.confirm_code(member=request.user, code=code, ip=client_ip(request), now=now)  # type: ignore[arg-type]
    except (members.CodeRefused, TooManyTries) as error:
        form.add_error("code", error.message)
        return False
    return True


def _file(request: MemberRequest) -> HttpResponse:
    now = timezone.now()
    privacy.note_download(member=request.user, now=now)
    response = JsonResponse(
        privacy.data_of(request.user, now=now), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    name = f"我的数据-{timezone.localtime(now):%Y%m%d}.json"
    response.headers["Content-Disposition"] = f"attachment; filename=my-data.json; filename*=UTF-8''{quote(name)}"
    response.headers["Cache-Control"] = "no-store, private"
    return response
