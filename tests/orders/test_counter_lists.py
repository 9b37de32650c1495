"""What stands beside the scan field: who comes next, who waits, who is late; and how the field itself is safe."""

import re
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from orders.models import Order, OrderStatus, Redemption
from orders.selectors import counter as selectors
from orders.services.pickup_codes import CONFIRM_WORD, is_confirmation, new_code, parse
from shop.models import PickupSlot, ShopSettings, Store
from tests.factories import make_member, make_sku, make_store
from tests.orders.test_counter import BACKEND, confirm, fields_of, find, make_clerk, ready, statements, verdict
from tests.pages import valid_html

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)  # Monday noon in Shanghai
TODAY = date(2026, 3, 2)
BY_HTMX = {"hx-request": "true"}


@pytest.fixture
def store() -> Store:
    return make_store("河坊街店")


@pytest.fixture
def clerk(client: Client, store: Store) -> Member:
    clerk = make_clerk(store)
    client.force_login(clerk, backend=BACKEND)
    return clerk


def booked(store: Store, day: date | None, window: str, phone: str = "") -> Order:
    """Make an order that lies ready for one window of one day."""
    order = ready(store, (make_sku("青瓷茶杯"), 2), **({"member": make_member(phone=phone)} if phone else {}))
    Order.objects.filter(pk=order.pk).update(pickup_day=day, pickup_window=window)
    return order


# --- A scan never confirms what was scanned before -----------------------------------------------------------------
def test_the_word_that_confirms_is_no_code() -> None:
    assert is_confirmation(CONFIRM_WORD)
    assert is_confirmation(f"]Q3{CONFIRM_WORD} ")
    assert not any(is_confirmation(text) for text in ("", "0" * 12, "00000", f"{CONFIRM_WORD}1"))
    assert parse(CONFIRM_WORD) == ""


def test_the_word_confirms_the_open_card_and_nothing_without_one(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store)
    card = find(client, order.pickup_code)

    alone = find(client, CONFIRM_WORD)
    assert verdict(alone) == ("不可提货", "没有打开的订单，请先扫顾客的提货码")
    assert Redemption.objects.count() == 0

    answer = client.post("/counter/find/", {**fields_of(card), "text": CONFIRM_WORD})
    assert answer["Location"] == f"/counter/?done={Redemption.objects.get(order=order).pk}"


@pytest.mark.parametrize("button", [{}, {"confirm": "on"}])
def test_a_code_scanned_onto_an_open_card_opens_its_own_order_whatever_was_pressed(
    client: Client, store: Store, clerk: Member, button: dict[str, str]
) -> None:
    first, second = ready(store), ready(store)
    card = find(client, first.pickup_code)

    page = find(client, second.pickup_code, **fields_of(card), **button)

    assert second.no in page
    assert f'name="card-code" value="{second.pickup_code}"' in page
    assert Redemption.objects.count() == 0


def test_the_same_code_scanned_twice_shows_the_card_again(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store)
    card = find(client, order.pickup_code)

    again = find(client, order.pickup_code, **fields_of(card))

    assert verdict(again)[0] == "可提货"
    assert Redemption.objects.count() == 0


def test_enter_in_an_empty_field_keeps_the_card_and_what_was_typed_on_it(
    client: Client, store: Store, clerk: Member
) -> None:
    order = ready(store, (make_sku(), 3), (make_sku(), 1))
    line = order.lines.order_by("pk")[0]
    card = find(client, order.pickup_code)

    again = find(client, "", **{**fields_of(card), f"units-{line.pk}": "2"})

    assert verdict(again) == ("可提货", "")
    assert f'name="units-{line.pk}" value="2"' in again
    assert Redemption.objects.count() == 0
    assert "没有看到 12 位提货码" in verdict(find(client, ""))[1]


def test_money_that_is_not_ticked_keeps_the_card(client: Client, store: Store, clerk: Member) -> None:
    ShopSettings.load()
    ShopSettings.objects.update(pay_at_store_enabled=True)
    order = ready(store, pay_channel="offline")

    refused = valid_html(confirm(client, find(client, order.pickup_code)))

    assert verdict(refused)[0] == "请核对"
    assert verdict(refused)[1].startswith("到店付款的订单，请先收款并勾选「已收款」")
    confirm(client, refused, **{"card-takes_payment": "on"})
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


def test_without_a_script_tab_does_not_reach_the_button_and_enter_presses_the_look_up(
    client: Client, store: Store, clerk: Member
) -> None:
    card = find(client, ready(store).pickup_code)

    assert re.search(r'<button[^>]*tabindex="-1"[^>]*>确认核销', card)
    first = re.search(r"<button[^>]*>([^<]*)</button>", card[card.index('id="scan"') :])
    assert first
    assert first[1] == "查询"
    assert "formnovalidate" in first[0]


def test_a_script_gets_the_answer_without_the_lists_until_goods_went_over(
    client: Client, store: Store, clerk: Member
) -> None:
    order = ready(store)

    card = client.post("/counter/find/", {"text": order.pickup_code or ""}, headers=BY_HTMX).content.decode()
    answer = confirm(client, card)
    done = client.get(answer["Location"], headers=BY_HTMX).content.decode()

    assert 'id="lists"' not in card
    assert 'id="lists"' in done


def test_a_script_whose_session_has_ended_is_sent_to_sign_in(client: Client, store: Store) -> None:
    answer = client.post("/counter/find/", {"text": new_code()}, headers=BY_HTMX)

    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/admin/login/?next=/counter/")


def test_wrong_foreign_and_used_codes_are_answered_in_less_than_300_ms(
    client: Client, store: Store, clerk: Member
) -> None:
    used, foreign = ready(store), ready(make_store("别的店"))
    confirm(client, find(client, used.pickup_code))
    words = {}

    for code in ("123", new_code(), foreign.pickup_code, used.pickup_code):
        began = time.process_time()  # the wall clock of a busy machine would measure its neighbours
        answer = client.post("/counter/find/", {"text": code or ""}, headers=BY_HTMX)
        seconds = time.process_time() - began
        words[code] = verdict(answer.content.decode())[1]
        assert seconds < 0.3

    assert [text[:15] for text in words.values()] == [
        "没有看到 12 位提货码，请核",
        "不是本店可核销的提货码",
        "不是本店可核销的提货码",
        words[used.pickup_code][:15],
    ]
    assert words[used.pickup_code].startswith("已于 ")


# --- Who is still to come ------------------------------------------------------------------------------------------
def test_waves_come_by_time_and_say_who_is_late(store: Store) -> None:
    booked(store, TODAY - timedelta(days=1), "10:00–12:00")
    booked(store, TODAY, "09:00–12:00")  # over at noon sharp
    booked(store, TODAY, "11:00–13:00")
    booked(store, TODAY, "11:00–13:00")
    booked(store, None, "")
    booked(make_store("别的店"), TODAY, "11:00–13:00")
    PickupSlot.objects.create(store=store, starts="09:00", ends="12:00")
    PickupSlot.objects.create(store=store, starts="11:00", ends="13:00")

    expected = selectors.expected_at(store.pk, now=NOW)

    assert [(wave.day, wave.window, wave.count, wave.is_overdue) for wave in expected.waves] == [
        (TODAY - timedelta(days=1), "10:00–12:00", 1, True),
        (TODAY, "09:00–12:00", 1, True),
        (TODAY, "11:00–13:00", 2, False),
        (None, "", 1, False),
    ]
    assert (expected.count, expected.overdue) == (5, 2)
    assert expected.next
    assert (expected.next.window, expected.next.count, expected.next.is_today) == ("11:00–13:00", 2, True)


def test_the_next_window_may_be_that_of_another_day_with_nobody_coming(store: Store) -> None:
    assert selectors.expected_at(store.pk, now=NOW).next is None

    PickupSlot.objects.create(store=store, starts="09:00", ends="11:00", weekdays="13")

    following = selectors.expected_at(store.pk, now=NOW).next
    assert following
    assert (following.day, following.window, following.count) == (date(2026, 3, 4), "09:00–11:00", 0)


def test_orders_are_found_by_tail_phone_and_number_in_the_own_store_only(store: Store) -> None:
    mine = booked(store, TODAY, "11:00–13:00", phone="13911112222")
    booked(store, TODAY, "11:00–13:00", phone="13922221111")
    booked(make_store("别的店"), TODAY, "11:00–13:00", phone="13933332222")

    found = {text: list(selectors.found_waiting(store.pk, text)) for text in ("2222", "13911112222", mine.no, "9999")}

    assert found == {"2222": [mine], "13911112222": [mine], mine.no: [mine], "9999": []}
    assert len(selectors.found_waiting(store.pk, "")) == 2


def test_the_list_shows_tails_and_never_a_code_or_a_phone(client: Client, store: Store, clerk: Member) -> None:
    order = booked(store, timezone.localdate(timezone.now()) - timedelta(days=1), "10:00–12:00", phone="13911112222")

    for path in ("/counter/", "/counter/waiting/", "/counter/waiting/?q=2222"):
        page = valid_html(client.get(path))
        assert "2222" in page
        assert "已过时段" in page
        assert order.no in page
        assert "13911112222" not in page
        assert (order.pickup_code or "") not in page
        assert (order.pickup_code or "")[-4:] not in page.replace(order.no, "")
    assert "没有找到" in valid_html(client.get("/counter/waiting/?q=0000"))
    assert "order_no=" not in page  # without the permission nobody is led to redeeming without a code


def test_who_may_redeem_without_a_code_is_led_there_with_the_number(client: Client, store: Store) -> None:
    client.force_login(make_clerk(store, permissions="redeem_order redeem_without_code"), backend=BACKEND)
    order = booked(store, None, "")

    assert f"/counter/without-code/?order_no={order.no}" in valid_html(client.get("/counter/waiting/"))
    assert f'value="{order.no}"' in valid_html(client.get(f"/counter/without-code/?order_no={order.no}"))


def test_the_list_takes_the_same_queries_for_one_order_and_for_many(
    client: Client, store: Store, clerk: Member
) -> None:
    counts = []
    client.get("/counter/")
    for _ in range(2):
        for _ in range(3):
            booked(store, TODAY, "11:00–13:00")
        with CaptureQueriesContext(connection) as captured:
            client.get("/counter/waiting/")
        # session, clerk, second factor, 2 permissions, unread, scope, stores, windows, slots, count, orders, lines
        counts.append(len(statements(captured)))

    assert counts[0] == counts[1] <= 13


def test_the_confirm_card_holds_the_word(client: Client, store: Store, clerk: Member) -> None:
    page = valid_html(client.get("/counter/help/"))

    assert CONFIRM_WORD in page
    assert "确认核销的二维码" in page
