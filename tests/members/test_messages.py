"""Notices: written with their event, once; delivered afterwards, or given up with a word to the staff."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members import selectors, services
from members.models import Member, Message, MessageStatus
from members.services import messages
from shop.lib.providers import ProviderError, ProviderRejected, ProviderUnavailable
from tests.factories import make_member, make_staff, make_store
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def tell(member: Member, **changes: Any) -> None:
    notice: dict[str, Any] = {"scene": "order_paid", "key": "order-1", "title": "付款成功", "body": "开始备货了。"}
    services.notify(member=member, now=NOW, **(notice | changes))


def tell_staff(**changes: Any) -> list[Member]:
    wish: dict[str, Any] = {"store_id": None, "scene": "new_order", "key": "order-1", "title": "新订单"}
    services.notify_staff(body="请接单。", now=NOW, **(wish | changes))
    return [message.member for message in Message.objects.select_related("member").order_by("member_id")]


def text(member: Member, **changes: Any) -> Message:
    tell(member, channels=["sms"], **changes)
    return Message.objects.get(channel="sms", member=member)


class Post:
    """A channel that keeps what it delivers and fails with the errors it was given, one after the other."""

    def __init__(self, *errors: ProviderError) -> None:
        self.errors = list(errors)
        self.delivered: list[Message] = []

    def deliver(self, message: Message) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.delivered.append(message)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    channel = Post()
    monkeypatch.setattr(messages, "CHANNELS", {"sms": channel})
    return channel


def test_a_notice_on_the_site_is_delivered_at_once() -> None:
    member = make_member()

    tell(member, link="/orders/1/")

    notice = Message.objects.get()
    assert (notice.member, notice.channel, notice.status, notice.link) == (member, "site", "sent", "/orders/1/")
    assert (notice.created_at, notice.sent_at, notice.read_at) == (NOW, NOW, None)
    assert services.unread_count(member) == 1


def test_the_same_event_is_told_once() -> None:
    member = make_member()

    tell(member)
    tell(member, title="付款成功了")

    assert [notice.title for notice in Message.objects.all()] == ["付款成功"]


def test_each_channel_and_each_person_gets_a_row_of_their_own() -> None:
    members = [make_member(), make_member()]

    for member in members:
        tell(member, channels=["site", "sms"])

    assert Message.objects.filter(channel="site", status="sent").count() == 2
    assert Message.objects.filter(channel="sms", status="pending", due_at=NOW, sent_at=None).count() == 2


def test_a_phone_that_slips_into_a_notice_is_masked() -> None:
    tell(make_member(), title="请联系13812345678", body="电话 13812345678，单号 202605040001，码 1380 0013 8000。")

    notice = Message.objects.get()
    assert notice.title == "请联系138****5678"
    assert notice.body == "电话 138****5678，单号 202605040001，码 1380 0013 8000。"


def test_staff_of_the_store_and_of_the_headquarters_are_told() -> None:
    east, west, head = make_store(), make_store(), make_store(is_headquarters=True)
    clerk, manager = make_staff(stores=[east]), make_staff(stores=[east, head])
    owner = make_staff(is_superuser=True)
    make_staff(stores=[west])
    make_staff(stores=[east], is_active=False)
    make_staff()
    make_member()

    told = tell_staff(store_id=east.pk)

    assert told == [clerk, manager, owner]


def test_what_concerns_no_store_is_told_to_the_headquarters_alone() -> None:
    make_staff(stores=[make_store()])
    manager = make_staff(stores=[make_store(is_headquarters=True)])

    assert tell_staff() == [manager]


def test_only_staff_who_may_act_are_told_when_a_permission_is_named() -> None:
    head = make_store(is_headquarters=True)
    owner, allowed, _ = make_staff(is_superuser=True), make_staff(stores=[head]), make_staff(stores=[head])
    allowed.user_permissions.add(Permission.objects.get(codename="change_sku", content_type__app_label="catalog"))

    assert tell_staff(permission="catalog.change_sku") == [owner, allowed]


def test_telling_the_staff_takes_one_statement_however_many_they_are() -> None:
    head = make_store(is_headquarters=True)
    for _ in range(5):
        make_staff(stores=[head])

    with CaptureQueriesContext(connection) as queries:
        tell_staff()

    statements = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) == 2  # INSERT of a SELECT, and the list this test reads


def test_members_mark_their_own_notices_as_read() -> None:
    member, stranger = make_member(), make_member()
    for key in "abc":
        tell(member, key=key)
    first = selectors.inbox(member).last()
    assert first is not None

    assert services.mark_read(member=stranger, message_id=first.pk, now=NOW) == 0
    assert services.mark_read(member=member, message_id=first.pk, now=NOW) == 1
    assert services.mark_read(member=member, message_id=first.pk, now=NOW) == 0
    assert services.unread_count(member) == 2
    assert services.mark_read(member=member, now=NOW) == 2
    assert services.unread_count(member) == 0


def test_notices_of_other_channels_are_not_in_the_inbox() -> None:
    member = make_member()

    tell(member, channels=["sms"])

    assert services.unread_count(member) == 0


def test_due_notices_are_delivered_once(post: Post) -> None:
    notice = text(make_member())

    assert services.deliver_messages(now=NOW) == 1
    assert services.deliver_messages(now=NOW + timedelta(hours=1)) == 0

    notice.refresh_from_db()
    assert (notice.status, notice.sent_at, notice.attempts) == (MessageStatus.SENT, NOW, 1)
    assert [message.pk for message in post.delivered] == [notice.pk]


def test_a_failure_is_tried_again_later(post: Post) -> None:
    post.errors = [ProviderUnavailable("UNREACHABLE")]
    notice = text(make_member())

    services.deliver_messages(now=NOW)

    notice.refresh_from_db()
    assert (notice.status, notice.attempts, notice.error) == ("pending", 1, "UNREACHABLE")
    assert notice.due_at == NOW + timedelta(seconds=15)
    assert services.deliver_messages(now=NOW + timedelta(seconds=14)) == 0
    assert services.deliver_messages(now=NOW + timedelta(seconds=15)) == 1
    notice.refresh_from_db()
    assert (notice.status, notice.attempts, notice.error) == ("sent", 2, "")


def test_after_the_last_try_the_staff_is_told_once(post: Post) -> None:
    owner = make_staff(is_superuser=True)
    post.errors = [ProviderUnavailable("UNREACHABLE")] * messages.MOST_ATTEMPTS
    member = make_member()
    notice = text(member)

    for _ in range(messages.MOST_ATTEMPTS + 2):
        services.deliver_messages(now=NOW)
        Message.objects.filter(status="pending").update(due_at=NOW)

    notice.refresh_from_db()
    assert (notice.status, notice.attempts) == ("failed", messages.MOST_ATTEMPTS)
    assert post.delivered == []
    told = selectors.inbox(owner).get()
    assert told.body == f"给会员 {member.no} 的“付款成功”没有送到，请换一种方式联系。"


def test_a_final_no_is_not_tried_again(post: Post) -> None:
    post.errors = [ProviderRejected("isv.MOBILE_NUMBER_ILLEGAL", "no such phone")]
    notice = text(make_member())

    services.deliver_messages(now=NOW)

    notice.refresh_from_db()
    assert (notice.status, notice.error) == ("failed", "isv.MOBILE_NUMBER_ILLEGAL: no such phone")


def test_a_message_whose_worker_died_is_taken_again_when_the_lease_ends(post: Post) -> None:
    notice = text(make_member())
    Message.objects.filter(pk=notice.pk).update(due_at=NOW + messages.LEASE)  # as claimed by a worker that died

    assert services.deliver_messages(now=NOW + messages.LEASE - timedelta(seconds=1)) == 0
    assert services.deliver_messages(now=NOW + messages.LEASE) == 1


def test_a_member_without_a_phone_gets_no_text_message() -> None:
    notice = text(make_member(phone=""))

    services.deliver_messages(now=NOW)

    notice.refresh_from_db()
    assert (notice.status, notice.error) == ("failed", "NO_PHONE: the member has no phone")


def test_a_text_message_reaches_the_phone(sandbox: Sandbox) -> None:
    member = make_member()
    text(member, title="提货码已生成", body="请凭提货码取货。")

    services.deliver_messages(now=NOW)

    [sent] = sandbox.messages(member.phone)
    assert (sent["template"], sent["params"]) == ("SMS_NOTICE", {"title": "提货码已生成", "body": "请凭提货码取货。"})


def test_a_gateway_that_is_down_leaves_the_message_waiting(sandbox: Sandbox) -> None:
    sandbox.fault("business_limit", operation="sms")
    notice = text(make_member())

    services.deliver_messages(now=NOW)

    notice.refresh_from_db()
    assert (notice.status, notice.attempts) == ("pending", 1)
    assert notice.error.startswith("isv.BUSINESS_LIMIT_CONTROL")
    assert sandbox.messages(notice.member.phone) == []
