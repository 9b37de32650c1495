"""Threshold offers: as terms for the pipeline, and as pages for shoppers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from catalog.models import Category, Product
from catalog.selectors.finding import SORTS, GoodsFound
from members.models import Level
from promotions.models import OfferKind, Promotion, PromotionTier, RunState, ScopeKind, in_state
from promotions.pricing import terms
from promotions.pricing.words import tag_of, threshold_words, tier_words
from shop.lib import fragments


def running_offers(*, level_id: int | None, now: datetime) -> list[terms.Offer]:
    """Return the offers that work at `now` for a member of that level (None: without one, or a guest), ready to price.

    One query, whatever their number.
    """
    return [offer for row, offer in _priced(now) if not row.level_ids or level_id in row.level_ids]


def public_offers(*, now: datetime) -> list[terms.Offer]:
    """Return the offers that work for everybody, as they were at most some seconds ago: for words, not for prices."""
    return fragments.fresh("public-offers", "", lambda: [offer for row, offer in _priced(now) if not row.level_ids])


def _priced(now: datetime) -> list[tuple[Promotion, terms.Offer]]:
    """Return every running offer with its terms, read by its tiers: an offer without one gives nothing."""
    rows = PromotionTier.objects.filter(promotion__in=Promotion.objects.filter(in_state(RunState.RUNNING, now)))
    tiers: dict[int, list[PromotionTier]] = {}
    for tier in rows.select_related("promotion").order_by("promotion__priority", "promotion_id", "threshold", "pk"):
        tiers.setdefault(tier.promotion_id, []).append(tier)
    return [(found[0].promotion, _terms(found[0].promotion, found)) for found in tiers.values()]


def offer_terms(row: Promotion) -> terms.Offer:
    """Turn a promotion whose tiers are prefetched into terms."""
    return _terms(row, list(row.tiers.all()))


def _terms(row: Promotion, tiers: Sequence[PromotionTier]) -> terms.Offer:
    return terms.Offer(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        tiers=[_tier(tier) for tier in tiers],
        basis=row.basis,
        scope=terms.Scope(row.scope_kind, frozenset(row.scope_ids)),
        repeats=row.repeats,
        priority=row.priority,
    )


def _tier(row: PromotionTier) -> terms.Tier:
    return terms.Tier(
        threshold=row.threshold,
        off=row.off,
        percent=row.percent or terms.FULL,
        id=row.pk,
        gift_sku=row.gift_id,
        gift_units=row.gift_units if row.gift_id else 0,
        gift_left=row.gift_left,
    )


def _running(now: datetime) -> QuerySet[Promotion]:
    rows = Promotion.objects.filter(in_state(RunState.RUNNING, now))
    return rows.prefetch_related(_TIERS).order_by("priority", "pk")


_TIERS = Prefetch("tiers", PromotionTier.objects.order_by("threshold", "pk"))
_TIERS_WITH_GIFTS = Prefetch("tiers", PromotionTier.objects.select_related("gift__product").order_by("threshold", "pk"))


# --- Pages ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class TierRow:
    """One tier as the page of its offer shows it; `note` says what is left of a gift."""

    words: str
    gives: str
    product_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class OfferPage:
    """An activity as shoppers see it."""

    id: int
    name: str
    kind: str
    kind_words: str
    tag: str
    state: RunState
    state_words: str
    window: str
    tiers: Sequence[TierRow]
    scope_words: str
    level_words: str
    rules: str

    @property
    def is_running(self) -> bool:
        """Say whether it works now."""
        return self.state == RunState.RUNNING


def offers_shown(*, level_id: int | None, now: datetime) -> list[OfferPage]:
    """Return the running offers that a visitor of that level may use, and those that begin soon, as pages show them.

    Queries: offers, tiers with gifts, and the names of levels and of categories where an offer has some.
    """
    alive = in_state(RunState.RUNNING, now) | in_state(RunState.SCHEDULED, now)
    rows = with_tiers(Promotion.objects.filter(alive)).order_by("starts_at", "priority", "pk")
    mine = [row for row in rows if not row.level_ids or level_id in row.level_ids]
    return pages_of(mine, now=now)


def offer_page(promotion_id: int, *, now: datetime) -> tuple[OfferPage, Promotion] | None:
    """Return an activity as shoppers see it, with its row; None when there is none."""
    row = with_tiers(Promotion.objects.filter(pk=promotion_id)).first()
    return (pages_of([row], now=now)[0], row) if row else None


def goods_of(promotion: Promotion) -> GoodsFound:
    """Return the goods on sale that an offer is for, in the shop's order, for a Paginator to slice into card rows."""
    goods = Product.objects.on_sale()
    ids = promotion.scope_ids
    if promotion.scope_kind == ScopeKind.CATEGORY:
        links = Product.categories.through.objects.filter(product_id=OuterRef("pk"), category__in=below(ids))
        goods = goods.filter(Exists(links))
    elif promotion.scope_kind == ScopeKind.PRODUCT:
        goods = goods.filter(pk__in=ids)
    elif promotion.scope_kind == ScopeKind.EXCLUDE:
        goods = goods.exclude(pk__in=ids)
    return GoodsFound(goods, SORTS[""])


def below(category_ids: Collection[int]) -> QuerySet[Category]:
    """Return those categories with everything below them."""
    return Category.objects.filter(
        Q(pk__in=category_ids) | Q(parent__in=category_ids) | Q(parent__parent__in=category_ids)
    )


def with_tiers(rows: QuerySet[Promotion]) -> QuerySet[Promotion]:
    """Read along what the pages of offers need: tiers with their gifts."""
    return rows.prefetch_related(_TIERS_WITH_GIFTS)


def pages_of(rows: Sequence[Promotion], *, now: datetime) -> list[OfferPage]:
    """Return rows of `with_tiers` as shoppers see them. Queries: names of levels and categories where one has some."""
    levels = _names(Level.objects.all(), (pk for row in rows for pk in row.level_ids))
    of_categories = [row for row in rows if row.scope_kind == ScopeKind.CATEGORY]
    categories = _names(Category.objects.all(), (pk for row in of_categories for pk in row.scope_ids))
    return [_page(row, levels, categories, now) for row in rows]


def _names(rows: "QuerySet[Level] | QuerySet[Category]", ids: Iterable[int]) -> dict[int, str]:
    wanted = set(ids)
    return dict(rows.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def _page(row: Promotion, levels: dict[int, str], categories: dict[int, str], now: datetime) -> OfferPage:
    offer, state = offer_terms(row), row.state_at(now)
    return OfferPage(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        kind_words=kind_words(row),
        tag=tag_of(offer),
        state=state,
        state_words=str(state.label),
        window=window_words(row.starts_at, row.ends_at),
        tiers=[_tier_row(offer, tier) for tier in row.tiers.all()],
        scope_words=_scope_words(row, categories),
        level_words=named(levels, row.level_ids),
        rules=row.rules_text,
    )


def kind_words(row: Promotion) -> str:
    """Name the kind of an offer; an amount off for chosen levels is called 满立减."""
    if row.kind == OfferKind.AMOUNT_OFF and row.level_ids:
        return "满立减"
    return str(OfferKind(row.kind).label)


def _tier_row(offer: terms.Offer, row: PromotionTier) -> TierRow:
    tier = _tier(row)
    if row.gift is None:
        return TierRow(tier_words(offer, tier), tier_words(offer, tier))
    gift = f"{row.gift.product.name} {row.gift.spec_text}".strip()
    note = f"还剩 {row.gift_left} 件，送完为止" if row.gift_left else "赠品已送完"
    words = threshold_words(offer, tier)
    return TierRow(f"{words} 送", f"{gift} × {row.gift_units}", row.gift.product_id, note)


def _scope_words(row: Promotion, categories: dict[int, str]) -> str:
    if row.scope_kind == ScopeKind.CATEGORY:
        return f"{named(categories, row.scope_ids)} 分类的商品"
    return {ScopeKind.ALL: "全部商品", ScopeKind.EXCLUDE: "部分商品除外"}.get(ScopeKind(row.scope_kind), "指定商品")


def named(names: dict[int, str], ids: Sequence[int]) -> str:
    """List the names of `ids`; what is no longer there is left out."""
    return "、".join(names[pk] for pk in ids if pk in names)


def window_words(starts_at: datetime, ends_at: datetime | None) -> str:
    """Write a window by the shop's clock: "3 月 2 日 10:00 – 3 月 8 日 23:59", or from when on."""
    begins = moment_words(starts_at)
    return f"{begins} – {moment_words(ends_at)}" if ends_at else f"{begins} 起"


def moment_words(at: datetime) -> str:
    """Write a moment by the shop's clock."""
    local = timezone.localtime(at)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"
