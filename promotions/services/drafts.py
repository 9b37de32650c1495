"""What a merchant wants an activity to be, and every objection to it that needs no look at the database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from promotions.models import OfferBasis, OfferKind, ScopeKind

MOST_TIERS = 5
MOST_ITEMS = 30


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be saved: a sentence for the field, or for that field of the row with this number."""

    field: str
    sentence: str
    row: int | None = None


class DraftRefused(Exception):
    """A draft cannot be saved; `problems` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("；".join(problem.sentence for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class TierDraft:
    """A tier: `threshold` in fen or pieces. `gift_change` is by how much the gift's own stock is to change."""

    threshold: int
    off: int = 0
    percent: int = 0
    gift_id: int | None = None
    gift_units: int = 1
    gift_change: int = 0
    id: int | None = None


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """A threshold offer as it is to be."""

    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime | None = None
    basis: str = OfferBasis.AMOUNT
    repeats: bool = False
    level_ids: Sequence[int] = ()
    scope_kind: str = ScopeKind.ALL
    scope_ids: Sequence[int] = ()
    priority: int = 100
    rules_text: str = ""
    tiers: Sequence[TierDraft] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class FlashItemDraft:
    """A SKU in a session; `price` in fen."""

    sku_id: int
    price: int
    quota: int
    per_member: int = 1


@dataclass(frozen=True, slots=True)
class FlashDraft:
    """A session of the flash sale as it is to be."""

    name: str
    starts_at: datetime
    ends_at: datetime
    items: Sequence[FlashItemDraft]
    vip_early_minutes: int = 0
    rules_text: str = ""


def problems_of_offer(draft: OfferDraft) -> list[Problem]:
    """Return what is wrong with an offer by itself."""
    found = list(_window_problems(draft.starts_at, draft.ends_at))
    if draft.scope_kind != ScopeKind.ALL and not draft.scope_ids:
        what = "分类" if draft.scope_kind == ScopeKind.CATEGORY else "商品"
        found.append(Problem("scope_kind", f"请选择{what}，或改为全部商品"))
    if draft.repeats and draft.kind not in {OfferKind.AMOUNT_OFF, OfferKind.GIFT}:
        found.append(Problem("repeats", "只有满减和满赠可以每满都算，满折和满包邮请不要打开"))
    return found + list(_tiers_problems(draft))


def _window_problems(starts_at: datetime, ends_at: datetime | None) -> Iterator[Problem]:
    if ends_at is not None and ends_at <= starts_at:
        yield Problem("ends_at", "结束时间要晚于开始时间")


def _tiers_problems(draft: OfferDraft) -> Iterator[Problem]:
    if not draft.tiers:
        yield Problem("tiers", "请至少填一档")
    if len(draft.tiers) > MOST_TIERS:
        yield Problem("tiers", f"最多 {MOST_TIERS} 档")
    if draft.kind == OfferKind.FREE_FREIGHT and len(draft.tiers) > 1:
        yield Problem("threshold", "满包邮只需要一档", row=1)
    for row, tier in enumerate(draft.tiers):
        problem = _tier_problem(draft, tier)
        if problem:
            yield Problem(*problem, row=row)
    yield from _ladder_problems(draft)


def _tier_problem(draft: OfferDraft, tier: TierDraft) -> tuple[str, str] | None:
    """Return the field and the sentence of the first thing that is wrong with one tier."""
    if tier.threshold < 1:
        return "threshold", "门槛要大于 0"
    if draft.kind == OfferKind.AMOUNT_OFF:
        return _off_problem(draft, tier)
    if draft.kind == OfferKind.PERCENT_OFF and not 1 <= tier.percent <= 99:
        return "percent", "请填 1 到 99，例如 85 就是 8.5 折"
    if draft.kind == OfferKind.GIFT and tier.gift_id is None:
        return "gift", "请选择赠品"
    return None if tier.gift_units > 0 else ("gift_units", "每次至少送 1 件")


def _off_problem(draft: OfferDraft, tier: TierDraft) -> tuple[str, str] | None:
    if tier.off < 1:
        return "off", "请填写减多少元"
    is_too_much = draft.basis == OfferBasis.AMOUNT and tier.off > tier.threshold
    return ("off", "减的金额不能超过门槛") if is_too_much else None


def _ladder_problems(draft: OfferDraft) -> Iterator[Problem]:
    """A threshold stands once, and a higher tier gives more."""
    rows = sorted(range(len(draft.tiers)), key=lambda row: draft.tiers[row].threshold)
    for lower, higher in pairwise(rows):
        below, above = draft.tiers[lower], draft.tiers[higher]
        if below.threshold == above.threshold:
            yield Problem("threshold", "这个门槛已经有一档了", row=max(lower, higher))
        elif draft.kind == OfferKind.AMOUNT_OFF and above.off <= below.off:
            yield Problem("off", "门槛更高的一档要减得更多", row=higher)
        elif draft.kind == OfferKind.PERCENT_OFF and above.percent >= below.percent:
            yield Problem("percent", "门槛更高的一档折扣要更大，数字更小", row=higher)
        elif draft.kind == OfferKind.GIFT and _same_gift_no_more(below, above):
            yield Problem("gift_units", "门槛更高的一档要送得更多，或送别的赠品", row=higher)


def _same_gift_no_more(below: TierDraft, above: TierDraft) -> bool:
    return below.gift_id is not None and below.gift_id == above.gift_id and above.gift_units <= below.gift_units


def problems_of_flash(draft: FlashDraft) -> list[Problem]:
    """Return what is wrong with a session by itself."""
    found = list(_window_problems(draft.starts_at, draft.ends_at))
    if not draft.items:
        found.append(Problem("items", "请至少加入一件商品"))
    if len(draft.items) > MOST_ITEMS:
        found.append(Problem("items", f"一场最多 {MOST_ITEMS} 件商品"))
    seen: set[int] = set()
    for row, item in enumerate(draft.items):
        problem = _item_problem(item, seen)
        if problem:
            found.append(Problem(*problem, row=row))
        seen.add(item.sku_id)
    return found


def _item_problem(item: FlashItemDraft, seen: set[int]) -> tuple[str, str] | None:
    if item.sku_id in seen:
        return "price", "这件商品在本场已经有一行了"
    if item.price < 1:
        return "price", "抢购价要大于 0"
    if item.quota < 1:
        return "quota", "数量至少 1 件"
    if not 1 <= item.per_member <= item.quota:
        return "per_member", "每人限购至少 1 件，不能超过数量"
    return None
