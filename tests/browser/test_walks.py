"""What a merchant does on a phone, without the manual: fifteen taps at most from the first page; typing is no tap."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from catalog.models import HomeBlock, Sku
from members.models import Member
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption, RedemptionWay
from shop.models import Store
from tests.browser import steps
from tests.browser.conftest import runs_over
from tests.browser.looking import THEME, axe_findings
from tests.factories import make_category, make_member, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import make_operator

pytestmark = [pytest.mark.browser, pytest.mark.crawl, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, Member], None]
MOST_TAPS = 15


class Thumb:
    """Taps and counts; no page that it comes to may run over the edge or keep people out."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.address = page, 0, page.url

    def tap(self, target: Locator) -> None:
        target.click()
        self.taps += 1
        if self.page.url != self.address:
            self.address = self.page.url
            assert not runs_over(self.page), self.address
            assert axe_findings(self.page, THEME) == [], self.address

    def choose(self, field: Locator, label: str) -> None:
        """Open a list and touch one of its lines."""
        field.select_option(label=label)
        self.taps += 2

    def open_menu(self, entry: str) -> None:
        """Open the menu at the left and touch an entry."""
        self.tap(self.page.get_by_role("button", name="打开菜单"))
        words = self.page.get_by_text(entry, exact=True)  # the theme reads the name of the icon aloud before them
        self.tap(self.page.locator("#nav-sidebar").get_by_role("link").filter(has=words))


@pytest.fixture
def store(site: str) -> Store:
    return steps.open_shop()


@pytest.fixture
def thumb(phone: Page, store: Store, sign_in: SignIn) -> Thumb:
    """The operator of the shop, before the first page of the back office."""
    sign_in(phone, make_operator())
    phone.goto("/admin/")
    return Thumb(phone)


def test_a_product_with_six_skus_is_added(phone: Page, thumb: Thumb) -> None:
    make_category("居家布艺")

    thumb.open_menu("商品")
    thumb.tap(phone.get_by_role("link", name="添加商品", exact=True).last)
    phone.get_by_label("商品名称").fill("亚麻围裙")
    thumb.tap(phone.get_by_text("居家布艺", exact=True))
    thumb.tap(phone.get_by_text("价格库存", exact=True))
    thumb.tap(phone.get_by_text("多种规格"))
    for at, (name, values) in enumerate([("颜色", "米白\n松绿\n陶土"), ("尺寸", "大、小")]):
        phone.locator(f"#axis-{at}-name").fill(name)
        phone.locator(f"#axis-{at}-values").fill(values)
    thumb.tap(phone.get_by_role("button", name="生成规格"))
    expect(phone.locator("#matrix tbody tr")).to_have_count(6)
    phone.locator("[name=fill-price]").fill("59")
    phone.locator("[name=fill-stock]").fill("20")
    thumb.tap(phone.get_by_role("button", name="填充", exact=True))
    expect(phone.locator("#id_skus-5-price")).to_have_value("59")
    thumb.tap(phone.get_by_role("button", name="保存商品"))
    expect(phone.get_by_text("已保存商品 亚麻围裙")).to_be_visible()

    made = Sku.objects.values_list("product__name", "product__status", "price", "stock")
    assert sorted(made) == [("亚麻围裙", "on_sale", 59_00, 20)] * 6
    assert thumb.taps <= MOST_TAPS


def test_a_product_is_put_on_the_home_page(phone: Page, thumb: Thumb) -> None:
    sku = make_sku("龙井新茶")
    make_sku("别的茶")

    thumb.open_menu("首页布置")
    thumb.tap(phone.get_by_role("link", name=re.compile("＋ 商品")))
    phone.get_by_label("标题").first.fill("春茶到店")
    thumb.choose(phone.get_by_label("放哪些商品"), "自己挑选")
    thumb.tap(phone.get_by_role("button", name="保存", exact=True))
    thumb.tap(phone.get_by_text("龙井新茶"))
    thumb.tap(phone.get_by_role("button", name="放入首页"))
    expect(phone.get_by_role("heading", name=re.compile("已挑 1 件"))).to_be_visible()

    block = HomeBlock.objects.get(title="春茶到店")
    assert list(block.picks.values_list("product", flat=True)) == [sku.product_id]
    assert thumb.taps <= MOST_TAPS
    phone.goto("/")
    expect(phone.get_by_role("list", name="春茶到店").get_by_text("龙井新茶")).to_be_visible()


def test_thirty_prices_are_changed_at_once(phone: Page, thumb: Thumb) -> None:
    for number in range(30):
        make_sku(f"茶杯 {number}", price=1000)

    thumb.open_menu("商品")
    thumb.tap(phone.locator("#action-toggle").first)
    thumb.tap(phone.get_by_text(re.compile("选中全部 30 条")))
    thumb.choose(phone.locator("select[name=action]"), "批量改价")
    thumb.tap(phone.locator("#changelist-actions-wrapper button[type=submit]").first)
    thumb.tap(phone.get_by_text("涨价 %", exact=True))
    phone.get_by_label("多少").fill("10")
    thumb.tap(phone.get_by_role("button", name="看看改成多少"))
    expect(phone.get_by_text("改价预览：30 个规格，还没有保存")).to_be_visible()
    thumb.tap(phone.get_by_role("button", name="确认改价"))
    expect(phone.get_by_text("30 个规格的价格已修改")).to_be_visible()

    assert set(Sku.objects.values_list("price", flat=True)) == {1100}
    assert thumb.taps <= MOST_TAPS


def test_twenty_orders_are_shipped(phone: Page, store: Store, thumb: Thumb) -> None:
    sku, member = make_sku("茶", stock=100), make_member("小满")
    made = [make_order((sku, 1), member=member, status=OrderStatus.PREPARING, now=timezone.now()) for _ in range(20)]
    phone.reload()

    thumb.tap(phone.locator("#content").get_by_role("link", name=re.compile("^20 待发货")))
    thumb.tap(phone.get_by_role("link", name="批量发货"))
    phone.get_by_label("快递公司").fill("顺丰速运")
    parcels = [f"{order.no} SF{number:07d}" for number, order in enumerate(made)]
    phone.get_by_label("订单号和快递单号").fill("\n".join(parcels))
    thumb.tap(phone.get_by_role("button", name="检查"))
    expect(phone.get_by_role("heading", name="可以发货 20 单")).to_be_visible()
    thumb.tap(phone.get_by_role("button", name="发出 20 单"))
    expect(phone.get_by_role("heading", name="已发出 20 单")).to_be_visible()

    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.SHIPPED}
    assert thumb.taps <= MOST_TAPS


def test_yesterdays_redemptions_of_one_store_are_found(phone: Page, thumb: Thumb) -> None:
    here, there = make_store("桥边店"), make_store("花园店")
    wanted = redeem(here, days_ago=1)
    redeem(here, days_ago=0)
    redeem(there, days_ago=1)

    thumb.open_menu("核销记录")
    thumb.tap(phone.get_by_role("link", name="昨天", exact=True).first)
    thumb.tap(phone.get_by_role("link", name="桥边店", exact=True).first)

    expect(phone.locator("#result_list tbody")).to_have_count(1)
    expect(phone.get_by_role("link", name=wanted.order.no)).to_be_visible()
    assert thumb.taps <= MOST_TAPS


def redeem(store: Store, *, days_ago: int) -> Redemption:
    """Hand an order over in `store`, then say that it was so many days ago."""
    now = timezone.now()
    order = make_order(status=OrderStatus.READY_FOR_PICKUP, store=store, now=now)
    done = orders.redeem(
        staff=make_staff(is_superuser=True), way=RedemptionWay.CODE, code=order.pickup_code or "",
        submission=uuid.uuid4().hex, now=now,
    )  # fmt: skip
    Redemption.objects.filter(pk=done.pk).update(redeemed_at=now - timedelta(days=days_ago))
    return done
