"""Profile and inbox."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from members import selectors, services
from members.models import Member
from tests.factories import make_member
from tests.pages import valid_html

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
PROFILE, MESSAGES = "/me/profile/", "/me/messages/"


@pytest.fixture
def member(client: Client) -> Member:
    """The shopper who is signed in."""
    shopper = make_member(phone="13812345678")
    client.force_login(shopper, backend="django.contrib.auth.backends.ModelBackend")
    return shopper


def tell(member: Member, key: str = "1", **changes: Any) -> None:
    notice: dict[str, Any] = {"scene": "order_paid", "title": "付款成功", "body": "我们开始备货了。"}
    services.notify(member=member, key=key, now=NOW, **(notice | changes))


# --- Profile --------------------------------------------------------------------------------------------------------
def test_the_profile_shows_the_phone_masked(client: Client, member: Member) -> None:
    text = valid_html(client.get(PROFILE))

    assert "138****5678" in text
    assert "13812345678" not in text
    assert member.no in text


def test_nickname_and_birthday_are_saved(client: Client, member: Member) -> None:
    answer = client.post(PROFILE, {"nickname": " 小王 ", "birthday": "1990-02-28"})

    assert answer.headers["Location"] == reverse("me")
    member.refresh_from_db()
    assert (member.nickname, member.birthday) == ("小王", date(1990, 2, 28))


def test_both_may_be_left_empty(client: Client, member: Member) -> None:
    services.save_profile(member=member, nickname="小王", birthday=date(1990, 2, 28), today=date(2020, 1, 1), now=NOW)

    client.post(PROFILE, {"nickname": "", "birthday": ""})

    member.refresh_from_db()
    assert (member.nickname, member.birthday) == ("", None)


def test_a_birthday_changes_once_a_year_and_a_nickname_whenever_one_likes(client: Client, member: Member) -> None:
    client.post(PROFILE, {"nickname": "小王", "birthday": "1990-02-28"})

    page = valid_html(client.get(PROFILE))
    client.post(PROFILE, {"nickname": "老王", "birthday": "1991-03-01"})

    free_on = services.birthday_free_on(Member.objects.get())
    assert f"生日每年只能改一次，{free_on} 起可以再改" in page
    member.refresh_from_db()
    assert (member.nickname, member.birthday) == ("老王", date(1990, 2, 28))
    assert member.birthday_set_on == timezone.localdate()


@pytest.mark.parametrize(
    ("set_on", "free_on"), [(date(2025, 5, 4), date(2026, 5, 4)), (date(2024, 2, 29), date(2025, 3, 1))]
)
def test_a_birthday_rests_for_a_year(member: Member, set_on: date, free_on: date) -> None:
    services.save_profile(member=member, nickname="", birthday=date(1990, 1, 1), today=set_on, now=NOW)

    with pytest.raises(services.BirthdayFixed) as refused:
        services.save_profile(
            member=member, nickname="x", birthday=date(1990, 1, 2), today=free_on - timedelta(days=1), now=NOW
        )

    assert refused.value.message == f"生日每年只能改一次，{free_on} 起可以再改"
    kept = Member.objects.get()
    assert (kept.nickname, kept.birthday, kept.birthday_set_on) == ("", date(1990, 1, 1), set_on)
    services.save_profile(member=member, nickname="x", birthday=date(1990, 1, 2), today=free_on, now=NOW)
    assert Member.objects.get().birthday_set_on == free_on


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birthday", "1990-02-30"), ("birthday", "昨天"), ("birthday", "1899-12-31"), ("birthday", "0000-00-00"),
        ("birthday", "9999-12-31"), ("nickname", "很" * 31), ("nickname", "a\0b"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_kept_and_nothing_is_saved(
    client: Client, member: Member, field: str, value: str
) -> None:
    page = client.post(PROFILE, {"nickname": "小王", "birthday": "1990-01-31", field: value})

    assert list(page.context["form"].errors) == [field]
    member.refresh_from_db()
    assert (member.nickname, member.birthday) == ("", None)


@pytest.mark.parametrize(("days", "is_valid"), [(0, True), (1, False)])
def test_a_birthday_is_not_in_the_future(client: Client, member: Member, days: int, *, is_valid: bool) -> None:
    day = timezone.localdate() + timedelta(days=days)

    page = client.post(PROFILE, {"birthday": f"{day}"})

    assert (page.status_code == 302) is is_valid


def test_nothing_but_nickname_and_birthday_can_be_changed(client: Client, member: Member) -> None:
    client.post(PROFILE, {"nickname": "x", "phone": "13900000000", "is_staff": "on", "no": "1", "is_superuser": "1"})

    after = Member.objects.get()
    assert (after.phone, after.is_staff, after.is_superuser, after.no) == ("13812345678", False, False, member.no)


# --- Inbox ----------------------------------------------------------------------------------------------------------
def test_an_empty_inbox_says_so(client: Client, member: Member) -> None:
    assert "还没有消息" in valid_html(client.get(MESSAGES))


def test_notices_are_listed_newest_first_and_unread_ones_marked(client: Client, member: Member) -> None:
    tell(member, "1", title="第一条")
    tell(member, "2", title="第二条")
    services.mark_read(member=member, message_id=selectors.inbox(member)[0].pk, now=NOW)

    text = valid_html(client.get(MESSAGES))

    assert text.index("第二条") < text.index("第一条")
    assert text.count("未读") == 1
    assert "5月4日 11:02" in text  # Shanghai


def test_looking_at_the_list_reads_nothing(client: Client, member: Member) -> None:
    tell(member)

    client.get(MESSAGES)

    assert services.unread_count(member) == 1


def test_opening_a_notice_marks_it_and_leads_to_what_it_is_about(client: Client, member: Member) -> None:
    tell(member, link="/orders/20260504/")
    message = selectors.inbox(member).get()
    url = reverse("members:message_open", args=[message.pk])

    assert client.get(url).status_code == 405
    assert client.post(url).headers["Location"] == "/orders/20260504/"
    message.refresh_from_db()
    assert message.read_at is not None


def test_a_notice_about_nothing_leads_back_to_the_list(client: Client, member: Member) -> None:
    tell(member)

    answer = client.post(reverse("members:message_open", args=[selectors.inbox(member).get().pk]))

    assert answer.headers["Location"] == MESSAGES


def test_all_can_be_marked_at_once(client: Client, member: Member) -> None:
    tell(member, "1")
    tell(member, "2")

    client.post(reverse("members:message_read_all"))

    assert services.unread_count(member) == 0
    assert "全部已读" not in valid_html(client.get(MESSAGES))


def test_notices_of_another_are_not_there(client: Client, member: Member) -> None:
    stranger = make_member()
    tell(stranger, title="别人的消息")
    message = selectors.inbox(stranger).get()

    assert "别人的消息" not in valid_html(client.get(MESSAGES))
    assert client.post(reverse("members:message_open", args=[message.pk])).status_code == 404
    client.post(reverse("members:message_read_all"))
    assert services.unread_count(stranger) == 1


@pytest.mark.parametrize("page", ["1", "2", "3", "99", "x", "-1", ""])
def test_every_page_of_the_inbox_costs_the_same_few_queries(client: Client, member: Member, page: str) -> None:
    for number in range(41):
        tell(member, str(number))

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(MESSAGES, {"page": page})

    assert len(queries) == 5  # session, member, count, notices, unread
    assert len(answer.context["page"].object_list) in {20, 1}
    valid_html(answer)
