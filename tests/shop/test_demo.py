"""The demo shop: its goods, its drawings and what loading it leaves behind."""

import re
import sqlite3
from contextlib import closing
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone
from PIL import Image

from catalog.models import Product, Sku, StockMove
from members.models import Member, OperationLog
from orders.models import Order, OrderStatus, Payment, PaymentStatus, Refund, RefundedPart, RefundStatus
from shop import audit
from shop.demo import pictures
from shop.demo.accounts import ACCOUNTS
from shop.demo.front import HOME
from shop.demo.goods import CATEGORY_PICTURES, GOODS
from shop.demo.people import SHOPPERS, WORKERS
from shop.demo.pictures.album import ALBUM
from shop.demo.purchases import PURCHASES, Ending
from shop.demo.stores import STORES
from shop.models import ShopSettings, Store

pytestmark = pytest.mark.embedded  # the demo lives on SQLite

ABSOLUTE = re.compile("最|第一|唯一|国家级|顶级|极品|首选|绝对|永久|万能|全网")
ELSEWHERE = {"I5", "I25"}  # a gateway that is not running here, and pictures that were not drawn


def test_the_shop_is_large_and_mixed_enough() -> None:
    two_dimensional = [good for good in GOODS if len(good.spec_names) == 2]

    assert len(GOODS) >= 72
    assert len({good.category[0] for good in GOODS}) >= 9
    assert len(two_dimensional) >= 10
    assert all(len(good.versions) >= 4 for good in two_dimensional)
    assert any(good.versions[0].daily for good in GOODS)
    assert any(not good.on_sale for good in GOODS)
    assert any(all(version.stock == 0 for version in good.versions) for good in GOODS)


def test_every_good_has_a_code_and_a_drawing_of_its_own() -> None:
    assert len({good.code for good in GOODS}) == len(GOODS)
    assert len({good.picture for good in GOODS}) == len(GOODS)
    assert {good.picture for good in GOODS} <= ALBUM.keys()
    slides = {slide.picture for block in HOME for slide in block.slides}
    assert {*CATEGORY_PICTURES.values(), *(store.picture for store in STORES), *slides} <= ALBUM.keys()
    assert {good.category[0] for good in GOODS} == CATEGORY_PICTURES.keys()


@pytest.mark.parametrize("good", GOODS, ids=lambda good: good.picture)
def test_every_good_is_written_with_care(good) -> None:  # type: ignore[no-untyped-def]
    words = " ".join([good.name, good.point, *good.text, *good.points, *good.facts.values(), good.keywords])

    assert not ABSOLUTE.search(words)
    assert good.detail_html.startswith("<p>")
    assert good.point
    assert good.facts
    assert all(len(version.specs) == len(good.spec_names) for version in good.versions)
    assert len({version.specs for version in good.versions}) == len(good.versions)
    assert all(version.market_price == 0 or version.market_price > version.price for version in good.versions)


@pytest.mark.parametrize("name", ["fuji_apples", "longjing", "towels"])
def test_a_drawing_is_small_square_and_the_same_every_time(name: str) -> None:
    drawn = pictures.draw(name)

    assert drawn == pictures.draw(name)
    assert len(drawn) <= 15_000
    with Image.open(BytesIO(drawn)) as image:
        assert (image.format, image.size) == ("WEBP", (800, 800))


def test_every_drawing_puts_something_on_the_paper() -> None:
    empty = [name for name, draw in ALBUM.items() if not draw().things]

    assert empty == []


def load(*, force: bool = False) -> str:
    out = StringIO()
    call_command("load_demo", without_pictures=True, force=force, stdout=out)
    return out.getvalue()


@pytest.fixture
def var(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.mark.django_db
def test_loading_fills_the_shop_and_every_book_agrees(var: Path) -> None:
    printed = load()

    assert Product.objects.count() == len(GOODS)
    assert Store.objects.count() == 3
    assert Order.objects.count() == len(PURCHASES)
    assert Member.objects.shoppers().count() == len(SHOPPERS)
    assert Sku.objects.aggregate(units=Sum("stock")) == StockMove.objects.aggregate(units=Sum("delta"))
    assert not OperationLog.objects.filter(digest="").exists()
    assert all(line in printed for line in ACCOUNTS)
    assert [str(found) for found in audit.run(now=timezone.now()) if found.invariant not in ELSEWHERE] == []


@pytest.mark.django_db
def test_the_demo_has_an_order_in_every_status_that_can_be_reached(var: Path) -> None:
    load()

    statuses = set(Order.objects.values_list("status", flat=True))
    assert statuses == {
        OrderStatus.PENDING_PAYMENT,
        OrderStatus.PENDING_ACCEPTANCE,
        OrderStatus.PREPARING,
        OrderStatus.READY_FOR_PICKUP,
        OrderStatus.SHIPPED,
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
    }
    assert set(Order.objects.values_list("refund_status", flat=True)) == set(RefundedPart)
    assert {purchase.ending for purchase in PURCHASES} == set(Ending)
    assert Order.objects.filter(status="pending_payment", pay_before__isnull=True).exists()


@pytest.mark.django_db
def test_the_switches_are_back_where_they_were_after_loading(var: Path) -> None:
    load()

    shop = ShopSettings.load()
    assert (shop.pay_timeout_minutes, shop.auto_accept, shop.pay_at_store_enabled) == (30, True, True)


@pytest.mark.django_db
def test_the_gateway_hears_of_every_payment_and_refund(var: Path) -> None:
    load()

    with closing(sqlite3.connect(var / "sandbox.sqlite3")) as books:
        payments = dict(books.execute("SELECT out_trade_no, total FROM payments").fetchall())
        refunds = dict(books.execute("SELECT out_refund_no, amount FROM refunds").fetchall())
    paid = Payment.objects.filter(channel="wechat", status=PaymentStatus.PAID)
    assert payments == dict(paid.values_list("out_trade_no", "amount"))
    assert refunds == dict(Refund.objects.filter(status=RefundStatus.DONE).values_list("out_refund_no", "amount"))
    assert len(payments) >= 15
    assert len(refunds) >= 4


@pytest.mark.django_db
def test_the_two_clerks_work_in_different_stores_and_see_only_those(var: Path) -> None:
    load()

    clerks = list(Member.objects.filter(groups__name="店员").order_by("username"))
    stores = [set(clerk.stores.values_list("name", flat=True)) for clerk in clerks]
    assert [clerk.username for clerk in clerks] == ["clerk-bridge", "clerk-garden"]
    assert stores == [{"拱宸桥店"}, {"望江花园店"}]
    assert all(clerk.has_perm("orders.redeem_order") for clerk in clerks)
    assert not Order.objects.of_staff(clerks[0]).filter(store__name="望江花园店").exists()
    assert Member.objects.get(username="owner").is_superuser
    assert len(WORKERS) == 5


@pytest.mark.django_db
def test_loading_again_changes_nothing(var: Path) -> None:
    load()
    before = (Product.objects.count(), StockMove.objects.count(), Order.objects.count(), Member.objects.count())

    refused, forced = load(), load(force=True)

    assert "nothing loaded" in refused
    assert "loaded in" in forced
    assert before == (
        Product.objects.count(),
        StockMove.objects.count(),
        Order.objects.count(),
        Member.objects.count(),
    )


@pytest.mark.django_db
def test_it_refuses_to_make_known_passwords_beside_real_money(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "DEMO", False)
    monkeypatch.setattr(django_settings, "DEBUG", False)

    with pytest.raises(CommandError, match="DEMO=1"):
        load()

    assert not Member.objects.exists()
