"""Level and points as shoppers see them: the level page, the statement, the member's price on goods and in the cart."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members import services as members
from members.models import Level, Member
from shop.models import ShopSettings
from tests.factories import make_member, make_order, make_product, make_sku, make_staff
from tests.members.ledger import DAY, claw_back, earn, expire_after, rich, spend
from tests.pages import valid_html
from tests.shop.backoffice import text_of
from tests.shop.front import as_member, start_cold

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def cold() -> None:
    start_cold()


@pytest.fixture
def ladder() -> dict[str, Level]:
    made = [
        Level.objects.create(name="初级", min_value=0, max_value=9_999),
        Level.objects.create(name="中级", min_value=10_000, max_value=49_999, discount_rate=95, points_rate=150),
        Level.objects.create(name="高级", min_value=50_000, discount_rate=90, free_freight=True, birthday_points=66),
    ]
    return {level.name: level for level in made}


# --- The level page ------------------------------------------------------------------------------------------------
def test_the_page_shows_level_benefits_and_the_way_to_the_next(client: Client, ladder: dict[str, Level]) -> None:
    member = make_member(level=ladder["中级"])
    make_order((make_sku(price=12_000), 1), member=member, status="completed")

    answer = as_member(client, member).get("/me/level/")

    valid_html(answer)
    text = text_of(answer)
    for words in (
        "中级 累计 ¥114",
        "还差 ¥386 升到高级",
        "会员价 9.5 折",
        "消费积分 1.5 倍",
        "快递免运费",
        "生日送 66 积分",
        "满 ¥500",
    ):
        assert words in text
    assert 'value="22"' in answer.content.decode()


def test_on_top_there_is_no_next_level(client: Client, ladder: dict[str, Level]) -> None:
    until = timezone.localdate() + 9 * DAY
    member = make_member(level=ladder["高级"], level_locked_until=until)

    text = text_of(as_member(client, member).get("/me/level/"))

    assert "您已在顶层等级" in text
    assert f"商家为您保留这个等级，{until} 之前不会变动" in text
    assert "还差" not in text


def test_by_orders_the_page_counts_orders(client: Client) -> None:
    Level.objects.create(name="常客", min_value=2, discount_rate=98)
    ShopSettings.objects.update(level_metric="orders", level_window_months=12)

    text = text_of(as_member(client).get("/me/level/"))

    for words in ("还没有等级 累计 0 单", "还差 2 单 升到常客", "按最近 12 个月已完成的订单数"):
        assert words in text


def test_without_levels_the_page_says_so(client: Client) -> None:
    assert "还没有会员等级" in valid_html(as_member(client).get("/me/level/"))


def test_a_guest_is_asked_to_sign_in(client: Client) -> None:
    for page in ("/me/level/", "/me/points/"):
        assert client.get(page).headers["Location"] == f"/login/?next={page}"


def test_the_level_page_costs_five_queries(client: Client, ladder: dict[str, Level]) -> None:
    as_member(client, make_member(level=ladder["中级"]))
    client.get("/me/level/")

    with CaptureQueriesContext(connection) as queries:
        client.get("/me/level/")

    assert len(queries) == 5  # session, member, settings, levels, what they bought


# --- The statement -------------------------------------------------------------------------------------------------
def test_the_statement_tells_balance_frozen_debt_and_every_change(client: Client) -> None:
    member, now = make_member(), timezone.now()
    expire_after(12)
    earn(member, 80, source="order:1", now=now, note="订单 1")
    spend(member, 80, source="order:2", now=now, note="订单 2")
    claw_back(member, 30, of="order:1", now=now, note="订单 1 退款")
    earn(member, 40, now=now, available_at=now + 15 * DAY)

    answer = as_member(client, member).get("/me/points/")

    valid_html(answer)
    text = text_of(answer)
    for words in (
        "0 积分可用",
        "另有 40 积分待生效",
        "退款欠 30 积分",
        "购物奖励",
        "订单 2",
        "+80",
        "-80",
        "退款扣回",
        "欠 30",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("settings", "words", "absent"),
    [
        ({}, "结算时 100 积分抵 1 元，最多抵优惠后商品金额的 20%", "好友"),
        ({"points_spend_enabled": False}, "积分不会过期", "抵 1 元"),
        ({"points_expire_months": 12}, "积分生效后 12 个月过期", "不会过期"),
        ({"points_share": 2}, "送 2 积分，每天一次", "以后得到"),
        ({"points_per_yuan": 0, "points_review": 0}, "第一次填好昵称和生日送 20 积分", "每实付"),
        ({"after_sale_days": 0, "points_min_use": 50}, "订单完成后生效；退款会扣回", "售后期"),
    ],
)
def test_the_rules_tell_what_is_switched_on(settings: dict[str, Any], words: str, absent: str, client: Client) -> None:
    ShopSettings.objects.update(**settings)

    text = text_of(as_member(client).get("/me/points/"))

    assert words in text
    assert absent not in text


@pytest.mark.parametrize("count", [1, 25])
def test_the_statement_costs_the_same_for_few_and_many_entries(count: int, client: Client) -> None:
    member = make_member()
    for _ in range(count):
        earn(member, 1)
    as_member(client, member).get("/me/points/")

    with CaptureQueriesContext(connection) as queries:
        text = client.get("/me/points/").content.decode()

    assert len(queries) == 6  # session, member, settings, frozen points, count, entries
    assert text.count("+1</strong>") == min(count, 20)
    assert ("page=2" in text) == (count > 20)


def test_only_ones_own_points_are_shown(client: Client) -> None:
    rich(777)

    assert "777" not in text_of(as_member(client, rich(5)).get("/me/points/"))


def test_me_leads_to_level_and_points(client: Client, ladder: dict[str, Level]) -> None:
    member = make_member(level=ladder["中级"])
    earn(member, 123)

    text = text_of(as_member(client, member).get("/me/"))

    assert "会员等级 中级" in text
    assert "我的积分 123" in text


# --- The member's price --------------------------------------------------------------------------------------------
def test_a_member_sees_their_price_and_the_site_price_struck(client: Client, ladder: dict[str, Level]) -> None:
    product = make_product(price=1_990)
    guest = client.get(f"/goods/{product.pk}/").content.decode()

    member = valid_html(as_member(Client(), make_member(level=ladder["中级"])).get(f"/goods/{product.pk}/"))
    plain = as_member(Client(), make_member(level=ladder["初级"])).get(f"/goods/{product.pk}/").content.decode()

    assert "<small>¥</small>18<small>.91</small>" in member
    assert '<s class="price-was" aria-label="原价 ¥19.90">¥19.90</s>' in member
    assert "会员价" in member
    assert "中级 9.5 折" in member
    for page in (guest, plain, client.get(f"/goods/{product.pk}/").content.decode()):
        assert "会员价" not in page
        assert "<small>¥</small>19<small>.90</small>" in page


def test_goods_without_member_price_cost_members_the_same(client: Client, ladder: dict[str, Level]) -> None:
    product = make_product(price=1_990)
    type(product).objects.filter(pk=product.pk).update(member_price_enabled=False)

    page = as_member(client, make_member(level=ladder["高级"])).get(f"/goods/{product.pk}/").content.decode()

    assert "会员价" not in page


def test_the_cart_counts_at_the_members_price(client: Client, ladder: dict[str, Level]) -> None:
    sku, member = make_sku(price=1_990), make_member(level=ladder["中级"])
    as_member(client, member).post("/cart/add/", {"sku": sku.pk, "units": 3})

    page = client.get("/cart/")

    text = valid_html(page)
    assert "会员价" in text
    assert 'aria-label="原价 ¥19.90"' in text
    assert page.context["cart"].goods_amount == 3 * 1_891


def test_in_the_cart_of_others_nothing_is_struck(client: Client) -> None:
    client.post("/cart/add/", {"sku": make_sku(price=1_990).pk, "units": 1})

    assert "会员价" not in client.get("/cart/").content.decode()


def test_who_has_free_freight_is_not_sent_to_buy_more(client: Client, ladder: dict[str, Level]) -> None:
    sku = make_sku(price=1_000)

    def cart_of(member: Member) -> str:
        shopper = as_member(Client(), member)
        shopper.post("/cart/add/", {"sku": sku.pk, "units": 1})
        return text_of(shopper.get("/cart/"))

    assert "去凑单" in cart_of(make_member(level=ladder["中级"]))
    assert "去凑单" not in cart_of(make_member(level=ladder["高级"]))


def test_levels_set_by_hand_are_seen_at_once(client: Client, ladder: dict[str, Level]) -> None:
    member, product = make_member(), make_product(price=10_000)
    now = timezone.now()
    members.lock_level(
        member_id=member.pk, level_id=ladder["高级"].pk, until=timezone.localdate(now) + timedelta(days=3),
        reason="老顾客", by=make_staff(is_superuser=True), now=now,
    )  # fmt: skip

    page = as_member(client, member).get(f"/goods/{product.pk}/").content.decode()

    assert "高级 9 折" in page
