"""Arranging the home page in the back office, as a person does it: form by form, button by button."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.models import MOST_BLOCKS, HomeBlock, HomePicture
from members.models import OperationLog
from shop.backoffice.permissions import FINANCE
from tests.factories import make_category, make_product
from tests.shop.backoffice import headquarters, make_operator, make_worker, signed_in, text_of
from tests.shop.front import start_cold

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/homeblock/"
GOODS = {"title": "今早到店", "note": "", "source": "newest", "category": "", "layout": "shelf", "units": "6"}


@pytest.fixture
def desk() -> Client:
    start_cold()
    return signed_in(make_operator())


def upload(width: int = 1500, height: int = 700) -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#c9e0d5").save(file, "PNG")
    return SimpleUploadedFile("秋.png", file.getvalue(), "image/png")


def order_of_blocks() -> list[str]:
    return [str(block) for block in HomeBlock.objects.order_by("sort_order", "pk")]


def test_a_new_shop_finds_the_usual_blocks_to_begin_with(desk: Client) -> None:
    page = text_of(desk.get(LIST))

    assert order_of_blocks() == [
        "轮播图",
        "分类导航",
        "配送与自提说明",
        "领券更划算",
        "新鲜上架",
        "店长推荐",
        "我们的门店",
    ]
    assert "还没有图片，顾客看不到这一栏" in page
    desk.get(LIST)
    assert HomeBlock.objects.count() == 7


def test_goods_go_onto_the_home_page_in_a_few_steps(
    desk: Client, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    strawberry, bread = make_product("红颜草莓"), make_product("乡村面包")
    with django_capture_on_commit_callbacks(execute=True):
        saved = desk.post(f"{LIST}add/?kind=goods", {**GOODS, "source": "picked", "is_visible": "on"})
    block = HomeBlock.objects.get()
    picking = f"{LIST}{block.pk}/goods/"
    assert saved["Location"] == picking
    assert "红颜草莓" in text_of(desk.get(f"{picking}?q=hycm"))
    assert "乡村面包" not in text_of(desk.get(f"{picking}?q=hycm"))

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(picking, {"product": [bread.pk, strawberry.pk]})

    page = client.get("/").content.decode()
    assert re.findall("乡村面包|红颜草莓", page) == ["乡村面包", "红颜草莓"]
    assert "今早到店" in page
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(picking, {"pick": block.picks.get(product=strawberry).pk, "up": "1"})
    assert re.findall("乡村面包|红颜草莓", client.get("/").content.decode()) == ["红颜草莓", "乡村面包"]
    desk.post(picking, {"pick": block.picks.get(product=bread).pk, "remove": "1"})
    assert [pick.product for pick in block.picks.all()] == [strawberry]
    assert OperationLog.objects.filter(action="arrange_home").count() == 4


def test_nothing_ticked_is_said_and_nothing_changes(desk: Client) -> None:
    block = HomeBlock.objects.create(kind="goods", source="picked", title="挑")

    answer = desk.post(f"{LIST}{block.pk}/goods/", {}, follow=True)

    assert "请先勾选商品" in text_of(answer)
    assert not block.picks.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "请给这排商品起个标题"),
        ({"source": "category"}, "请选择要展示的分类"),
        ({"units": "0"}, "大于或等于1"),
        ({"units": "25"}, "小于或等于24"),
        ({"source": "magic"}, "选择"),
    ],
)
def test_what_is_missing_is_said_at_its_field(desk: Client, changes: dict[str, str], sentence: str) -> None:
    answer = desk.post(f"{LIST}add/?kind=goods", {**GOODS, "note": "天亮前的货", **changes})

    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert "天亮前的货" in answer.content.decode()  # nothing typed is lost
    assert not HomeBlock.objects.exists()


def test_a_full_page_takes_no_more_blocks(desk: Client) -> None:
    HomeBlock.objects.bulk_create([HomeBlock(kind="stores") for _ in range(MOST_BLOCKS)])

    answer = desk.post(f"{LIST}add/?kind=goods", GOODS)

    assert f"首页最多 {MOST_BLOCKS} 栏" in text_of(answer)
    assert HomeBlock.objects.count() == MOST_BLOCKS


def test_a_kind_that_does_not_exist_is_read_as_goods(desk: Client) -> None:
    assert "放哪些商品" in text_of(desk.get(f"{LIST}add/?kind=<script>"))


def test_a_block_moves_hides_and_goes(desk: Client) -> None:
    desk.get(LIST)
    stores = HomeBlock.objects.get(kind="stores")

    desk.post(f"{LIST}{stores.pk}/move/", {"up": "1"})
    desk.post(f"{LIST}{stores.pk}/show/")

    assert order_of_blocks()[-2:] == ["我们的门店", "店长推荐"]
    stores.refresh_from_db()
    assert not stores.is_visible
    desk.post(f"{LIST}{stores.pk}/delete/", {"post": "yes"})
    assert not HomeBlock.objects.filter(pk=stores.pk).exists()
    assert [entry.summary for entry in OperationLog.objects.order_by("pk")] == [
        "首页布置「我们的门店」：上移 我们的门店",
        "首页布置「我们的门店」：隐藏栏目",
        "首页布置「我们的门店」：删除 我们的门店",
    ]


def test_a_picture_is_hung_with_a_place_to_go(desk: Client, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    fruit = make_category("水果")
    block = HomeBlock.objects.create(kind="banners")
    facts = {
        "title": "早市新到",
        "note": "当季果蔬",
        "target": f"/goods/?category={fruit.pk}",
        "link": "",
        "image": upload(),
    }

    answer = desk.post(f"/admin/catalog/homepicture/add/?block={block.pk}", facts)

    picture = block.pictures.get()
    assert answer["Location"] == f"{LIST}{block.pk}/change/#pictures"
    assert (picture.link, picture.shows_title) == (f"/goods/?category={fruit.pk}", False)
    assert sorted(path.name.partition(".webp")[2] for path in (tmp_path / "home").iterdir()) == [
        "", ".1200x560_q82_crop.webp", ".160x160_q82_crop.webp", ".750x350_q82_crop.webp",
    ]  # fmt: skip
    assert "早市新到" in text_of(desk.get(f"{LIST}{block.pk}/change/"))
    assert "分类：水果" in text_of(desk.get(f"/admin/catalog/homepicture/{picture.pk}/change/"))


@pytest.mark.parametrize("link", ["https://evil.example", "//evil.example", ""])
def test_a_picture_leads_inside_the_shop_only(desk: Client, settings: Any, tmp_path: Path, link: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    block = HomeBlock.objects.create(kind="banners")
    facts = {"title": "秋", "target": "elsewhere", "link": link, "image": upload()}

    answer = desk.post(f"/admin/catalog/homepicture/add/?block={block.pk}", facts)

    assert "请填写店内地址，以 / 开头" in text_of(answer)
    assert not HomePicture.objects.exists()


def test_a_picture_without_its_block_is_not_found(desk: Client) -> None:
    assert desk.get("/admin/catalog/homepicture/add/").headers["Location"] == "/admin/catalog/homeblock/"
    assert desk.get("/admin/catalog/homepicture/add/?block=99").headers["Location"] == "/admin/catalog/homeblock/"
    assert desk.get("/admin/catalog/homepicture/")["Location"] == LIST


def test_pictures_change_places(desk: Client) -> None:
    block = HomeBlock.objects.create(kind="banners")
    first, second = block.pictures.create(title="一"), block.pictures.create(title="二", sort_order=1)

    desk.post(f"{LIST}{block.pk}/move/", {"picture": second.pk, "up": "1"})

    assert list(block.pictures.order_by("sort_order")) == [second, first]


def test_others_neither_see_nor_change_the_arrangement() -> None:
    block = HomeBlock.objects.create(kind="stores")
    stranger = signed_in(make_worker(FINANCE, headquarters()))

    answers = [stranger.get(LIST), stranger.post(f"{LIST}{block.pk}/move/"), stranger.post(f"{LIST}{block.pk}/show/"),
               stranger.get(f"{LIST}{block.pk}/goods/")]  # fmt: skip

    assert [answer.status_code for answer in answers] == [403] * 4
    block.refresh_from_db()
    assert block.is_visible


def test_the_list_costs_the_same_with_many_blocks(desk: Client, django_assert_max_num_queries: Any) -> None:
    category = make_category("水果")
    for number in range(MOST_BLOCKS):
        HomeBlock.objects.create(kind="goods", title=f"栏 {number}", source="category", category=category)

    with django_assert_max_num_queries(14):  # session, person and rights, stores, inbox, settings, blocks twice
        assert "栏 19" in text_of(desk.get(LIST))
