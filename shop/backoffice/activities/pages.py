"""Pages that offers and flash sales have alike: to be stopped, to be passed on."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from shop.backoffice.base import BackofficeForm
from shop.lib import qrcodes


def stop_page(request: HttpRequest, *, title: str, hint: str, back: str, stop: Callable[[], bool]) -> HttpResponse:
    """Ask once more, then stop; what is over already says so."""
    if request.method == "POST":
        if stop():
            messages.success(request, "已停止，顾客马上看不到了")
        else:
            messages.warning(request, "它已经结束或停止了")
        return redirect(back)
    context = {
        "title": title, "hint": hint, "form": BackofficeForm(), "button": "确认停止", "button_tone": "danger",
        "back": back,
    }  # fmt: skip
    return answer(request, "admin/confirm.html", context)


def promote_page(request: HttpRequest, *, title: str, path: str, poster: str, back: str) -> HttpResponse:
    """Show the address of an activity as text and as a QR code, and lead to its poster."""
    address = settings.SITE_URL + path
    context = {"title": title, "address": address, "qr": qrcodes.data_uri(address), "poster": poster, "back": back}
    return answer(request, "admin/activities/promote.html", context)


def answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render a page of the back office."""
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
