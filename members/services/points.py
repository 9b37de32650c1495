"""Points: every change is an entry of the ledger, written under the member's lock and once per (member, kind, source).

What comes in is a lot. What goes out takes from the lots that end first, and `PointsUse` remembers from which, so that
what comes back keeps its expiry. A debt is paid by whatever comes in next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from members.models import Member, PointsEntry, PointsKind, PointsUse
from members.services.operations import log_operation
from shop.lib.days import end_of, months_later
from shop.models import ShopSettings

SPENDING = (PointsKind.SPEND, PointsKind.EXCHANGE)
KEPT_AT_LEAST = timedelta(days=30)  # what comes back can be spent for so long, whenever it would have ended
MOST_AT_ONCE = 1_000_000  # points; more is a slip of the finger


class PointsShort(Exception):
    """The member has fewer points than that; `message` says how many, and nothing was taken."""

    def __init__(self, balance: int) -> None:
        self.message = f"积分不够，现在有 {balance} 积分"
        super().__init__(self.message)


# --- In ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def earn_points(
    *,
    member_id: int,
    points: int,
    kind: str,
    source: str,
    now: datetime,
    available_at: datetime | None = None,
    note: str = "",
    actor: Member | None = None,
) -> PointsEntry | None:
    """Give points, which count at once or, frozen until then, from `available_at` on.

    Returns None, and writes nothing, when this source of that kind has given before, or for no points.
    """
    member = lock_account(member_id)
    if points <= 0 or _is_known(member, kind, source):
        return None
    due = max(available_at or now, now)
    entry = PointsEntry.objects.create(
        member=member, delta=points, left=points, kind=kind, source=source, note=note[:80], actor=actor, at=now,
        available_at=due,
    )  # fmt: skip
    if due <= now:
        count_entries(member, [entry], now=now)
    return entry


def count_entries(member: Member, entries: Sequence[PointsEntry], *, now: datetime) -> None:
    """Let entries of a locked member that waited count now; their lots pay the member's debt first."""
    months = ShopSettings.load().points_expire_months
    for entry in entries:
        if months and entry.delta > 0:
            entry.expires_at = end_of(months_later(timezone.localdate(entry.available_at), months))
    _settle(member, entries, now)


def _settle(member: Member, entries: Sequence[PointsEntry], now: datetime) -> None:
    for entry in entries:
        entry.counted_at = now
    repaid = _repay(member, [entry for entry in entries if entry.delta > 0], now)
    PointsEntry.objects.bulk_update(entries, ["counted_at", "expires_at", "left"])
    _change(member, sum(entry.delta for entry in entries) - repaid, debt=-repaid)


def _repay(member: Member, lots: Sequence[PointsEntry], now: datetime) -> int:
    """Take from fresh lots what the member owes; return how many points that were. Their `left` is not saved yet."""
    repaid = 0
    for lot in lots:
        points = min(member.points_debt - repaid, lot.left)
        if points:
            entry = _record(member, -points, kind=PointsKind.REPAY, source=f"lot:{lot.pk}", now=now)
            PointsUse.objects.create(entry=entry, lot=lot, points=points)
            lot.left -= points
            repaid += points
    return repaid


@transaction.atomic
def return_points(*, member_id: int, points: int, source: str, now: datetime, note: str = "") -> list[PointsEntry]:
    """Give back points that were spent; `source` begins with the source of that spending: `order:1` -> `order:1:cancelled`.

    They end when they would have ended, but not within 30 days. A repeat gives nothing. Raises ValueError when fewer
    points of that spending are still out.
    """
    member = lock_account(member_id)
    if points <= 0 or _is_known(member, PointsKind.RETURN, source):
        return []
    parts = _take_back(_spendings(member, source), points, now)
    entries = [
        PointsEntry(
            member=member, delta=part, left=part, kind=PointsKind.RETURN, note=note[:80], at=now, available_at=now,
            source=source if number == 1 else f"{source}#{number}", expires_at=expires_at,
        )
        for number, (expires_at, part) in enumerate(parts.items(), start=1)
    ]  # fmt: skip
    PointsEntry.objects.bulk_create(entries)
    _settle(member, entries, now)
    return entries


def _spendings(member: Member, source: str) -> list[PointsUse]:
    """Return what is out of the spending that `source` names in its beginning, what was taken last first."""
    words = source.split(":")
    named = [":".join(words[:count]) for count in range(1, len(words) + 1)]
    of_it = PointsUse.objects.filter(
        entry__member=member, entry__kind__in=SPENDING, entry__source__in=named, returned__lt=F("points")
    )
    return list(of_it.select_related("lot").order_by("-pk"))


def _take_back(uses: Sequence[PointsUse], points: int, now: datetime) -> dict[datetime | None, int]:
    """Mark `points` of `uses` as returned; return them by the time at which they end."""
    if sum(use.points - use.returned for use in uses) < points:
        raise ValueError(f"{points} points would come back, but fewer were spent")
    earliest = end_of(timezone.localdate(now + KEPT_AT_LEAST))
    parts: dict[datetime | None, int] = {}
    for use in uses:
        back = min(use.points - use.returned, points)
        if back:
            expires_at = use.lot.expires_at and max(use.lot.expires_at, earliest)
            parts[expires_at] = parts.get(expires_at, 0) + back
            use.returned += back
            points -= back
    PointsUse.objects.bulk_update(uses, ["returned"])
    return parts


# --- Out -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def spend_points(
    *, member_id: int, points: int, kind: str, source: str, now: datetime, note: str = ""
) -> PointsEntry | None:
    """Take points for something bought: `kind` is SPEND or EXCHANGE. A repeat takes nothing and returns None.

    Raises PointsShort. Seven statements, however many lots there are.
    """
    member = lock_account(member_id)
    if points <= 0 or _is_known(member, kind, source):
        return None
    if points > member.points_balance:
        raise PointsShort(member.points_balance)
    return take_points(member, points, kind=kind, source=source, now=now, note=note)


def take_points(
    member: Member,
    points: int,
    *,
    kind: str,
    source: str,
    now: datetime,
    note: str = "",
    owed: int = 0,
    first: int | None = None,
    actor: Member | None = None,
) -> PointsEntry:
    """Take `points` from the lots of a locked member who has them: from the lot `first`, then from those that end first.

    `owed` points that are not there become debt.
    """
    entry = _record(member, -points, owed=owed, kind=kind, source=source, now=now, note=note, actor=actor)
    if points:
        _use(entry, _lots(member, first), points)
    _change(member, -points, debt=owed)
    return entry


def _lots(member: Member, first: int | None) -> list[PointsEntry]:
    """Return the lots that can be spent, in the order in which they are."""
    lots = PointsEntry.objects.filter(member=member, left__gt=0, counted_at__isnull=False)
    in_order = list(lots.order_by(F("expires_at").asc(nulls_last=True), "pk"))
    return sorted(in_order, key=lambda lot: lot.pk != first)


def _use(entry: PointsEntry, lots: Sequence[PointsEntry], points: int) -> None:
    uses = []
    for lot in lots:
        taken = min(lot.left, points)
        if not taken:
            break
        uses.append(PointsUse(entry=entry, lot=lot, points=taken))
        lot.left -= taken
        points -= taken
    PointsUse.objects.bulk_create(uses)
    PointsEntry.objects.bulk_update([use.lot for use in uses], ["left"])


@transaction.atomic
def claw_back_points(
    *,
    member_id: int,
    points: int,
    earned_kind: str,
    earned_source: str,
    source: str,
    now: datetime,
    note: str = "",
) -> None:
    """Take back points of an earning: from what is still frozen of it, else from the balance; the rest becomes debt.

    A repeat takes nothing, and neither does a clawback of what was never earned.
    """
    member = lock_account(member_id)
    earning = _earning(member, earned_kind, earned_source)
    if points <= 0 or earning is None or _is_known(member, PointsKind.CLAWBACK, source):
        return
    if earning.counted_at is None:
        _claw_frozen(earning, min(points, earning.left), source=source, now=now, note=note)
        return
    found = min(points, member.points_balance)
    take_points(
        member, found, owed=points - found, kind=PointsKind.CLAWBACK, source=source, now=now, note=note,
        first=earning.pk,
    )  # fmt: skip


def _claw_frozen(earning: PointsEntry, points: int, *, source: str, now: datetime, note: str) -> None:
    """Take points from an earning that does not count yet; the entry waits with it, so the balance stays as it is."""
    if not points:
        return
    entry = PointsEntry.objects.create(
        member_id=earning.member_id, delta=-points, kind=PointsKind.CLAWBACK, source=source, note=note[:80], at=now,
        available_at=earning.available_at,
    )  # fmt: skip
    _use(entry, [earning], points)


@transaction.atomic
def can_claw_back(*, member_id: int, points: int, earned_kind: str, earned_source: str) -> bool:
    """Say whether so many points of an earning could be taken back without a debt. Locks the member."""
    member = lock_account(member_id)
    earning = _earning(member, earned_kind, earned_source)
    if earning is None:
        return True
    return (earning.left if earning.counted_at is None else member.points_balance) >= points


class AdjustmentRefused(Exception):
    """The points stay as they are; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def adjust_points(*, member_id: int, points: int, reason: str, source: str, by: Member, now: datetime) -> None:
    """Give or, below zero, take points by hand, for a reason that the member reads. `source` is the form's own key.

    A repeat changes nothing. Raises AdjustmentRefused, which says at most how many may be taken.
    """
    member = lock_account(member_id)
    if _is_known(member, PointsKind.ADJUST, source):
        return
    if not points or abs(points) > MOST_AT_ONCE:
        raise AdjustmentRefused(f"请填写 1 到 {MOST_AT_ONCE} 之间的积分")
    if -points > member.points_balance:
        raise AdjustmentRefused(f"最多能扣 {member.points_balance} 积分")
    before = member.points_balance
    facts = {"kind": PointsKind.ADJUST, "source": source, "now": now, "note": reason}
    if points > 0:
        earn_points(member_id=member_id, points=points, actor=by, **facts)  # type: ignore[arg-type]
    else:
        take_points(member, -points, actor=by, **facts)  # type: ignore[arg-type]
    after = lock_account(member_id).points_balance
    log_operation(
        actor=by, action="adjust_points", target=member, summary=f"调整积分 {points:+d}：{reason}", now=now,
        before={"points_balance": before}, after={"points_balance": after},
    )  # fmt: skip


# --- What all of them do -------------------------------------------------------------------------------------------
def lock_account(member_id: int) -> Member:
    """Lock a member and return their balance and debt, without holding up rows that point to them. One statement."""
    member: Member = (
        Member.objects.select_for_update(no_key=True).only("points_balance", "points_debt").get(pk=member_id)
    )
    return member


def _is_known(member: Member, kind: str, source: str) -> bool:
    return PointsEntry.objects.filter(member=member, kind=kind, source=source).exists()


def _earning(member: Member, kind: str, source: str) -> PointsEntry | None:
    return PointsEntry.objects.filter(member=member, kind=kind, source=source).first()


def _record(
    member: Member, delta: int, *, kind: str, source: str, now: datetime, note: str = "", owed: int = 0,
    actor: Member | None = None,
) -> PointsEntry:  # fmt: skip
    """Write an entry that counts at once."""
    return PointsEntry.objects.create(
        member=member, delta=delta, owed=owed, kind=kind, source=source, note=note[:80], actor=actor, at=now,
        available_at=now, counted_at=now,
    )  # fmt: skip


def _change(member: Member, points: int, *, debt: int = 0) -> None:
    """Move balance and debt of a locked member; the columns' CHECKs stand behind the lock."""
    Member.objects.filter(pk=member.pk).update(
        points_balance=F("points_balance") + points, points_debt=F("points_debt") + debt
    )
    member.points_balance += points
    member.points_debt += debt
