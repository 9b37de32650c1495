"""Export, import, export: byte-identical as csv, cell-identical as xlsx, and no formula gets out."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from catalog import resources
from catalog import services as catalog
from catalog.models import Category, Product, ProductImage, Sku, StockMove
from catalog.resources import GoodsCsv, GoodsResource, GoodsXlsx
from catalog.services.cells import read_pairs, read_paths, write_pairs, write_paths
from tests.factories import NOON, make_category, make_product, make_sku

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"


def exported_csv() -> bytes:
    content: bytes = GoodsCsv().export_data(GoodsResource().export(Product.objects.all()))
    return content


def exported_cells() -> list[tuple[Any, ...]]:
    content = GoodsXlsx().export_data(GoodsResource().export(Product.objects.all()))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def bring(content: bytes, *, dry_run: bool = False, **choices: Any) -> Any:
    dataset = GoodsCsv().create_dataset(content)
    return GoodsResource().import_data(dataset, dry_run=dry_run, choices=catalog.ImportChoices(**choices), now=NOON)


def clear_goods() -> None:
    for model in (StockMove, ProductImage, Sku, Product):
        model.objects.all().delete()
    for category in Category.objects.order_by("-pk"):
        category.delete()


def make_awkward_goods() -> None:
    """Make goods with everything that a table may trip over."""
    top = make_category("服/饰; 鞋")
    shirts = make_category("T恤", parent=top)
    make_product(
        '=HYPERLINK("http://evil.example")',
        code="007",
        brand="+86",
        selling_point='-10% @店里, "引号"',
        keywords="'=1+1 ''+2",
        categories=[shirts, make_category("'@上新")],
        specs={"颜色:主": ["红;深", "蓝\\"], "尺码：": ["L", "=X"]},
        sku={"market_price": 123450, "stock_floor": 3, "daily_stock": 20, "barcode": "0690", "weight": 250},
        attributes=(("产地", "云南; 大理：古城"), ("=材质", "-棉")),
        detail_html="<p>一行\n两行</p><p>“逗号”, 'a' & b</p>",
        sort_order=-5,
        virtual_sold=88,
        limit_kind="lifetime",
        limit_units=4,
        min_units=2,
    )
    make_product("timed", status="off_shelf", on_sale_at=NOON + timedelta(days=30, seconds=7), stock=0)
    make_product("single", sku={"code": "S-1"})


def test_the_round_trip_changes_nothing_in_the_same_shop() -> None:
    make_awkward_goods()
    before, cells, moves = exported_csv(), exported_cells(), StockMove.objects.count()

    result = bring(before)

    assert not result.has_errors()
    assert (result.total_rows, result.report.created, result.report.changed, result.report.unchanged) == (6, 0, 0, 3)
    assert exported_csv() == before
    assert exported_cells() == cells
    assert StockMove.objects.count() == moves


def test_the_round_trip_rebuilds_an_empty_shop() -> None:
    make_awkward_goods()
    before, cells = exported_csv(), exported_cells()
    workbook = GoodsXlsx().export_data(GoodsResource().export(Product.objects.all()))

    clear_goods()
    assert bring(before).report.created == 3
    assert exported_csv() == before

    clear_goods()
    result = GoodsResource().import_data(GoodsXlsx().create_dataset(workbook), now=NOON)
    assert result.report.created == 3
    assert exported_cells() == cells
    assert Product.objects.get(code="007").brand == "+86"
    assert str(Category.objects.get(name="T恤").parent) == "服/饰; 鞋"


def test_no_cell_that_goes_out_is_a_formula() -> None:
    make_awkward_goods()

    cells = [cell for row in exported_cells()[1:] for cell in row if isinstance(cell, str)]

    assert '\'=HYPERLINK("http://evil.example")' in cells
    assert [cell for cell in cells if cell[0] in "=+-@\t\r"] == []


def test_numbers_go_out_as_numbers() -> None:
    make_product(price=1250, stock=3)

    header, row = exported_cells()

    assert dict(zip(header, row, strict=True))["本站价"] == 12.5
    assert dict(zip(header, row, strict=True))["库存"] == 3


def test_trashed_goods_and_withdrawn_skus_stay_at_home() -> None:
    catalog.trash(product_ids=[make_product(code="OLD").pk], by=None, now=NOON)
    sku = make_product(specs={"颜色": ["红", "蓝"]}).skus.get(spec_text="蓝")
    Sku.objects.filter(pk=sku.pk).update(is_active=False)

    assert len(exported_cells()) == 2


def test_the_number_of_statements_does_not_grow_with_the_goods(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        make_product(specs={"颜色": ["红", "蓝"]})

    with django_assert_num_queries(5):  # category paths, count, SKUs with products, categories, pictures
        GoodsResource().export(Product.objects.all())


def test_bad_rows_become_errors_of_the_result_and_nothing_is_written() -> None:
    make_sku("旧名字", code="C1")
    content = "商品编码,商品名称,本站价\nC1,新名字,5\nC2,壶,错\n".encode()

    result = bring(content)

    assert [str(error.error) for error in result.base_errors] == ["第 3 行：本站价：“错”不对，请填写金额，例如 12.50"]
    assert Product.objects.get().name == "旧名字"

    skipped = bring(content, skip_bad=True)

    assert not skipped.has_errors()
    assert Product.objects.get().name == "新名字"


def test_a_file_that_is_no_table_is_an_error_of_the_result() -> None:
    result = bring(b"")

    assert [str(error.error) for error in result.base_errors] == ["文件是空的"]


def test_the_one_door_for_files_is_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[str] = []

    class Watched(GoodsResource):
        def import_data(self, *args: Any, **kwargs: Any) -> Any:
            entered.append(kwargs["choices"].folder.name)
            return super().import_data(*args, **kwargs)

    monkeypatch.setattr(resources, "GoodsResource", Watched)

    call_command("import_products", str(FIXTURES / "goods_one_spec.csv"), stdout=io.StringIO())

    assert entered == ["fixtures"]
    assert Product.objects.count() == 5


def test_a_dry_run_previews_and_writes_nothing() -> None:
    make_sku("壶", code="C1", price=500)

    result = bring("商品编码,商品名称,本站价\nC1,壶,5\nC2,杯,6\n".encode(), dry_run=True)

    assert [(each.kind, each.code, each.name, each.skus) for each in result.report.outcomes] == [
        ("same", "C1", "壶", 1),
        ("new", "C2", "杯", 1),
    ]
    assert not result.report.written
    assert Product.objects.count() == 1


TEXT = st.text(st.sampled_from("ab红 \\;:/；："), max_size=8).map(lambda text: " ".join(text.split()))
FILLED = TEXT.filter(bool)
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@relaxed
@given(st.lists(st.tuples(FILLED, FILLED), max_size=4))
def test_pairs_are_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    assert read_pairs(write_pairs(pairs)) == tuple(pairs)


@relaxed
@given(st.lists(st.lists(FILLED, min_size=1, max_size=3).map(tuple), max_size=3, unique=True))
def test_paths_are_read_as_they_were_written(paths: list[tuple[str, ...]]) -> None:
    assert read_paths(write_paths(paths)) == paths
