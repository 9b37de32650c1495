"""Invite codes: the short name in a member's link, by which those they bring are known."""

import secrets

from members.models import Member

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
LENGTH = 10


def new_invite_code() -> str:
    """Make a code that nobody guesses, and that no two of a million members share."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def ensure_invite_code(member: Member) -> str:
    """Return the code of `member`, made now for those who joined before there were codes. Safe to repeat."""
    if not member.invite_code:
        Member.objects.filter(pk=member.pk, invite_code=None).update(invite_code=new_invite_code())
        member.refresh_from_db(fields=["invite_code"])
    return member.invite_code or ""
