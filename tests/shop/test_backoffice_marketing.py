"""The merchant's screens of levels, points and the points shop."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Level, Member, OperationLog, PointsEntry
from promotions.models import CouponTemplate, ExchangeItem
from shop.backoffice.permissions import FINANCE
from shop.models import ShopSettings
from tests.factories import NOON, make_member, make_product, make_sku, make_staff
from tests.members.ledger import DAY, account, claw_back, earn, rich
from tests.shop.backoffice import (
    headquarters,
    hidden_fields,
    make_operator,
    make_worker,
    sent_fields,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db
LADDER, POINTS, ADJUST = "/admin/members/level/", "/admin/members/pointsentry/", "/admin/members/pointsentry/adjust/"
SHOP = "/admin/promotions/exchangeitem/"


@pytest.fixture
def desk() -> Client:
    return signed_in(make_operator())


# --- The ladder ----------------------------------------------------------------------------------------------------
def fill(desk: Client, **typed: str) -> dict[str, Any]:
    """Return what the screen would send, with something typed over: `name_0="银卡"` is the name in the first card."""
    sent = sent_fields(desk.get(LADDER))
    sent |= {key_of(name): [value] for name, value in typed.items()}
    return sent


def key_of(name: str) -> str:
    field, _, row = name.rpartition("_")
    return f"rungs-{row}-{field}" if row.isdecimal() else name


def press(desk: Client, button: str, sent: dict[str, Any]) -> Any:
    return desk.post(LADDER, sent | {button: "1"})


def two_levels(desk: Client) -> None:
    first = fill(desk, name_0="初级", min_value_0="0", max_value_0="99.99")
    sent = sent_fields(press(desk, "add", first))
    sent |= {"rungs-1-name": ["中级"], "rungs-1-min_value": ["100"], "rungs-1-discount_rate": ["95"]}
    assert press(desk, "save", sent).status_code == 302


def ladder() -> list[tuple[str, int, int | None, int]]:
    return list(Level.objects.order_by("min_value").values_list("name", "min_value", "max_value", "discount_rate"))


def test_a_merchant_builds_a_ladder_card_by_card(desk: Client) -> None:
    two_levels(desk)

    assert ladder() == [("初级", 0, 9_999, 100), ("中级", 10_000, None, 95)]
    text = text_of(desk.get(LADDER))
    assert "达到这么多就是这一级" in text
    assert OperationLog.objects.get(action="save_ladder").summary == "保存会员等级"


def test_another_card_saves_nothing_and_loses_nothing(desk: Client) -> None:
    answer = press(desk, "add", fill(desk, name_0="铜卡", min_value_0="abc", window_months="12"))

    sent = sent_fields(answer)
    assert (sent["rungs-0-name"], sent["rungs-0-min_value"], sent["window_months"]) == (["铜卡"], ["abc"], ["12"])
    assert sent["rungs-TOTAL_FORMS"] == ["2"]
    assert "bo-error" not in answer.content.decode()
    assert ladder() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"min_value_1": "101"}, "和上一级有空档：上一级到 ¥99.99，这一级应从 ¥100 开始"),
        ({"min_value_1": "99.99"}, "和上一级有重叠"),
        ({"max_value_0": ""}, "只有最后一级可以不填“到”"),
        ({"max_value_1": "500"}, "最后一级请不要填“到”"),
        ({"name_1": "初级"}, "已经有叫「初级」的等级了"),
        ({"discount_rate_1": "0"}, "1"),
        ({"discount_rate_1": "101"}, "100"),
        ({"min_value_1": "很多"}, "请填写金额，例如 12.50"),
        ({"window_months": "-1"}, "0"),
        ({"window_months": "61"}, "60"),
        ({"metric": "orders"}, "请填写订单数，例如 3"),
        ({"id_1": "99999"}, "等级刚被别人改过"),
    ],
)
def test_a_wrong_ladder_gets_a_sentence_and_changes_nothing(typed: dict[str, str], sentence: str, desk: Client) -> None:
    two_levels(desk)
    before, logged = ladder(), OperationLog.objects.count()

    answer = press(desk, "save", fill(desk, **typed))

    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert (ladder(), OperationLog.objects.count()) == (before, logged)
    for name, value in typed.items():  # what was typed stands there still
        assert sent_fields(answer)[key_of(name)] == [value]


def test_cards_may_stand_in_any_order(desk: Client) -> None:
    two_levels(desk)

    sent = fill(desk, name_0="高", min_value_0="100", max_value_0="", name_1="低", min_value_1="0", max_value_1="99.99")
    assert press(desk, "save", sent).status_code == 302

    assert [name for name, *_ in ladder()] == ["低", "高"]


def test_by_orders_the_cards_take_numbers_of_orders(desk: Client) -> None:
    sent = fill(desk, metric="orders", name_0="常客", min_value_0="2")

    assert press(desk, "save", sent).status_code == 302

    assert (ladder(), ShopSettings.load().level_metric) == ([("常客", 2, None, 100)], "orders")
    assert "从（单）" in text_of(desk.get(LADDER))


def test_a_level_with_members_goes_when_they_have_a_place(desk: Client) -> None:
    two_levels(desk)
    low, high = Level.objects.order_by("min_value")
    member = make_member(level=high)
    going = {"max_value_0": "", "DELETE_1": "on"}

    refused = press(desk, "save", fill(desk, **going))
    assert "还有 1 位会员，请选择他们转到哪个等级" in text_of(refused)
    assert len(ladder()) == 2
    assert press(desk, "save", fill(desk, **going, moves_to_1=str(low.pk))).status_code == 302

    member.refresh_from_db()
    assert (member.level, len(ladder())) == (low, 1)


def test_who_may_only_look_saves_nothing() -> None:
    Level.objects.create(name="初级", min_value=0)
    finance = signed_in(make_worker(FINANCE, headquarters()))

    page = finance.get(LADDER)

    assert "加一级" not in text_of(page)
    assert press(finance, "save", sent_fields(page)).status_code == 403
    assert not OperationLog.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"save": "1"},
        {"save": "1", "rungs-TOTAL_FORMS": "x", "rungs-INITIAL_FORMS": "0"},
        {"add": "1", "rungs-TOTAL_FORMS": "999999999999"},
    ],
)
def test_nonsense_is_no_server_error(sent: dict[str, str], desk: Client) -> None:
    assert desk.post(LADDER, sent).status_code == 200
    assert ladder() == []


# --- Points --------------------------------------------------------------------------------------------------------
def listed(client: Client, query: str = "") -> list[int]:
    return [entry.delta for entry in client.get(f"{POINTS}{query}").context["cl"].result_list]


def test_the_list_of_points_is_filtered_and_searched(desk: Client) -> None:
    member, other = make_member(), rich(7)
    earn(member, 30, source="order:20260302", note="订单 20260302")
    earn(member, 40, available_at=NOON + 15 * DAY, kind="review")
    claw_back(member, 5, of="order:20260302", source="order:20260302:refund-line:1")

    assert listed(desk) == [-5, 40, 30, 7]
    for query, deltas in {
        "?kind=review": [40],
        "?way=in": [40, 30, 7],
        "?way=out": [-5],
        "?frozen=yes": [40],
        f"?q={member.no}": [-5, 40, 30],
        f"?q={other.phone}": [7],
        "?q=20260302": [-5, 30],
        "?q=nobody": [],
        "?at_from=2026-03-02": [-5, 40, 30, 7],
        "?at_to=2026-03-01": [],
        "?delta_from=30": [40, 30],
        "?kind=wrong": [-5, 40, 30, 7],
    }.items():
        assert listed(desk, query) == deltas, query
    assert other.phone not in desk.get(POINTS).content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_costs_the_same_for_few_and_many(count: int, desk: Client) -> None:
    for _ in range(count):
        rich(5)
    desk.get(POINTS)

    with CaptureQueriesContext(connection) as queries:
        desk.get(POINTS)

    # session, staff, second factor, permissions (2), groups, stores of the staff (2), unread, count, the entries
    assert len(queries) <= 12


def give(desk: Client, whom: str, **typed: str) -> Any:
    facts = hidden_fields(desk.get(ADJUST)) | {"member": whom, "way": "give", "points": "50", "reason": "活动补发"}
    return desk.post(ADJUST, facts | typed)


def test_points_are_given_and_taken_for_a_reason_once_for_each_form(desk: Client) -> None:
    member = rich(10)

    assert give(desk, member.no, key="k1").status_code == 302
    assert give(desk, member.no, key="k1").status_code == 302
    assert give(desk, member.phone, way="take", points="15").status_code == 302

    assert account(member) == (45, 0)
    entry = PointsEntry.objects.get(delta=-15)
    assert (entry.note, entry.actor) == ("活动补发", Member.objects.get(is_staff=True))
    assert OperationLog.objects.filter(action="adjust_points").count() == 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"way": "take", "points": "11"}, "最多能扣 10 积分"),
        ({"points": "0"}, "1"),
        ({"points": "x"}, "整数"),
        ({"points": "1000001"}, "1000000"),
        ({"reason": ""}, "这个字段是必填项"),
        ({"member": "123"}, "没有找到这位会员"),
        ({"way": "steal"}, "steal"),
    ],
)
def test_a_wrong_adjustment_gets_a_sentence_and_changes_nothing(
    typed: dict[str, str], sentence: str, desk: Client
) -> None:
    member = rich(10)

    answer = give(desk, member.no, **typed)

    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert (account(member), OperationLog.objects.count()) == ((10, 0), 0)


def test_staff_have_no_points(desk: Client) -> None:
    assert "没有找到" in text_of(give(desk, make_staff().no))


# --- Settings ------------------------------------------------------------------------------------------------------
def test_every_switch_of_points_and_levels_explains_itself() -> None:
    ShopSettings.load()
    page = signed_in(make_staff(is_superuser=True)).get("/admin/shop/shopsettings/1/change/", follow=True)

    text = text_of(page)
    for words in (
        "消费积分",
        "积分抵现百分比",
        "积分有效期（月）",
        "抢购送积分",
        "风险：微信禁止以奖励诱导分享",
        "等级依据",
        "等级统计期（月）",
    ):
        assert words in text
    fields = [name for _, facts in page.context["adminform"].fieldsets for name in facts["fields"]]
    marketing = {field.name for field in ShopSettings._meta.get_field("points_share").model._meta.concrete_fields}
    wanted = {name for name in marketing if name.startswith(("points_", "level_", "vip_", "active_", "flash_"))}
    assert wanted <= set(fields)
    assert all(field.help_text for name, field in page.context["adminform"].form.fields.items() if name in wanted)


@pytest.mark.parametrize(
    ("name", "value"), [("points_max_percent", "101"), ("points_value", "0"), ("points_share", "1001")]
)
def test_a_setting_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    ShopSettings.load()
    boss = signed_in(make_staff(is_superuser=True))
    sent = sent_fields(boss.get("/admin/shop/shopsettings/1/change/")) | {name: [value]}

    answer = boss.post("/admin/shop/shopsettings/1/change/", sent)

    assert answer.status_code == 200
    assert name in answer.context["adminform"].form.errors


# --- The points shop -----------------------------------------------------------------------------------------------
def entry(desk: Client, **typed: Any) -> Any:
    dull = {
        "name": "搪瓷杯", "code": "", "points": "300", "price": "0", "total": "5", "per_member": "1",
        "is_active": "on", "sort_order": "100",
    }  # fmt: skip
    return desk.post(f"{SHOP}add/", dull | typed)


def make_template(**facts: Any) -> CouponTemplate:
    return CouponTemplate.objects.create(**({"name": "五元券", "amount": 500, "issue_mode": "reward"} | facts))


def test_goods_are_put_into_the_points_shop_by_their_code(desk: Client) -> None:
    sku = make_sku("搪瓷杯", code="CUP")

    assert entry(desk, code="CUP", price="9.90").status_code == 302

    made = ExchangeItem.objects.get()
    assert (made.sku, made.coupon, made.points, made.price, made.total) == (sku, None, 300, 990, 5)
    assert "搪瓷杯" in text_of(desk.get(SHOP))
    assert OperationLog.objects.get().action == "add"
    assert sent_fields(desk.get(f"{SHOP}{made.pk}/change/"))["code"] == ["CUP"]


def test_a_coupon_is_put_into_the_points_shop(desk: Client) -> None:
    template = make_template()

    assert entry(desk, coupon=str(template.pk)).status_code == 302

    assert ExchangeItem.objects.get().coupon == template
    assert "优惠券：减 ¥5，无门槛" in text_of(desk.get(SHOP))


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({}, "code", "优惠券和商品编码请填一个"),
        ({"code": "CUP", "coupon": "reward"}, "code", "不能都填"),
        ({"code": "none"}, "code", "没有这个编码的商品"),
        ({"code": "MANY"}, "code", "这个商品有多个规格，请填规格的编码"),
        ({"coupon": "reward", "price": "1"}, "price", "兑换优惠券不能另外付钱"),
        ({"coupon": "claim"}, "coupon", "选择"),
        ({"coupon": "reward", "per_member": "2"}, "per_member", "每人限领 1 张"),
        ({"code": "CUP", "points": "0"}, "points", "至少 1 积分"),
        ({"code": "CUP", "points": "1000001"}, "points", "最多 1000000"),
        ({"code": "CUP", "price": "-1"}, "price", "金额"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(
    typed: dict[str, str], field: str, sentence: str, desk: Client
) -> None:
    make_sku("杯", code="CUP")
    make_product("多", code="MANY", specs={"色": ["红", "蓝"]})
    templates = {mode: str(make_template(issue_mode=mode).pk) for mode in ("reward", "claim")}
    if "coupon" in typed:
        typed = typed | {"coupon": templates[typed["coupon"]]}

    answer = entry(desk, **typed)

    assert answer.status_code == 200
    assert sentence in "".join(answer.context["adminform"].form.errors[field])
    assert not ExchangeItem.objects.exists()


def test_an_entry_keeps_what_was_taken_and_is_not_deleted_then(desk: Client) -> None:
    sku = make_sku(code="CUP")
    made = ExchangeItem.objects.create(name="杯", sku=sku, points=1, total=5, taken=3)
    address = f"{SHOP}{made.pk}/change/"

    answer = desk.post(address, sent_fields(desk.get(address)) | {"total": ["2"]})

    assert "已经兑出 3 份，不能比这少" in "".join(answer.context["adminform"].form.errors["total"])
    assert desk.post(f"{SHOP}{made.pk}/delete/", {"post": "yes"}).status_code == 403
    ExchangeItem.objects.update(taken=0)
    assert desk.post(f"{SHOP}{made.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ExchangeItem.objects.exists()


# --- Goods ---------------------------------------------------------------------------------------------------------
def test_goods_say_whether_they_know_member_prices_and_points(desk: Client) -> None:
    product = make_product("茶")
    page = f"/admin/catalog/product/{product.pk}/change/"
    sent = sent_fields(desk.get(page))
    assert (sent["member_price_enabled"], sent["points_usable"], sent["gives_points"]) == (["on"], ["on"], ["on"])
    for name in ("member_price_enabled", "gives_points"):
        del sent[name]

    assert desk.post(page, sent).status_code == 302

    product.refresh_from_db()
    assert (product.member_price_enabled, product.points_usable, product.gives_points) == (False, True, False)
    assert "member_price_enabled" not in sent_fields(desk.get(page))
