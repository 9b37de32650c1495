"""The least that Django can do: answer bytes that were rendered before, without middleware and without a query."""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

PAGES = {place.stem: place.read_bytes() for place in Path(os.environ["BENCH_PAGES"]).iterdir()}


def bare(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one of the pages."""
    return HttpResponse(PAGES[name], headers={"Content-Length": str(len(PAGES[name]))})


urlpatterns = [path("<str:name>/", bare)]
settings.configure(ROOT_URLCONF="bench.bare", MIDDLEWARE=[], ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="bench")  # noqa: S106  signs nothing
application = get_wsgi_application()
