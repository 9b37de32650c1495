"""What the marketing tools do when somebody joins."""

from typing import Any

from django.dispatch import receiver

from members.models import Member
from members.signals import member_registered
from promotions import services
from promotions.models import IssueMode


@receiver(member_registered)
def welcome(sender: type[Member], member: Member, **kwargs: Any) -> None:
    """Give every running 新客立减, once: the account was made a moment ago."""
    services.issue_by_mode(
        mode=IssueMode.REGISTER, member=member, source=f"register:{member.pk}", now=member.created_at
    )
