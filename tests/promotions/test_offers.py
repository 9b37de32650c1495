"""Threshold offers: every mistake told at its field, changed where that is harmless, their gifts counted."""

from dataclasses import replace
from typing import Any

import pytest

from catalog.models import Product
from members.models import Level, OperationLog
from promotions import pricing, selectors
from promotions import services as promotions
from promotions.models import Promotion, PromotionTier
from promotions.services import DraftRefused, TierDraft
from promotions.services.offers import facts_of
from tests.factories import NOON, make_category, make_product, make_sku, make_staff
from tests.promotions.activities import DAY, HOUR, make_gift_offer, make_offer, offer_draft

pytestmark = pytest.mark.django_db

LADDER = (TierDraft(10_000, off=1000), TierDraft(20_000, off=3000))


def refused(*tiers: TierDraft, **fields: Any) -> list[tuple[str, int | None, str]]:
    """Return what is said of a draft: (field, row, sentence)."""
    with pytest.raises(DraftRefused) as refusal:
        make_offer(*tiers, **fields)
    assert not Promotion.objects.exists()
    return [(one.field, one.row, one.sentence) for one in refusal.value.problems]


def running(level_id: int | None = None) -> list[pricing.Offer]:
    return selectors.running_offers(level_id=level_id, now=NOON)


# --- Writing --------------------------------------------------------------------------------------------------------
def test_an_offer_is_written_with_its_tiers_and_logged() -> None:
    offer = make_offer(*LADDER, name="满减")

    assert list(offer.tiers.order_by("threshold").values_list("threshold", "off")) == [(10_000, 1000), (20_000, 3000)]
    log = OperationLog.objects.get()
    assert (log.action, log.summary, log.after["name"]) == ("save_offer", "新增活动「满减」", "满减")


WRONG: list[tuple[tuple[TierDraft, ...], dict[str, Any], list[tuple[str, int | None, str]]]] = [
    ((), {"ends_at": NOON}, [("ends_at", None, "结束时间要晚于开始时间")]),
    ((), {"scope_kind": "category"}, [("scope_kind", None, "请选择分类，或改为全部商品")]),
    ((), {"scope_kind": "product"}, [("scope_kind", None, "请选择商品，或改为全部商品")]),
    ((), {"scope_kind": "product", "scope_ids": [999]},
     [("scope_kind", None, "选中的分类或商品有的已经不存在，请重新选择")]),
    ((), {"level_ids": [999]}, [("level_ids", None, "有等级已经不存在，请重新选择")]),
    ((TierDraft(0, off=1),), {}, [("threshold", 0, "门槛要大于 0")]),
    ((TierDraft(1000),), {}, [("off", 0, "请填写减多少元")]),
    ((TierDraft(1000, off=1001),), {}, [("off", 0, "减的金额不能超过门槛")]),
    ((TierDraft(1000, off=100), TierDraft(1000, off=200)), {}, [("threshold", 1, "这个门槛已经有一档了")]),
    ((TierDraft(2000, off=100), TierDraft(1000, off=200)), {}, [("off", 0, "门槛更高的一档要减得更多")]),
    ((TierDraft(1000, percent=0),), {"kind": "percent_off"}, [("percent", 0, "请填 1 到 99，例如 85 就是 8.5 折")]),
    ((TierDraft(1000, percent=101),), {"kind": "percent_off"},
     [("percent", 0, "请填 1 到 99，例如 85 就是 8.5 折")]),
    ((TierDraft(1000, percent=80), TierDraft(2000, percent=90)), {"kind": "percent_off"},
     [("percent", 1, "门槛更高的一档折扣要更大，数字更小")]),
    ((TierDraft(1000, percent=80),), {"kind": "percent_off", "repeats": True},
     [("repeats", None, "只有满减和满赠可以每满都算，满折和满包邮请不要打开")]),
    ((TierDraft(1000), TierDraft(2000)), {"kind": "free_freight"}, [("threshold", 1, "满包邮只需要一档")]),
    ((TierDraft(1000),), {"kind": "gift"}, [("gift", 0, "请选择赠品")]),
    ((TierDraft(1000, gift_id=999),), {"kind": "gift"}, [("gift", 0, "这件赠品已下架或不存在，请换一件在售的")]),
    (tuple(TierDraft(1000 * n, off=n) for n in range(1, 7)), {}, [("tiers", None, "最多 5 档")]),
]  # fmt: skip


@pytest.mark.parametrize(("tiers", "fields", "said"), WRONG)
def test_nonsense_is_refused_with_a_sentence(
    tiers: tuple[TierDraft, ...], fields: dict[str, Any], said: list[tuple[str, int | None, str]]
) -> None:
    assert refused(*tiers, **fields) == said


def test_pieces_may_take_off_more_than_their_number() -> None:
    assert make_offer(TierDraft(2, off=1000), basis="pieces").pk


def test_an_offer_without_tiers_or_in_the_past_is_refused() -> None:
    with pytest.raises(DraftRefused, match="请至少填一档"):
        promotions.save_offer(draft=replace(offer_draft(), tiers=()), by=make_staff(), now=NOON)
    with pytest.raises(DraftRefused, match="结束时间已经过去"):
        promotions.save_offer(draft=offer_draft(), by=make_staff(), now=NOON + 2 * DAY)


def test_a_gift_that_is_off_the_shelf_is_refused() -> None:
    gift = make_sku("下架的袋子", status="off_shelf")

    assert refused(TierDraft(1000, gift_id=gift.pk), kind="gift")[0][2] == "这件赠品已下架或不存在，请换一件在售的"


def test_the_same_gift_twice_must_become_more() -> None:
    gift = make_sku().pk

    said = refused(TierDraft(1000, gift_id=gift), TierDraft(2000, gift_id=gift), kind="gift")

    assert said == [("gift_units", 1, "门槛更高的一档要送得更多，或送别的赠品")]


def test_the_same_form_sent_twice_makes_one_offer() -> None:
    make_offer(name="春日满减")

    with pytest.raises(DraftRefused, match="已经有一个同名、同时开始的活动了"):
        make_offer(name="春日满减")

    assert Promotion.objects.count() == 1


# --- Changing -------------------------------------------------------------------------------------------------------
def edit(offer: Promotion, *tiers: TierDraft, now: Any = NOON, **fields: Any) -> Promotion:
    draft = offer_draft(*tiers, **({"name": offer.name} | fields))
    return promotions.save_offer(draft=draft, promotion=offer, by=make_staff(), now=now)


def test_before_it_starts_everything_may_change() -> None:
    offer = make_offer(*LADDER)
    first = offer.tiers.order_by("threshold")[0]

    edit(offer, TierDraft(3, percent=80, id=first.pk), kind="percent_off", basis="pieces", now=NOON - HOUR)

    assert list(offer.tiers.values_list("threshold", "off", "percent")) == [(3, 0, 80)]
    assert OperationLog.objects.order_by("-pk")[0].before["kind"] == "amount_off"


def test_thresholds_may_change_places_and_gifts_stay() -> None:
    gifts = [make_sku().pk, make_sku().pk]
    tiers = [TierDraft(1000, gift_id=gifts[0], gift_change=3), TierDraft(2000, gift_id=gifts[1], gift_change=5)]
    offer = make_offer(*tiers, kind="gift")
    ids = dict(offer.tiers.values_list("gift_id", "pk"))

    edit(
        offer, TierDraft(3000, gift_id=gifts[0], id=ids[gifts[0]]), TierDraft(1000, gift_id=gifts[1], id=ids[gifts[1]]),
        kind="gift", now=NOON - HOUR,
    )  # fmt: skip

    assert set(offer.tiers.values_list("threshold", "gift_id", "gift_left", "gift_total")) == {
        (3000, gifts[0], 3, 3), (1000, gifts[1], 5, 5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tiers", "fields"),
    [
        ((), {"starts_at": NOON + HOUR}),
        ((), {"basis": "pieces"}),
        ((), {"repeats": True}),
        ((), {"priority": 1}),
        ((TierDraft(10_000, off=2000),), {}),
        ((TierDraft(9000, off=1000),), {}),
        (LADDER, {}),
    ],
)
def test_while_it_runs_what_shoppers_rely_on_stays(tiers: tuple[TierDraft, ...], fields: dict[str, Any]) -> None:
    offer = make_offer()
    before = facts_of(offer)

    with pytest.raises(DraftRefused, match="活动进行中，只能改名称、说明、结束时间和赠品库存"):
        edit(offer, *tiers, **fields)

    offer.refresh_from_db()
    assert facts_of(offer) == before


def test_while_it_runs_name_rules_end_and_gift_stock_may_change() -> None:
    offer = make_gift_offer(stock=2)
    tier = offer.tiers.get()
    kept = TierDraft(10_000, gift_id=tier.gift_id, id=tier.pk)

    edit(offer, replace(kept, gift_change=5), kind="gift", name="新名字", rules_text="送完为止", ends_at=NOON + 9 * DAY)

    offer.refresh_from_db()
    assert (offer.name, offer.rules_text, offer.ends_at) == ("新名字", "送完为止", NOON + 9 * DAY)
    assert offer.tiers.values_list("pk", "gift_total", "gift_left")[0] == (tier.pk, 7, 7)


def test_gift_stock_never_falls_below_what_is_left() -> None:
    offer = make_gift_offer(stock=2)
    tier = offer.tiers.get()
    promotions.take_gifts({tier.pk: 1})

    with pytest.raises(DraftRefused, match="现在只剩 1 件，不能再减 2 件"):
        edit(offer, TierDraft(10_000, gift_id=tier.gift_id, id=tier.pk, gift_change=-2), kind="gift")

    assert offer.tiers.values_list("gift_total", "gift_left")[0] == (2, 1)


def test_what_is_over_or_stopped_is_not_edited() -> None:
    offer, staff = make_offer(), make_staff()

    with pytest.raises(DraftRefused, match="活动已结束，不能再改"):
        edit(offer, now=NOON + DAY, ends_at=NOON + 9 * DAY)
    assert promotions.stop_offer(promotion=offer, by=staff, now=NOON)
    assert not promotions.stop_offer(promotion=offer, by=staff, now=NOON)
    with pytest.raises(DraftRefused, match="活动已停止，不能再改"):
        edit(offer, now=NOON)

    assert running() == []
    assert OperationLog.objects.filter(action="stop_offer").count() == 1


# --- Running --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("starts", "ends", "runs"), [(0, 1, True), (1, 2, False), (-2, 0, False), (-2, None, True)])
def test_offers_run_within_their_window(starts: int, ends: int | None, runs: bool) -> None:
    ends_at = None if ends is None else NOON + ends * HOUR
    make_offer(starts_at=NOON + starts * HOUR, ends_at=ends_at, now=NOON - DAY)

    assert bool(running()) is runs


def test_offers_of_a_level_are_for_that_level_only() -> None:
    gold, silver = [Level.objects.create(name=name, min_value=n) for n, name in enumerate(["金", "银"])]
    make_offer(level_ids=[gold.pk])

    assert [len(running(level)) for level in (None, silver.pk, gold.pk)] == [0, 0, 1]
    assert selectors.public_offers(now=NOON) == []


def test_the_terms_say_what_the_pipeline_needs() -> None:
    category, gift = make_category(), make_sku("帆布袋")
    make_offer(
        TierDraft(5000, gift_id=gift.pk, gift_units=2, gift_change=7), kind="gift", scope_kind="category",
        scope_ids=[category.pk], repeats=True, priority=5,
    )  # fmt: skip

    offer, tier = running()[0], PromotionTier.objects.get()

    assert offer.tiers == [pricing.Tier(5000, id=tier.pk, gift_sku=gift.pk, gift_units=2, gift_left=7)]
    assert (offer.kind, offer.basis, offer.repeats, offer.priority) == ("gift", "amount", True, 5)
    assert offer.scope == pricing.Scope("category", frozenset({category.pk}))


def test_thirty_offers_are_read_in_one_query(django_assert_num_queries: Any) -> None:
    for _ in range(30):
        make_offer(*LADDER)

    with django_assert_num_queries(1):  # tiers with their offers
        assert len(running()) == 30


# --- Gifts ----------------------------------------------------------------------------------------------------------
def test_gifts_are_taken_as_far_as_they_last_and_given_back() -> None:
    tiers = [make_gift_offer(stock=stock).tiers.get().pk for stock in (3, 1, 0)]

    taken = promotions.take_gifts(dict.fromkeys(tiers, 2))

    assert taken == dict(zip(tiers, [2, 1, 0], strict=True))
    assert list(PromotionTier.objects.order_by("pk").values_list("gift_left", flat=True)) == [1, 0, 0]
    promotions.give_back_gifts(taken)
    assert list(PromotionTier.objects.order_by("pk").values_list("gift_left", flat=True)) == [3, 1, 0]


def test_gifts_of_a_tier_that_is_gone_are_none() -> None:
    assert promotions.take_gifts({999: 1}) == {999: 0}


# --- Words ----------------------------------------------------------------------------------------------------------
def offer_of(kind: str, tier: pricing.Tier, **fields: Any) -> pricing.Offer:
    return pricing.Offer(1, "x", kind, [tier], **fields)


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        (offer_of("amount_off", pricing.Tier(10_000, off=1000)), "满 100 减 10"),
        (offer_of("amount_off", pricing.Tier(9950, off=950), repeats=True), "每满 99.50 减 9.50"),
        (offer_of("percent_off", pricing.Tier(3, percent=80), basis="pieces"), "满 3 件 8 折"),
        (offer_of("percent_off", pricing.Tier(3, percent=85), basis="pieces"), "满 3 件 8.5 折"),
        (offer_of("gift", pricing.Tier(19_900, gift_sku=1, gift_units=1)), "满 199 送赠品"),
        (offer_of("gift", pricing.Tier(19_900, gift_sku=1, gift_units=2)), "满 199 送赠品 2 件"),
        (offer_of("free_freight", pricing.Tier(5900)), "满 59 包邮"),
    ],
)
def test_a_tier_is_said_in_words(offer: pricing.Offer, words: str) -> None:
    assert pricing.tier_words(offer, offer.tiers[0]) == words
    assert pricing.tag_of(offer) == words.replace(" ", "")


def lines(*amounts: int, units: int = 1) -> list[pricing.PricedLine]:
    items = [pricing.Item(sku_id, units, amount) for sku_id, amount in enumerate(amounts, start=1)]
    return list(pricing.price(items, pricing.Terms()).lines)


def said(found: list[pricing.PricedLine], *offers: pricing.Offer) -> str:
    step = pricing.nudge(found, offers)
    return step.words if step else ""


def test_the_cart_is_told_what_is_missing_for_the_nearest_tier() -> None:
    off = pricing.Offer(1, "满减", "amount_off", [pricing.Tier(10_000, off=1000), pricing.Tier(20_000, off=3000)])
    pieces = offer_of("percent_off", pricing.Tier(3, percent=80), basis="pieces")

    assert said(lines(9000), off) == "再买 ¥10 可减 ¥10"
    assert said(lines(12_000), off) == "再买 ¥80 可减 ¥30"
    assert said(lines(25_000), off) == ""
    assert said(lines(9000, 100), pieces) == "再买 1 件 可打 8 折"
    assert said(lines(9000, 100), off, pieces) == "再买 ¥9 可减 ¥10"
    assert said([], off) == ""


def test_nobody_is_led_to_what_takes_off_less() -> None:
    great = offer_of("amount_off", pricing.Tier(5000, off=2000))
    small = pricing.Offer(2, "x", "amount_off", [pricing.Tier(10_000, off=1000)])
    found = pricing.price([pricing.Item(1, 1, 9000)], pricing.Terms(offers=[great])).lines

    assert said(list(found), great, small) == ""
    assert said(lines(9000), offer_of("gift", pricing.Tier(10_000, gift_sku=1, gift_units=1))) == ""
    gift = pricing.Tier(10_000, gift_sku=1, gift_units=1, gift_left=1)
    assert said(lines(9000), offer_of("gift", gift)) == "再买 ¥10 送赠品"
    assert said(lines(9000), offer_of("free_freight", pricing.Tier(10_000))) == "再买 ¥10 包邮"


# --- Pages ----------------------------------------------------------------------------------------------------------
def test_the_goods_of_an_offer_are_those_of_its_scope() -> None:
    top = make_category()
    below = make_category(parent=top)
    inside, outside = make_product("里", categories=[below]), make_product("外")
    make_product("下架", categories=[below], status="off_shelf")

    def names(kind: str, ids: list[int]) -> set[str]:
        found = selectors.goods_of(Promotion(scope_kind=kind, scope_ids=ids))
        return {row["name"] for row in found[0:20]}

    assert names("all", []) == {"里", "外"}
    assert names("category", [top.pk]) == {"里"}
    assert names("product", [outside.pk]) == {"外"}
    assert names("exclude", [outside.pk]) == {"里"}
    assert Product.objects.filter(pk=inside.pk).exists()


def test_a_page_says_what_an_offer_gives() -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    tea = make_category("茶")
    offer = make_offer(*LADDER, level_ids=[gold.pk], scope_kind="category", scope_ids=[tea.pk], rules_text="不与券同享")

    found = selectors.offer_page(offer.pk, now=NOON)

    assert found
    page = found[0]
    assert [tier.words for tier in page.tiers] == ["满 100 减 10", "满 200 减 30"]
    assert (page.kind_words, page.tag, page.state_words) == ("满立减", "满100减10", "进行中")
    assert (page.scope_words, page.level_words, page.rules) == ("茶 分类的商品", "金卡", "不与券同享")
    assert page.window == "3 月 2 日 12:00 – 3 月 3 日 12:00"
    assert selectors.offer_page(999, now=NOON) is None


def test_the_list_shows_what_a_visitor_may_use(django_assert_num_queries: Any) -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    make_offer(name="大家的")
    make_offer(name="金卡的", level_ids=[gold.pk])
    make_offer(name="明天的", starts_at=NOON + HOUR)
    make_offer(name="昨天的", starts_at=NOON - DAY, ends_at=NOON, now=NOON - DAY)

    with django_assert_num_queries(2):  # offers, tiers
        assert {page.name for page in selectors.offers_shown(level_id=None, now=NOON)} == {"大家的", "明天的"}
    with django_assert_num_queries(3):  # and the names of levels
        assert len(selectors.offers_shown(level_id=gold.pk, now=NOON)) == 3
