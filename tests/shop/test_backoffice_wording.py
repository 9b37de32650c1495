"""The lint of absolute words in the forms for goods, the announcement, the home page, and in files of goods."""

from typing import Any

import pytest
from django.test import Client

from catalog import services as catalog
from catalog.models import HomeBlock, Product
from catalog.resources import import_file
from members.models import OperationLog
from shop.lib import fragments
from shop.models import ShopSettings
from tests.factories import NOON, make_product, make_staff
from tests.shop.backoffice import make_operator, sent_fields, signed_in, text_of

pytestmark = pytest.mark.django_db

FORBIDDEN = "广告法点名禁止的绝对化用语"
KEPT = "坚持使用绝对化用语「国家级」"


@pytest.fixture
def desk() -> Client:
    fragments.forget()
    return signed_in(make_operator())


def change(desk: Client, address: str, **typed: str) -> Any:
    fields: dict[str, Any] = sent_fields(desk.get(address))
    return desk.post(address, {**fields, **typed})


@pytest.mark.parametrize("field", ["name", "selling_point", "detail_html", "attributes"])
def test_goods_with_a_forbidden_word_are_kept_for_a_reason_only(desk: Client, field: str) -> None:
    product = make_product("白茶")
    page, text = f"/admin/catalog/product/{product.pk}/change/", "奖项：国 家 级"

    refused = change(desk, page, **{field: text})

    assert FORBIDDEN in text_of(refused)
    assert "坚持使用的理由" in text_of(refused)
    assert not OperationLog.objects.filter(action="keep_wording").exists()
    saved = change(desk, page, **{field: text, "wording_reason": "国家级非遗项目"})
    assert saved.status_code == 302, text_of(saved)
    log = OperationLog.objects.get(action="keep_wording")
    assert (log.summary, log.after, log.target_id) == (KEPT, {"reason": "国家级非遗项目"}, str(product.pk))


def test_goods_with_a_doubtful_word_are_saved_with_a_warning(desk: Client) -> None:
    product = make_product("白茶")

    change(desk, f"/admin/catalog/product/{product.pk}/change/", selling_point="顶级白茶")

    assert Product.objects.get().selling_point == "顶级白茶"
    assert "卖点：「顶级」可能是绝对化用语" in text_of(desk.get("/admin/catalog/product/"))


def test_the_reason_is_asked_for_only_when_it_is_needed(desk: Client) -> None:
    page = desk.get(f"/admin/catalog/product/{make_product().pk}/change/")

    assert "坚持使用的理由" not in text_of(page)


def test_the_announcement_is_looked_at() -> None:
    ShopSettings.load()
    owner, page = signed_in(make_staff(is_superuser=True)), "/admin/shop/shopsettings/1/change/"

    refused = change(owner, page, announcement="本店最佳")
    assert FORBIDDEN in text_of(refused)
    assert "坚持使用的理由" in text_of(refused)
    assert ShopSettings.load().announcement == ""
    assert change(owner, page, announcement="本店最佳", wording_reason="奖项名").status_code == 302

    assert ShopSettings.load().announcement == "本店最佳"
    assert OperationLog.objects.get(action="keep_wording").after == {"reason": "奖项名"}


def test_the_blocks_of_the_home_page_are_looked_at(desk: Client) -> None:
    block = {"title": "最高级好物", "note": "", "source": "newest", "category": "", "layout": "shelf", "units": "6"}
    page = "/admin/catalog/homeblock/add/?kind=goods"

    assert FORBIDDEN in text_of(desk.post(page, block))
    assert not HomeBlock.objects.exists()
    desk.post(page, {**block, "title": "万能好物"})

    assert HomeBlock.objects.get().title == "万能好物"
    assert "「万能」可能是绝对化用语" in text_of(desk.get("/admin/catalog/homeblock/"))


def test_a_file_of_goods_warns_row_by_row_and_is_imported() -> None:
    rows = ["商品编码,商品名称,卖点,本站价", "A1,国家级白茶,好喝,10", "A2,红茶,顶级红茶,10", "A3,绿茶,好喝,10"]

    report = import_file(
        content="\n".join(rows).encode(), name="goods.csv", choices=catalog.ImportChoices(), by=None, now=NOON
    )

    assert [(note.line, note.sentence) for note in report.warnings] == [
        (2, "商品名称里的「国家级」是绝对化用语，广告法禁止，请改掉"),
        (3, "卖点里的「顶级」是绝对化用语，广告法禁止，请改掉"),
    ]
    assert Product.objects.count() == 3
