"""What shoppers see of what runs: activities, the flash sale, tags, and the way to checkout."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Level
from promotions import services as promotions
from promotions.models import FlashSale, Promotion
from promotions.services import FlashItemDraft, TierDraft
from shop.lib import fragments, posters
from tests.factories import make_category, make_member, make_product, make_sku, make_staff
from tests.promotions.activities import DAY, HOUR, make_flash, make_offer
from tests.shop.backoffice import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    fragments.forget()


def running_offer(*tiers: TierDraft, **fields: Any) -> Promotion:
    now = timezone.now()
    return make_offer(*tiers, now=now, starts_at=now - HOUR, ends_at=now + DAY, **fields)


def running_flash(*items: FlashItemDraft, **fields: Any) -> FlashSale:
    now = timezone.now()
    window = {"starts_at": now - HOUR, "ends_at": now + HOUR} | fields
    return make_flash(*items, now=now, **window)


# --- Offers ---------------------------------------------------------------------------------------------------------
def test_the_list_of_offers_costs_three_queries(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(12):
        running_offer(name=f"满减 {number}")

    with django_assert_num_queries(3):  # offers, tiers, the name of the shop
        page = client.get("/offers/")

    assert text_of(page).count("满 100 减 10") == 12


@pytest.mark.parametrize(("units", "sentence"), [(1, "再买 ¥40 可减 ¥10"), (2, "再买 ¥80 可减 ¥30")])
def test_the_cart_says_what_the_next_tier_would_give(client: Client, units: int, sentence: str) -> None:
    offer = running_offer(TierDraft(10_000, off=1000), TierDraft(20_000, off=3000))
    client.post("/cart/add/", {"sku": make_sku(price=6000).pk, "units": units})

    page = client.get("/cart/")

    assert sentence in text_of(page)
    assert f'href="/offers/{offer.pk}/"' in page.content.decode()


def test_a_list_without_offers_leads_on(client: Client) -> None:
    assert "现在没有优惠活动" in text_of(client.get("/offers/"))


def test_offers_of_a_level_are_listed_for_that_level(client: Client) -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    offer = running_offer(name="金卡专享", level_ids=[gold.pk])
    member = make_member()

    assert "金卡专享" not in text_of(client.get("/offers/"))
    assert "限金卡" in text_of(client.get(f"/offers/{offer.pk}/")).replace("适用会员 ", "限")
    member.level = gold
    member.save(update_fields=["level"])
    assert "金卡专享" in text_of(signed_in(member).get("/offers/"))


def test_an_activity_shows_its_goods_by_pages(client: Client, django_assert_num_queries: Any) -> None:
    category = make_category("茶")
    for number in range(21):
        make_product(f"茶 {number}", categories=[category])
    make_product("别的")
    offer = running_offer(scope_kind="category", scope_ids=[category.pk])

    # offer, tiers, name of the category, count, goods; for tags: offers, tiers, flash prices, categories
    with django_assert_num_queries(9):
        page = client.get(f"/offers/{offer.pk}/")

    assert page.content.decode().count("goods-card__name") == 20
    assert "共 21 件" in text_of(page)
    assert "别的" not in text_of(page)
    assert client.get(f"/offers/{offer.pk}/?page=2").content.decode().count("goods-card__name") == 1


def test_an_activity_that_is_over_says_so_and_one_that_is_not_there_is_404(client: Client) -> None:
    offer = running_offer()
    promotions.stop_offer(promotion=offer, by=make_staff(), now=timezone.now())

    assert "这个活动结束了" in text_of(client.get(f"/offers/{offer.pk}/"))
    assert [client.get(f"/offers/999/{part}").status_code for part in ("", "share/", "poster/")] == [404, 404, 404]


def test_a_gift_says_what_is_left(client: Client) -> None:
    gift = make_sku("帆布袋")
    offer = running_offer(TierDraft(10_000, gift_id=gift.pk, gift_change=1), kind="gift")

    assert "满 100 送 帆布袋 × 1 还剩 1 件，送完为止" in text_of(client.get(f"/offers/{offer.pk}/"))
    promotions.take_gifts({offer.tiers.get().pk: 1})
    assert "赠品已送完" in text_of(client.get(f"/offers/{offer.pk}/"))


def test_an_activity_is_shared_by_link_code_and_poster(client: Client) -> None:
    offer = running_offer(name="春日满减")

    sheet = client.get(f"/offers/{offer.pk}/share/")
    assert f"http://testserver/offers/{offer.pk}/" in sheet.content.decode()
    assert "data:image/svg+xml" in sheet.content.decode()
    if posters.is_font_there():
        poster = client.get(f"/offers/{offer.pk}/poster/")
        assert (poster.status_code, poster["Content-Type"]) == (200, "image/png")


def test_without_a_font_the_poster_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(poster: posters.Poster) -> bytes:
        raise posters.FontMissing

    monkeypatch.setattr(posters, "draw", missing)
    offer = running_offer()

    answer = client.get(f"/offers/{offer.pk}/poster/", follow=True)

    assert "海报暂时画不出来" in text_of(answer)


# --- Tags -----------------------------------------------------------------------------------------------------------
def test_cards_and_product_page_carry_the_tags_of_what_runs_for_all(client: Client) -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    tea, cup = make_category("茶"), make_category("杯")
    product = make_product("龙井", categories=[make_category("绿茶", parent=tea)])
    make_product("瓷杯", categories=[cup])
    running_offer(scope_kind="category", scope_ids=[tea.pk])
    running_offer(TierDraft(5000, off=2000), level_ids=[gold.pk])

    cards = text_of(client.get("/goods/"))

    assert cards.count("满100减10") == 1
    assert "满50减20" not in cards
    assert "满100减10" in text_of(client.get(f"/goods/{product.pk}/"))
    assert "满 100 减 10" in text_of(client.get("/"))


def test_the_offers_of_tags_are_read_once_for_a_crowd(client: Client, django_assert_num_queries: Any) -> None:
    make_product("龙井")
    running_offer()
    client.get("/goods/")

    with django_assert_num_queries(2):  # count, goods: offers and flash prices are kept
        client.get("/goods/?sort=new")


# --- The flash sale -------------------------------------------------------------------------------------------------
def test_the_page_of_the_sale_costs_three_queries(client: Client, django_assert_num_queries: Any) -> None:
    drafts = [FlashItemDraft(make_sku(f"茶 {n}", price=900, stock=5).pk, 300, 5) for n in range(8)]
    running_flash(*drafts, name="午间场")

    with django_assert_num_queries(3):  # sessions, pieces, the name of the shop
        page = client.get("/flash/")

    text = text_of(page)
    assert ("午间场" in text, text.count("马上抢"), text.count("已抢 0%")) == (True, 8, 8)
    assert 'data-countdown="' in page.content.decode()


def test_sessions_to_come_are_shown_and_nonsense_shows_the_first(client: Client) -> None:
    running_flash(name="现在场")
    later = running_flash(name="明天场", starts_at=timezone.now() + DAY, ends_at=timezone.now() + DAY + HOUR)

    assert "现在场" in text_of(client.get("/flash/?session=abc"))
    page = text_of(client.get(f"/flash/?session={later.pk}"))
    assert "明天场" in page
    assert "距开始" in page
    assert "马上抢" not in page


def test_no_session_leads_on(client: Client) -> None:
    assert "现在没有抢购" in text_of(client.get("/flash/"))


def test_a_vip_may_buy_before_the_others(client: Client) -> None:
    soon = timezone.now() + timedelta(minutes=10)
    sale = running_flash(starts_at=soon, ends_at=soon + HOUR, vip_early_minutes=30)
    product = sale.items.get().sku.product_id

    assert "马上抢" not in text_of(client.get("/flash/"))
    assert "立即抢购" not in text_of(client.get(f"/goods/{product}/"))
    assert "开抢，还有" in text_of(client.get(f"/goods/{product}/"))
    vip = signed_in(make_member(is_vip=True))
    assert "马上抢" in text_of(vip.get("/flash/"))
    assert "立即抢购" in text_of(vip.get(f"/goods/{product}/"))


def test_the_product_page_leads_to_the_checkout_of_the_piece(client: Client) -> None:
    item = running_flash().items.get()

    page = client.get(f"/goods/{item.sku.product_id}/")

    html, text = page.content.decode(), text_of(page)
    assert f'<input type="hidden" name="flash" value="{item.pk}">' in html
    assert 'action="/checkout/"' in html
    assert 'min="1" max="2"' in html
    assert "每人限购 2 件" in text
    assert "原价加购" in text
    assert "立即购买" not in text


def test_a_piece_whose_stock_is_all_locked_can_still_be_bought(client: Client) -> None:
    sku = make_sku("橙汁", price=900, stock=3)
    running_flash(FlashItemDraft(sku.pk, 300, 3))

    page, cards = text_of(client.get(f"/goods/{sku.product_id}/")), text_of(client.get("/goods/"))

    assert "立即抢购" in page
    assert "原价加购" not in page
    assert "抢购 ¥3" in cards
    assert "售罄" not in cards


def test_a_piece_that_is_gone_is_sold_at_its_usual_price(client: Client) -> None:
    sku = make_sku("橙汁", price=900, stock=3)
    item = running_flash(FlashItemDraft(sku.pk, 300, 1)).items.get()
    promotions.take_flash(member=make_member(), units_by_item={item.pk: 1}, now=timezone.now())

    page = text_of(client.get(f"/goods/{sku.product_id}/"))

    assert "抢光了，可以按原价购买" in page
    assert "立即购买" in page
    assert "抢购 ¥3" not in text_of(client.get("/goods/"))
    assert "抢光了" in text_of(client.get("/flash/"))


def test_home_shows_the_session_that_is_open(client: Client) -> None:
    assert "限时抢购" not in text_of(client.get("/"))
    fragments.forget()
    running_flash(name="午间场")

    page = text_of(client.get("/"))

    assert "午间场 · 距结束" in page


def test_the_clock_by_which_a_kept_page_counts_is_the_servers(client: Client) -> None:
    item = running_flash().items.get()
    address = f"/goods/{item.sku.product_id}/"

    def clock() -> str:
        return client.get(address).content.decode().split('data-now="')[1].split('"')[0]

    first, second = clock(), clock()

    assert first < second
    assert second[:16] == timezone.now().isoformat()[:16]
