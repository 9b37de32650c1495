"""The home page as a thing that is arranged: what stands in its blocks, and the services that change them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.models import MOST_BLOCKS, MOST_GOODS, MOST_PICTURES, HomeBlock, HomePicture, Product
from catalog.selectors import Block, catalogue_version, category_tree, home_blocks
from catalog.services import home as arranging
from members.models import OperationLog
from shop.lib import fragments
from tests.factories import make_category, make_product, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    fragments.forget()


def shown() -> list[Block]:
    return home_blocks(category_tree(catalogue_version()))


def goods_in(block: Block) -> list[str]:
    return [card.name for card in block.cards]


def make_block(kind: str = "goods", **facts: Any) -> HomeBlock:
    return HomeBlock.objects.create(kind=kind, **{"sort_order": HomeBlock.objects.count(), **facts})


# --- What stands on the page ---------------------------------------------------------------------------------------
def test_a_shop_that_arranged_nothing_shows_the_usual_blocks() -> None:
    for number in range(8):
        make_product(f"商品 {number}", sort_order=number)

    blocks = shown()

    assert [(block.kind, block.title) for block in blocks] == [
        ("categories", ""), ("promises", ""), ("coupons", "领券更划算"), ("goods", "新鲜上架"), ("goods", "店长推荐"),
        ("stores", "我们的门店"),
    ]  # fmt: skip
    assert goods_in(blocks[3]) == [f"商品 {number}" for number in (7, 6, 5, 4, 3, 2)]
    assert goods_in(blocks[4]) == ["商品 0", "商品 1"]  # goods stand once on the page
    assert not HomeBlock.objects.exists()


def test_blocks_come_in_their_order_without_hidden_and_empty_ones() -> None:
    make_product("苹果")
    make_block("stores", sort_order=5, title="门店")
    make_block("goods", sort_order=2, title="水果")
    make_block("promises", sort_order=1, is_visible=False)
    make_block("banners", sort_order=0)
    make_block("goods", sort_order=3, title="没挑", source="picked")

    assert [block.title for block in shown()] == ["水果", "门店"]


def test_a_page_whose_blocks_are_all_hidden_stays_empty() -> None:
    make_block("promises", is_visible=False)

    assert shown() == []


def test_picked_goods_stand_as_they_were_picked_even_twice_on_the_page() -> None:
    apple, pear, plum = (make_product(name) for name in ("苹果", "梨", "李子"))
    Product.objects.filter(pk=plum.pk).update(status="off_shelf")
    make_block(units=2, source="sorted")
    picked = make_block(source="picked")
    for place, product in enumerate((plum, pear, apple)):
        picked.picks.create(product=product, sort_order=place)

    automatic, chosen = shown()

    assert goods_in(automatic) == ["梨", "苹果"]
    assert goods_in(chosen) == ["梨", "苹果"]


def test_each_rule_chooses_its_goods() -> None:
    fruit = make_category("水果")
    red = make_category("红的", parent=fruit)
    make_product("苹果", categories=[red], virtual_sold=5, sort_order=3)
    make_product("梨", categories=[fruit], virtual_sold=9, sort_order=2)
    make_product("面包", virtual_sold=7, sort_order=1)
    rules = {"sorted": ["面包", "梨"], "newest": ["面包", "梨"], "selling": ["梨", "面包"], "category": ["梨", "苹果"]}

    for source, names in rules.items():
        HomeBlock.objects.all().delete()
        make_block(source=source, category=fruit if source == "category" else None, units=2)

        (block,) = shown()
        assert (source, goods_in(block)) == (source, names)


def test_a_block_whose_category_is_gone_is_left_out() -> None:
    make_product("苹果")
    make_block(source="category", category=None)

    assert shown() == []


def test_two_statements_read_any_number_of_blocks(django_assert_num_queries: Any) -> None:
    products = [make_product(f"商品 {number}") for number in range(6)]
    for _ in range(3):
        make_block(source="newest", units=1)
        block = make_block(source="picked")
        for product in products:
            block.picks.create(product=product)
        make_block("banners").pictures.create(title="秋", image="home/a.webp")
    tree = category_tree(catalogue_version())

    with django_assert_num_queries(2):  # blocks with pictures and picks, goods
        blocks = home_blocks(tree)

    assert [len(block.cards) for block in blocks if block.kind == "goods"] == [1, 6, 6, 6]  # a rule repeats nothing
    assert [slide.title for block in blocks for slide in block.slides] == ["秋"] * 3


def test_words_stay_off_a_picture_that_has_its_own() -> None:
    block = make_block("banners")
    block.pictures.create(title="秋", note="新到", image="home/a.webp", shows_title=False)
    block.pictures.create(title="冬", note="暖和", image="home/b.webp", sort_order=1)

    (banners,) = shown()

    assert [(slide.title, slide.label, slide.note) for slide in banners.slides] == [
        ("秋", "", ""),
        ("冬", "冬", "暖和"),
    ]


# --- Arranging -----------------------------------------------------------------------------------------------------
def test_laying_out_writes_the_usual_blocks_once() -> None:
    first = [block.kind for block in arranging.lay_out_home()]
    again = [block.kind for block in arranging.lay_out_home()]

    assert first == again == ["banners", "categories", "promises", "coupons", "goods", "goods", "stores"]
    assert HomeBlock.objects.count() == 7


def test_a_block_is_moved_logged_and_seen_at_once(django_capture_on_commit_callbacks: Any) -> None:
    one, two, three = make_block(title="一"), make_block(title="二"), make_block(title="三")
    boss, before = make_staff(is_superuser=True), catalogue_version()

    with django_capture_on_commit_callbacks(execute=True):
        arranging.move_piece(piece=three, up=True, by=boss, now=NOW)

    assert list(HomeBlock.objects.order_by("sort_order").values_list("pk", flat=True)) == [one.pk, three.pk, two.pk]
    assert [entry.summary for entry in OperationLog.objects.all()] == ["首页布置「三」：上移 三"]
    assert catalogue_version() != before


def test_the_first_block_moves_no_higher() -> None:
    one = make_block(title="一")
    make_block(title="二")

    arranging.move_piece(piece=one, up=True, by=make_staff(), now=NOW)

    assert list(HomeBlock.objects.order_by("sort_order").values_list("title", flat=True)) == ["一", "二"]
    assert not OperationLog.objects.exists()


def test_blocks_with_the_same_number_can_be_moved_too() -> None:
    one, two = make_block(title="一", sort_order=0), make_block(title="二", sort_order=0)

    arranging.move_piece(piece=one, up=False, by=None, now=NOW)

    assert list(HomeBlock.objects.order_by("sort_order").values_list("pk", flat=True)) == [two.pk, one.pk]


def test_pictures_and_picks_move_within_their_block_only() -> None:
    here, elsewhere = make_block("banners"), make_block("banners")
    other = elsewhere.pictures.create(title="别处")
    first, second = here.pictures.create(title="一"), here.pictures.create(title="二", sort_order=1)

    arranging.move_piece(piece=second, up=True, by=None, now=NOW)

    assert list(here.pictures.order_by("sort_order")) == [second, first]
    other.refresh_from_db()
    assert other.sort_order == 0


def test_goods_are_picked_once_in_the_order_they_were_chosen() -> None:
    block = make_block(source="picked")
    apple, pear = make_product("苹果"), make_product("梨")
    trashed = make_product("坏的")
    Product.objects.filter(pk=trashed.pk).update(status="trashed")

    first = arranging.pick_goods(block=block, product_ids=[pear.pk, pear.pk, trashed.pk, 0], by=None, now=NOW)
    second = arranging.pick_goods(block=block, product_ids=[pear.pk, apple.pk], by=make_staff(), now=NOW)

    assert (first, second) == (1, 1)
    assert [pick.product.name for pick in block.picks.order_by("sort_order")] == ["梨", "苹果"]
    assert OperationLog.objects.get().summary == f"首页布置「{block}」：放入商品 苹果"


def test_a_full_block_takes_no_more_and_keeps_what_it_has() -> None:
    block = make_block(source="picked")
    ids = [make_product(f"商品 {number}").pk for number in range(MOST_GOODS)]
    arranging.pick_goods(block=block, product_ids=ids, by=None, now=NOW)

    with pytest.raises(arranging.HomeFull, match=f"最多 {MOST_GOODS} 件"):
        arranging.pick_goods(block=block, product_ids=[make_product("再来").pk], by=None, now=NOW)

    assert block.picks.count() == MOST_GOODS


def test_there_is_an_end_to_blocks_and_pictures() -> None:
    HomeBlock.objects.bulk_create([HomeBlock(kind="banners") for _ in range(MOST_BLOCKS)])
    block = HomeBlock.objects.earliest("pk")
    HomePicture.objects.bulk_create([HomePicture(block=block, title="x") for _ in range(MOST_PICTURES)])

    with pytest.raises(arranging.HomeFull, match="首页最多"):
        arranging.save_block(block=HomeBlock(kind="stores"), by=None, now=NOW)
    with pytest.raises(arranging.HomeFull, match="一栏最多"):
        arranging.save_picture(picture=HomePicture(block=block, title="y"), by=None, now=NOW)

    assert (HomeBlock.objects.count(), HomePicture.objects.count()) == (MOST_BLOCKS, MOST_PICTURES)


def test_taking_a_good_out_of_its_block_leaves_the_good() -> None:
    block = make_block(source="picked")
    apple = make_product("苹果")
    arranging.pick_goods(block=block, product_ids=[apple.pk], by=None, now=NOW)

    arranging.remove_piece(piece=block.picks.get(), by=make_staff(), now=NOW)

    assert not block.picks.exists()
    assert Product.objects.filter(pk=apple.pk).exists()
    assert OperationLog.objects.get().summary.endswith("删除 苹果")
