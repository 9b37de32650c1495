"""Levels: the ladder, saved as a whole, and the step of it on which a member stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from members.models import FULL_PRICE, Level, Member
from members.services.messages import notify
from members.services.operations import log_operation
from shop.lib.days import midnight
from shop.lib.markup import short_yuan
from shop.models import LevelMetric, ShopSettings

MOST_LEVELS = 12
OUT_OF_THE_WAY = 2_000_000_000  # a start that no level has, while the ladder is rearranged


@dataclass(frozen=True, slots=True)
class Rung:
    """A level as it shall be; `id` is None for a new one. Values are fen or completed orders, both ends inside."""

    id: int | None
    name: str
    min_value: int
    max_value: int | None = None
    discount_rate: int = FULL_PRICE
    free_freight: bool = False
    points_rate: int = 100
    birthday_points: int = 0


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the rung at `row` (from 0) in `field`, as a sentence; row None: with the ladder."""

    row: int | None
    field: str
    sentence: str


class LadderRefused(Exception):
    """The ladder stays as it is; `mistakes` say where and why. `homeless` are levels whose members need a place."""

    def __init__(self, mistakes: list[Mistake], homeless: Sequence[Level] = ()) -> None:
        super().__init__("; ".join(mistake.sentence for mistake in mistakes))
        self.mistakes, self.homeless = mistakes, homeless


def value_words(value: int, metric: str) -> str:
    """Write a value of the ladder as people say it: ¥200 or 3 单."""
    return short_yuan(value) if metric == LevelMetric.AMOUNT else f"{value} 单"


def ladder_mistakes(rungs: Sequence[Rung], *, metric: str) -> list[Mistake]:
    """Return what is wrong with a ladder whose rungs stand in order: names, ranges, discounts."""
    mistakes = []
    if len(rungs) > MOST_LEVELS:
        mistakes.append(Mistake(None, "", f"最多 {MOST_LEVELS} 个等级"))
    for row, rung in enumerate(rungs):
        if rung.name in {before.name for before in rungs[:row]}:
            mistakes.append(Mistake(row, "name", f"已经有叫「{rung.name}」的等级了，请换一个名称"))
        if not 1 <= rung.discount_rate <= FULL_PRICE:
            mistakes.append(Mistake(row, "discount_rate", "请填写 1 到 100，例如 95 是 9.5 折"))
        mistakes += _range_mistakes(rungs, row, metric)
    return mistakes


def _range_mistakes(rungs: Sequence[Rung], row: int, metric: str) -> list[Mistake]:
    """Hold the range of a rung against its own end and against the rung below."""
    rung, is_last = rungs[row], row == len(rungs) - 1
    if rung.max_value is not None and rung.max_value < rung.min_value:
        return [Mistake(row, "max_value", "“到”不能比“从”小")]
    if rung.max_value is None and not is_last:
        return [Mistake(row, "max_value", "只有最后一级可以不填“到”")]
    mistakes = []
    if rung.max_value is not None and is_last:
        mistakes.append(Mistake(row, "max_value", "最后一级请不要填“到”，这样消费再多也在这一级"))
    below = rungs[row - 1].max_value if row else None
    if below is not None and rung.min_value != below + 1:
        kind = "有空档" if rung.min_value > below + 1 else "有重叠"
        ends, starts = value_words(below, metric), value_words(below + 1, metric)
        mistakes.append(Mistake(row, "min_value", f"和上一级{kind}：上一级到 {ends}，这一级应从 {starts} 开始"))
    return mistakes


@transaction.atomic
def save_ladder(
    *,
    rungs: Sequence[Rung],
    metric: str,
    window_months: int,
    moves: Mapping[int, int | None],
    by: Member,
    now: datetime,
) -> None:
    """Make the ladder exactly `rungs`; every member is looked at anew by the sweep afterwards.

    Levels that are not named go; `moves` {level id: level id, None for no level} says where their members go until
    then, and those whose level is locked for as long as that lasts. Raises LadderRefused and writes nothing.
    """
    mistakes = ladder_mistakes(rungs, metric=metric)
    if mistakes:
        raise LadderRefused(mistakes)
    existing = {level.pk: level for level in Level.objects.select_for_update(no_key=True).order_by("pk")}
    kept = {rung.id for rung in rungs}
    gone = [level for pk, level in existing.items() if pk not in kept]
    _refuse_unknown(rungs, existing)
    _refuse_homeless(gone, moves, kept)
    before = _described(existing.values(), ShopSettings.load().level_metric)
    _remove(gone, moves)
    _write(rungs, existing)
    shop = ShopSettings.load()
    ShopSettings.objects.filter(pk=shop.pk).update(
        level_metric=metric, level_window_months=window_months, ladder_changed_at=now
    )
    after = _described(Level.objects.order_by("min_value"), metric)
    log_operation(
        actor=by, action="save_ladder", target=shop, summary="保存会员等级", now=now, before={"ladder": before},
        after={"ladder": after, "level_metric": metric, "level_window_months": window_months},
    )  # fmt: skip


def _refuse_unknown(rungs: Sequence[Rung], existing: Mapping[int, Level]) -> None:
    if any(rung.id is not None and rung.id not in existing for rung in rungs):
        raise LadderRefused([Mistake(None, "", "等级刚被别人改过，请刷新后再改")])


def _refuse_homeless(gone: Sequence[Level], moves: Mapping[int, int | None], kept: set[int | None]) -> None:
    """Refuse to remove levels in use unless their members have somewhere to go that stays."""
    placed = {pk for pk, target in moves.items() if target is None or target in kept}
    homeless = [level for level in gone if level.pk not in placed and level.members.exists()]
    if homeless:
        names = "、".join(level.name for level in homeless)
        sentence = f"「{names}」还有会员，请选择他们转到哪个等级"
        raise LadderRefused([Mistake(None, "", sentence)], homeless)


def _remove(gone: Sequence[Level], moves: Mapping[int, int | None]) -> None:
    for level in gone:
        if level.pk in moves:
            level.members.update(level=moves[level.pk])
        try:
            with transaction.atomic():
                level.delete()
        except IntegrityError as risen:  # on PostgreSQL somebody came to it in this very moment
            raise LadderRefused([Mistake(None, "", f"刚有会员升到「{level.name}」，请再保存一次")], [level]) from risen


def _write(rungs: Sequence[Rung], existing: Mapping[int, Level]) -> None:
    """Write the rungs; those that stay step aside first, so that names and starts may be swapped."""
    for rung in rungs:
        if rung.id is not None:
            aside = {"name": f"~{rung.id}", "min_value": OUT_OF_THE_WAY - rung.id, "max_value": None}
            Level.objects.filter(pk=rung.id).update(**aside)
    for rung in rungs:
        level = existing[rung.id] if rung.id is not None else Level()
        for name in ("name", "min_value", "max_value", "discount_rate", "free_freight", "points_rate",
                     "birthday_points"):  # fmt: skip
            setattr(level, name, getattr(rung, name))
        level.save()


def _described(levels: object, metric: str) -> list[str]:
    """Write a ladder in lines that a person reads in the log."""
    lines = []
    for level in sorted(levels, key=lambda level: level.min_value):  # type: ignore[call-overload]
        end = "以上" if level.max_value is None else f" – {value_words(level.max_value, metric)}"
        words = [f"{level.name}：{value_words(level.min_value, metric)}{end}", level.discount_words]
        words += ["免运费"] if level.free_freight else []
        words += [f"积分 {level.points_rate}%"] if level.points_rate != 100 else []
        words += [f"生日 {level.birthday_points} 积分"] if level.birthday_points else []
        lines.append(" ".join(word for word in words if word))
    return lines


# --- The level of one member ---------------------------------------------------------------------------------------
def level_at(levels: Sequence[Level], value: int) -> Level | None:
    """Return the level that a value (fen or orders) reaches, of levels in any order; None below the first."""
    reached = [level for level in levels if level.min_value <= value]
    return max(reached, key=lambda level: level.min_value, default=None)


@transaction.atomic
def set_level_by_value(*, member_id: int, value: int, now: datetime, falls_at: datetime | None = None) -> None:
    """Put a member on the level that `value` (fen or orders) reaches, up or down, unless staff have locked it.

    A rise is told once. `falls_at` is when the value may become less by itself, because a month leaves the window.
    """
    member = lock_standing(member_id)
    lock = member.level_locked_until
    changes: dict[str, object] = {"levelled_at": now, "relevel_at": falls_at}
    if lock and timezone.localdate(now) < lock:
        changes["relevel_at"] = midnight(lock)
    else:
        levels = list(Level.objects.order_by("min_value"))
        level = level_at(levels, value)
        changes |= {"level": level, "level_locked_until": None}
        _tell_rise(member, next((one for one in levels if one.pk == member.level_id), None), level, now)
    Member.objects.filter(pk=member_id).update(**changes)


def _tell_rise(member: Member, before: Level | None, after: Level | None, now: datetime) -> None:
    """Tell a member who rose; the lowest level that everybody has is no news."""
    starts = before.min_value if before else 0
    if after is None or after.min_value <= starts:
        return
    gifts = [after.discount_words and f"会员价 {after.discount_words}", "免运费" if after.free_freight else "",
             f"{after.points_rate / 100:g} 倍积分" if after.points_rate > 100 else ""]  # fmt: skip
    words = "、".join(gift for gift in gifts if gift)
    notify(
        member=member, scene="level_up", key=f"level-up:{after.pk}:{now.timestamp():.0f}", link="/me/level/", now=now,
        title=f"您升到了{after.name}", body=f"{words}，下次购物就能用。" if words else "谢谢您一直光顾。",
    )  # fmt: skip


class LevelRefused(Exception):
    """The level stays as it is; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def lock_level(*, member_id: int, level_id: int | None, until: date, reason: str, by: Member, now: datetime) -> None:
    """Put a member on a level by hand (None: on none) until that day, from which on it is computed again.

    Raises LevelRefused for a day that is not to come, and for a level that does not exist any more.
    """
    member = lock_standing(member_id)
    if not timezone.localdate(now) < until <= timezone.localdate(now) + timedelta(days=3660):
        raise LevelRefused("请选择今天之后、十年以内的日期")
    levels = {level.pk: level for level in Level.objects.order_by("min_value")}
    if level_id is not None and level_id not in levels:
        raise LevelRefused("这个等级已经不在了，请重新选择")
    before, after = levels.get(member.level_id or 0), levels.get(level_id or 0)
    Member.objects.filter(pk=member_id).update(
        level=after, level_locked_until=until, levelled_at=now, relevel_at=midnight(until)
    )
    _tell_rise(member, before, after, now)
    log_operation(
        actor=by, action="lock_level", target=member, summary=f"改等级：{reason}", now=now,
        before={"level": str(before or "无等级"), "level_locked_until": member.level_locked_until},
        after={"level": str(after or "无等级"), "level_locked_until": until},
    )  # fmt: skip


@transaction.atomic
def unlock_level(*, member_id: int, reason: str, by: Member, now: datetime) -> None:
    """Let the level of a member be computed again, by the next sweep. Without a lock nothing changes."""
    member = lock_standing(member_id)
    if member.level_locked_until is None:
        return
    Member.objects.filter(pk=member_id).update(level_locked_until=None, relevel_at=now)
    log_operation(
        actor=by, action="unlock_level", target=member, summary=f"取消等级锁定：{reason}", now=now,
        before={"level_locked_until": member.level_locked_until}, after={"level_locked_until": None},
    )  # fmt: skip


def lock_standing(member_id: int) -> Member:
    """Lock a member and return where they stand, without holding up rows that point to them. One statement."""
    columns = ("level_id", "level_locked_until", "levelled_at", "relevel_at")
    member: Member = Member.objects.select_for_update(no_key=True).only(*columns).get(pk=member_id)
    return member
