"""Sheets for what goes wrong, and what phones and machines ask of the shop."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from html5lib import HTMLParser  # type: ignore[import-untyped,unused-ignore]
from PIL import Image

from shop import urls
from shop.lib import fragments
from shop.lib.throttle import TooManyTries
from shop.models import ShopSettings
from shop.templatetags.ui import DRAWINGS, drawing
from shop.views import errors

pytestmark = pytest.mark.django_db

ART = Path("static/img/art")


def too_often(request: HttpRequest) -> HttpResponse:
    raise TooManyTries("k")


urlpatterns = [path("too-often/", too_often), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (RequestDataTooBig(), 413, "一次放不下这么多"),
        (SuspiciousOperation(), 400, "这张小票看不清"),
    ],
)
def test_what_was_sent_is_too_large_or_makes_no_sense(refusal: Exception, status: int, words: str) -> None:
    answer = errors.bad_request(RequestFactory().post("/"), refusal)

    assert answer.status_code == status
    assert words in answer.content.decode()


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (TooManyTries("k"), 429, "喝口茶"),
        (PermissionDenied("只有店主可以"), 403, "只有店主可以"),
        (PermissionDenied(), 403, "请换一个有权限的账号"),
    ],
)
def test_too_often_is_told_apart_from_not_allowed(refusal: Exception, status: int, words: str) -> None:
    answer = errors.forbidden(RequestFactory().get("/"), refusal)

    assert answer.status_code == status
    assert words in answer.content.decode()


@override_settings(ROOT_URLCONF="tests.shop.test_error_sheets")
def test_a_limit_that_no_view_has_words_for_is_no_failure_of_the_shop(client: Client) -> None:
    answer = client.get("/too-often/")

    assert answer.status_code == 429
    HTMLParser(strict=True).parse(answer.content.decode())


def test_a_page_that_is_not_there_offers_the_search(client: Client) -> None:
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert 'action="/goods/"' in answer.content.decode()
    assert "货架上没有这一页" in answer.content.decode()


def test_every_drawing_that_is_named_exists() -> None:
    assert {f"{name}.svg" for name in DRAWINGS.values()} <= {file.name for file in ART.iterdir()}
    assert "img/art/basket.svg" in drawing("cart")
    assert "empty__art" in drawing("leaf")  # a subject without a drawing of its own


def test_a_phone_learns_the_name_of_the_shop_and_finds_its_icons(client: Client) -> None:
    ShopSettings.load()
    ShopSettings.objects.update(shop_name="阿禾果铺")
    fragments.forget()

    answer = client.get("/manifest.webmanifest")

    facts = json.loads(answer.content)
    assert answer["Content-Type"] == "application/manifest+json"
    assert (facts["name"], facts["short_name"], facts["start_url"]) == ("阿禾果铺", "阿禾果铺", "/")
    for icon in facts["icons"]:
        with Image.open(Path("static") / icon["src"].removeprefix("/static/")) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
    assert facts["theme_color"] in Path("static/css/tokens.css").read_text()
    assert facts["background_color"] in Path("static/css/tokens.css").read_text()


def test_home_tells_whoever_shares_it_what_it_is(client: Client) -> None:
    fragments.forget()
    ShopSettings.load()
    ShopSettings.objects.update(shop_name="阿禾果铺", announcement="周一盘点")

    page = client.get("/").content.decode()

    assert "<title>阿禾果铺</title>" in page
    assert '<meta property="og:title" content="阿禾果铺">' in page
    assert '<meta property="og:description" content="周一盘点">' in page
    assert '<meta property="og:image" content="http://testserver/static/img/icon-512.png">' in page
