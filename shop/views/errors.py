"""What is shown where Django would show an error sheet of its own for what a visitor sent."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

from shop.lib.throttle import TooManyTries


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that what was sent is too large, or makes no sense."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this was done too often, or that it is for others to do."""
    if isinstance(exception, TooManyTries):
        return render(request, "429.html", status=429)
    return defaults.permission_denied(request, exception)
