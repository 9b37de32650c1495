"""Threshold offers: written, changed while that is harmless, stopped. Locks: the promotion, then its tiers by pk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from catalog.models import Category, Product, ProductStatus, Sku
from catalog.services import bump_catalogue
from members import services as members
from members.models import Level, Member
from promotions.models import OfferKind, Promotion, PromotionTier, RunState, ScopeKind
from promotions.services.drafts import DraftRefused, OfferDraft, Problem, TierDraft, problems_of_offer

PLAIN = ["name", "kind", "basis", "repeats", "starts_at", "ends_at", "priority", "rules_text", "scope_kind"]
HARMLESS = {"name", "rules_text", "ends_at"}  # what may change while shoppers rely on the rest
RUNNING_ONLY = "活动进行中，只能改名称、说明、结束时间和赠品库存；要改别的，请先停止，再复制一份"


def save_offer(*, draft: OfferDraft, promotion: Promotion | None = None, by: Member, now: datetime) -> Promotion:
    """Make a new offer of `draft`, or change one: everything before it starts, what is harmless while it runs.

    Gift stock changes by the differences that the tiers of the draft name. Raises DraftRefused; nothing is changed.
    """
    refuse(problems_of_offer(draft) + _look_ups(draft))
    with transaction.atomic():
        row = promotion and Promotion.objects.select_for_update().get(pk=promotion.pk)
        refuse(_too_late(draft, row, now))
        before = facts_of(row) if row else {}
        row = row or Promotion()
        for name in PLAIN:
            setattr(row, name, getattr(draft, name))
        row.level_ids, row.scope_ids = list(draft.level_ids), _scope_ids(draft)
        row.save()
        _write_tiers(row, draft)
        _log(row, "修改活动" if before else "新增活动", before, facts_of(row), by=by, now=now)
    return row


def stop_offer(*, promotion: Promotion, by: Member, now: datetime) -> bool:
    """Stop an offer for good; orders that used it keep what it gave. Return False when it was over already."""
    with transaction.atomic():
        alive = Promotion.objects.filter(pk=promotion.pk, is_stopped=False).exclude(ends_at__lte=now)
        if not alive.update(is_stopped=True):
            return False
        _log(promotion, "停止活动", {}, {}, by=by, now=now)
    return True


def refuse(problems: list[Problem]) -> None:
    """Raise DraftRefused if there are problems."""
    if problems:
        raise DraftRefused(problems)


def _scope_ids(draft: OfferDraft) -> list[int]:
    return [] if draft.scope_kind == ScopeKind.ALL else list(draft.scope_ids)


def _look_ups(draft: OfferDraft) -> list[Problem]:
    """What the draft refers to exists, and gifts are something that is sold."""
    found = []
    if Level.objects.filter(pk__in=draft.level_ids).count() < len(set(draft.level_ids)):
        found.append(Problem("level_ids", "有等级已经不存在，请重新选择"))
    if draft.scope_kind != ScopeKind.ALL:
        goods: Any = Category.objects if draft.scope_kind == ScopeKind.CATEGORY else Product.objects
        if goods.filter(pk__in=draft.scope_ids).count() < len(set(draft.scope_ids)):
            found.append(Problem("scope_kind", "选中的分类或商品有的已经不存在，请重新选择"))
    return found + _gift_problems(draft)


def _gift_problems(draft: OfferDraft) -> list[Problem]:
    if draft.kind != OfferKind.GIFT:
        return []
    ids = [tier.gift_id for tier in draft.tiers if tier.gift_id]
    sold = Sku.objects.active().filter(pk__in=ids, product__status=ProductStatus.ON_SALE).values_list("pk", flat=True)
    gone = set(ids) - set(sold)
    sentence = "这件赠品已下架或不存在，请换一件在售的"
    return [Problem("gift", sentence, row) for row, tier in enumerate(draft.tiers) if tier.gift_id in gone]


def _too_late(draft: OfferDraft, row: Promotion | None, now: datetime) -> list[Problem]:
    """Return what the time forbids to change."""
    if draft.ends_at is not None and draft.ends_at <= now:
        return [Problem("ends_at", "结束时间已经过去，请往后选；要马上结束，请用“停止”")]
    state = row.state_at(now) if row else RunState.SCHEDULED
    if row is None or state == RunState.SCHEDULED:
        return [] if row or not _is_double(draft) else [Problem("name", "已经有一个同名、同时开始的活动了")]
    if state in {RunState.ENDED, RunState.STOPPED}:
        return [Problem("name", f"活动{state.label}，不能再改；可以复制一份新的")]
    changed = [name for name in PLAIN if name not in HARMLESS and getattr(row, name) != getattr(draft, name)]
    if set(row.level_ids) != set(draft.level_ids):
        changed.append("level_ids")
    if set(row.scope_ids) != set(_scope_ids(draft)):
        changed.append("scope_kind")
    return [Problem(name, RUNNING_ONLY) for name in changed[:1]] or _changed_tiers(draft, row)


def _is_double(draft: OfferDraft) -> bool:
    """Say whether the same form was sent before, or somebody made the same activity."""
    return Promotion.objects.filter(name=draft.name, starts_at=draft.starts_at, is_stopped=False).exists()


def _changed_tiers(draft: OfferDraft, row: Promotion) -> list[Problem]:
    kept = {tier.threshold: tier for tier in row.tiers.all()}
    if len(kept) != len(draft.tiers):
        return [Problem("tiers", RUNNING_ONLY)]
    for number, tier in enumerate(draft.tiers):
        old = kept.get(tier.threshold)
        if old is None or _terms_of(old) != _terms_of_draft(draft.kind, tier):
            return [Problem("threshold", RUNNING_ONLY, number)]
    return []


def _terms_of(row: PromotionTier) -> tuple[int, int, int | None, int]:
    return row.off, row.percent, row.gift_id, row.gift_units


def _terms_of_draft(kind: str, tier: TierDraft) -> tuple[int, int, int | None, int]:
    """Return what a tier gives, without what its kind does not use."""
    return (
        tier.off if kind == OfferKind.AMOUNT_OFF else 0,
        tier.percent if kind == OfferKind.PERCENT_OFF else 0,
        tier.gift_id if kind == OfferKind.GIFT else None,
        tier.gift_units if kind == OfferKind.GIFT else 1,
    )


def _write_tiers(row: Promotion, draft: OfferDraft) -> None:
    """Make the tiers what the draft says, under locks in pk order.

    While the thresholds stay, so do the rows, for orders point at them. Otherwise the offer has not begun: the rows
    are made anew, with the gifts of those they come from.
    """
    tiers = list(PromotionTier.objects.select_for_update().filter(promotion=row).order_by("pk"))
    by_threshold = {tier.threshold: tier for tier in tiers}
    if set(by_threshold) == {wanted.threshold for wanted in draft.tiers}:
        found = [by_threshold[wanted.threshold] for wanted in draft.tiers]
    else:
        by_id = {tier.pk: tier for tier in tiers}
        row.tiers.all().delete()
        found = [_anew(row, by_id.pop(wanted.id or 0, None)) for wanted in draft.tiers]
    for number, (tier, wanted) in enumerate(zip(found, draft.tiers, strict=True)):
        _write_tier(tier, wanted, draft.kind, number)


def _anew(row: Promotion, old: PromotionTier | None) -> PromotionTier:
    left = old.gift_left if old else 0
    return PromotionTier(promotion=row, gift_left=left, gift_total=left)


def _write_tier(tier: PromotionTier, wanted: TierDraft, kind: str, number: int) -> None:
    change = wanted.gift_change if kind == OfferKind.GIFT else -tier.gift_left
    if tier.gift_left + change < 0:
        sentence = f"赠品期间又送出了，现在只剩 {tier.gift_left} 件，不能再减 {-change} 件"
        raise DraftRefused([Problem("gift_stock", sentence, number)])
    tier.threshold = wanted.threshold
    tier.off, tier.percent, tier.gift_id, tier.gift_units = _terms_of_draft(kind, wanted)
    tier.gift_total += change
    tier.gift_left += change
    tier.save()


def facts_of(row: Promotion) -> Mapping[str, Any]:
    """Return the terms of an offer as the operation log keeps them."""
    tiers = [
        f"{tier.threshold}: {tier.off or tier.percent or tier.gift_id or '包邮'} 赠品 {tier.gift_total}"
        for tier in row.tiers.order_by("threshold", "pk")
    ]
    return {name: _plain(getattr(row, name)) for name in PLAIN} | {
        "level_ids": list(row.level_ids), "scope_ids": list(row.scope_ids), "tiers": tiers,
    }  # fmt: skip


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _log(
    row: Promotion, what: str, before: Mapping[str, Any], after: Mapping[str, Any], *, by: Member, now: datetime
) -> None:
    changed = {name for name in after if before.get(name) != after[name]}
    members.log_operation(
        actor=by, action="save_offer" if after else "stop_offer", target=row, summary=f"{what}「{row.name}」",
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed}, now=now,
    )  # fmt: skip
    transaction.on_commit(bump_catalogue)
