"""Notices to people: a row per person and channel, written with the event, delivered afterwards.

The site's own channel needs no delivery: its row is the notice. Other channels are delivered by a sweep.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db.models import F, QuerySet

from members.models import Member, Message, MessageChannel, MessageStatus, mask_phone
from members.selectors import active_staff, inbox
from shop.lib import outbox, sms
from shop.lib.bulk import insert_select
from shop.lib.providers import ProviderError, ProviderRejected

MOST_ATTEMPTS = 8
LEASE = timedelta(minutes=5)  # longer than a whole batch of unanswered calls
BATCH = 500
PHONE_IN_TEXT = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
SITE_ONLY = (MessageChannel.SITE,)


class Channel(Protocol):
    """A way by which a notice reaches a person outside the site."""

    def deliver(self, message: Message) -> None:
        """Hand `message` over. Raises ProviderRejected when it never will arrive, another ProviderError to retry."""


class SmsChannel:
    """Text messages, in the one approved template for notices."""

    def deliver(self, message: Message) -> None:
        if not message.member.phone:
            raise ProviderRejected("NO_PHONE", "the member has no phone")
        params = {"title": message.title, "body": message.body}
        sms.provider().send(phone=message.member.phone, template=settings.SMS["notice_template"], params=params)


CHANNELS: Mapping[str, Channel] = {MessageChannel.SMS: SmsChannel()}  # WeChat's enters here


def notify(
    *,
    member: Member,
    scene: str,
    key: str,
    title: str,
    body: str,
    link: str = "",
    now: datetime,
    channels: Collection[str] = SITE_ONLY,
) -> None:
    """Tell `member` something once: a second call with the same `key` writes nothing.

    `link` is an address inside the shop. Neither text may hold personal data; a phone that slips in is masked.
    """
    notify_members(
        members=[member], scene=scene, key=key, title=title, body=body, link=link, now=now, channels=channels
    )


def notify_members(
    *,
    members: Iterable[Member],
    scene: str,
    key: str,
    title: str,
    body: str,
    link: str = "",
    now: datetime,
    channels: Collection[str] = SITE_ONLY,
) -> None:
    """Tell several members the same thing once each, in one INSERT per 500 rows."""
    common = {
        "scene": scene, "dedupe_key": key, "title": _clean(title), "body": _clean(body), "link": link,
        "due_at": now, "created_at": now,
    }  # fmt: skip
    delivered = {"status": MessageStatus.SENT, "sent_at": now}
    rows = [
        Message(member=member, channel=channel, **common, **(delivered if channel == MessageChannel.SITE else {}))
        for member in members
        for channel in channels
    ]
    Message.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def notify_selected(
    *, members: QuerySet[Member], scene: str, key: str, title: str, body: str, link: str = "", now: datetime
) -> int:
    """Tell all of `members` the same thing on the site, once each, in one statement; return how many were told."""
    facts = {
        "member": F("pk"), "channel": MessageChannel.SITE, "scene": scene, "dedupe_key": key, "title": _clean(title),
        "body": _clean(body), "link": link, "status": MessageStatus.SENT, "due_at": now, "attempts": 0, "error": "",
        "created_at": now, "sent_at": now,
    }  # fmt: skip
    return insert_select(Message, members.order_by("pk"), facts)


def notify_staff(
    *,
    store_id: int | None,
    scene: str,
    key: str,
    title: str,
    body: str,
    link: str = "",
    now: datetime,
    permission: str = "",
) -> None:
    """Tell the working staff of a store and of the headquarters (for None of the headquarters alone).

    With `permission` ("orders.accept_order") only those who may act on it. One statement.
    """
    staff = Member.objects.filter(pk__in=active_staff(store_id=store_id, permission=permission).order_by().values("pk"))
    notify_selected(members=staff, scene=scene, key=key, title=title, body=body, link=link, now=now)


def mark_read(*, member: Member, now: datetime, message_id: int | None = None) -> int:
    """Mark one notice of `member`, or all of them, as read; return how many were unread."""
    rows = inbox(member).filter(read_at=None)
    if message_id is not None:
        rows = rows.filter(pk=message_id)
    return rows.update(read_at=now)


def deliver_messages(*, now: datetime, limit: int = 20) -> int:
    """Deliver due notices over their channels; return how many were tried.

    Each row is claimed first, so two sweeps share none; a failure is tried again later and later, and
    after the last try the staff is told.
    """
    due = Message.objects.filter(status=MessageStatus.PENDING, due_at__lte=now, channel__in=CHANNELS)
    claimed = outbox.claim(due.select_related("member"), column="due_at", now=now, lease=LEASE, limit=limit)
    outbox.each(claimed, lambda message: _deliver(message, now))
    return len(claimed)


def _deliver(message: Message, now: datetime) -> None:
    attempts = message.attempts + 1
    try:
        CHANNELS[message.channel].deliver(message)
    except ProviderError as error:
        if isinstance(error, ProviderRejected) or attempts >= MOST_ATTEMPTS:
            message.move(MessageStatus.FAILED, attempts=attempts, error=str(error)[:200])
            _tell_staff(message, now)
            return
        due_at = outbox.retry_at(now, attempts)
        Message.objects.filter(pk=message.pk).update(attempts=attempts, error=str(error)[:200], due_at=due_at)
    else:
        message.move(MessageStatus.SENT, attempts=attempts, error="", sent_at=now)


def _tell_staff(message: Message, now: datetime) -> None:
    notify_staff(
        store_id=None,
        scene="message_failed",
        key=f"message-failed-{message.pk}",
        title="有一条消息没有送达",
        body=f"给会员 {message.member.no} 的“{message.title}”没有送到，请换一种方式联系。",
        now=now,
    )


def _clean(text: str) -> str:
    return PHONE_IN_TEXT.sub(lambda found: mask_phone(found.group()), text)
