"""`manage.py import_products`: what it prints and how it ends."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product, Sku

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"


def run(path: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_products", path, stdout=out, **options)
    return out.getvalue()


def test_a_good_file_goes_in_and_the_report_says_what_happened() -> None:
    told = run(FIXTURES / "goods_one_spec.csv")

    assert told.splitlines() == [
        "共 7 行，5 个商品。",
        "没有用到的列：sku_id、goods_id、category_id、category_l1、category_l2、goods_retail_price、is_new、is_hot",
        "第 6 行 提醒：市场价 29.00 低于本站价 39.00，不会显示",
        "缺图 14 张（网址不会下载），不影响商品：第 2、5、6、7、8、9、10 行",
        "缺图 1 张（详情里的外站图片），不影响商品：第 2 行",
        "已导入：新增 5 个商品，更新 0 个，未变 0 个；新增 SKU 7 个。",
    ]
    assert Sku.objects.count() == 7


def test_a_dry_run_says_what_would_happen() -> None:
    told = run(FIXTURES / "goods_two_specs.csv", dry_run=True)

    assert told.splitlines()[-1] == "没有写入。能导入的有：新增 2 个商品，更新 0 个，未变 0 个；新增 SKU 8 个。"
    assert not Product.objects.exists()


def test_a_broken_copy_names_each_bad_line_and_writes_nothing(tmp_path: Path) -> None:
    lines = (FIXTURES / "goods_two_specs.csv").read_text(encoding="utf-8-sig").splitlines()
    lines[2] = lines[2].replace("199.00", "一百九十九")
    lines[5] = lines[5].rsplit(",", 3)[0]
    path = tmp_path / "broken.csv"
    path.write_text("\n".join(lines))
    out = io.StringIO()

    with pytest.raises(CommandError, match="没有写入任何商品。请改正上面的行，或加 --skip-bad 跳过它们。"):
        call_command("import_products", path, stdout=out)

    assert [line for line in out.getvalue().splitlines() if "错误" in line] == [
        "第 3 行 错误：本站价：“一百九十九”不对，请填写金额，例如 12.50",
        "第 6 行 错误：这一行有 18 列，表头有 21 列",
    ]
    assert not Product.objects.exists()

    told = run(path, skip_bad=True)

    assert "已导入：新增 2 个商品，更新 0 个，未变 0 个；新增 SKU 6 个；出错 2 行。" in told


def test_columns_are_named_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("款号,叫法,要价\nC1,白瓷杯,9.9\n")

    run(path, columns="款号=商品编码,叫法=name，要价=本站价")

    assert Sku.objects.get().price == 990
    with pytest.raises(CommandError, match="--columns 里的“款号”应写成 文件的列名=本店的列名"):
        run(path, columns="款号")
    with pytest.raises(CommandError, match="没有找到“商品编码”这一列"):
        run(path)


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(CommandError, match=r"无法打开 nowhere\.csv"):
        run(Path("nowhere.csv"))


def test_every_missing_picture_is_named_when_asked() -> None:
    told = run(FIXTURES / "goods_two_specs.csv", verbosity=2)

    assert "第 2 行 缺图：网址不会下载 http://pictures.example/61-米白.jpg" in told
