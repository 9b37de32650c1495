"""Coupons as shoppers see them: what they may take, what they hold, and what checkout offers."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Category, Product
from catalog.selectors import category_ids_of
from members.models import Level, Member
from promotions import pricing
from promotions.models import Coupon, CouponKind, CouponStatus, CouponTemplate, IssueMode, ScopeKind
from promotions.models.coupons import CouponTerms
from shop.lib import fragments, markup

MOST_AT_CHECKOUT = 200
MOST_CLAIMABLE = 60
SOON = timedelta(days=3)
FEW = 2  # so many goods or categories are named on a ticket
LONGEST_NAME = 12
BY_NAME: dict[str, QuerySet[Any]] = {
    ScopeKind.CATEGORY: Category.objects.order_by("pk"),
    ScopeKind.PRODUCT: Product.objects.order_by("pk"),
}


# --- Checkout ---------------------------------------------------------------------------------------------------------


def checkout_coupons(*, member: Member, now: datetime, for_group: bool = False) -> list[Coupon]:
    """Return the coupons that `member` may spend now, those that end first before the others. One query.

    Coupons for group-buys are left out, unless they are what is asked for.
    """
    rows = Coupon.objects.usable_at(now).filter(member=member)
    rows = rows.filter(issue_mode=IssueMode.GROUP) if for_group else rows.exclude(issue_mode=IssueMode.GROUP)
    return list(rows.order_by("valid_until", "pk")[:MOST_AT_CHECKOUT])


def coupon_terms(coupon: Coupon) -> pricing.CouponTerms:
    """Return what a coupon takes off, as the price is made of it."""
    return pricing.CouponTerms(
        id=coupon.pk,
        name=coupon.name,
        kind=coupon.kind,
        amount=coupon.amount,
        percent=coupon.percent,
        max_discount=coupon.max_discount,
        threshold=coupon.threshold,
        scope=pricing.Scope(kind=coupon.scope_kind, ids=frozenset(coupon.scope_ids)),
    )


# --- What may be taken ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered:
    """A coupon that may be taken, ready to print; `state` is claimable, claimed, gone or others."""

    id: int
    name: str
    words: str
    worth: SafeString
    unit: str
    threshold: str
    scope: str
    until: str
    remark: str
    limit: str
    per_member: int
    percent_taken: int | None
    level_ids: tuple[int, ...]
    vip_only: bool
    scope_kind: str
    scope_ids: frozenset[int]
    for_whom: str = ""
    state: str = "claimable"
    is_soon_gone: bool = False

    @property
    def is_for_all(self) -> bool:
        """Say whether everybody may take it."""
        return not self.level_ids and not self.vip_only

    def covers(self, product_id: int, category_ids: Collection[int]) -> bool:
        """Say whether it is for that product, which lies in `category_ids`, those above them included."""
        if self.scope_kind == ScopeKind.CATEGORY:
            return not self.scope_ids.isdisjoint(category_ids)
        if self.scope_kind == ScopeKind.PRODUCT:
            return product_id in self.scope_ids
        return self.scope_kind == ScopeKind.ALL or product_id not in self.scope_ids


def claimable(*, now: datetime) -> list[Offered]:
    """Return the coupons that are there to be taken, as everybody sees them, some seconds old at most. One query."""
    return fragments.fresh("claimable-coupons", "", lambda: _read_claimable(now))


def claimable_by(member: Member, offered: Sequence[Offered]) -> list[Offered]:
    """Return `offered` with what `member` has of each, those they may take first. One query, none for nothing."""
    if not offered:
        return []
    held = held_of(member, [one.id for one in offered])
    seen = [replace(one, state=_state_for(member, one, held[one.id])) for one in offered]
    return sorted(seen, key=lambda one: one.state != "claimable")


def held_of(member: Member, template_ids: Collection[int]) -> Counter[int]:
    """Return {template: how many of it were issued to `member`}."""
    rows = Coupon.objects.filter(member=member, template__in=template_ids).order_by()
    return Counter(dict(rows.values_list("template").annotate(units=Count("pk"))))


def claimable_for_product(product_id: int, *, now: datetime) -> list[Offered]:
    """Return the coupons to be taken that are good for a product. One query more when some are for categories."""
    offered = claimable(now=now)
    categories = frozenset[int]()
    if any(one.scope_kind == ScopeKind.CATEGORY for one in offered):
        categories = fragments.fresh(f"categories-of-product:{product_id}", "", lambda: _categories_of(product_id))
    return [one for one in offered if one.covers(product_id, categories)]


def _categories_of(product_id: int) -> frozenset[int]:
    return category_ids_of([product_id]).get(product_id, frozenset())


def shared(token: str) -> tuple[CouponTemplate, Offered] | None:
    """Return the coupon behind a shared link; None for a link that is none."""
    template = CouponTemplate.objects.filter(share_token=token, issue_mode=IssueMode.SHARE).first()
    return (template, offered_of(template, {}, said_scopes([template])[0])) if template else None


def offered_of(template: CouponTemplate, level_names: Mapping[int, str], scope: str) -> Offered:
    """Make a coupon that may be taken ready to print."""
    taken = template.issued * 100 // template.total if template.total else None
    names = [name for pk, name in level_names.items() if pk in template.level_ids]
    return Offered(
        id=template.pk,
        name=template.name,
        words=template.short_words,
        worth=worth_of(template),
        unit="折" if template.kind == CouponKind.PERCENT else "",
        threshold=template.threshold_words,
        scope=scope,
        until=template.validity_words,
        remark=template.remark,
        limit=f"最多减 {markup.short_yuan(template.max_discount)}" if template.max_discount else "",
        per_member=template.per_member,
        percent_taken=taken,
        level_ids=tuple(template.level_ids),
        vip_only=template.vip_only,
        scope_kind=template.scope_kind,
        scope_ids=frozenset(template.scope_ids),
        for_whom="、".join([*names, *(["VIP"] if template.vip_only else [])]),
        state="gone" if template.is_gone else "claimable",
        is_soon_gone=taken is not None and 80 <= taken < 100,
    )


def worth_of(terms: CouponTerms) -> SafeString:
    """Return the large figure of a ticket: "¥5", or "8.5" before 折."""
    if terms.kind == CouponKind.PERCENT:
        return format_html("{}", f"{terms.percent / 10:g}")
    return markup.price(terms.amount) if terms.amount % 100 else markup.round_price(terms.amount)


def _read_claimable(now: datetime) -> list[Offered]:
    running = CouponTemplate.objects.handed_out_at(now).filter(issue_mode=IssueMode.CLAIM).order_by("-pk")
    templates = list(running[:MOST_CLAIMABLE])
    wanted = {pk for template in templates for pk in template.level_ids}
    names = dict(Level.objects.filter(pk__in=wanted).order_by("min_value").values_list("pk", "name")) if wanted else {}
    offered = [offered_of(one, names, said) for one, said in zip(templates, said_scopes(templates), strict=True)]
    return sorted(offered, key=lambda one: one.state == "gone")


def _state_for(member: Member, one: Offered, held: int) -> str:
    if one.per_member and held >= one.per_member:
        return "claimed"
    if (one.level_ids and member.level_id not in one.level_ids) or (one.vip_only and not member.is_vip):
        return "others"
    return one.state


# --- What a member holds ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A coupon of a member, ready to print."""

    name: str
    worth: SafeString
    unit: str
    threshold: str
    scope: str
    until: str
    limit: str
    note: str
    is_soon_over: bool
    link: str
    tone: str


def tabs_at(now: datetime) -> dict[str, tuple[str, Q]]:
    """Return the tabs of 我的优惠券: name, and the condition. One whose time is over is gone before the sweep comes."""
    unused = Q(status=CouponStatus.UNUSED)
    over = Q(status__in=[CouponStatus.EXPIRED, CouponStatus.REVOKED]) | unused & Q(valid_until__lte=now)
    return {
        "unused": ("未使用", unused & Q(valid_until__gt=now)),
        "used": ("已使用", Q(status=CouponStatus.USED)),
        "gone": ("已失效", over),
    }


def coupons_of(member: Member, *, tab: str, now: datetime) -> tuple[QuerySet[Coupon], dict[str, int]]:
    """Return the coupons of a tab, and how many each tab has. One query for the numbers."""
    tabs = tabs_at(now)
    rows = Coupon.objects.filter(member=member)
    counts = rows.aggregate(**{key: Count("pk", filter=condition) for key, (_, condition) in tabs.items()})
    orders = {"unused": ("valid_until", "pk"), "used": ("-used_at", "-pk"), "gone": ("-valid_until", "-pk")}
    return rows.filter(tabs[tab][1]).order_by(*orders[tab]), counts


def count_unused(member: Member, *, now: datetime) -> int:
    """How many coupons `member` has to spend."""
    return Coupon.objects.kept_at(now).filter(member=member).count()


def held_words(coupons: Sequence[Coupon], *, now: datetime) -> list[Held]:
    """Make coupons of a member ready to print. Two queries at most, for the names of what they are for."""
    return [_held(one, said, now) for one, said in zip(coupons, said_scopes(coupons), strict=True)]


def _held(coupon: Coupon, scope: str, now: datetime) -> Held:
    note, tone = _note_of(coupon, now)
    return Held(
        name=coupon.name,
        worth=worth_of(coupon),
        unit="折" if coupon.kind == CouponKind.PERCENT else "",
        threshold=coupon.threshold_words,
        scope=scope,
        until=f"{coupon.last_moment:%Y-%m-%d %H:%M} 到期",
        limit=f"最多减 {markup.short_yuan(coupon.max_discount)}" if coupon.max_discount else "",
        note=note,
        is_soon_over=tone == "on" and coupon.valid_until - now <= SOON,
        link=goods_link(coupon),
        tone=tone,
    )


def goods_link(terms: CouponTerms) -> str:
    """Return where the goods are that a coupon is for."""
    if terms.scope_kind == ScopeKind.PRODUCT and len(terms.scope_ids) == 1:
        return f"/goods/{terms.scope_ids[0]}/"
    if terms.scope_kind == ScopeKind.CATEGORY and len(terms.scope_ids) == 1:
        return f"/goods/?category={terms.scope_ids[0]}"
    return "/goods/"


def said_scopes(terms: Sequence[CouponTerms]) -> list[str]:
    """Say of each which goods it is for, by name where it is a few. Two queries at most."""
    few = {one: tuple(one.scope_ids) for one in terms if one.scope_kind in BY_NAME and 0 < len(one.scope_ids) <= FEW}
    wanted: dict[str, set[int]] = {}
    for one, ids in few.items():
        wanted.setdefault(one.scope_kind, set()).update(ids)
    names = {kind: dict(BY_NAME[kind].filter(pk__in=ids).values_list("pk", "name")) for kind, ids in wanted.items()}

    def said(one: CouponTerms) -> str:
        found = [names[one.scope_kind].get(pk, "")[:LONGEST_NAME] for pk in few.get(one, ())]
        if not any(found):
            return one.scope_words
        return f"{'、'.join(filter(None, found))}可用"

    return [said(one) for one in terms]


def scope_names(terms: CouponTerms, *, limit: int) -> list[str]:
    """Name the goods or categories that a coupon is for, or not for; `limit` of them at most. One query."""
    if terms.scope_kind == ScopeKind.ALL:
        return []
    rows = BY_NAME[ScopeKind.CATEGORY if terms.scope_kind == ScopeKind.CATEGORY else ScopeKind.PRODUCT]
    return list(rows.filter(pk__in=terms.scope_ids).values_list("name", flat=True)[:limit])


def _note_of(coupon: Coupon, now: datetime) -> tuple[str, str]:
    """Return what is said of a coupon's state, and whether it is on, later or off."""
    if coupon.status == CouponStatus.USED:
        return f"{timezone.localtime(coupon.used_at):%Y-%m-%d %H:%M} 使用", "off"
    if coupon.status == CouponStatus.REVOKED:
        return "已作废", "off"
    if coupon.status == CouponStatus.EXPIRED or coupon.valid_until <= now:
        return "已过期", "off"
    if coupon.valid_from > now:
        return f"{timezone.localtime(coupon.valid_from):%m-%d %H:%M} 起可用", "later"
    return "", "on"
