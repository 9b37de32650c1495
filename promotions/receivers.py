"""What promotions does when something happens in a room below."""

from datetime import datetime

from django.dispatch import receiver

from members.models import Member
from members.signals import member_registered
from promotions import services


@receiver(member_registered)
def bind_invitation(sender: type[Member], member: Member, device: str, now: datetime, **kwargs: object) -> None:
    """Make the pair of a new member and who brought them."""
    if member.invited_by:
        services.bind_invitation(invitee=member, inviter=member.invited_by, device=device, now=now)
