"""The page of one threshold offer, as it was opened or as it was sent: its terms, its tiers, the goods it is for."""

from typing import Any

from django.http import HttpRequest, QueryDict

from catalog.models import Category
from promotions import services as promotions
from promotions.models import OfferKind, Promotion, PromotionTier, ScopeKind
from promotions.services.drafts import MOST_TIERS
from shop.backoffice.activities import picks
from shop.backoffice.activities.offer_forms import OfferForm, TierForm, TierFormSet
from shop.backoffice.base import WORDING_REASON
from shop.backoffice.goods.editing import category_groups

PLAIN = ["name", "kind", "basis", "repeats", "starts_at", "ends_at", "priority", "rules_text", "scope_kind"]
FEWEST_ROWS = 2
TIER_FIELDS = list(TierForm.base_fields)


class OfferSheet:
    """Every button sends the whole page. All but the one that saves only change it; what was typed comes back."""

    def __init__(self, request: HttpRequest, promotion: Promotion | None, *, copied: Promotion | None = None) -> None:
        self.post: QueryDict | None = request.POST if request.method == "POST" else None
        self.promotion = promotion
        self.step = self.post.get("step", "") if self.post else ""
        self.levels = picks.levels()
        if self.post is None:
            self._open(promotion or copied)
        else:
            self._read(self.post)
        self.products = picks.goods(self.find, chosen=self.chosen_products, search=self.step == "find")

    @property
    def is_sent(self) -> bool:
        """Whether the page was sent to be saved."""
        return self.post is not None and not self.step

    @property
    def groups(self) -> list[list[tuple[Category, int]]]:
        """The categories to choose from."""
        return category_groups()

    def is_valid(self) -> bool:
        """Judge all parts, so that every mistake shows at once."""
        return all([self.fact.is_valid(), self.tiers.is_valid()])

    def draft(self) -> promotions.OfferDraft:
        """Turn a valid page into a draft."""
        facts = self.fact.cleaned_data
        kind = facts["scope_kind"]
        of_categories = kind == ScopeKind.CATEGORY
        return promotions.OfferDraft(
            **{name: facts[name] for name in PLAIN},
            level_ids=tuple(facts["level_ids"]),
            scope_ids=tuple(self.chosen_categories if of_categories else self.chosen_products),
            tiers=tuple(_tier_draft(form.cleaned_data, facts["kind"]) for form in self.filled),
        )

    @property
    def filled(self) -> list[Any]:
        """The rows in which something was typed."""
        return [form for form in self.tiers.forms if not form.is_blank]

    def place(self, problem: promotions.Problem) -> None:
        """Put a sentence at its field, or at the head of the page when no field has that name."""
        if problem.row is not None and problem.field in TIER_FIELDS:
            self.filled[problem.row].add_error(problem.field, problem.sentence)
        else:
            self.fact.add_error(problem.field if problem.field in self.fact.fields else None, problem.sentence)

    def _open(self, shown: Promotion | None) -> None:
        """Show the offer as it is, one to be copied, or a new one."""
        facts = {name: getattr(shown, name) for name in PLAIN} if shown else {}
        self.find = ""
        self.chosen_categories = self._ids_of(shown, {ScopeKind.CATEGORY})
        self.chosen_products = self._ids_of(shown, {ScopeKind.PRODUCT, ScopeKind.EXCLUDE})
        if shown and self.promotion is None:
            facts |= {"name": f"{shown.name} 副本"[:30], "starts_at": None, "ends_at": None}
        self.fact = OfferForm(levels=self.levels, initial=facts | {"level_ids": shown.level_ids if shown else []})
        rows = [_tier_facts(tier, is_copy=self.promotion is None) for tier in _tiers_of(shown)]
        self.tiers: Any = TierFormSet(prefix="tiers", initial=_padded(rows))

    def _ids_of(self, shown: Promotion | None, kinds: set[ScopeKind]) -> list[int]:
        return list(shown.scope_ids) if shown and shown.scope_kind in kinds else []

    def _read(self, post: QueryDict) -> None:
        """Show what was sent; forms are bound only when it is to be saved."""
        self.find = post.get("find", "").strip()[:50]
        self.chosen_categories, self.chosen_products = (
            picks.numbers(post, "categories"),
            picks.numbers(post, "products"),
        )
        if self.step:
            typed = {name: post.get(name, "") for name in [*PLAIN, WORDING_REASON]}
            self.fact = OfferForm(levels=self.levels, initial=typed | {"level_ids": picks.numbers(post, "level_ids")})
            rows = _typed_rows(post) + ([{}] if self.step == "more" else [])
            self.tiers = TierFormSet(prefix="tiers", initial=rows[:MOST_TIERS])
            return
        kind = {"kind": post.get("kind", ""), "basis": post.get("basis", "")}
        self.fact = OfferForm(post, levels=self.levels)
        self.tiers = TierFormSet(post, prefix="tiers", form_kwargs=kind)


def _tier_draft(facts: dict[str, Any], kind: str) -> promotions.TierDraft:
    gift = facts["gift"]
    is_gift = kind == OfferKind.GIFT
    return promotions.TierDraft(
        threshold=facts["threshold"],
        off=facts["off"] or 0,
        percent=facts["percent"] or 0,
        gift_id=gift.pk if gift else None,
        gift_units=facts["gift_units"] or 1,
        gift_change=(facts["gift_stock"] or 0) - (facts["shown_stock"] or 0) if is_gift else 0,
        id=facts["id"],
    )


def _tiers_of(shown: Promotion | None) -> list[PromotionTier]:
    return list(shown.tiers.select_related("gift__product").order_by("threshold", "pk")) if shown else []


def _tier_facts(tier: PromotionTier, *, is_copy: bool) -> dict[str, Any]:
    """Return what a row shows of a tier; a copy is a new one with a stock to be filled."""
    by_pieces = tier.promotion.basis == "pieces"
    facts = {
        "threshold": str(tier.threshold) if by_pieces else f"{tier.threshold / 100:.2f}".removesuffix(".00"),
        "off": tier.off or "",
        "percent": tier.percent or "",
        "gift": f"{picks.sku_name(tier.gift)} #{tier.gift_id}" if tier.gift else "",
        "gift_units": tier.gift_units,
    }
    return facts if is_copy else facts | {"id": tier.pk, "shown_stock": tier.gift_left, "gift_stock": tier.gift_left}


def _padded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows, *({} for _ in range(FEWEST_ROWS - len(rows)))]


def _typed_rows(post: QueryDict) -> list[dict[str, Any]]:
    """Return the rows as they were typed, to be shown again without judging them."""
    total = post.get("tiers-TOTAL_FORMS", "")
    count = min(int(total), MOST_TIERS) if total.isdecimal() and len(total) < 4 else 0
    return [{name: post.get(f"tiers-{at}-{name}", "") for name in TIER_FIELDS} for at in range(count)]
