"""Who is meant by an audience: everybody, or levels, tags, segments, or chosen members."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from members.models import Activity, Member
from shop.lib.crypto import blind_index

VIP = "vip"
SEGMENTS = [*((str(value), str(label)) for value, label in Activity.choices), (VIP, "VIP")]
IN_ONE_QUERY = 900  # SQLite takes a thousand parameters


def audience_of(audience: Mapping[str, Any]) -> "QuerySet[Member]":
    """Return the shoppers whom `{"levels": [...]}`, tags, segments or members (pks) names; all for `everybody`.

    Nobody whose account is closed. An audience that names nothing reaches nobody.
    """
    everyone: QuerySet[Member] = Member.objects.shoppers().filter(is_active=True, erased_at=None)
    if audience.get("everybody"):
        return everyone
    if levels := audience.get("levels"):
        return everyone.filter(level__in=levels)
    if tags := audience.get("tags"):
        tagged = Member.tags.through.objects.filter(tag__in=tags)
        return everyone.filter(pk__in=tagged.values("member"))
    if segments := audience.get("segments"):
        plain = [segment for segment in segments if segment != VIP]
        return everyone.filter(Q(activity__in=plain) | (Q(is_vip=True) if VIP in segments else Q(pk__in=[])))
    return everyone.filter(pk__in=audience.get("members") or [])


def members_by_no(numbers: Collection[str]) -> dict[str, int]:
    """Return {number: pk} of the shoppers with these member numbers."""
    return _found("no", list(numbers))


def members_by_phone(phones: Collection[str]) -> dict[str, int]:
    """Return {phone: pk} of the shoppers with these phones, found through the blind index."""
    indexes = {blind_index(phone): phone for phone in phones}
    return {indexes[index]: pk for index, pk in _found("phone_index", list(indexes)).items()}


def _found(column: str, values: list[str]) -> dict[str, int]:
    shoppers = Member.objects.shoppers().filter(is_active=True)
    found: dict[str, int] = {}
    for at in range(0, len(values), IN_ONE_QUERY):
        part = shoppers.filter(**{f"{column}__in": values[at : at + IN_ONE_QUERY]})
        found |= dict(part.values_list(column, "pk"))
    return found
