"""Goods in the back office: the page of one product, its specs, pictures and preview."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.models import Product, Sku, StockMove
from members.models import OperationLog
from tests.factories import make_category, make_product, make_sku
from tests.shop.backoffice import make_operator, sent_fields, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"
FACTS = {
    "name": "海盐奶油卷", "code": "CAKE-1", "status": "on_sale", "unit": "个", "sort_order": "5", "virtual_sold": "0",
    "min_units": "1", "limit_kind": "none", "limit_units": "0", "submission": "first",
}  # fmt: skip


@pytest.fixture
def desk() -> Client:
    """An operator, signed in."""
    return signed_in(make_operator())


def rows(*skus: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """Return the fields of a page with these SKU rows."""
    fields: dict[str, Any] = {"skus-TOTAL_FORMS": len(skus), "skus-INITIAL_FORMS": initial}
    for number, sku in enumerate(skus):
        specs = {"specs": json.dumps(sku["specs"])} if "specs" in sku else {}
        fields |= {f"skus-{number}-{name}": value for name, value in {**sku, **specs}.items()}
    return fields


def axes(**values: str) -> dict[str, str]:
    """Return the fields of these dimensions: 颜色="红、蓝"."""
    return {
        f"axis-{at}-{part}": text
        for at, (name, typed) in enumerate(values.items())
        for part, text in (("name", name), ("values", typed))
    }


def edit_url(product: Product) -> str:
    return f"{LIST}{product.pk}/change/"


def picture(colour: str = "red", name: str = "a.png") -> SimpleUploadedFile:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return SimpleUploadedFile(name, stream.getvalue(), "image/png")


def test_a_product_is_made_with_its_stock_as_a_move(desk: Client) -> None:
    tea = make_category("茶")
    skus = rows({"price": "12.80", "stock": "7", "stock_floor": "2"})

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


def test_a_product_without_a_code_gets_one_and_is_made_once(desk: Client) -> None:
    facts = {**FACTS, "code": "", **rows({"price": "5", "stock": "1"})}

    desk.post(f"{LIST}add/", facts)
    again = desk.post(f"{LIST}add/", facts)  # the button was pressed twice

    product = Product.objects.get()
    assert (product.code[0], len(product.code)) == ("G", 12)
    assert f"商品编码“{product.code}”已被其他商品使用" in text_of(again)


def test_a_new_product_never_overwrites_one_with_the_same_code(desk: Client) -> None:
    make_product("占用者", code="CAKE-1", price=990)

    page = desk.post(f"{LIST}add/", {**FACTS, **rows({"price": "5", "stock": "1"})})

    assert "商品编码“CAKE-1”已被其他商品使用" in text_of(page)
    assert [(product.name, product.price_min) for product in Product.objects.all()] == [("占用者", 990)]


def test_a_product_with_specs_has_one_row_each(desk: Client) -> None:
    skus = rows(
        {"specs": ["红", "L"], "price": "10", "stock": "1"}, {"specs": ["蓝", "M"], "price": "20", "stock": "2"}
    )

    desk.post(f"{LIST}add/", {**FACTS, **skus, **axes(颜色="红\n蓝", 尺寸="L，M")})

    product = Product.objects.get()
    assert product.spec_names == ["颜色", "尺寸"]
    assert list(product.skus.order_by("pk").values_list("spec_text", "price")) == [("红 L", 1000), ("蓝 M", 2000)]


# --- The matrix ----------------------------------------------------------------------------------------------------
def sent(page: Any) -> dict[str, Any]:
    """Return what a browser would send of the page."""
    return {name: values if len(values) > 1 else values[0] for name, values in sent_fields(page).items() if values}


def test_specs_become_rows_are_filled_and_saved(desk: Client) -> None:
    fresh = sent(desk.get(f"{LIST}add/"))
    typed = {**fresh, "name": "围裙", "skus-0-price": "59", **axes(颜色="米白、松绿", 尺寸="大、小、大")}

    made = sent(desk.post(f"{LIST}add/", {**typed, "step": "make"}))
    filled = sent(desk.post(f"{LIST}add/", {**made, "step": "fill", "fill-stock": "20"}))
    cheaper = {**filled, "step": "fill", "fill-which": "1:小", "fill-price": "49"}
    desk.post(f"{LIST}add/", sent(desk.post(f"{LIST}add/", cheaper)))

    product = Product.objects.get()
    assert (product.name, product.spec_names) == ("围裙", ["颜色", "尺寸"])
    assert list(product.skus.order_by("sort_order").values_list("spec_text", "price", "stock")) == [
        ("米白 大", 5900, 20), ("米白 小", 4900, 20), ("松绿 大", 5900, 20), ("松绿 小", 4900, 20),
    ]  # fmt: skip


def test_a_button_of_the_page_judges_nothing_and_keeps_what_was_typed(desk: Client) -> None:
    typed = {**sent(desk.get(f"{LIST}add/")), "name": "", "skus-0-price": "贵", "selling_point": "很好", "tab": "stock"}

    page = desk.post(f"{LIST}add/", {**typed, "step": "make", **axes(颜色="红、蓝")})

    assert "必填" not in text_of(page)
    assert "还没有保存" not in text_of(page)
    assert page.content.decode().count('value="贵"') == 2
    assert 'value="很好"' in page.content.decode()
    assert sent(page)["tab"] == "stock"
    assert not Product.objects.exists()


def test_specs_that_changed_after_the_rows_were_made_are_asked_about(desk: Client) -> None:
    typed = {**FACTS, **rows({"specs": ["红"], "price": "10", "stock": "1"}), **axes(颜色="红、蓝")}

    page = desk.post(f"{LIST}add/", typed)

    assert "下面的表格已重新生成，请核对价格和库存后再保存" in text_of(page)
    assert sent(page)["skus-1-price"] == "10"
    assert not Product.objects.exists()


def test_a_value_that_is_renamed_keeps_its_sku(desk: Client) -> None:
    product = make_product(specs={"颜色": ["红", "蓝"]}, stock=7)
    before = list(product.skus.order_by("pk").values_list("pk", flat=True))
    typed = {**sent(desk.get(edit_url(product))), **axes(颜色="朱红、蓝")}

    desk.post(edit_url(product), sent(desk.post(edit_url(product), {**typed, "step": "make"})))

    after = product.skus.order_by("pk").values_list("pk", "spec_text", "stock", "is_active")
    assert list(after) == [(before[0], "朱红", 7, True), (before[1], "蓝", 7, True)]


def test_too_many_combinations_are_refused_in_words(desk: Client) -> None:
    many = "、".join(str(number) for number in range(15))

    page = desk.post(f"{LIST}add/", {**FACTS, **rows({"price": "1"}), **axes(颜色=many, 尺寸=many), "step": "make"})

    assert "规格组合最多 200 个，现在会有 225 个" in text_of(page)
    assert sent(page)["axis-1-values"].splitlines() == many.split("、")


# --- Editing -------------------------------------------------------------------------------------------------------
def edited(client: Client, product: Product, **changes: Any) -> Any:
    """Send the page of a product as it was shown, with `changes`."""
    return client.post(edit_url(product), {**sent(client.get(edit_url(product))), **changes})


def test_an_edited_stock_is_a_move_of_the_difference_to_what_was_shown(desk: Client) -> None:
    sku = make_sku(stock=10)
    facts = sent(desk.get(edit_url(sku.product)))
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
    facts = sent(desk.get(edit_url(sku.product)))
    Sku.objects.filter(pk=sku.pk).update(stock=3)

    response = desk.post(edit_url(sku.product), {**facts, "skus-0-stock": "1", "skus-0-price": "66.60"})

    sku.refresh_from_db()
    assert "期间又卖出了" in text_of(response)
    assert 'value="66.60"' in response.content.decode()
    assert (sku.stock, sku.price) == (3, 1000)


def test_a_removed_row_is_withdrawn_not_deleted(desk: Client) -> None:
    product = make_product(specs={"颜色": ["红", "蓝"]})

    edited(desk, product, **{"skus-1-DELETE": "on"})

    assert list(product.skus.order_by("pk").values_list("spec_text", "is_active")) == [("红", True), ("蓝", False)]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "这个字段是必填项"),
    ({"skus-0-price": "0"}, "金额不能低于 0.01 元"),
    ({"skus-0-price": "九块九"}, "请填写金额，例如 12.50"),
    ({"skus-0-price": "1.234"}, "金额最多两位小数"),
    ({"skus-0-stock": "-1"}, "确保该值大于或等于0"),
    ({"skus-0-specs": '["红"]'}, "下面的表格已重新生成"),
    ({"categories": ["999"]}, "选择一个有效的选项"),
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


def names_of(product: Product) -> list[str]:
    return [str(image.image.name) for image in product.images.order_by("sort_order")]


def test_pictures_are_added_ordered_and_removed(desk: Client) -> None:
    product = make_product()
    edited(desk, product, pictures=[picture("red"), picture("blue")])
    first, second = names_of(product)

    lifted = edited(desk, product, step=f"lift:{second}")
    assert (sent(lifted)["picture"], names_of(product)) == ([second, first], [first, second])
    desk.post(edit_url(product), sent(lifted))
    assert names_of(product) == [second, first]

    dropped = edited(desk, product, step=f"drop:{second}")
    desk.post(edit_url(product), sent(dropped))
    assert first.endswith(".webp")
    assert names_of(product) == [first]


def test_a_mistake_elsewhere_loses_no_picture(desk: Client) -> None:
    page = desk.post(
        f"{LIST}add/", {**FACTS, "name": "", **rows({"price": "5", "stock": "1"}), "pictures": [picture()]}
    )

    desk.post(f"{LIST}add/", {**sent(page), "name": "海盐奶油卷"})

    assert len(names_of(Product.objects.get())) == 1


def test_more_pictures_than_a_product_may_have_are_left_out_in_words(desk: Client) -> None:
    product = make_product()
    edited(desk, product, pictures=[picture()])
    name = names_of(product)[0]

    page = edited(desk, product, pictures=[picture("blue") for _ in range(30)])

    assert "图片最多 30 张，多出的没有上传" in text_of(page)
    assert len(sent(page)["picture"]) == 30
    assert sent(page)["picture"][0] == name


def test_a_file_that_is_no_picture_is_refused_in_words(desk: Client) -> None:
    product = make_product()

    response = edited(desk, product, pictures=[SimpleUploadedFile("virus.png", b"MZ nothing", "image/png")])

    assert "virus.png：请上传 JPG、PNG、WebP 或 GIF 图片" in text_of(response)
    assert not product.images.exists()


@pytest.mark.parametrize("name", ["products/../../settings.py", "products/none.webp", "products/\0.webp"])
def test_a_picture_of_somewhere_else_is_not_taken(desk: Client, name: str) -> None:
    product = make_product()

    response = edited(desk, product, picture=name)

    assert "有图片不存在" in text_of(response)
    assert not product.images.exists()


def test_a_description_is_cleaned(desk: Client) -> None:
    product = make_product()

    edited(desk, product, detail_html='<p onclick="x()">好吃</p><script>alert(1)</script>')

    product.refresh_from_db()
    assert product.detail_html == "<p>好吃</p>"


def test_a_description_without_tags_becomes_paragraphs(desk: Client) -> None:
    product = make_product()

    edited(desk, product, detail_html="当天现摘\n\n坏果包赔 & 包换")

    product.refresh_from_db()
    assert product.detail_html == "<p>当天现摘</p>\n\n<p>坏果包赔 &amp; 包换</p>"


# --- The preview ---------------------------------------------------------------------------------------------------
def test_the_preview_is_the_shops_page_of_what_was_typed_and_writes_nothing(desk: Client) -> None:
    product = make_product("旧名字", price=1000)
    typed = {**sent(desk.get(edit_url(product))), "name": "新名字", "selling_point": "刚出炉", "skus-0-price": "18.80"}

    page = text_of(desk.post(f"{LIST}preview/", typed))

    assert ("新名字" in page, "刚出炉" in page, "旧名字" in page) == (True, True, False)
    assert "18 .80" in page
    product.refresh_from_db()
    assert (product.name, product.price_min) == ("旧名字", 1000)


def test_the_preview_bears_whatever_was_typed(desk: Client) -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {**FACTS, "name": "", "min_units": "x", **rows({"specs": ["红"], "price": "贵"}), **axes(颜色="红、蓝")},
        {**FACTS, "skus-TOTAL_FORMS": "x", "picture": "products/../x"},
        {**FACTS, "detail_html": "<script>alert(1)</script>", "attributes": "没有冒号", **rows({})},
    ]

    for facts in wrong:
        assert desk.post(f"{LIST}preview/", facts).status_code == 200, facts
    assert desk.get(f"{LIST}preview/").status_code == 405
