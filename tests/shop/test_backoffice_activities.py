"""Threshold offers and flash sales in the back office: lists, forms without scripts, copies, stops, figures."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Sku
from members.models import Level, OperationLog
from orders.models import OrderLine, OrderOffer
from promotions import services as promotions
from promotions.models import FlashSale, Promotion
from promotions.services import FlashItemDraft, TierDraft
from shop.backoffice.permissions import FINANCE
from tests.factories import make_category, make_member, make_order, make_product, make_sku, make_staff
from tests.promotions.activities import DAY, HOUR, faults, make_flash, make_gift_offer, make_offer
from tests.shop.backoffice import headquarters, make_operator, make_worker, sent_fields, signed_in, text_of

pytestmark = pytest.mark.django_db

OFFERS, FLASH = "/admin/promotions/promotion/", "/admin/promotions/flashsale/"


@pytest.fixture
def desk() -> Client:
    return signed_in(make_operator())


def typed(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"


def window() -> dict[str, str]:
    now = timezone.now()
    return {"starts_at": typed(now + HOUR), "ends_at": typed(now + DAY)}


def send(desk: Client, address: str, **typed_in: Any) -> Any:
    """Open a page, type, and press the button that saves (or `step`)."""
    fields: dict[str, Any] = sent_fields(desk.get(address))
    step = {"step": typed_in.pop("step")} if "step" in typed_in else {}
    names = {name.replace("__", "-"): value for name, value in typed_in.items()}
    return desk.post(address, {**fields, **names, **step})


# --- Offers ---------------------------------------------------------------------------------------------------------
def test_a_tiered_offer_is_made_on_one_page(desk: Client) -> None:
    answer = send(
        desk, f"{OFFERS}add/", name="春茶满减", **window(),
        tiers__0__threshold="100", tiers__0__off="10", tiers__1__threshold="200", tiers__1__off="30",
    )  # fmt: skip

    assert answer.status_code == 302, text_of(answer)
    offer = Promotion.objects.get()
    assert (offer.name, offer.kind, offer.basis, offer.scope_kind) == ("春茶满减", "amount_off", "amount", "all")
    assert list(offer.tiers.order_by("threshold").values_list("threshold", "off")) == [(10_000, 1000), (20_000, 3000)]


def test_more_tiers_are_asked_for_and_what_was_typed_stays(desk: Client) -> None:
    page = send(desk, f"{OFFERS}add/", name="春茶", tiers__0__threshold="100", step="more")

    fields = sent_fields(page)
    assert (fields["tiers-TOTAL_FORMS"], fields["tiers-0-threshold"], fields["name"]) == (["3"], ["100"], ["春茶"])
    assert "标红" not in text_of(page)


def test_a_gift_is_named_by_its_code_or_chosen_among_several(desk: Client) -> None:
    gift, other = make_sku("帆布袋", code="BAG-1"), make_sku("帆布袋子", code="BAG-2")
    facts: dict[str, Any] = {"name": "满赠", "kind": "gift", **window(), "tiers__0__threshold": "99.5"}

    refused = send(desk, f"{OFFERS}add/", **facts, tiers__0__gift="帆布")
    assert f"帆布袋（#{gift.pk}）、帆布袋子（#{other.pk}）" in text_of(refused)
    assert "没有找到在售的“鱼”" in text_of(send(desk, f"{OFFERS}add/", **facts, tiers__0__gift="鱼"))
    answer = send(desk, f"{OFFERS}add/", **facts, tiers__0__gift=f"#{gift.pk}", tiers__0__gift_stock="30")

    assert answer.status_code == 302, text_of(answer)
    tier = Promotion.objects.get().tiers.get()
    assert (tier.threshold, tier.gift_id, tier.gift_left, tier.gift_total) == (9950, gift.pk, 30, 30)


def test_pieces_percent_levels_and_goods_are_kept(desk: Client) -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    tea, cup = make_product("龙井"), make_product("瓷杯")

    found = send(desk, f"{OFFERS}add/", scope_kind="product", find="龙井", step="find")
    assert "龙井" in text_of(found)
    assert "瓷杯" not in text_of(found)
    answer = send(
        desk, f"{OFFERS}add/", name="金卡三件八折", kind="percent_off", basis="pieces", **window(),
        level_ids=[gold.pk], scope_kind="exclude", products=[tea.pk, cup.pk], tiers__0__threshold="3",
        tiers__0__percent="80",
    )  # fmt: skip

    assert answer.status_code == 302, text_of(answer)
    offer = Promotion.objects.get()
    assert (offer.level_ids, offer.scope_kind, sorted(offer.scope_ids)) == ([gold.pk], "exclude", [tea.pk, cup.pk])
    assert offer.tiers.values_list("threshold", "percent")[0] == (3, 80)


def test_categories_are_ticked(desk: Client) -> None:
    tea = make_category("茶")

    send(
        desk, f"{OFFERS}add/", name="茶", **window(), scope_kind="category", categories=[tea.pk], kind="free_freight",
        tiers__0__threshold="59",
    )  # fmt: skip

    offer = Promotion.objects.get()
    assert (offer.scope_ids, offer.kind, offer.tiers.get().threshold) == ([tea.pk], "free_freight", 5900)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "这个字段是必填项"),
    ({"starts_at": "昨天"}, "输入一个有效的日期/时间"),
    ({"ends_at": "2020-01-01T00:00"}, "结束时间要晚于开始时间"),
    ({"tiers__0__threshold": "很多"}, "请填写金额"),
    ({"tiers__0__threshold": ""}, "请填写满多少"),
    ({"tiers__0__off": "101"}, "减的金额不能超过门槛"),
    ({"tiers__0__off": "-1"}, "金额不能低于 0.00 元"),
    ({"tiers__0__threshold": "3.5", "basis": "pieces"}, "件数要填整数"),
    ({"tiers__1__threshold": "100", "tiers__1__off": "20"}, "这个门槛已经有一档了"),
    ({"tiers__1__threshold": "200", "tiers__1__off": "5"}, "门槛更高的一档要减得更多"),
    ({"kind": "percent_off", "tiers__0__percent": "120"}, "请填 1 到 99"),
    ({"kind": "gift"}, "请选择赠品"),
    ({"kind": "nonsense"}, "选择一个有效的选项"),
    ({"scope_kind": "category"}, "请选择分类，或改为全部商品"),
    ({"scope_kind": "product", "products": ["999", "x"]}, "有的已经不存在"),
    ({"level_ids": ["999"]}, "选择一个有效的选项"),
    ({"priority": "很急"}, "输入整数"),
    ({"tiers__TOTAL_FORMS": "abc"}, "还没有保存"),
    ({"tiers__TOTAL_FORMS": "99"}, "还没有保存"),
    ({"name": "国家级好茶"}, "广告法点名禁止"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_nonsense_is_told_at_its_field_and_nothing_is_lost(desk: Client, wrong: dict[str, Any], sentence: str) -> None:
    facts = {"name": "春茶", **window(), "tiers__0__threshold": "100", "tiers__0__off": "10"} | wrong

    page = send(desk, f"{OFFERS}add/", **facts, rules_text="不与券同享")

    assert page.status_code == 200
    assert sentence in text_of(page)
    assert sent_fields(page)["rules_text"] == ["不与券同享"]
    assert not Promotion.objects.exists()


def test_a_running_offer_keeps_its_terms_and_gets_more_gifts(desk: Client) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    offer = make_gift_offer(stock=3, now=now - DAY, starts_at=now - HOUR, ends_at=now + DAY)
    page = f"{OFFERS}{offer.pk}/change/"

    assert "活动进行中，只能改" in text_of(desk.get(page))
    assert "活动进行中" in text_of(send(desk, page, priority="1"))
    answer = send(desk, page, name="新名字", tiers__0__gift_stock="10")

    assert answer.status_code == 302, text_of(answer)
    offer.refresh_from_db()
    assert (offer.name, offer.priority, offer.tiers.get().gift_left) == ("新名字", 100, 10)


def test_gifts_given_meanwhile_are_not_added_again(desk: Client) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    offer = make_gift_offer(stock=3, now=now - DAY, starts_at=now - HOUR, ends_at=now + DAY)
    page = f"{OFFERS}{offer.pk}/change/"
    fields: dict[str, Any] = sent_fields(desk.get(page))
    promotions.take_gifts({offer.tiers.get().pk: 2})

    desk.post(page, {**fields, "tiers-0-gift_stock": "5"})

    assert offer.tiers.values_list("gift_left", "gift_total")[0] == (3, 5)


def test_an_offer_is_copied_stopped_and_passed_on(desk: Client) -> None:
    now = timezone.now()
    offer = make_offer(name="春茶", now=now - DAY, starts_at=now - HOUR, ends_at=now + DAY)

    copy = sent_fields(desk.get(f"{OFFERS}add/?copy={offer.pk}"))
    assert (copy["name"], copy["tiers-0-threshold"], copy["starts_at"]) == (["春茶 副本"], ["100"], [""])
    page = desk.get(f"{OFFERS}{offer.pk}/promote/")
    assert f"/offers/{offer.pk}/" in page.content.decode()
    assert "data:image/svg+xml" in page.content.decode()
    assert desk.get(f"{OFFERS}{offer.pk}/stop/").status_code == 200
    assert not Promotion.objects.get().is_stopped
    desk.post(f"{OFFERS}{offer.pk}/stop/")
    desk.post(f"{OFFERS}{offer.pk}/stop/")
    assert Promotion.objects.get().is_stopped
    assert OperationLog.objects.filter(action="stop_offer").count() == 1
    assert "已经结束或停止" in text_of(desk.get(f"{OFFERS}{offer.pk}/change/"))


def test_the_list_shows_terms_state_and_figures(desk: Client, django_assert_max_num_queries: Any) -> None:
    now = timezone.now()
    gold = Level.objects.create(name="金卡", min_value=0)
    offers = [
        make_offer(name=f"活动 {n}", now=now - DAY, starts_at=now - HOUR, level_ids=[gold.pk], ends_at=now + DAY)
        for n in range(20)
    ]
    order = make_order(status="preparing", now=now)
    used_by(order, offers[0], 1000)
    used_by(make_order(now=now), offers[0], 1000)  # not paid

    desk.get(OFFERS)
    # session, staff, stores, unread, permissions; tabs, count, offers, tiers, levels, figures, and the theme's own
    with django_assert_max_num_queries(17):
        page = desk.get(f"{OFFERS}?tab=running")

    text = text_of(page)
    assert text.count("满 100 减 10") == 20
    assert "满立减" in text
    assert "金卡" in text
    assert "10.00" in text
    assert text.count("进行中") >= 20
    assert "活动 0" not in text_of(desk.get(f"{OFFERS}?tab=stopped"))


def used_by(order: Any, offer: Promotion, discount: int) -> None:
    """Write down that an order used an offer, as placing does."""
    names = {field.name for field in OrderOffer._meta.get_fields()}
    facts = {"kind": offer.kind, "basis": offer.basis, "threshold": 10_000}
    OrderOffer.objects.create(
        order=order, promotion=offer, name=offer.name, discount=discount,
        **{name: value for name, value in facts.items() if name in names},
    )  # fmt: skip


def test_the_figures_add_up_paid_orders(desk: Client) -> None:
    now = timezone.now()
    offer = make_offer(now=now - DAY, starts_at=now - HOUR, ends_at=now + DAY)
    paid = [make_order(status="preparing", now=now) for _ in range(2)]
    for order in paid:
        used_by(order, offer, 150)
    used_by(make_order(now=now), offer, 999)

    text = text_of(desk.get(f"{OFFERS}{offer.pk}/figures/"))

    sales = sum(order.payable_amount for order in paid)
    assert f"付款订单 2 优惠额 ¥3.00 销售额 ¥{sales / 100:.2f} 平均每单 ¥{sales / 200:.2f}" in text
    assert desk.get(f"{OFFERS}999/figures/").status_code == 404


def test_finance_looks_and_does_not_touch() -> None:
    now = timezone.now()
    offer = make_offer(now=now, starts_at=now, ends_at=now + DAY)
    sale = make_flash(now=now - HOUR, starts_at=now, ends_at=now + DAY)
    desk = signed_in(make_worker(FINANCE, headquarters()))

    assert desk.get(f"{OFFERS}{offer.pk}/change/").status_code == 302
    assert desk.get(f"{FLASH}{sale.pk}/change/").status_code == 302
    for address in (f"{OFFERS}{offer.pk}/", f"{FLASH}{sale.pk}/"):
        assert desk.get(f"{address}figures/").status_code == 200
        assert desk.get(f"{address}promote/").status_code == 200
        assert desk.post(f"{address}stop/").status_code == 403
        assert desk.post(f"{address}change/").status_code in {302, 403}
    assert not Promotion.objects.filter(is_stopped=True).exists()
    assert not FlashSale.objects.filter(is_stopped=True).exists()


# --- The flash sale -------------------------------------------------------------------------------------------------
def test_a_session_is_made_by_finding_goods_and_filling_rows(desk: Client) -> None:
    sku = make_sku("橙汁", price=900, stock=20)
    page = send(desk, f"{FLASH}add/", name="午间场", **window(), find="橙汁", step="find")
    assert "橙汁" in text_of(page)
    fields: dict[str, Any] = sent_fields(page)

    page = desk.post(f"{FLASH}add/", {**fields, "add": [sku.pk], "step": "add"})

    fields = sent_fields(page)
    assert (fields["items-TOTAL_FORMS"], fields["items-0-sku"], fields["name"]) == (["1"], [str(sku.pk)], ["午间场"])
    rows = {"items-0-price": "4.5", "items-0-quota": "8", "items-0-per_member": "2"}
    answer = desk.post(f"{FLASH}add/", {**fields, **rows})
    assert answer.status_code == 302, text_of(answer)
    item = FlashSale.objects.get().items.get()
    assert (item.price, item.quota, item.per_member, item.sku.stock) == (450, 8, 2, 12)
    assert faults(timezone.now()) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"items-0-price": "9.00"}, "抢购价要低于本站价 9.00 元"),
        ({"items-0-price": "x"}, "请填写金额"),
        ({"items-0-quota": "21"}, "库存只有 20 件，不够锁定 21 件"),
        ({"items-0-quota": "0"}, "确保该值大于或等于1"),
        ({"items-0-per_member": "9"}, "不能超过数量"),
        ({"items-0-drop": "on"}, "请至少加入一件商品"),
        ({"items-0-sku": "999"}, "这件商品已下架或不存在，请移出"),
        ({"items-0-sku": "x"}, "输入整数"),
        ({"items-TOTAL_FORMS": "x"}, "请至少加入一件商品"),
        ({"ends_at": ""}, "这个字段是必填项"),
        ({"vip_early_minutes": "9999"}, "确保该值小于或等于1440"),
        ({"name": "最佳抢购"}, "广告法点名禁止"),
    ],
)
def test_nonsense_of_a_session_is_told_and_nothing_is_locked(
    desk: Client, wrong: dict[str, str], sentence: str
) -> None:
    sku = make_sku("橙汁", price=900, stock=20)
    fields: dict[str, Any] = sent_fields(desk.get(f"{FLASH}add/"))
    rows = {
        "items-TOTAL_FORMS": "1", "items-0-sku": sku.pk, "items-0-price": "4.5", "items-0-quota": "8",
        "items-0-per_member": "2",
    }  # fmt: skip

    page = desk.post(f"{FLASH}add/", {**fields, "name": "午间场", **window(), **rows, **wrong})

    assert page.status_code == 200
    assert sentence in text_of(page)
    assert (FlashSale.objects.count(), Sku.objects.get().stock) == (0, 20)


def test_a_form_of_a_session_sent_twice_makes_one(desk: Client) -> None:
    sku = make_sku("橙汁", price=900, stock=20)
    fields: dict[str, Any] = sent_fields(desk.get(f"{FLASH}add/"))
    rows = {
        "items-TOTAL_FORMS": "1", "items-0-sku": sku.pk, "items-0-price": "4.5", "items-0-quota": "8",
        "items-0-per_member": "2", "name": "午间场", **window(),
    }  # fmt: skip

    answers = [desk.post(f"{FLASH}add/", {**fields, **rows}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 200]
    assert "同一时间在「午间场」里" in text_of(answers[1])
    assert (FlashSale.objects.count(), Sku.objects.get().stock) == (1, 12)


def test_a_session_is_changed_copied_stopped_and_counted(desk: Client) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    sku = make_sku("橙汁", price=900, stock=20)
    sale = make_flash(FlashItemDraft(sku.pk, 450, 8, 2), now=now - DAY, starts_at=now - HOUR, ends_at=now + DAY)
    page = f"{FLASH}{sale.pk}/change/"
    member = make_member()
    promotions.take_flash(member=member, units_by_item={sale.items.get().pk: 2}, now=now)

    assert "已抢 2 件" in text_of(desk.get(page))
    assert "已经抢走 2 件，数量不能比这少" in text_of(send(desk, page, items__0__quota="1", items__0__per_member="1"))
    assert send(desk, page, items__0__quota="10").status_code == 302
    assert Sku.objects.get().stock == 10
    assert sent_fields(desk.get(f"{FLASH}add/?copy={sale.pk}"))["items-0-price"] == ["4.50"]
    assert f"/flash/?session={sale.pk}" in desk.get(f"{FLASH}{sale.pk}/promote/").content.decode()
    desk.post(f"{FLASH}{sale.pk}/stop/")
    assert FlashSale.objects.get().is_stopped
    assert "2 / 10" in text_of(desk.get(FLASH))
    assert "2 / 10" in text_of(desk.get(f"{FLASH}{sale.pk}/figures/"))


def test_the_list_of_sessions_costs_the_same_however_many(desk: Client, django_assert_max_num_queries: Any) -> None:
    now = timezone.now()
    boss = make_staff()
    for number in range(20):
        make_flash(by=boss, now=now - HOUR, starts_at=now + number * HOUR, ends_at=now + DAY)

    desk.get(FLASH)
    with django_assert_max_num_queries(16):  # as above; sessions, items with goods, figures
        page = desk.get(FLASH)

    assert text_of(page).count("0 / 5") == 20


def test_the_figures_of_a_session_count_paid_pieces(desk: Client) -> None:
    now = timezone.now()
    sale = make_flash(now=now - DAY, starts_at=now - HOUR, ends_at=now + DAY)
    order = make_order(status="preparing", now=now)
    OrderLine.objects.filter(order=order).update(flash_item=sale.items.get())
    unpaid = make_order(now=now)
    OrderLine.objects.filter(order=unpaid).update(flash_item=sale.items.get())

    text = text_of(desk.get(f"{FLASH}{sale.pk}/figures/"))

    line = order.lines.get()
    assert f"付款订单 1 卖出件数 1 销售额 ¥{line.paid_amount / 100:.2f}" in text


# --- Words ----------------------------------------------------------------------------------------------------------
def test_doubtful_words_are_warned_of_and_forbidden_ones_kept_for_a_reason_that_is_logged(desk: Client) -> None:
    facts = {"name": "最佳春茶", **window(), "tiers__0__threshold": "100", "tiers__0__off": "10"}

    page = send(desk, f"{OFFERS}add/", **facts)
    assert "坚持使用的理由" in text_of(page)
    answer = send(desk, f"{OFFERS}add/", **facts, rules_text="顶级好茶", wording_reason="获“最佳春茶”奖")

    assert answer.status_code == 302
    log = OperationLog.objects.get(action="keep_wording")
    assert (log.summary, log.after) == ("坚持使用绝对化用语「最佳」", {"reason": "获“最佳春茶”奖"})
    assert "「顶级」可能是绝对化用语" in text_of(desk.get(OFFERS))


def test_the_tier_words_of_a_gift_name_it(desk: Client) -> None:
    make_offer(TierDraft(10_000, gift_id=make_sku("帆布袋").pk, gift_change=1), kind="gift")

    assert "满 100 送 帆布袋 × 1" in text_of(desk.get(OFFERS))
