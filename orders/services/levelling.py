"""Levels follow orders: computed anew after completion and refund, when a lock ends, and when an order leaves the window."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from members import services as members
from members.models import Level, Member
from orders.selectors.levelling import NOTHING_BOUGHT, LevelValue, level_values
from shop.lib import outbox
from shop.models import ShopSettings

BATCH = 1000


@transaction.atomic
def relevel(member: Member, now: datetime) -> None:
    """Compute the level of a member from what they have bought by `now`; called after completion and refund.

    The member is locked before their orders are read, so the last of two completions at once counts both.
    """
    members.lock_standing(member.pk)
    shop = ShopSettings.load()
    reached = level_values([member.pk], shop, now).get(member.pk, NOTHING_BOUGHT)
    members.set_level_by_value(member_id=member.pk, value=reached.value, now=now, falls_at=reached.falls_at)


def relevel_due(*, now: datetime, limit: int = 10 * BATCH) -> int:
    """Look anew at members whose lock or window has ended, and at all of them after the ladder was changed.

    Returns how many. Those who stay where they are cost a share of two statements, the others a transaction each.
    """
    shop, done = ShopSettings.load(), 0
    while done < limit:
        found = _due(shop, now, min(BATCH, limit - done))
        if not found:
            break
        outbox.each(_moving(found, shop, now), partial(_relevel, now=now))
        done += len(found)
    return done


def _relevel(member: Member, *, now: datetime) -> None:
    relevel(member, now)


def _due(shop: ShopSettings, now: datetime, limit: int) -> list[Member]:
    columns = ("level_id", "level_locked_until")
    due = Member.objects.shoppers().filter(_is_due(shop, now))
    return list(due.only(*columns).order_by("pk")[:limit])


def _is_due(shop: ShopSettings, now: datetime) -> Q:
    due = Q(relevel_at__lte=now)
    if shop.ladder_changed_at:
        due |= Q(levelled_at__isnull=True) | Q(levelled_at__lt=shop.ladder_changed_at)
    return due


def _moving(found: Sequence[Member], shop: ShopSettings, now: datetime) -> list[Member]:
    """Note that most members stay where they are, and return the others.

    Who was looked at meanwhile, because an order of theirs ended, is not due any more and left as that found them.
    """
    values = level_values([member.pk for member in found], shop, now)
    levels = list(Level.objects.order_by("min_value"))
    staying = {member.pk for member in found if _stays(member, values.get(member.pk, NOTHING_BOUGHT), levels)}
    Member.objects.filter(_is_due(shop, now), pk__in=staying).update(levelled_at=now, relevel_at=None)
    return [member for member in found if member.pk not in staying]


def _stays(member: Member, reached: LevelValue, levels: Sequence[Level]) -> bool:
    level = members.level_at(levels, reached.value)
    same = member.level_id == (level.pk if level else None)
    return same and member.level_locked_until is None and reached.falls_at is None
