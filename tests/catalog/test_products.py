"""Goods saved as a whole: what is new, what changes, what is withdrawn, and every sentence of refusal."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from catalog import services as catalog
from catalog.models import Product, Sku, StockMove
from catalog.selectors import catalogue_version, goods_found
from catalog.services import ProductDraft, SkuDraft
from members.models import OperationLog
from tests.factories import NOON, make_category, make_product, make_sku, make_staff

pytestmark = pytest.mark.django_db


def draft(**fields: Any) -> ProductDraft:
    dull = {"code": "SH-01", "name": "手冲壶", "status": "on_sale", "skus": (SkuDraft(price=9900, stock=3),)}
    return ProductDraft(**(dull | fields))


def colours(*skus: SkuDraft, **fields: Any) -> ProductDraft:
    return draft(spec_names=("颜色",), skus=skus, **fields)


def save(wanted: ProductDraft, source: str = "") -> Product:
    return catalog.save_product(draft=wanted, by=None, now=NOON, source=source)


def current(product: Product) -> ProductDraft:
    return catalog.draft_of(product, kept=catalog.read_goods(ids=[product.pk]))


def test_a_new_product_keeps_all_that_its_draft_says() -> None:
    kettles, gifts = make_category("壶"), make_category("礼物")
    wanted = colours(
        SkuDraft(specs=("黑",), price=9900, market_price=12900, stock=3, code="SH-01-B", stock_floor=2, weight=800),
        SkuDraft(specs=("白",), price=8900, market_price=9900, stock=0, image="products/a.webp"),
        category_ids=(kettles.pk, gifts.pk),
        attributes=(("容量", "600 毫升"),),
        images=("products/1.webp", "products/2.webp"),
        limit_kind="per_order",
        limit_units=5,
    )

    product = save(wanted)

    assert (product.price_min, product.price_max, product.market_price) == (8900, 9900, 9900)
    assert product.status == "on_sale"
    saved = current(product)
    black, white = product.skus.order_by("sort_order")
    asked = [replace(sku, id=row.pk, stock=None) for sku, row in zip(wanted.skus, (black, white), strict=True)]
    assert saved == replace(wanted, id=product.pk, skus=tuple(asked))
    assert [black.stock, white.stock] == [3, 0]
    assert list(StockMove.objects.values_list("sku", "delta", "kind", "source")) == [
        (black.pk, 3, "initial", "initial")
    ]


def test_saving_the_same_again_changes_nothing() -> None:
    product = save(draft(category_ids=(make_category().pk,), images=("products/1.webp",)))

    saved = catalog.save_products(drafts=[current(product)], by=None, now=NOON)

    assert (saved.created, saved.changed) == (set(), set())
    assert saved.products == [product]


def test_a_changed_product_takes_every_new_value() -> None:
    old, new = make_category(), make_category()
    product = save(draft(category_ids=(old.pk,), images=("products/1.webp",)))
    changes: dict[str, Any] = {
        "name": "细口壶", "code": "SH-02", "status": "off_shelf", "category_ids": (new.pk,),
        "images": ("products/2.webp",), "keywords": "咖啡",
    }  # fmt: skip

    changed = save(replace(current(product), **changes))

    assert changed.pk == product.pk
    assert current(changed) == replace(current(product), **changes)
    assert "xihu" not in changed.search_text
    assert "xikouhu" in changed.search_text


def test_a_combination_that_is_not_named_is_withdrawn_and_comes_back_with_its_stock() -> None:
    product = save(colours(SkuDraft(specs=("黑",), price=100, stock=3), SkuDraft(specs=("白",), price=200, stock=4)))
    white = product.skus.get(spec_text="白")

    save(colours(SkuDraft(specs=("黑",), price=100)))

    assert Sku.objects.active().get().spec_text == "黑"
    assert Product.objects.get().price_max == 100

    save(colours(SkuDraft(specs=("黑",), price=100), SkuDraft(specs=("白",), price=250)))

    back = Sku.objects.active().get(spec_text="白")
    assert (back.pk, back.stock, back.price) == (white.pk, 4, 250)


def test_combinations_and_codes_can_be_swapped() -> None:
    product = save(colours(SkuDraft(specs=("黑",), code="B", price=100), SkuDraft(specs=("白",), code="W", price=100)))
    black, white = product.skus.order_by("pk")

    save(
        colours(
            SkuDraft(id=black.pk, specs=("白",), code="W", price=100),
            SkuDraft(id=white.pk, specs=("黑",), code="B", price=100),
        )
    )

    assert list(Sku.objects.order_by("pk").values_list("spec_text", "code", "is_active")) == [
        ("白", "W", True),
        ("黑", "B", True),
    ]


def test_a_new_name_that_a_withdrawn_combination_holds_is_free() -> None:
    product = save(colours(SkuDraft(specs=("黑",), code="B", price=100), SkuDraft(specs=("白",), code="W", price=100)))
    black, white = product.skus.order_by("pk")

    save(colours(SkuDraft(id=black.pk, specs=("白",), code="W", price=100)))

    assert Sku.objects.active().get().pk == black.pk
    assert Sku.objects.get(pk=white.pk).is_active is False


def test_stock_of_an_existing_sku_moves_by_what_was_changed_on_the_form() -> None:
    product = save(draft())
    sku = product.skus.get()
    catalog.take_stock({sku.pk: 1}, source_by_sku={sku.pk: "line:1"}, by=None, now=NOON)
    form = replace(current(product), skus=(SkuDraft(id=sku.pk, price=9900, shown_stock=3, stock=10),))

    save(form, source="form:1")
    save(form, source="form:1")

    assert Sku.objects.get().stock == 9
    assert StockMove.objects.get(kind="edit").delta == 7


def test_a_daily_stock_is_the_first_stock() -> None:
    assert save(draft(skus=(SkuDraft(price=1, daily_stock=30),))).skus.get().stock == 30


def test_thousands_are_saved_with_a_fixed_number_of_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    drafts = [draft(code=f"C{number}", images=(f"products/{number}.webp",)) for number in range(200)]

    with django_assert_max_num_queries(22):
        saved = catalog.save_products(drafts=drafts, by=None, now=NOON)

    assert len(saved.created) == 200
    assert Sku.objects.filter(stock=3).count() == 200

    with django_assert_max_num_queries(30):
        again = catalog.save_products(drafts=[replace(each, name="新名字") for each in drafts], by=None, now=NOON)

    assert len(again.changed) == Product.objects.filter(name="新名字").count() == 200


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (draft(code=""), "请填写商品编码"),
        (draft(name=" "), "请填写商品名称"),
        (draft(name="长" * 101), "商品名称最多 100 个字"),
        (draft(unit=""), "请填写单位"),
        (draft(skus=()), "至少要有一个规格"),
        (draft(status="trashed"), "状态只能是出售中或已下架"),
        (draft(min_units=0), "起购数量至少是 1"),
        (draft(limit_kind="per_order", limit_units=2, min_units=3), "限购数量不能小于起购数量"),
        (draft(limit_kind="weekly"), "限购方式不对"),
        (draft(virtual_sold=-1), "虚拟销量要在 0 到 99999999 之间"),
        (draft(sort_order=10**9), "排序号要在 -99999999 到 99999999 之间"),
        (draft(detail_html="字" * 30_001), "商品详情最多 30000 个字符"),
        (draft(attributes=(("产地", ""),)), "参数“产地”要同时填写名称和内容"),
        (draft(attributes=(("产地", "字" * 300),)), "参数“产地”太长，最多 300 个字"),
        (draft(spec_names=("a", "b", "c", "d")), "规格名最多 3 个"),
        (draft(spec_names=("颜色", "颜色")), "规格名不能为空、重复或超过 40 个字"),
        (draft(skus=(SkuDraft(price=1), SkuDraft(price=2))), "没有规格名的商品只能有一个规格"),
        (colours(SkuDraft(price=1)), "规格要填写 1 项：颜色"),
        (colours(SkuDraft(specs=("",), price=1)), "规格“”不能有空项，每项最多 40 个字"),
        (colours(SkuDraft(specs=("黑",), price=1), SkuDraft(specs=("黑 ",), price=1)), "规格“黑”重复了"),
        (colours(SkuDraft(specs=("黑",), price=1, code="A"), SkuDraft(specs=("白",), price=1, code="A")), "“A”重复了"),
        (draft(skus=(SkuDraft(price=0),)), "本站价至少 0.01 元"),
        (draft(skus=(SkuDraft(price=10**10),)), "本站价太大了"),
        (draft(skus=(SkuDraft(price=1, market_price=-1),)), "市场价不能是负数，也不能太大"),
        (draft(skus=(SkuDraft(price=1, stock=-1),)), "库存要在 0 到 99999999 之间"),
        (draft(skus=(SkuDraft(price=1, code="c" * 61),)), "SKU 编码最多 60 个字"),
    ],
)
def test_what_cannot_be_saved_is_said_in_a_sentence(wanted: ProductDraft, sentence: str) -> None:
    with pytest.raises(catalog.DraftRefused, match=sentence):
        save(wanted)

    assert not Product.objects.exists()


def test_codes_of_other_goods_are_refused() -> None:
    make_sku("白瓷杯", code="CUP", sku={"code": "CUP-1"})
    pot = save(draft())

    with pytest.raises(catalog.DraftRefused, match="SKU 编码“CUP-1”已被商品“CUP”使用"):
        save(draft(skus=(SkuDraft(price=1, code="CUP-1"),)))
    with pytest.raises(catalog.DraftRefused, match="商品编码“CUP”已被其他商品使用"):
        save(draft(id=pot.pk, code="CUP"))


def test_what_lies_in_the_recycle_bin_is_not_overwritten() -> None:
    catalog.trash(product_ids=[save(draft()).pk], by=None, now=NOON)

    with pytest.raises(catalog.DraftRefused, match="商品“SH-01”在回收站里，请先恢复"):
        save(draft(name="别的"))


def test_texts_are_tidied_and_descriptions_sanitised() -> None:
    product = save(draft(name=" 手冲\x00壶\t大号 ", detail_html="<p onclick='x()'>水\r\n壶</p><script>x()</script>"))

    assert product.name == "手冲壶 大号"
    assert product.detail_html == "<p>水\n壶</p>"


@pytest.mark.parametrize("typed", ["手冲", "SHOUCHONG", "SCH", "ｓｈ-01", "咖啡", "kafei", "kf"])
def test_a_product_is_found_by_name_pinyin_initials_code_and_keywords(typed: str) -> None:
    save(draft(keywords="咖啡 滤杯"))
    make_product("白瓷杯")

    assert [row["name"] for row in goods_found(text=typed)] == ["手冲壶"]


def test_edits_make_cached_pages_stale_and_orders_do_not(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    product = save(draft())
    cache.clear()
    before = catalogue_version()

    with django_capture_on_commit_callbacks(execute=True):
        sku = product.skus.get()
        catalog.take_stock({sku.pk: 1}, source_by_sku={sku.pk: "line:1"}, by=None, now=NOON)
        catalog.count_sold({product.pk: 1})
        save(draft(skus=(SkuDraft(price=9900),)))  # as it was
    assert catalogue_version() == before

    with django_capture_on_commit_callbacks(execute=True):
        save(draft(name="新名字"))
    assert catalogue_version() != before


def test_what_the_staff_change_is_logged_before_and_after() -> None:
    staff = make_staff()
    product = save(draft())

    catalog.save_product(draft=replace(current(product), name="细口壶"), by=staff, now=NOON)

    entry = OperationLog.objects.get()
    assert (entry.actor, entry.action, entry.target_id, entry.summary) == (
        staff, "save_product", str(product.pk), "修改商品 SH-01",
    )  # fmt: skip
    assert (entry.before, entry.after) == ({"name": "手冲壶"}, {"name": "细口壶"})
