"""What the marketing tools do when somebody joins."""

from datetime import datetime
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


@receiver(member_registered)
def bind_invitation(sender: type[Member], member: Member, device: str, now: datetime, **kwargs: object) -> None:
    """Make the pair of a new member and who brought them."""
    if member.invited_by:
        services.bind_invitation(invitee=member, inviter=member.invited_by, device=device, now=now)
