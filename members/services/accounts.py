"""Accounts: how a visitor becomes a member, what members may say about themselves, and the roles of the staff."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from members.models import Consent, Member
from members.signals import member_registered
from shop.lib.crypto import blind_index

PRIVACY_VERSION = "2026-01"  # of the policy on the privacy page; a new one is agreed to at the next sign-in


@transaction.atomic
def register_by_phone(phone: str, *, now: datetime, ip: str | None) -> tuple[Member, bool]:
    """Return the shopper who owns `phone` and whether they are new, with their consent to today's policy.

    The caller has proof of the phone and of the consent. Of two first sign-ins at once one makes the account,
    the other finds it; `member_registered` is sent once. Staff are never found: their accounts are separate.
    """
    member, created = Member.objects.shoppers().get_or_create(
        phone_index=blind_index(phone), defaults={"phone": phone, "password": make_password(None)}
    )
    record_consent(member=member, now=now, ip=ip)
    if created:
        member_registered.send(Member, member=member)
    return member, created


def record_consent(*, member: Member, now: datetime, ip: str | None, version: str = PRIVACY_VERSION) -> None:
    """Note that `member` agreed to the privacy policy; the first time of each version counts."""
    consent = Consent(member=member, version=version, ip=ip, given_at=now)
    Consent.objects.bulk_create([consent], ignore_conflicts=True)


def save_profile(*, member: Member, nickname: str, birthday: date | None) -> None:
    """Write what members may say about themselves."""
    member.nickname, member.birthday = nickname, birthday
    member.save(update_fields=["nickname", "birthday"])


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
