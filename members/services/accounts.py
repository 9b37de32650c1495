"""Accounts: how a visitor becomes a member, what members may say about themselves, and the roles of the staff."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from members.models import Consent, Member
from members.services.inviting import new_invite_code
from members.services.rewards import reward_profile
from members.signals import member_registered
from shop.lib.crypto import blind_index

PRIVACY_VERSION = "2026-11"  # of the policy on the privacy page; a new one is agreed to at the next sign-in


@transaction.atomic
def register_by_phone(
    phone: str, *, now: datetime, ip: str | None, invited_by: Member | None = None, device: str = ""
) -> tuple[Member, bool]:
    """Return the shopper who owns `phone` and whether they are new, with their consent to today's policy.

    The caller has proof of the phone and of the consent. Of two first sign-ins at once one makes the account,
    the other finds it; `member_registered` is sent once. Staff are never found: their accounts are separate.
    Who is new was brought by `invited_by`, on a browser of the digest `device`; who is known stays whose they were.
    """
    new = {
        "phone": phone, "password": make_password(None), "invite_code": new_invite_code(), "invited_by": invited_by,
    }  # fmt: skip
    member, created = Member.objects.shoppers().get_or_create(phone_index=blind_index(phone), defaults=new)
    record_consent(member=member, now=now, ip=ip)
    if created:
        member_registered.send(Member, member=member, device=device, now=now)
    return member, created


def record_consent(*, member: Member, now: datetime, ip: str | None, version: str = PRIVACY_VERSION) -> None:
    """Note that `member` agreed to the privacy policy; the first time of each version counts."""
    consent = Consent(member=member, version=version, ip=ip, given_at=now)
    Consent.objects.bulk_create([consent], ignore_conflicts=True)


class BirthdayFixed(Exception):
    """The birthday was changed less than a year ago; `message` says from when on it may be changed again."""

    def __init__(self, free_on: date) -> None:
        self.message = f"生日每年只能改一次，{free_on:%Y-%m-%d} 起可以再改"
        super().__init__(self.message)


def birthday_free_on(member: Member) -> date | None:
    """Return the first day on which `member` may change their birthday again; None when it was never set."""
    last = member.birthday_set_on
    if last is None:
        return None
    return date(last.year + 1, 3, 1) if (last.month, last.day) == (2, 29) else last.replace(year=last.year + 1)


@transaction.atomic
def save_profile(*, member: Member, nickname: str, birthday: date | None, today: date, now: datetime) -> None:
    """Write what members may say about themselves; `today` is the day in the shop's time zone.

    The first complete profile gives points. Raises BirthdayFixed, and writes nothing, when the birthday would change for the second time within a year.
    """
    kept = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    member.birthday_set_on = kept.birthday_set_on
    if birthday != kept.birthday:
        free_on = birthday_free_on(kept)
        if free_on and today < free_on:
            raise BirthdayFixed(free_on)
        member.birthday_set_on = today
    member.nickname, member.birthday = nickname, birthday
    member.save(update_fields=["nickname", "birthday", "birthday_set_on"])
    reward_profile(member=member, now=now)


@transaction.atomic
def ensure_roles(permissions_by_role: Mapping[str, Collection[str]]) -> None:
    """Make each role hold exactly its permissions: `{"店员": ["orders.redeem_order", ...]}`. Safe to repeat.

    Raises ValueError for a permission that does not exist, and changes nothing.
    """
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    unknown = sorted({name for names in permissions_by_role.values() for name in names} - known.keys())
    if unknown:
        raise ValueError(f"no such permissions: {', '.join(unknown)}")
    for role, names in permissions_by_role.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in names])
