"""Goods from files: what comes in, what is refused and on which line, and that nothing is written by halves."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from catalog import services as catalog
from catalog.models import Category, Product, Sku, StockMove
from catalog.resources import import_file
from catalog.services import ImportChoices, ImportReport, Note
from members.models import OperationLog
from shop.lib.tables import TableRefused
from tests.factories import NOON, make_product, make_sku, make_staff

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"
Rows = list[dict[str, str]]


def bring(content: bytes | str | Rows, name: str = "goods.csv", **choices: Any) -> ImportReport:
    if isinstance(content, list):
        content = csv_of(content)
    if isinstance(content, str):
        content = content.encode()
    return import_file(content=content, name=name, choices=ImportChoices(**choices), by=None, now=NOON)


def csv_of(rows: Rows) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    target = io.StringIO()
    writer = csv.DictWriter(target, columns)
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue()


def cup(**cells: str) -> dict[str, str]:
    return {"商品编码": "C1", "商品名称": "白瓷杯", "本站价": "12.50", "库存": "5"} | cells


def sizes(*names: str, **cells: str) -> Rows:
    return [cup(规格=f"容量:{name}", **cells) for name in names]


def sentences(report: ImportReport) -> list[tuple[int, str]]:
    return [(note.line, note.sentence) for note in report.errors]


# --- The two shapes of file ----------------------------------------------------------------------------------------
def test_a_file_with_one_spec_per_product_comes_in_without_options() -> None:
    report = bring((FIXTURES / "goods_one_spec.csv").read_bytes())

    assert (report.rows, report.goods, report.created, report.new_skus, report.errors) == (7, 5, 5, 7, [])
    assert Product.objects.on_sale().count() == 4
    assert Product.objects.get(code="700105").status == "off_shelf"
    bowl = Product.objects.get(code="700101")
    assert (bowl.name, bowl.unit, bowl.selling_point, bowl.sort_order) == ("素烧盖碗", "只", "一手握住的暖", 10)
    assert bowl.attributes == [["材质", "陶"], ["产地", "景德镇 手工拉坯"]]
    assert bowl.detail_html == '<p>拉坯、修坯、素烧，三道手工。</p>\n\n<p>"凉手"也不烫，放心端。</p>'
    assert [str(each) for each in bowl.categories.all()] == ["茶具"]
    assert Category.objects.get(name="茶具").parent == Category.objects.get(name="厨房")
    bed = Product.objects.get(code="700104")
    assert (bed.spec_names, bed.price_min, bed.price_max) == (["规格", "颜色"], 59900, 69900)
    assert list(bed.skus.order_by("sort_order").values_list("spec_text", "stock")) == [
        ("1.5 米 浅杏", 8),
        ("1.5 米 雾蓝", 5),
        ("1.8 米 浅杏", 3),
    ]


def test_a_file_with_several_specs_and_sku_codes_comes_in_without_options() -> None:
    report = bring((FIXTURES / "goods_two_specs.csv").read_bytes())

    assert (report.rows, report.created, report.new_skus, report.errors) == (8, 2, 8, [])
    shoes = Product.objects.get(code="61")
    assert shoes.spec_names == ["颜色", "尺码"]
    sku = shoes.skus.get(code="202661001")
    assert (sku.specs, sku.price, sku.market_price, sku.stock_floor) == (["米白", "38"], 19900, 29900, 10)
    assert StockMove.objects.filter(kind="initial").count() == 8


def test_the_report_speaks_of_prices_pictures_and_unused_columns() -> None:
    report = bring((FIXTURES / "goods_one_spec.csv").read_bytes(), dry_run=True)

    assert report.warnings == [Note(6, "市场价 29.00 低于本站价 39.00，不会显示")]  # line 5 is still line 3's product
    assert "goods_id" in report.mapped.ignored
    reasons = {picture.reason for picture in report.missing_pictures}
    assert reasons == {"网址不会下载", "详情里的外站图片"}
    assert len(report.missing_pictures) == 7 + 5 + 2 + 1


def test_a_promotion_price_is_left_out_without_a_word() -> None:
    report = bring((FIXTURES / "goods_two_specs.csv").read_bytes(), dry_run=True)

    assert "promotion_price" not in report.mapped.ignored
    assert "lock_stock" in report.mapped.ignored


def test_importing_again_changes_nothing() -> None:
    content = (FIXTURES / "goods_one_spec.csv").read_bytes()
    bring(content)
    before = list(Product.objects.order_by("pk").values())

    report = bring(content)

    assert (report.created, report.changed, report.unchanged) == (0, 0, 5)
    assert list(Product.objects.order_by("pk").values()) == before
    assert StockMove.objects.count() == 6  # one SKU came with none


def test_a_dry_run_writes_nothing() -> None:
    report = bring((FIXTURES / "goods_one_spec.csv").read_bytes(), dry_run=True)

    assert (report.created, report.written) == (5, False)
    assert not Product.objects.exists()
    assert not Category.objects.exists()


# --- Encodings and formats -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_of_a_chinese_desk_is_read(encoding: str) -> None:
    bring(csv_of([cup()]).encode(encoding))

    assert Product.objects.get().name == "白瓷杯"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_are_seen(mark: str) -> None:
    bring(csv_of([cup()]).replace(",", mark))

    assert Sku.objects.get().price == 1250


def test_a_workbook_is_read_with_its_numbers() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["货号", "品名", "售价", "库存", "规格编码", "定时上架"])
    sheet.append([1006002, "白瓷杯", 12.5, 5, 201806070026001, None])
    sheet.append([1006003, "手冲壶", 99, 3.0, None, "2026-05-01 10:00"])
    target = io.BytesIO()
    book.save(target)

    bring(target.getvalue(), name="goods.xlsx")

    first, second = Sku.objects.order_by("pk")
    assert (first.product.code, first.code, first.price, first.stock) == ("1006002", "201806070026001", 1250, 5)
    assert (second.product.code, second.price, second.stock, second.product.status) == ("1006003", 9900, 3, "off_shelf")


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "goods.csv", "文件是空的"),
        ("名称,价格\n杯,1".encode(), "goods.csv", "没有找到“商品编码”这一列。文件里的列是：名称、价格"),
        ("编码,价格,价格\n1,2,3".encode(), "goods.csv", "表头有重复的列：价格"),
        ('编码,名称\nA,杯\nB,"壶\n'.encode(), "goods.csv", "从第 3 行起无法读取，请检查引号是否成对"),
        (b"\xff\xff\xff", "goods.csv", "认不出文件的编码，请另存为 UTF-8 或 GB18030"),
        (b"PK\x03\x04 not a book", "goods.xlsx", "不是有效的 xlsx 文件"),
        (b"old", "goods.xls", "不支持旧版 xls 文件，请另存为 xlsx 或 csv"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(content: bytes, name: str, sentence: str) -> None:
    with pytest.raises(TableRefused, match=sentence):
        bring(content, name)


# --- Columns -------------------------------------------------------------------------------------------------------
def test_columns_may_be_named_by_hand() -> None:
    bring("款号,叫法,要价\nC1,白瓷杯,9.9", columns={"款号": "商品编码", "叫法": "name", "要价": "本站价"})

    assert (Product.objects.get().name, Sku.objects.get().price) == ("白瓷杯", 990)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [({"没有的": "name"}, "文件里没有“没有的”这一列"), ({"商品编码": "颜色"}, "不认识“颜色”这一列。可以填：商品编码")],
)
def test_a_column_named_wrongly_is_said(columns: dict[str, str], sentence: str) -> None:
    with pytest.raises(TableRefused, match=sentence):
        bring([cup()], columns=columns)


# --- Bad rows ------------------------------------------------------------------------------------------------------
BAD_CELLS: list[tuple[dict[str, str], str]] = [
    ({"本站价": "免费"}, "本站价：“免费”不对，请填写金额，例如 12.50"),
    ({"本站价": "1.234"}, "本站价：“1.234”不对，金额最多两位小数"),
    ({"本站价": ""}, "缺少本站价"),
    ({"本站价": "0"}, "本站价至少 0.01 元"),
    ({"商品编码": ""}, "缺少商品编码"),
    ({"商品名称": ""}, "缺少商品名称"),
    ({"商品名称": "长" * 101}, "商品名称最多 100 个字"),
    ({"库存": "很多"}, "库存：“很多”不是整数"),
    ({"库存": "1.5"}, "库存：“1.5”不是 99999999 以内的整数"),
    ({"库存": "-1"}, "库存要在 0 到 99999999 之间"),
    ({"状态": "也许"}, "状态：不认识“也许”"),
    ({"定时上架": "明天"}, "定时上架：“明天”不是时间，例如 2026-03-01 10:00"),
    ({"分类": "a/b/c/d"}, "分类：分类最多 3 级：“a/b/c/d”"),
    ({"规格": "[1"}, "规格：JSON 格式不对"),
    ({"限购": "每单限购", "限购数量": "0"}, "限购数量不能小于起购数量"),
]


@pytest.mark.parametrize(("cells", "sentence"), BAD_CELLS)
def test_a_bad_cell_is_named_with_its_line_and_nothing_is_written(cells: dict[str, str], sentence: str) -> None:
    report = bring([cup(商品编码="OK"), cup(**cells)])

    assert sentences(report) == [(3, sentence)]
    assert not report.written
    assert not Product.objects.exists()


def test_every_bad_line_is_named_at_once() -> None:
    rows = [cup(**({"商品编码": f"C{n}"} | cells)) for n, (cells, _) in enumerate(BAD_CELLS)]

    report = bring(rows)

    assert report.bad_lines == list(range(2, len(BAD_CELLS) + 2))


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    report = bring('编码,名称,价格,详情\nA,杯,1,"一\n二\n三"\nB,壶,错,\n\nC,盘\n')

    assert sentences(report) == [
        (5, "本站价：“错”不对，请填写金额，例如 12.50"),
        (7, "这一行有 2 列，表头有 4 列"),
    ]


def test_skipping_bad_rows_brings_in_the_others_and_keeps_the_good_specs_of_a_product() -> None:
    rows = [cup(商品编码="A"), cup(商品编码="B", 本站价="错"), *sizes("小", "中"), cup(规格="容量:大", 本站价="0")]

    report = bring(rows, skip_bad=True)

    assert report.bad_lines == [3, 6]
    assert report.written
    assert list(Product.objects.order_by("code").values_list("code", flat=True)) == ["A", "C1"]
    assert list(Sku.objects.filter(product__code="C1").order_by("pk").values_list("spec_text", flat=True)) == [
        "小",
        "中",
    ]


def test_the_same_sku_twice_is_refused() -> None:
    report = bring([*sizes("小", "小"), cup(商品编码="D", **{"SKU 编码": "S"}), cup(商品编码="E", **{"SKU 编码": "S"})])

    assert sentences(report) == [
        (3, "与第 2 行重复：同一个 SKU 只能有一行"),
        (5, "与第 4 行重复：同一个 SKU 只能有一行"),
    ]


def test_rows_of_one_product_must_name_the_same_dimensions() -> None:
    report = bring([*sizes("小"), cup(规格="颜色:红")])

    assert sentences(report) == [(3, "规格名与第 2 行不同，应为：容量")]


def test_rows_that_disagree_about_the_product_are_warned_of_and_the_first_counts() -> None:
    report = bring([*sizes("小"), *sizes("大", 商品名称="别的杯", 品牌="山下")])

    assert report.warnings == [Note(3, "商品名称与第 2 行不同，以第 2 行为准")]
    assert (Product.objects.get().name, Product.objects.get().brand) == ("白瓷杯", "山下")


def test_goods_in_the_recycle_bin_and_codes_of_others_are_refused() -> None:
    catalog.trash(product_ids=[make_product(code="C1").pk], by=None, now=NOON)
    make_sku(code="X", sku={"code": "TAKEN"})

    report = bring([cup(), cup(商品编码="C2", **{"SKU 编码": "TAKEN"})])

    assert sentences(report) == [
        (2, "商品“C1”在回收站里，请先恢复"),
        (3, "SKU 编码“TAKEN”已被商品“X”使用"),
    ]


# --- What exists already -------------------------------------------------------------------------------------------
def test_columns_that_the_file_does_not_have_stay_as_they_are() -> None:
    product = make_product("手冲壶", code="P1", price=9900, stock=4, keywords="咖啡", brand="山下")

    report = bring("商品编码,品牌\nP1,\n")

    assert (report.changed, report.errors) == (1, [])
    product.refresh_from_db()
    assert (product.name, product.keywords, product.brand) == ("手冲壶", "咖啡", "")
    assert (product.skus.get().price, product.skus.get().stock) == (9900, 4)


def test_stock_of_existing_skus_is_set_only_when_asked() -> None:
    sku = make_sku(code="C1", stock=3)

    bring([cup(库存="50")])
    assert Sku.objects.get().stock == 3
    bring([cup(库存="50")], set_stock=True)

    assert Sku.objects.get().stock == 50
    move = sku.moves.get(kind="import")
    assert move.delta == 47
    assert move.source.startswith("import:")


def test_a_new_spec_of_an_existing_product_joins_the_others() -> None:
    bring(sizes("小"))

    report = bring(sizes("大", 本站价="20"))

    assert report.new_skus == 1
    assert list(Sku.objects.active().order_by("sort_order").values_list("spec_text", "price", "stock")) == [
        ("小", 1250, 5),
        ("大", 2000, 5),
    ]
    assert Product.objects.get().price_max == 2000


def test_a_withdrawn_spec_comes_back_with_the_stock_it_has() -> None:
    bring(sizes("小", "大"))
    old = Sku.objects.get(spec_text="大")
    Sku.objects.filter(pk=old.pk).update(is_active=False)

    bring(sizes("大", 库存="99"))

    back = Sku.objects.active().get(spec_text="大")
    assert (back.pk, back.stock) == (old.pk, 5)


def test_a_sku_is_known_by_its_code_even_when_its_spec_changes() -> None:
    bring([cup(规格="容量:小", **{"SKU 编码": "S1"}), cup(规格="容量:大", **{"SKU 编码": "S2"})])

    bring([cup(规格="容量:迷你", **{"SKU 编码": "S1"})])

    assert Sku.objects.get(code="S1").spec_text == "迷你"
    assert Sku.objects.active().count() == 2


def test_a_spec_under_another_code_is_refused() -> None:
    bring([cup(规格="容量:小", **{"SKU 编码": "S1"}), cup(规格="容量:大")])

    report = bring([cup(规格="容量:小", **{"SKU 编码": "S9"})])

    assert sentences(report) == [(2, "规格“小”已有 SKU 编码“S1”，与“S9”不同")]


def test_other_dimensions_than_the_product_has_are_refused() -> None:
    bring(sizes("小", "大"))

    assert sentences(bring([cup(规格="颜色:红")])) == [(2, "规格名与已有商品不同，应为：容量")]
    assert sentences(bring([cup(规格="")])) == [(2, "规格名与已有商品不同，应为：容量")]
    assert sentences(bring([cup()])) == [(2, "商品有多个规格，请填写规格或 SKU 编码")]


def test_a_single_sku_gets_its_first_dimension() -> None:
    sku = make_sku(code="C1", stock=7)

    report = bring([cup(规格="容量:小")])

    assert report.errors == []
    renamed = Sku.objects.active().get()
    assert (renamed.pk, renamed.spec_text, renamed.stock) == (sku.pk, "小", 7)


def test_goods_marked_as_deleted_come_in_off_the_shelf() -> None:
    report = bring([cup(delete_status="1"), cup(商品编码="C2", delete_status="0")])

    assert report.warnings == [Note(2, "文件里标记为已删除，按下架导入")]
    assert [each.status for each in Product.objects.order_by("code")] == ["off_shelf", "on_sale"]


# --- Pictures ------------------------------------------------------------------------------------------------------
@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (30, 20), "teal").save(tmp_path / "pictures" / "cup.png")
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    (tmp_path.parent / "outside.png").write_bytes((tmp_path / "pictures" / "cup.png").read_bytes())
    return tmp_path


def test_pictures_beside_the_file_are_stored_and_the_others_reported(folder: Path) -> None:
    names = "pictures/cup.png; broken.png; ../outside.png; missing.png; https://pictures.example/1.jpg"

    report = bring([cup(图片=names)], folder=folder)

    assert report.written
    image = Product.objects.get().images.get()
    assert default_storage.exists(str(image.image.name))
    assert [(picture.line, picture.name, picture.reason) for picture in report.missing_pictures] == [
        (2, "../outside.png", "找不到文件"),
        (2, "missing.png", "找不到文件"),
        (2, "https://pictures.example/1.jpg", "网址不会下载"),
        (2, "broken.png", "请上传 JPG、PNG、WebP 或 GIF 图片"),
    ]


def test_the_same_picture_is_stored_once_and_stays_when_the_file_cannot_be_found(folder: Path) -> None:
    bring([cup(图片="pictures/cup.png")], folder=folder)
    name = str(Product.objects.get().images.get().image.name)

    again = bring([cup(图片="pictures/cup.png")], folder=folder)
    elsewhere = bring([cup(图片="pictures/cup.png")])
    stored = bring([cup(图片=name)])

    assert [report.unchanged for report in (again, elsewhere, stored)] == [1, 1, 1]
    assert Product.objects.get().images.get().image.name == name
    assert len(elsewhere.missing_pictures) == 1


def test_a_dry_run_and_a_refused_file_store_no_picture(folder: Path) -> None:
    def stored() -> int:
        return len(default_storage.listdir("products")[1]) if default_storage.exists("products") else 0

    before = stored()
    Image.new("RGB", (5, 5), "navy").save(folder / "new.png")

    bring([cup(图片="new.png")], folder=folder, dry_run=True)
    bring([cup(图片="new.png"), cup(本站价="错")], folder=folder)

    assert stored() == before


# --- Speed and record ----------------------------------------------------------------------------------------------
def test_the_number_of_statements_does_not_grow_with_the_rows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    rows = [cup(商品编码=f"C{n}", 分类="杯/瓷杯") for n in range(300)]

    with django_assert_max_num_queries(45):
        bring(rows)
    with django_assert_max_num_queries(45):
        report = bring([row | {"本站价": "13"} for row in rows])

    assert report.changed == 300


def test_an_import_by_staff_is_logged() -> None:
    staff = make_staff()

    import_file(content=csv_of([cup()]).encode(), name="goods.csv", choices=ImportChoices(), by=staff, now=NOON)

    entry = OperationLog.objects.get()
    assert (entry.actor, entry.action, entry.summary) == (staff, "import_products", "导入商品：新增 1 个，更新 0 个")
