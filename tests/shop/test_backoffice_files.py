"""Goods in the back office: in and out as files."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Product, Sku
from members.models import OperationLog
from tests.factories import make_product
from tests.shop.backoffice import make_operator, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"


@pytest.fixture
def desk() -> Client:
    """An operator, signed in."""
    return signed_in(make_operator())


def sheet(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("goods.csv", "\n".join(["商品编码,商品名称,本站价,库存", *lines]).encode())


def test_a_file_is_checked_first_and_imported_after_a_confirmation(desk: Client) -> None:
    checked = desk.post(f"{LIST}import/", {"file": sheet("A1,龙井,99.00,5", "A2,毛巾,15,7")})
    assert "检查结果（还没有导入）" in text_of(checked)
    assert not Product.objects.exists()

    done = desk.post(f"{LIST}import/", {"token": checked.context["token"]}, follow=True)

    assert "新增 2 个" in text_of(done)
    assert list(Product.objects.order_by("code").values_list("code", "price_min")) == [("A1", 9900), ("A2", 1500)]
    assert OperationLog.objects.filter(action="import_products").count() == 1


def test_a_bad_line_is_named_and_nothing_is_imported(desk: Client) -> None:
    checked = desk.post(f"{LIST}import/", {"file": sheet("A1,龙井,99.00,5", "A2,毛巾,很贵,7")})

    assert checked.context["notes"][0][2] == 3
    assert "确认导入" not in text_of(checked)
    desk.post(f"{LIST}import/", {"token": checked.context["token"]})
    assert not Product.objects.exists()


def test_bad_goods_are_left_out_when_that_was_chosen(desk: Client) -> None:
    checked = desk.post(f"{LIST}import/", {"file": sheet("A1,龙井,99.00,5", "A2,毛巾,很贵,7")})
    assert "跳过有错的，导入其余 1 个" in text_of(checked)

    desk.post(f"{LIST}import/", {"token": checked.context["token"], "skip_bad": "on"})

    assert [product.code for product in Product.objects.all()] == ["A1"]


def test_the_page_of_imports_opens_without_a_reproach(desk: Client) -> None:
    assert "bo-error" not in desk.get(f"{LIST}import/").content.decode()
    assert "请选择文件" not in text_of(desk.get(f"{LIST}import/"))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "请选择文件"),
        ({"token": "nobody-has-this"}, "检查过的文件已过期"),
        ({"file": SimpleUploadedFile("a.csv", b"\xff\xfe\x00broken")}, "文件"),
        ({"file": SimpleUploadedFile("a.xlsx", b"no zip")}, "文件"),
        ({"file": SimpleUploadedFile("a.csv", b"x" * (5 * 1024 * 1024 + 1))}, "文件太大了"),
    ],
)
def test_what_is_no_table_is_refused_in_words(desk: Client, facts: dict[str, Any], sentence: str) -> None:
    response = desk.post(f"{LIST}import/", facts)

    assert response.status_code == 200
    assert sentence in text_of(response)
    assert not Product.objects.exists()


def test_another_persons_checked_file_cannot_be_imported(desk: Client) -> None:
    checked = desk.post(f"{LIST}import/", {"file": sheet("A1,龙井,99.00,5")})

    signed_in(make_operator()).post(f"{LIST}import/", {"token": checked.context["token"]})

    assert not Product.objects.exists()


def test_the_export_holds_what_the_filter_leaves(desk: Client) -> None:
    make_product("龙井", code="A1", price=9900)
    make_product("毛巾", code="A2", price=1500)

    response = desk.get(f"{LIST}export/csv/", {"q": "龙井"})

    text = response.content.decode("utf-8-sig")
    assert "A1" in text
    assert "A2" not in text
    assert response["Content-Disposition"].endswith('.csv"')
    assert desk.get(f"{LIST}export/xlsx/").content[:2] == b"PK"
    assert desk.get(f"{LIST}export/pdf/").status_code == 404


def test_the_check_says_what_would_change_from_what_to_what(desk: Client) -> None:
    make_product("龙井", code="A1", price=9900, stock=5)
    make_product("毛巾", code="A2", price=1500, stock=7)
    file = sheet("A1,狮峰龙井,108,6", "A2,毛巾,15,7", "A3,茶杯,20,1")

    page = text_of(desk.post(f"{LIST}import/", {"file": file, "set_stock": "on"}))

    assert "商品名称 龙井 → 狮峰龙井；本站价 99.00 → 108.00；库存 5 → 6" in page
    assert "新增 茶杯 A3 1 个规格" in page
    assert "A2" not in page


def test_the_template_is_a_table_that_can_be_imported(desk: Client) -> None:
    template = desk.get(f"{LIST}import/template/")

    file = SimpleUploadedFile("goods.xlsx", template.content)
    checked = desk.post(f"{LIST}import/", {"file": file})
    desk.post(f"{LIST}import/", {"token": checked.context["token"]})

    assert checked.context["notes"] == []
    assert sorted(Product.objects.values_list("code", "status")) == [("DEMO-1", "off_shelf"), ("DEMO-2", "off_shelf")]
    assert Sku.objects.count() == 3


def test_the_export_imports_again_without_a_change(desk: Client) -> None:
    make_product("龙井", code="A1", specs={"罐": ["大", "小"]})

    file = SimpleUploadedFile("goods.xlsx", desk.get(f"{LIST}export/xlsx/").content)
    checked = desk.post(f"{LIST}import/", {"file": file})

    assert (checked.context["report"].unchanged, checked.context["outcomes"]) == (1, [])
