"""The first page's figures, the operation log in words, settings and stores, and finding what was handed over."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members.models import OperationLog
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption, RedemptionWay, Refund
from shop.backoffice.differences import differences
from shop.backoffice.figures import overview
from shop.models import PickupSlot, ShopSettings, Store
from tests.factories import NOON, make_member, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import headquarters, hidden_fields, make_clerk, make_operator, signed_in, text_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff("boss", is_superuser=True))


# --- Figures -------------------------------------------------------------------------------------------------------
def paid(at: datetime, yuan: int, **options: Any) -> Order:
    """Make an order paid at a time, without freight."""
    ShopSettings.objects.update_or_create(pk=1, defaults={"freight_amount": 0})
    status = OrderStatus.READY_FOR_PICKUP if "store" in options else OrderStatus.PREPARING
    order = make_order((make_sku(price=yuan * 100), 1), status=status, now=NOON, **options)
    Order.objects.filter(pk=order.pk).update(paid_at=at)
    return order


def figures(staff: Any) -> dict[str, tuple[str, str, str, str]]:
    shown = overview(staff, now=NOON).figures
    return {one.title: (one.words, one.change, one.tone, one.yesterday_words) for one in shown}


def test_today_stands_beside_yesterday_at_the_same_time() -> None:
    boss = make_staff(is_superuser=True)
    paid(NOON - timedelta(hours=1), 30)
    paid(NOON, 12)
    paid(NOON - DAY - timedelta(hours=1), 20)
    paid(NOON - DAY + timedelta(hours=1), 100)
    paid(NOON - 9 * DAY, 500)

    shown = figures(boss)

    assert shown["付款金额"] == ("¥42.00", "比昨天此时多 ¥22.00（110%）", "good", "¥120.00")
    assert shown["付款订单"] == ("2 单", "比昨天此时多 1 单（100%）", "good", "2 单")
    assert shown["到账退款"] == ("¥0.00", "和昨天此时持平", "even", "¥0.00")
    week = overview(boss, now=NOON).week
    assert [paid_that_day.fen for _, paid_that_day, _ in week] == [0, 0, 0, 0, 0, 120_00, 42_00]


def test_more_refunds_than_yesterday_are_no_good_news() -> None:
    boss = make_staff(is_superuser=True)
    order = paid(NOON, 30)
    refund = orders.refund_order(order=order, by=boss, now=NOON, reason="坏了")
    Refund.objects.filter(pk=refund.pk).update(status="done", done_at=NOON)

    shown = figures(boss)["到账退款"]

    assert shown == ("¥30.00", "比昨天此时多 ¥30.00", "bad", "¥0.00")


def test_figures_hold_only_the_own_stores() -> None:
    headquarters()
    own, other = make_store("一店"), make_store("二店")
    paid(NOON, 30, store=own)
    paid(NOON, 50, store=other)
    make_member()

    shown = figures(make_clerk(own))

    assert shown["付款金额"][0] == "¥30.00"
    assert "新会员" not in shown
    assert "到账退款" not in shown


def test_the_first_page_shows_the_day_with_few_queries(
    owner: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    paid(timezone.now(), 30)
    owner.get("/admin/")

    # Session, user, stores, device; to-dos: orders, refunds, bill, stock; figures: orders, refunds, redemptions,
    # members; unread notices.
    with django_assert_max_num_queries(14):
        text = text_of(owner.get("/admin/"))

    assert "付款金额 ¥30.00" in text
    assert "看每天的数字" in text


def test_an_account_without_rights_sees_no_figures() -> None:
    assert overview(make_staff(), now=NOON).figures == []


# --- The operation log ---------------------------------------------------------------------------------------------
def entry(target: str, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    return differences(OperationLog(target_type=target, target_id="1", before=before, after=after))


def test_changes_are_written_in_the_words_of_the_screen() -> None:
    assert entry("shop.shopsettings", {"freight_amount": 800, "auto_accept": True, "service_phone": ""},
                 {"freight_amount": 650, "auto_accept": False, "service_phone": "0571"}) == [
        ("运费", "¥8.00 → ¥6.50"), ("自动接单", "是 → 否"), ("客服电话", "空 → 0571"),
    ]  # fmt: skip
    assert entry("orders.order", {"status": "preparing"}, {"status": "shipped", "company": "顺丰速运"}) == [
        ("状态", "配货中 → 已发货"), ("快递公司", "顺丰速运"),
    ]  # fmt: skip
    assert entry("orders.order", {}, {"units_by_line": {"7": 2, "8": 0}, "restock": True, "reason": ""}) == [
        ("件数", "7 × 2"), ("退回库存", "是"),
    ]  # fmt: skip
    assert entry("members.member", {"stores": [1]}, {"stores": [1, 2]}) == [("门店", "1 → 1、2")]
    assert entry("no.such", {"thing": None}, {"thing": 5}) == [("thing", "空 → 5")]


def test_the_log_is_narrowed_to_an_object_a_day_and_a_person(owner: Client) -> None:
    owner.post("/admin/shop/shopsettings/1/change/", settings_fields(owner, freight_amount="6.50"))
    store = make_store("一店")
    owner.post(f"/admin/staff/{make_clerk(store).pk}/switch/")

    def shown(**query: str) -> list[str]:
        rows = owner.get("/admin/members/operationlog/", query).context["cl"].result_list
        return [row.action for row in rows]

    assert shown(target="shop.shopsettings") == ["change"]
    assert shown(target="members.member") == ["switch_staff"]
    assert shown(at_to="2001-01-01") == []
    assert "运费 ¥8.00 → ¥6.50" in text_of(owner.get("/admin/members/operationlog/"))


# --- Settings and stores -------------------------------------------------------------------------------------------
def settings_fields(client: Client, **changes: Any) -> dict[str, Any]:
    client.get("/admin/shop/shopsettings/")
    return {**hidden_fields(client.get("/admin/shop/shopsettings/1/change/")), **changes}


def test_every_field_of_the_settings_says_what_it_does(owner: Client) -> None:
    owner.get("/admin/shop/shopsettings/")
    form = owner.get("/admin/shop/shopsettings/1/change/").context["adminform"].form

    assert [name for name, field in form.fields.items() if not field.help_text] == []


@pytest.mark.parametrize("field", ["pay_timeout_minutes", "auto_receive_days", "after_sale_days", "pickup_days"])
def test_a_stretch_beyond_all_sense_is_refused_at_its_field(owner: Client, field: str) -> None:
    answer = owner.post("/admin/shop/shopsettings/1/change/", settings_fields(owner, **{field: "2000000000"}))

    assert answer.context["adminform"].form.errors.keys() == {field}
    assert ShopSettings.load().pay_timeout_minutes == 30


def test_a_shop_delivers_in_at_least_one_way(owner: Client) -> None:
    fields = settings_fields(owner)
    del fields["express_enabled"], fields["pickup_enabled"]

    assert "快递和自提至少开通一种" in text_of(owner.post("/admin/shop/shopsettings/1/change/", fields))
    assert ShopSettings.load().pickup_enabled


def test_what_is_set_and_which_stores_there_are_is_seen_at_once(
    owner: Client, django_capture_on_commit_callbacks: Any
) -> None:
    guest = Client()
    assert "团铺" in guest.get("/").content.decode()
    assert "新店" not in guest.get("/stores/").content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        owner.post("/admin/shop/shopsettings/1/change/", settings_fields(owner, shop_name="山里人家"))
        owner.post("/admin/shop/store/add/", STORE)

    assert "山里人家" in guest.get("/").content.decode()
    assert "新店" in guest.get("/stores/").content.decode()


STORE = {
    "name": "新店", "phone": "0571-12345678", "hours": "9:00–21:00", "address": "文三路 1 号", "sort_order": "1",
    "is_active": "on", "pickup_enabled": "on", "slots-TOTAL_FORMS": "0", "slots-INITIAL_FORMS": "0",
}  # fmt: skip


def test_a_stores_region_is_one_that_exists(owner: Client) -> None:
    wrong = owner.post("/admin/shop/store/add/", {**STORE, "region_path": "浙江省/西湖区"})
    owner.post("/admin/shop/store/add/", {**STORE, "region_path": " 浙江省 / 杭州市 / 西湖区 "})

    assert "没有这个地区" in text_of(wrong)
    store = Store.objects.get()
    assert (store.region_code, store.region_path) == ("330106", "浙江省/杭州市/西湖区")


def test_a_place_on_the_map_has_both_numbers(owner: Client) -> None:
    answer = owner.post("/admin/shop/store/add/", {**STORE, "longitude": "120.13"})

    assert answer.context["adminform"].form.errors == {"latitude": ["经度和纬度要一起填"]}
    assert not Store.objects.exists()


def test_the_days_of_a_slot_are_ticks(owner: Client) -> None:
    store = make_store("一店")
    slot = PickupSlot.objects.create(store=store, weekdays="12345", starts="09:00", ends="12:00", capacity=5)
    page = owner.get(f"/admin/shop/store/{store.pk}/change/").content.decode()
    facts = {**STORE, "name": "一店", "slots-TOTAL_FORMS": "1", "slots-INITIAL_FORMS": "1", "slots-0-id": slot.pk,
             "slots-0-store": store.pk, "slots-0-weekdays": ["7", "6"], "slots-0-starts": "09:00",
             "slots-0-ends": "12:00", "slots-0-capacity": "5"}  # fmt: skip

    assert page.count('name="slots-0-weekdays"') == 7
    owner.post(f"/admin/shop/store/{store.pk}/change/", facts)

    slot.refresh_from_db()
    assert slot.weekdays == "67"


def test_a_store_names_the_people_who_work_there(owner: Client) -> None:
    store = make_store("一店")
    make_clerk(store)

    assert "（店员）" in text_of(owner.get(f"/admin/shop/store/{store.pk}/change/"))


# --- What was handed over ------------------------------------------------------------------------------------------
def redeemed(store: Store, at: datetime) -> Redemption:
    order = make_order(status=OrderStatus.READY_FOR_PICKUP, store=store, now=timezone.now())
    done = orders.redeem(
        staff=make_staff(is_superuser=True), way=RedemptionWay.CODE, code=str(order.pickup_code),
        submission=uuid.uuid4().hex, now=timezone.now(),
    )  # fmt: skip
    Redemption.objects.filter(pk=done.pk).update(redeemed_at=at)
    return done


def test_yesterdays_redemptions_of_one_store_are_two_touches_away() -> None:
    desk = signed_in(make_operator())
    one, two = make_store("一店"), make_store("二店")
    wanted = redeemed(one, timezone.now() - DAY)
    redeemed(one, timezone.now())
    redeemed(two, timezone.now() - DAY)
    page = "/admin/orders/redemption/"

    def chip(query: str, name: str, label: str) -> str:
        return str(next(found for words, found, _ in desk.get(page + query).context[name] if words == label))

    response = desk.get(page + chip(chip("", "stretches", "昨天"), "stores", "一店"))

    assert list(response.context["cl"].result_list) == [wanted]
    assert response.context["units"] == 1
    assert [label for label, _, is_chosen in response.context["stores"] if is_chosen] == ["一店"]


def test_the_tabs_of_refunds_count_what_they_lead_to() -> None:
    desk = signed_in(make_operator())
    order = make_order((make_sku(price=1000), 3), status=OrderStatus.PREPARING, now=timezone.now())
    line = order.lines.get().pk
    for status in ("sent", "abnormal", "done"):
        refund = orders.refund_lines(
            order=order, units_by_line={line: 1}, by=make_staff(), now=timezone.now(), reason="压坏了"
        )
        refund.move(status)

    tabs = {tab: count for tab, _, count in desk.get("/admin/orders/refund/").context["tabs"]}

    assert tabs == {"": 3, "going": 1, "trouble": 1, "done": 1}
    for tab, count in tabs.items():
        assert len(desk.get("/admin/orders/refund/", {"tab": tab}).context["cl"].result_list) == count
