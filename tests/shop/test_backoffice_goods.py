"""Goods in the back office: the list with its switches, batch changes, categories, stock."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Product, Sku
from members.models import OperationLog
from orders.models import OrderStatus
from tests.factories import make_category, make_order, make_product, make_sku
from tests.shop.backoffice import make_clerk, make_operator, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"
TREE = "/admin/catalog/category/"


@pytest.fixture
def desk() -> Client:
    """An operator, signed in."""
    return signed_in(make_operator())


def edit_url(product: Product) -> str:
    return f"{LIST}{product.pk}/change/"


def listed(client: Client, **query: Any) -> list[str]:
    return [product.name for product in client.get(LIST, query).context["cl"].result_list]


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
    # Session, user, stores, device, permissions (2), tabs (2), notices, count, categories, rows, pictures.
    with django_assert_max_num_queries(13) as few:
        desk.get(LIST)
    for _ in range(8):
        make_product()
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(listed(desk)) == 9


def test_a_sort_number_is_typed_into_the_list(desk: Client) -> None:
    product, other = make_product(sort_order=100), make_product(sort_order=50)

    answer = desk.post(
        f"{LIST}inline/", {f"sort-{product.pk}": " 3 ", f"sort-{other.pk}": "50"}, HTTP_HX_REQUEST="true"
    )

    product.refresh_from_db()
    assert product.sort_order == 3
    assert "已保存 1 个排序号" in text_of(answer)
    entry = OperationLog.objects.get()
    assert (entry.summary, entry.after) == ("修改排序号：1 个商品", {"products": [product.code]})


def test_a_sort_number_that_is_none_is_refused_in_words(desk: Client) -> None:
    product = make_product(sort_order=100)

    for typed in ("第一", "1.5", "9" * 10, "", "²"):
        answer = desk.post(f"{LIST}inline/", {f"sort-{product.pk}": typed}, HTTP_HX_REQUEST="true")
        assert "排序号要填整数" in text_of(answer), typed

    product.refresh_from_db()
    assert product.sort_order == 100


def test_a_switch_takes_a_product_off_the_shelf_and_puts_it_back(desk: Client) -> None:
    product = make_product("龙井")
    seen = []

    for state in ("off", "on"):
        answer = desk.post(f"{LIST}inline/", {"shelf": f"{product.pk}:{state}"}, HTTP_HX_REQUEST="true")
        product.refresh_from_db()
        seen.append(
            (product.status, f'aria-checked="{"true" if state == "on" else "false"}"' in answer.content.decode())
        )

    assert seen == [("off_shelf", True), ("on_sale", True)]
    assert OperationLog.objects.count() == 2


def test_without_scripts_a_switch_leads_back_to_the_list_as_it_was(desk: Client) -> None:
    product = make_product()
    before = "http://testserver/admin/catalog/product/?tab=on_sale&p=2"

    back = desk.post(f"{LIST}inline/", {"shelf": f"{product.pk}:off"}, HTTP_REFERER=before)
    elsewhere = desk.post(f"{LIST}inline/", {"shelf": f"{product.pk}:on"}, HTTP_REFERER="http://evil.example/?x=1")

    assert (back.status_code, back["Location"]) == (302, f"{LIST}?tab=on_sale&p=2")
    assert elsewhere["Location"] == LIST


def test_goods_in_the_bin_are_not_switched_on(desk: Client) -> None:
    product = make_product("旧货", status="off_shelf")
    batch(desk, "trash", product)

    answer = desk.post(f"{LIST}inline/", {"shelf": f"{product.pk}:on"}, HTTP_HX_REQUEST="true")

    product.refresh_from_db()
    assert product.status == "trashed"
    assert "「旧货」在回收站里，请先恢复" in text_of(answer)


@pytest.mark.parametrize("facts", [{}, {"shelf": "x:on"}, {"shelf": "999999:on"}, {"shelf": "9" * 30 + ":on"}])
def test_nonsense_changes_nothing(desk: Client, facts: dict[str, str]) -> None:
    make_product()

    assert desk.post(f"{LIST}inline/", facts).status_code == 302
    assert desk.get(f"{LIST}inline/").status_code == 405
    assert not OperationLog.objects.exists()


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


def test_prices_are_shown_old_and_new_before_they_change(desk: Client) -> None:
    product = make_product("龙井", price=1999, specs={"罐": ["大", "小"]})
    asked = {"action": "batch_prices", "_selected_action": [product.pk], "how": "percent_down", "number": "5"}

    page = desk.post(LIST, {**asked, "confirmed": "1"})
    assert "改价预览：2 个规格，还没有保存" in text_of(page)
    assert text_of(page).count("¥19.99 ¥18.99") == 2
    assert product.skus.first().price == 1999  # type: ignore[union-attr]

    done = desk.post(LIST, {**asked, "apply": "1"}, follow=True)
    product.refresh_from_db()
    assert "2 个规格的价格已修改" in text_of(done)
    assert (list(product.skus.values_list("price", flat=True)), product.price_min) == ([1899, 1899], 1899)


@pytest.mark.parametrize(
    ("how", "number", "price"),
    [("percent_up", "10", 1100), ("percent_down", "12.5", 875), ("yuan_up", "1.50", 1150), ("yuan_down", "0.01", 999)],
)
def test_prices_go_up_or_down_by_per_cent_or_yuan(desk: Client, how: str, number: str, price: int) -> None:
    product = make_product(price=1000)

    batch(desk, "prices", product, how=how, number=number, apply="1")

    assert product.skus.get().price == price


@pytest.mark.parametrize("number", ["", "0", "-5", "一折", "1.234", "100001"])
def test_a_change_of_price_that_is_no_number_asks_again(desk: Client, number: str) -> None:
    product = make_product(price=1000)

    page = batch(desk, "prices", product, how="yuan_up", number=number, apply="1")

    assert "改价预览" not in text_of(page)
    assert "bo-pick" in page.content.decode()
    assert product.skus.get().price == 1000


def test_prices_that_would_vanish_change_nothing(desk: Client) -> None:
    cheap, dear = make_product("便宜货", price=30), make_product(price=9900)

    page = batch(desk, "prices", cheap, dear, how="yuan_down", number="1", apply="1")

    assert "有 1 个规格的新价格至少 0.01 元。没有修改任何商品" in text_of(page)
    assert "确认改价" not in text_of(page)
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


def test_a_clerk_sees_no_goods() -> None:
    product = make_product()
    clerk = signed_in(make_clerk(make_operator().stores.get()))

    assert clerk.get(LIST).status_code == 403
    assert clerk.get(edit_url(product)).status_code == 403
    assert clerk.post(f"{LIST}import/").status_code == 403
    assert clerk.get(f"{LIST}export/csv/").status_code == 403
    assert clerk.get(f"{LIST}import/template/").status_code == 403
    assert clerk.post(f"{LIST}inline/", {"shelf": f"{product.pk}:off"}).status_code == 403
    assert clerk.post(f"{LIST}preview/").status_code == 403
    assert clerk.post(TREE, {"act": "up:1"}).status_code == 403
    product.refresh_from_db()
    assert product.status == "on_sale"


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


def test_the_tree_shows_how_many_goods_lie_in_and_below_each_category(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    drinks = make_category("饮品")
    tea = make_category("茶", parent=drinks)
    make_product(categories=[drinks, tea])
    make_product(categories=[tea])
    make_product(categories=[drinks], status="off_shelf")

    # Session, user, stores, device, permissions (2), notices, goods of categories, categories.
    with django_assert_max_num_queries(9):
        page = text_of(desk.get(TREE))

    assert "饮品 3 个商品" in page
    assert "茶 2 个商品" in page


def test_a_category_moves_among_its_sisters_and_is_hidden(desk: Client) -> None:
    first, second = make_category("甲", sort_order=1), make_category("乙", sort_order=1)
    below = make_category("丙", parent=first, sort_order=5)

    for act in (f"up:{second.pk}", f"up:{second.pk}", f"down:{below.pk}", f"hide:{first.pk}", f"hide:{first.pk}"):
        assert desk.post(TREE, {"act": act}).status_code == 302

    tops = Category.objects.filter(parent=None).order_by("sort_order")
    assert [(each.name, each.is_visible) for each in tops] == [("乙", True), ("甲", False)]
    assert list(OperationLog.objects.order_by("pk").values_list("summary", flat=True)) == [
        "移动分类 乙", "移动分类 乙", "移动分类 丙", "隐藏分类 甲",
    ]  # fmt: skip
    assert desk.post(TREE, {"act": "up:x"}).status_code == 404


def test_a_new_category_is_offered_the_last_place_below_its_parent(desk: Client) -> None:
    parent = make_category("饮品")
    make_category("茶", parent=parent, sort_order=30)

    page = desk.get(f"{TREE}add/", {"parent": parent.pk})

    assert page.context["adminform"].form.initial == {"parent": parent.pk, "sort_order": 40}


def test_deleting_a_category_says_what_becomes_of_its_goods(desk: Client) -> None:
    tea = make_category("茶")
    product = make_product(categories=[tea])

    assert "里面的 1 个商品不会删除，只是不再属于这个分类" in text_of(desk.get(f"{TREE}{tea.pk}/delete/"))
    assert Category.objects.exists()
    done = desk.post(f"{TREE}{tea.pk}/delete/", follow=True)

    assert "已删除分类 茶" in text_of(done)
    assert not product.categories.exists()
    assert OperationLog.objects.get().summary == "删除分类 茶"


def test_a_category_with_others_below_it_is_not_deleted(desk: Client) -> None:
    top = make_category("饮品")
    make_category("茶", parent=top)

    page = desk.post(f"{TREE}{top.pk}/delete/", follow=True)

    assert "“饮品”下面还有分类" in text_of(page)
    assert Category.objects.count() == 2
    assert not OperationLog.objects.exists()


# --- Stock ---------------------------------------------------------------------------------------------------------
def test_low_stock_says_how_much_is_missing(desk: Client) -> None:
    make_sku("龙井", stock=1, sku={"stock_floor": 5})
    make_sku("毛巾", stock=9, sku={"stock_floor": 5})

    page = desk.get("/admin/catalog/sku/")

    assert "龙井" in text_of(page)
    assert "毛巾" not in text_of(page)
    assert [page.context["cl"].model_admin.missing(sku) for sku in page.context["cl"].result_list] == [
        '<span class="bo-money bo-strong">4</span>'
    ]


def test_movements_of_stock_say_in_words_where_they_come_from(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sku = make_sku("龙井", stock=9)
    order = make_order((sku, 2), status=OrderStatus.CANCELLED)

    # Session, user, stores, device, permissions (2), notices, count, rows, order lines; no refund, so not asked for.
    with django_assert_max_num_queries(12):
        page = desk.get("/admin/catalog/stockmove/")

    assert text_of(page).count(f"订单 {order.no}") == 2
    assert f"/admin/orders/order/{order.pk}/change/" in page.content.decode()
    assert "新增规格时填写" in text_of(page)
    assert "order-line" not in text_of(page)
    assert "initial" not in text_of(page)
