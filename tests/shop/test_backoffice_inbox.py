"""The inbox of the staff: what the shop tells them reaches them, at the back office and at the counter."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members import services as members
from members.models import Member, Message
from orders.models import OrderStatus
from shop.models import ShopSettings, Store
from tests.factories import make_member, make_order, make_staff, make_store
from tests.shop.backoffice import headquarters, make_clerk, page_of, signed_in, text_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
INBOX = "/admin/inbox/"


@pytest.fixture
def east() -> Store:
    headquarters()
    return make_store("东店")


@pytest.fixture
def clerk(east: Store) -> Member:
    return make_clerk(east)


@pytest.fixture
def counter(clerk: Member) -> Client:
    return signed_in(clerk)


def tell(store: Store | None, key: str, **facts: str) -> None:
    """Tell the staff of `store` something."""
    said = {"title": "新订单", "body": f"请接单 {key}。", **facts}
    members.notify_staff(store_id=store.pk if store else None, scene="test", key=key, now=NOW, **said)


def notice_to(person: Member) -> Message:
    return Message.objects.get(member=person)


def test_a_new_order_reaches_the_clerk_and_leads_to_its_page(counter: Client, clerk: Member, east: Store) -> None:
    ShopSettings.objects.update_or_create(pk=1, defaults={"auto_accept": False})
    order = make_order(status=OrderStatus.PENDING_ACCEPTANCE, store=east, now=timezone.now())
    assert order.no in text_of(counter.get(INBOX))

    response = counter.post(f"{INBOX}{notice_to(clerk).pk}/")

    assert response.headers["Location"] == page_of(order)
    assert counter.get(page_of(order)).status_code == 200
    assert notice_to(clerk).read_at is not None


@pytest.mark.parametrize("page", ["/admin/", "/admin/orders/order/", INBOX, "/counter/", "/counter/log/"])
def test_every_page_counts_what_is_unread_until_it_is_opened(
    counter: Client, clerk: Member, east: Store, page: str
) -> None:
    tell(east, "a")
    assert 'aria-label="通知，1 条未读"' in counter.get(page).content.decode()

    counter.post(f"{INBOX}{notice_to(clerk).pk}/")

    assert 'aria-label="通知"' in counter.get(page).content.decode()


def test_looking_at_the_list_marks_nothing_as_read(counter: Client, clerk: Member, east: Store) -> None:
    tell(east, "a")

    page = counter.get(INBOX)

    assert "请接单 a。" in text_of(page)
    assert "未读" in text_of(page)
    assert counter.get(f"{INBOX}{notice_to(clerk).pk}/").status_code == 405
    assert notice_to(clerk).read_at is None


def test_people_see_and_open_their_own_notices_only(counter: Client, east: Store) -> None:
    other = make_clerk(make_store("西店"))
    tell(Store.objects.get(name="西店"), "west")

    page = counter.get(INBOX)
    opened = counter.post(f"{INBOX}{notice_to(other).pk}/")
    counter.post(f"{INBOX}read/")

    assert "还没有通知" in text_of(page)
    assert opened.status_code == 404
    assert notice_to(other).read_at is None


def test_all_are_marked_as_read_at_once(counter: Client, clerk: Member, east: Store) -> None:
    tell(east, "a")
    tell(east, "b")

    response = counter.post(f"{INBOX}read/")

    assert response.headers["Location"] == INBOX
    assert not Message.objects.filter(member=clerk, read_at=None).exists()


def test_a_notice_that_leads_nowhere_leads_back(counter: Client, clerk: Member, east: Store) -> None:
    tell(east, "a", link="")

    assert counter.post(f"{INBOX}{notice_to(clerk).pk}/").headers["Location"] == INBOX


def test_many_notices_have_pages(counter: Client, east: Store) -> None:
    for number in range(21):
        tell(east, f"n{number:02d}")

    first, second = text_of(counter.get(INBOX)), text_of(counter.get(INBOX, {"page": "2"}))

    assert ("n20" in first, "n00" in first, "n00" in second) == (True, False, True)
    assert "21" in counter.get("/counter/").content.decode()
    assert counter.get(INBOX, {"page": "x"}).status_code == 200


def test_visitors_have_no_inbox_there_and_staff_without_a_role_have_an_empty_one(client: Client) -> None:
    client.force_login(make_staff())

    assert Client().get(INBOX).status_code == 302
    assert "还没有通知" in text_of(client.get(INBOX))


# --- The bell that asks again and again ----------------------------------------------------------------------------
BELL = f"{INBOX}bell/"


def test_the_bell_of_every_page_asks_for_itself(counter: Client, east: Store) -> None:
    tell(east, "a")

    page, bell = counter.get("/admin/").content.decode(), counter.get(BELL).content.decode()

    assert f'hx-get="{BELL}"' in page
    assert bell.strip() in page
    assert 'data-bell="1"' in bell
    assert "data-sound" in page


def test_the_bell_counts_what_came_since(counter: Client, clerk: Member, east: Store) -> None:
    assert '<span class="bo-badge"' not in counter.get(BELL).content.decode()
    tell(east, "a")

    answer = counter.get(BELL)

    assert 'aria-label="通知，1 条未读"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert notice_to(clerk).read_at is None


def test_the_bell_costs_four_queries(
    counter: Client, east: Store, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        tell(east, f"n{number}")

    with django_assert_num_queries(4):  # session, member, second factor, unread
        counter.get(BELL)


def test_who_may_not_come_in_is_told_nothing_and_sent_nowhere(client: Client) -> None:
    shopper = Client()
    shopper.force_login(make_member())

    answers = [one.get(BELL) for one in (client, shopper)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b""), (204, b"")]
    assert client.post(BELL).status_code == 405
