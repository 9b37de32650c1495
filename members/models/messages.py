"""Notices to people: outbox row and inbox entry in one."""

from django.db import models
from django.db.models import Q

from members.models.people import Member
from shop.lib.states import Stateful


class MessageChannel(models.TextChoices):
    SITE = "site", "站内"
    SMS = "sms", "短信"


class MessageStatus(models.TextChoices):
    PENDING = "pending", "待发送"
    SENT = "sent", "已发送"
    FAILED = "failed", "发送失败"


class Message(Stateful):
    """A notice to one person over one channel: outbox row and, for the site's own channel, inbox entry.

    `dedupe_key` names the event, so that a replay writes nothing. Neither title nor body holds personal data.
    """

    MOVES = {
        MessageStatus.PENDING: {MessageStatus.SENT, MessageStatus.FAILED},
        MessageStatus.SENT: set(),
        MessageStatus.FAILED: {MessageStatus.PENDING},
    }

    member = models.ForeignKey(Member, models.CASCADE, related_name="messages", verbose_name="收件人")
    channel = models.CharField("渠道", max_length=8, choices=MessageChannel, default=MessageChannel.SITE)
    scene = models.CharField("场景", max_length=30)
    dedupe_key = models.CharField(max_length=120)
    title = models.CharField("标题", max_length=40)
    body = models.CharField("内容", max_length=300)
    link = models.CharField("链接", max_length=200, blank=True)
    status = models.CharField("状态", max_length=8, choices=MessageStatus, default=MessageStatus.PENDING)
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField("时间")
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField("已读时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        constraints = [
            models.UniqueConstraint(fields=["dedupe_key", "member", "channel"], name="message_once_per_event")
        ]
        indexes = [
            models.Index(fields=["member", "channel", "-id"], name="message_inbox"),
            models.Index(fields=["member"], name="message_unread", condition=Q(channel="site", read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title
