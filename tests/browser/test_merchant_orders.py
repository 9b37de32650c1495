"""A busy morning on a phone: twenty parcels leave, and yesterday's redemptions of one store are looked up."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from members.models import Member
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption, RedemptionWay
from tests.browser.conftest import axe_faults, runs_over
from tests.browser.looking import keep_picture
from tests.factories import make_member, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import headquarters, make_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SignIn = Callable[[Page, Member], None]
MOST_TAPS = 15


class Thumb:
    """Taps and counts, and looks at every page it comes to."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, target: Locator) -> None:
        target.click()
        self.taps += 1
        self.page.wait_for_load_state()
        assert not runs_over(self.page)
        keep_picture(self.page, f"orders-thumb-{self.page.title()[:6]}-{self.taps}")


def test_twenty_parcels_leave_within_fifteen_taps(phone: Page, sign_in: SignIn) -> None:
    headquarters()
    sku, member = make_sku("茶", stock=100), make_member("小满")
    made = [make_order((sku, 1), member=member, status=OrderStatus.PREPARING, now=timezone.now()) for _ in range(20)]
    sign_in(phone, make_operator())
    phone.goto("/admin/")
    assert serious(phone) == []
    thumb = Thumb(phone)

    thumb.tap(phone.locator("#content").get_by_role("link", name=re.compile("^20 待发货")))
    thumb.tap(phone.get_by_role("link", name="批量发货"))
    phone.get_by_label("快递公司").fill("顺丰速运")
    numbers = phone.get_by_label("订单号和快递单号")
    numbers.fill("\n".join(f"{order.no} SF{number:07d}" for number, order in enumerate(made)))
    thumb.tap(phone.get_by_role("button", name="检查"))
    expect(phone.get_by_role("heading", name="可以发货 20 单")).to_be_visible()
    assert serious(phone) == []
    thumb.tap(phone.get_by_role("button", name="发出 20 单"))
    expect(phone.get_by_role("heading", name="已发出 20 单")).to_be_visible()

    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.SHIPPED}
    assert thumb.taps <= MOST_TAPS


def test_yesterdays_redemptions_of_one_store_are_found_within_fifteen_taps(phone: Page, sign_in: SignIn) -> None:
    headquarters()
    one, two = make_store("桥边店"), make_store("花园店")
    boss = make_staff(is_superuser=True)
    for store, days in ((one, 1), (one, 0), (two, 1)):
        order = make_order(status=OrderStatus.READY_FOR_PICKUP, store=store, now=timezone.now())
        done = orders.redeem(
            staff=boss, way=RedemptionWay.CODE, code=str(order.pickup_code), submission=uuid.uuid4().hex,
            now=timezone.now(),
        )  # fmt: skip
        Redemption.objects.filter(pk=done.pk).update(redeemed_at=timezone.now() - timedelta(days=days))
    wanted = Redemption.objects.filter(store=one).earliest("redeemed_at")
    sign_in(phone, make_operator())
    phone.goto("/admin/")
    thumb = Thumb(phone)

    thumb.tap(phone.locator("#content").get_by_role("link", name=re.compile("^核销")))
    thumb.tap(phone.get_by_role("link", name="昨天", exact=True).first)
    thumb.tap(phone.get_by_role("link", name="桥边店", exact=True).first)

    expect(phone.locator("#result_list tbody")).to_have_count(1)
    expect(phone.get_by_role("link", name=wanted.order.no)).to_be_visible()
    assert serious(phone) == []
    assert thumb.taps <= MOST_TAPS


def serious(page: Page) -> list[str]:
    """List what axe finds in what is ours: unfold's frame has no landmarks, which is no barrier."""
    frame = ("landmark-one-main", "region", "landmark-unique", "empty-table-header")
    return [fault for fault in axe_faults(page) if not fault.startswith(frame)]
