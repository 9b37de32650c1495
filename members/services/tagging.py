"""What the merchant writes about members: tags, notes, and whether they may come in."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import QuerySet

from members.models import Member, Tag

BATCH = 1000


@transaction.atomic
def tag_members(*, members: "QuerySet[Member]", names: Collection[str]) -> int:
    """Hang the tags `names`, made where they are new, on every one of `members`; return how many members.

    Who has one already keeps it. Rows are written in batches, so that a long list fits.
    """
    pks = _pks(members)
    through = Member.tags.through
    for tag in _tags(names):
        rows = [through(member_id=pk, tag_id=tag.pk) for pk in pks]
        through.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(pks)


@transaction.atomic
def untag_members(*, members: "QuerySet[Member]", names: Collection[str]) -> int:
    """Take the tags `names` off every one of `members`; return how many members were asked."""
    pks = _pks(members)
    through = Member.tags.through
    for start in range(0, len(pks), BATCH):
        through.objects.filter(member_id__in=pks[start : start + BATCH], tag__name__in=names).delete()
    return len(pks)


def write_note(*, member: Member, note: str) -> None:
    """Set what the merchant notes about a member, who never sees it."""
    member.note = note
    member.save(update_fields=["note"])


@transaction.atomic
def switch_members(*, members: "QuerySet[Member]", is_active: bool) -> int:
    """Let members in, or keep them out at once; erased ones stay out. Return how many changed."""
    changing = members.filter(erased_at=None).exclude(is_active=is_active)
    locked = list(changing.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    changed: int = Member.objects.filter(pk__in=locked).update(is_active=is_active)
    return changed


def _pks(members: "QuerySet[Member]") -> Sequence[int]:
    return list(members.filter(erased_at=None).order_by("pk").values_list("pk", flat=True))


def _tags(names: Collection[str]) -> list[Tag]:
    Tag.objects.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)
    return list(Tag.objects.filter(name__in=names).order_by("pk"))
