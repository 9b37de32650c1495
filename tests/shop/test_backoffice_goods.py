"""Goods in the back office: the list, batch changes, the page of one product, categories, files in and out."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Product, Sku, StockMove
from members.models import OperationLog
from tests.factories import make_category, make_product, make_sku
from tests.shop.backoffice import hidden_fields, make_clerk, make_operator, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"
FACTS = {
    "name": "海盐奶油卷", "code": "CAKE-1", "status": "on_sale", "unit": "个", "sort_order": "5", "virtual_sold": "0",
    "min_units": "1", "limit_kind": "none", "limit_units": "0", "spec_names": "", "submission": "first",
    "pictures-TOTAL_FORMS": "0", "pictures-INITIAL_FORMS": "0",
}  # fmt: skip


@pytest.fixture
def desk() -> Client:
    """An operator, signed in."""
    return signed_in(make_operator())


def rows(*skus: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """Return the fields of a page with these SKU rows."""
    fields: dict[str, Any] = {"skus-TOTAL_FORMS": len(skus), "skus-INITIAL_FORMS": initial}
    for number, sku in enumerate(skus):
        fields |= {f"skus-{number}-{name}": value for name, value in sku.items()}
    return fields


def edit_url(product: Product) -> str:
    return f"{LIST}{product.pk}/change/"


def listed(client: Client, **query: Any) -> list[str]:
    return [product.name for product in client.get(LIST, query).context["cl"].result_list]


def picture(colour: str = "red", name: str = "a.png") -> SimpleUploadedFile:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return SimpleUploadedFile(name, stream.getvalue(), "image/png")


# --- The list ------------------------------------------------------------------------------------------------------
def test_the_list_finds_by_name_code_pinyin_and_initials(desk: Client) -> None:
    make_product("西湖龙井", code="TEA-1")
    make_product("海盐奶油卷", code="CAKE-1")

    for typed in ("龙井", "TEA-1", "longjing", "xhlj", "tea"):
        assert listed(desk, q=typed) == ["西湖龙井"], typed


def test_the_list_narrows_by_category_price_stock_and_state(desk: Client) -> None:
    drinks = make_category("饮品")
    tea = make_category("茶", parent=drinks)
    make_product("龙井", price=9900, stock=3, categories=[tea])
    make_product("毛巾", price=1500, stock=50, status="off_shelf")

    queries: dict[str, dict[str, Any]] = {
        "category": {"category": drinks.pk},
        "price": {"price_from": "90", "price_to": "99.00"},
        "stock": {"stock_to": "10"},
        "tab": {"tab": "on_sale"},
    }
    assert {name: listed(desk, **query) for name, query in queries.items()} == {name: ["龙井"] for name in queries}
    assert listed(desk, price_from="一百") == ["毛巾", "龙井"]


def test_the_list_needs_no_more_queries_for_more_rows(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_product()
    # Session, user, stores, device, permissions (2), tabs (2), count, categories of the filter, rows, pictures, and
    # the rows once more for their sort numbers.
    with django_assert_max_num_queries(14) as few:
        desk.get(LIST)
    for _ in range(8):
        make_product()
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(listed(desk)) == 9


def test_a_sort_number_is_typed_into_the_list(desk: Client) -> None:
    product = make_product(sort_order=100)

    desk.post(LIST, {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": product.pk,
                     "form-0-sort_order": "3", "_save": "保存"})  # fmt: skip

    product.refresh_from_db()
    assert product.sort_order == 3
    assert OperationLog.objects.get(action="change").after == {"sort_order": 3}


def test_a_product_is_never_deleted(desk: Client) -> None:
    product = make_product()

    assert desk.post(f"{LIST}{product.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Product.objects.filter(pk=product.pk).exists()


# --- Batches -------------------------------------------------------------------------------------------------------
def batch(client: Client, name: str, *products: Product, **facts: Any) -> Any:
    chosen = {"action": f"batch_{name}", "_selected_action": [product.pk for product in products]}
    return client.post(f"{LIST}?tab=", {**chosen, "confirmed": "1", **facts}, follow=True)


def test_a_batch_asks_before_it_acts(desk: Client) -> None:
    product = make_product()

    page = desk.post(LIST, {"action": "batch_unshelf", "_selected_action": [product.pk]})

    product.refresh_from_db()
    assert product.status == "on_sale"
    assert product.name in text_of(page)
    assert "批量下架" in text_of(page)


def test_goods_go_off_the_shelf_into_the_bin_and_back(desk: Client) -> None:
    product = make_product()
    seen = []

    for name in ("unshelf", "shelf", "trash"):
        batch(desk, name, product)
        product.refresh_from_db()
        seen.append(product.status)
    desk.post(f"{LIST}?tab=trashed", {"action": "batch_restore", "_selected_action": [product.pk], "confirmed": "1"})
    product.refresh_from_db()

    assert [*seen, product.status] == ["off_shelf", "on_sale", "trashed", "off_shelf"]


def test_prices_change_by_per_cent_and_yuan(desk: Client) -> None:
    product = make_product(price=1999)

    batch(desk, "prices", product, percent="95", fen="-0.50")

    product.refresh_from_db()
    assert (product.skus.get().price, product.price_min) == (1849, 1849)


def test_prices_that_would_vanish_change_nothing(desk: Client) -> None:
    cheap, dear = make_product("便宜货", price=30), make_product(price=9900)

    page = batch(desk, "prices", cheap, dear, percent="100", fen="-1")

    assert "没有修改任何商品" in text_of(page)
    assert "便宜货" in text_of(page)
    assert sorted(Sku.objects.values_list("price", flat=True)) == [30, 9900]


def test_stock_changes_in_a_batch_are_moves_made_once(desk: Client) -> None:
    product = make_product(stock=10)

    for _ in range(2):
        batch(desk, "stock", product, how="delta", units="5", source="batch-1")

    sku = product.skus.get()
    assert sku.stock == 15
    assert list(sku.moves.order_by("pk").values_list("kind", "delta")) == [("initial", 10), ("edit", 5)]


def test_goods_change_their_categories(desk: Client) -> None:
    old, new = make_category("旧"), make_category("新")
    product = make_product(categories=[old])

    batch(desk, "categories", product, how="set", categories=[new.pk])

    assert [category.name for category in product.categories.all()] == ["新"]


# --- One product ---------------------------------------------------------------------------------------------------
def test_a_product_is_made_with_its_stock_as_a_move(desk: Client) -> None:
    tea = make_category("茶")
    skus = rows({"price": "12.80", "stock": "7", "stock_floor": "2"}, {}, {}, {})

    response = desk.post(f"{LIST}add/", {**FACTS, **skus, "categories": [tea.pk], "attributes": "产地：云南"})

    product = Product.objects.get()
    sku = product.skus.get()
    assert response.status_code == 302
    assert (product.code, product.name, product.price_min, product.attributes) == (
        "CAKE-1", "海盐奶油卷", 1280, [["产地", "云南"]],
    )  # fmt: skip
    assert (sku.price, sku.stock, sku.stock_floor) == (1280, 7, 2)
    assert [(move.kind, move.delta) for move in StockMove.objects.all()] == [("initial", 7)]
    assert [category.pk for category in product.categories.all()] == [tea.pk]
    assert OperationLog.objects.filter(action="save_product").count() == 1


def test_a_product_with_specs_has_one_row_each(desk: Client) -> None:
    skus = rows({"specs": "红 / L", "price": "10", "stock": "1"}, {"specs": "蓝／M", "price": "20", "stock": "2"})

    desk.post(f"{LIST}add/", {**FACTS, **skus, "spec_names": "颜色 / 尺寸"})

    product = Product.objects.get()
    assert product.spec_names == ["颜色", "尺寸"]
    assert list(product.skus.order_by("pk").values_list("spec_text", "price")) == [("红 L", 1000), ("蓝 M", 2000)]


def edited(client: Client, product: Product, **changes: Any) -> Any:
    """Send the page of a product as it was shown, with `changes`."""
    page = client.get(edit_url(product))
    facts = {**FACTS, "name": product.name, "code": product.code, **hidden_fields(page)}
    return client.post(edit_url(product), {**facts, **changes})


def test_an_edited_stock_is_a_move_of_the_difference_to_what_was_shown(desk: Client) -> None:
    sku = make_sku(stock=10)
    page = desk.get(edit_url(sku.product))
    facts = {**FACTS, "name": sku.product.name, "code": sku.product.code, **hidden_fields(page)}
    Sku.objects.filter(pk=sku.pk).update(stock=7)  # three were sold while the page was open

    desk.post(edit_url(sku.product), {**facts, "skus-0-stock": "12"})
    desk.post(edit_url(sku.product), {**facts, "skus-0-stock": "12"})  # the button was pressed twice

    sku.refresh_from_db()
    assert sku.stock == 9
    assert [(move.kind, move.delta) for move in sku.moves.order_by("pk")] == [("initial", 10), ("edit", 2)]


def test_saving_a_page_unchanged_moves_no_stock(desk: Client) -> None:
    sku = make_sku(stock=10, price=1000)

    response = edited(desk, sku.product)

    sku.refresh_from_db()
    assert response.status_code == 302
    assert (sku.stock, sku.price, sku.moves.count()) == (10, 1000, 1)


def test_less_stock_than_was_sold_meanwhile_is_refused_in_words(desk: Client) -> None:
    sku = make_sku(stock=10)
    page = desk.get(edit_url(sku.product))
    facts = {**FACTS, "name": sku.product.name, "code": sku.product.code, **hidden_fields(page)}
    Sku.objects.filter(pk=sku.pk).update(stock=3)

    response = desk.post(edit_url(sku.product), {**facts, "skus-0-stock": "1", "skus-0-price": "66.60"})

    sku.refresh_from_db()
    assert "期间又卖出了" in text_of(response)
    assert 'value="66.60"' in response.content.decode()
    assert (sku.stock, sku.price) == (3, 1000)


def test_a_removed_row_is_withdrawn_not_deleted(desk: Client) -> None:
    product = make_product(specs={"颜色": ["红", "蓝"]})

    edited(desk, product, **{"spec_names": "颜色", "skus-1-DELETE": "on"})

    assert list(product.skus.order_by("pk").values_list("spec_text", "is_active")) == [("红", True), ("蓝", False)]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "这个字段是必填项"),
    ({"skus-0-price": "0"}, "金额不能低于 0.01 元"),
    ({"skus-0-price": "九块九"}, "请填写金额，例如 12.50"),
    ({"skus-0-price": "1.234"}, "金额最多两位小数"),
    ({"skus-0-stock": "-1"}, "确保该值大于或等于0"),
    ({"skus-0-specs": "红"}, "规格要填写 0 项"),
    ({"attributes": "没有冒号"}, "要写成“名称：内容”"),
    ({"limit_kind": "per_order", "limit_units": "0"}, "限购数量不能小于起购数量"),
    ({"sort_order": "99999999999"}, "排序号要在"),
    ({"on_sale_at": "明天"}, "输入一个有效的日期/时间"),
    ({"code": "TAKEN"}, "商品编码“TAKEN”已被其他商品使用"),
    ({"name": "很" * 101}, "不超过 100"),
    ({"skus-TOTAL_FORMS": "x"}, "管理表单"),
]


def test_every_mistake_is_said_in_words_and_loses_nothing(desk: Client) -> None:
    make_product("占用者", code="TAKEN")
    sku = make_sku("原来的名字", price=1000)

    for changes, sentence in MISTAKES:
        response = edited(desk, sku.product, **{"selling_point": "我写的卖点", **changes})
        assert response.status_code == 200, changes
        assert sentence in text_of(response).replace("ManagementForm", "管理表单"), changes
        assert 'value="我写的卖点"' in response.content.decode(), changes

    sku.product.refresh_from_db()
    assert (sku.product.name, sku.product.selling_point) == ("原来的名字", "")


def test_more_rows_are_given_without_saving(desk: Client) -> None:
    response = desk.post(f"{LIST}add/", {**FACTS, **rows({"price": "5"}), "more": "1"})

    assert not Product.objects.exists()
    assert 'value="5"' in response.content.decode()
    assert response.context["forms"].skus.total_form_count() == 4


def test_pictures_are_added_sorted_and_removed(desk: Client) -> None:
    product = make_product()
    edited(desk, product, pictures=[picture("red"), picture("blue")])
    first, second = [str(image.image.name) for image in product.images.order_by("sort_order")]

    edited(desk, product, **{"pictures-0-sort_order": "9", "pictures-1-sort_order": "1"})
    swapped = [str(image.image.name) for image in product.images.order_by("sort_order")]
    edited(desk, product, **{"pictures-0-DELETE": "on"})

    assert first.endswith(".webp")
    assert swapped == [second, first]
    assert [str(image.image.name) for image in product.images.all()] == [first]


def test_a_file_that_is_no_picture_is_refused_in_words(desk: Client) -> None:
    product = make_product()

    response = edited(desk, product, pictures=[SimpleUploadedFile("virus.png", b"MZ nothing", "image/png")])

    assert "virus.png：请上传 JPG、PNG、WebP 或 GIF 图片" in text_of(response)
    assert not product.images.exists()


def test_a_picture_of_somewhere_else_is_not_taken(desk: Client) -> None:
    product = make_product()

    response = edited(desk, product, **{
        "pictures-TOTAL_FORMS": "1", "pictures-0-name": "products/../../settings.py", "pictures-0-sort_order": "1",
    })  # fmt: skip

    assert "图片不存在" in text_of(response)
    assert not product.images.exists()


def test_a_description_is_cleaned(desk: Client) -> None:
    product = make_product()

    edited(desk, product, detail_html='<p onclick="x()">好吃</p><script>alert(1)</script>')

    product.refresh_from_db()
    assert product.detail_html == "<p>好吃</p>"


def test_a_clerk_sees_no_goods() -> None:
    product = make_product()
    clerk = signed_in(make_clerk(make_operator().stores.get()))

    assert clerk.get(LIST).status_code == 403
    assert clerk.get(edit_url(product)).status_code == 403
    assert clerk.post(f"{LIST}import/").status_code == 403
    assert clerk.get(f"{LIST}export/csv/").status_code == 403


# --- Categories ----------------------------------------------------------------------------------------------------
def test_a_category_is_saved_and_logged_once(desk: Client) -> None:
    desk.post("/admin/catalog/category/add/", {"name": "茶", "sort_order": "1", "is_visible": "on"})

    assert Category.objects.get().name == "茶"
    assert OperationLog.objects.count() == 1


def test_a_category_says_why_it_cannot_be(desk: Client) -> None:
    top = make_category("饮品")
    leaf = make_category("绿茶", parent=make_category("茶", parent=top))

    twice = desk.post("/admin/catalog/category/add/", {"name": "饮品", "sort_order": "1"})
    deep = desk.post("/admin/catalog/category/add/", {"name": "明前", "parent": leaf.pk, "sort_order": "1"})

    assert "同一级里已经有这个分类了" in text_of(twice)
    assert "分类最多 3 级" in text_of(deep)
    assert Category.objects.count() == 3


def test_stock_moves_and_low_stock_are_listed(desk: Client) -> None:
    make_sku("龙井", stock=1, sku={"stock_floor": 5})
    make_sku("毛巾", stock=9, sku={"stock_floor": 5})

    low = text_of(desk.get("/admin/catalog/sku/"))

    assert "龙井" in low
    assert "毛巾" not in low
    assert "+9" in text_of(desk.get("/admin/catalog/stockmove/"))


# --- Files ---------------------------------------------------------------------------------------------------------
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


def test_bad_goods_are_left_out_when_that_was_ticked(desk: Client) -> None:
    file = sheet("A1,龙井,99.00,5", "A2,毛巾,很贵,7")
    checked = desk.post(f"{LIST}import/", {"file": file, "skip_bad": "on"})

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
