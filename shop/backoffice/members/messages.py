"""The messages that were sent to members, and those that could not be sent."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from members.models import Message, MessageChannel, MessageStatus
from shop.backoffice.base import ReadOnlyAdmin, staff_of
from shop.backoffice.filters import chosen_filter
from shop.backoffice.members.scope import members_of
from shop.backoffice.words import moment, word


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What was sent to whom, and what could not be sent."""

    list_display = ["title", "to", "channel", "state", "sent"]
    list_display_links = None
    list_select_related = ["member"]
    list_filter = [
        chosen_filter("status", "状态", MessageStatus.choices),
        chosen_filter("channel", "渠道", MessageChannel.choices),
    ]
    search_fields = ["title"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Leave out what the staff are told; each of them finds it in their own inbox."""
        return Message.objects.filter(member__in=members_of(staff_of(request))).order_by("-pk")

    @admin.display(description="收件人")
    def to(self, message: Message) -> str:
        return f"{message.member.nickname or message.member.no} {message.member.phone_masked}".strip()

    @admin.display(description="状态")
    def state(self, message: Message) -> SafeString:
        tones = {MessageStatus.SENT: "done", MessageStatus.FAILED: "wrong", MessageStatus.PENDING: "wait"}
        return word("", message.get_status_display(), tones[MessageStatus(message.status)])

    @admin.display(description="时间", ordering="pk")
    def sent(self, message: Message) -> str:
        return moment(message.created_at)
