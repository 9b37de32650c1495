"""Posters: drawn with a font that writes Chinese, with a code that leads where it says."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings

from catalog.models import ProductImage
from shop.lib import posters
from shop.lib.posters import Poster, draw, wrap
from shop.lib.uploads import store_image
from tests.factories import make_product, make_store
from tests.shop.backoffice import headquarters, make_clerk, make_operator, signed_in
from tests.shop.test_uploads import picture

needs_font = pytest.mark.skipif(
    not Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc").is_file(), reason="apt install fonts-noto-cjk"
)
EXAMPLE = Poster(title="青瓷茶杯", address="https://shop.example/goods/7/", invitation="扫码看详情", shop_name="团铺")


def opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


@needs_font
def test_the_code_on_a_poster_leads_to_its_address() -> None:
    sheet = opened(draw(EXAMPLE))

    assert [code.text for code in zxingcpp.read_barcodes(sheet)] == ["https://shop.example/goods/7/"]
    assert sheet.width == posters.WIDTH
    assert len(sheet.getcolors(sheet.width * sheet.height) or []) > 20  # words, not only paper and code


@needs_font
def test_a_long_name_is_broken_into_lines_within_the_sheet_and_ends_in_an_ellipsis() -> None:
    lines = wrap("手工柴烧青瓷茶杯" * 12, size=64, width=936)

    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert wrap("青瓷茶杯", size=64, width=936) == ["青瓷茶杯"]
    tall, low = (opened(draw(replace(EXAMPLE, title=name))) for name in ("杯" * 60, "杯"))
    assert tall.height > low.height


@needs_font
def test_a_picture_that_cannot_be_read_is_left_out() -> None:
    broken = Poster(
        title="茶", address="https://a.example/", invitation="", shop_name="", picture=BytesIO(b"no picture")
    )
    plain = Poster(title="茶", address="https://a.example/", invitation="", shop_name="")

    assert draw(broken) == draw(plain)


def test_without_a_font_the_message_names_the_package(settings: Settings, tmp_path: Path) -> None:
    settings.POSTER_FONT = tmp_path / "none.ttc"

    with pytest.raises(posters.FontMissing, match="apt install fonts-noto-cjk"):
        draw(EXAMPLE)


# --- In the back office --------------------------------------------------------------------------------------------
@pytest.fixture
def client(db: None) -> Client:
    return signed_in(make_operator())


@needs_font
def test_a_product_has_a_poster_with_its_picture_and_its_page(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://shop.example"
    product = make_product("青瓷茶杯", price=2600)
    plain = opened(client.get(f"/admin/catalog/product/{product.pk}/poster/").content)
    ProductImage.objects.create(product=product, image=store_image(picture()), sort_order=0)

    answer = client.get(f"/admin/catalog/product/{product.pk}/poster/")

    sheet = opened(answer.content)
    assert [code.text for code in zxingcpp.read_barcodes(sheet)] == [f"https://shop.example/goods/{product.pk}/"]
    assert (answer["Content-Type"], "attachment" in answer["Content-Disposition"]) == ("image/png", True)
    assert sheet.height > plain.height + 900


@needs_font
def test_a_store_has_a_poster_that_leads_to_the_shop(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://shop.example"
    store = make_store("河坊街店")

    sheet = opened(client.get(f"/admin/shop/store/{store.pk}/poster/").content)

    assert [code.text for code in zxingcpp.read_barcodes(sheet)] == ["https://shop.example/"]


def test_the_pages_of_a_product_and_of_a_store_lead_to_their_posters(client: Client) -> None:
    product, store = make_product(), make_store()

    for page in (f"/admin/catalog/product/{product.pk}/", f"/admin/shop/store/{store.pk}/"):
        assert f'href="{page}poster/"' in client.get(f"{page}change/").content.decode()
    assert "poster/" not in signed_in(make_operator()).get("/admin/catalog/product/add/").content.decode()


def test_without_a_font_the_merchant_is_told_so(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.POSTER_FONT = tmp_path / "none.ttc"
    product = make_product()

    answer = client.get(f"/admin/catalog/product/{product.pk}/poster/", follow=True)

    assert answer.redirect_chain == [(f"/admin/catalog/product/{product.pk}/change/", 302)]
    assert "apt install fonts-noto-cjk" in answer.content.decode()


def test_posters_want_the_permission_of_the_page_they_are_on(db: None) -> None:
    clerk = signed_in(make_clerk(make_store()))

    assert clerk.get(f"/admin/catalog/product/{make_product().pk}/poster/").status_code == 403
    assert clerk.get(f"/admin/shop/store/{headquarters().pk}/poster/").status_code == 403
