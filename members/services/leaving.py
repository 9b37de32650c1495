"""Leaving: a member asks to be forgotten. The row stays as a number that amounts hang on; the person goes."""

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction

from members.models import Member, SmsCode

MOST_MEMBERS = 200
CHUNK = 2000
EMPTIED = [
    "nickname", "phone", "phone_index", "note", "birthday", "birthday_set_on", "last_visit_on", "invite_code",
    "invited_by", "is_active", "is_vip", "password", "erased_at",
]  # fmt: skip


def erase_person(*, member: Member, now: datetime) -> None:
    """Empty the account: phone, name, birthday, addresses, messages, visits, tags, note. Part of a transaction.

    Nobody can sign in to it any more and its sessions open nothing from now on; their rows go with the next
    `forget_sessions`. The phone is free for a new account. Of the consents remain which and when, not from where.
    """
    if member.phone_index:
        SmsCode.objects.filter(phone_index=member.phone_index).delete()
    member.addresses.all().delete()
    member.messages.all().delete()
    member.visit_days.all().delete()
    member.consents.update(ip=None)
    member.tags.clear()
    member.nickname = member.phone = member.note = ""
    member.birthday = member.birthday_set_on = member.last_visit_on = None
    member.invite_code = member.invited_by = None
    member.is_active = member.is_vip = False
    member.password = make_password(None)
    member.erased_at = now
    member.save(update_fields=EMPTIED)


def forget_sessions(*, now: datetime, limit: int = MOST_MEMBERS) -> int:
    """Delete the sessions of members who left since the last run; return how many.

    Sessions do not say whose they are, so all are read, but only when somebody left: those wait with their
    `last_login` until this has been done for them.
    """
    left = Member.objects.shoppers().filter(erased_at__lte=now, last_login__isnull=False)
    gone = {str(pk) for pk in left.order_by("pk").values_list("pk", flat=True)[:limit]}
    if not gone:
        return 0
    theirs = [
        session.session_key
        for session in Session.objects.order_by("pk").iterator(chunk_size=CHUNK)
        if session.get_decoded().get(SESSION_KEY) in gone
    ]
    with transaction.atomic():
        Session.objects.filter(pk__in=theirs).delete()
        Member.objects.filter(pk__in=[int(pk) for pk in gone]).update(last_login=None)
    return len(theirs)
