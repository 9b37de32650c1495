"""The cart: a member's in the database, a guest's in the session, shown at the prices of the moment."""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum

from catalog.models import MOST_UNITS, LimitKind, ProductImage, ProductStatus, Sku
from catalog.selectors import picture_url
from catalog.selectors.product_page import FEW_LEFT
from members.models import Member
from orders.models import CartItem
from orders.selectors.buying import units_bought
from orders.services import bargaining
from promotions import pricing
from promotions import selectors as promotions

MOST_LINES = 100
GUEST_CART, COUNT = "cart", "cart_count"  # keys of the session: {sku_id: units}, and the units for the badge

OFF_SHELF, SOLD_OUT, OVER_STOCK, OVER_LIMIT, BELOW_MINIMUM = "已下架", "已售罄", "库存不足", "超过限购", "不够起购"
PROBLEMS = (OVER_STOCK, BELOW_MINIMUM, OVER_LIMIT, SOLD_OUT, OFF_SHELF)  # what the shopper can mend comes first


class CartRefused(Exception):
    """The cart stays as it is; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose cart it is: a member, or the guest to whom the session belongs."""

    member: Member | None
    session: MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One SKU of a cart. `problem` is one of PROBLEMS or "", `why` says more; `most` is how many may be chosen.

    `note` is worth knowing before it becomes a problem: 仅剩 3 件, 每单限购 2 件. `price` is the site price, in fen;
    `member_price` what a level makes of it, 0 where it makes nothing of it.
    """

    item: pricing.Item
    sku_id: int
    product_id: int
    name: str
    spec_text: str
    picture: str
    price: int
    units: int
    most: int
    least: int
    is_selected: bool
    problem: str
    why: str
    note: str
    member_price: int = 0

    @property
    def amount(self) -> int:
        """What all units of the line cost in fen, at the member's price if there is one."""
        return (self.member_price or self.price) * self.units

    @property
    def is_mendable(self) -> bool:
        """Say whether another quantity could make the line good."""
        return self.problem in {OVER_STOCK, OVER_LIMIT, BELOW_MINIMUM} and self.most > 0


@dataclass(frozen=True, slots=True)
class Cart:
    """What the page shows. `goods_amount` (fen) and `units` count what is selected and can be bought."""

    lines: list[Line]
    invalid: list[tuple[str, list[Line]]]
    goods_amount: int
    units: int

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing at all, not even goods that cannot be bought."""
        return not self.lines and not self.invalid

    @property
    def all_selected(self) -> bool:
        """Say whether every line that can be bought is selected."""
        return bool(self.lines) and all(line.is_selected for line in self.lines)


def show(owner: Owner) -> Cart:
    """Return the cart of `owner` with live prices; lines that cannot be bought stand in groups of their own."""
    return _shown(_entries(owner), owner.member)


def show_one(*, member: Member, sku_id: int, units: int) -> Cart:
    """Return a cart of one SKU that is in no cart: 立即购买."""
    return _shown(_with_skus({sku_id: (units, True)}), member)


def _shown(entries: list[tuple[Sku, int, bool]], member: Member | None) -> Cart:
    bought = _bought(member, [sku for sku, _, _ in entries])
    chosen = _chosen_by_product(entries)
    level = promotions.level_terms(member) if member else pricing.NO_LEVEL
    items = [(bargaining.item_of(sku, units), sku, selected) for sku, units, selected in entries]
    lines = [
        replace(_line(item, sku, selected, chosen, bought), member_price=_member_price(item, level))
        for item, sku, selected in items
    ]
    groups = [(problem, [line for line in lines if line.problem == problem]) for problem in PROBLEMS]
    valid = [line for line in lines if not line.problem]
    selected = [line for line in valid if line.is_selected]
    return Cart(
        lines=valid,
        invalid=[(problem, found) for problem, found in groups if found],
        goods_amount=sum(line.amount for line in selected),
        units=sum(line.units for line in selected),
    )


def only_selected(cart: Cart) -> Cart:
    """Return the cart as the checkout sees it; what cannot be bought stays behind."""
    chosen = [line for line in cart.lines if line.is_selected]
    return replace(cart, lines=chosen, invalid=[])


def selected_items(cart: Cart) -> list[tuple[int, int]]:
    """Return what goes to the checkout: [(sku_id, units)]."""
    return [(line.sku_id, line.units) for line in cart.lines if line.is_selected]


def _entries(owner: Owner) -> list[tuple[Sku, int, bool]]:
    return _with_skus(_held(owner))


def _with_skus(held: Mapping[int, tuple[int, bool]]) -> list[tuple[Sku, int, bool]]:
    shown = ProductImage.objects.filter(product=OuterRef("product")).order_by("sort_order", "pk").values("image")[:1]
    skus = Sku.objects.select_related("product").annotate(picture=Subquery(shown)).in_bulk(list(held)) if held else {}
    return [(skus[sku_id], *rest) for sku_id, rest in held.items() if sku_id in skus]


def _held(owner: Owner) -> dict[int, tuple[int, bool]]:
    """Return {sku_id: (units, is_selected)}, what was added last first."""
    if owner.member is None:
        return {sku_id: (units, True) for sku_id, units in reversed(guest_units(owner.session).items())}
    items = CartItem.objects.filter(member=owner.member).order_by("-added_at", "-pk")
    rows = items.values_list("sku_id", "units", "is_selected")
    return {sku_id: (units, is_selected) for sku_id, units, is_selected in rows}


def _bought(member: Member | None, skus: Iterable[Sku]) -> dict[int, int]:
    limited = {sku.product_id for sku in skus if sku.product.limit.for_life}
    return units_bought(member, sorted(limited)) if member and limited else {}


def _chosen_by_product(entries: Iterable[tuple[Sku, int, bool]]) -> dict[int, int]:
    chosen: dict[int, int] = {}
    for sku, units, is_selected in entries:
        if is_selected and is_offered(sku):
            chosen[sku.product_id] = chosen.get(sku.product_id, 0) + units
    return chosen


def _line(
    item: pricing.Item, sku: Sku, is_selected: bool, chosen: Mapping[int, int], bought: Mapping[int, int]
) -> Line:
    units = item.units
    together = chosen.get(sku.product_id, 0) if is_selected else units
    problem, why = _problem(sku, units, together, bought.get(sku.product_id, 0))
    return Line(
        item=item,
        sku_id=sku.pk,
        product_id=sku.product_id,
        name=sku.product.name,
        spec_text=sku.spec_text,
        picture=picture_url(sku.image.name or vars(sku)["picture"] or "", "small"),
        price=sku.price,
        units=units,
        most=sku.product.limit.most(stock=sku.stock, bought=bought.get(sku.product_id, 0)),
        least=1,
        is_selected=is_selected,
        problem=problem,
        why=why,
        note="" if problem else _note(sku),
    )


def _member_price(item: pricing.Item, level: pricing.LevelTerms) -> int:
    price = level.unit_price(item)
    return price if price < item.site_price else 0


def _note(sku: Sku) -> str:
    """Say what is scarce about a SKU that can be bought; "" when nothing is."""
    product = sku.product
    if sku.stock < FEW_LEFT:
        return f"仅剩 {sku.stock} {product.unit}"
    limit = product.limit
    return f"{LimitKind(limit.kind).label} {limit.units} {product.unit}" if limit.kind != LimitKind.NONE else ""


def _problem(sku: Sku, units: int, together: int, bought: int) -> tuple[str, str]:
    """Return what keeps `units` of `sku` from being bought, `together` with the product's other SKUs in the cart."""
    product = sku.product
    if not is_offered(sku):
        return OFF_SHELF, "商品已经下架"
    if sku.stock <= 0:
        return SOLD_OUT, "暂时没有货了"
    if units > sku.stock:
        return OVER_STOCK, f"只剩 {sku.stock} {product.unit}，请减少数量"
    if why := product.limit.too_many(together, bought=bought):
        return OVER_LIMIT, why
    if why := product.limit.too_few(together):
        return BELOW_MINIMUM, f"{why}，请增加数量"
    return "", ""


def is_offered(sku: Sku) -> bool:
    """Say whether shoppers see `sku` at all; its product is loaded."""
    return sku.is_active and sku.product.status == ProductStatus.ON_SALE


# --- Changes -------------------------------------------------------------------------------------------------------
@transaction.atomic
def add(owner: Owner, *, sku_id: int, units: int, now: datetime) -> None:
    """Put `units` more of a SKU into the cart and select it. Raises CartRefused."""
    sku = Sku.objects.select_related("product").filter(pk=sku_id).first()
    if sku is None or not is_offered(sku):
        raise CartRefused("商品已经下架，看看别的吧")
    held = {found.pk: count for found, count, _ in _entries(owner)}
    total, bought = held.get(sku_id, 0) + units, _bought(owner.member, [sku]).get(sku.product_id, 0)
    if total > sku.product.limit.most(stock=sku.stock, bought=bought):
        raise CartRefused(_too_many(sku, bought, held.get(sku_id, 0)))
    if sku_id not in held and len(held) >= MOST_LINES:
        raise CartRefused(f"购物车最多放 {MOST_LINES} 种商品，请先清理一下")
    _put(owner, {sku_id: total}, now, is_selected=True)
    recount(owner)


def _too_many(sku: Sku, bought: int, held: int = 0) -> str:
    unit, limit = sku.product.unit, sku.product.limit
    most = limit.most(stock=sku.stock, bought=bought)
    if sku.stock <= 0:
        return "这件商品已经售罄"
    over = limit.too_many(most + 1, bought=bought) or f"最多买 {most} {unit}"
    reason = f"库存只有 {sku.stock} {unit}" if most == sku.stock else over
    return f"{reason}，购物车里已有 {held} {unit}" if held else reason


def set_units(owner: Owner, *, units_by_sku: Mapping[int, int], now: datetime) -> list[str]:
    """Set `{sku_id: units}` of goods already in the cart, lowered to what may be bought; return what was lowered."""
    notes, wanted, entries = [], {}, _entries(owner)
    bought_by_product = _bought(owner.member, [sku for sku, _, _ in entries])
    for sku, held, _ in entries:
        bought = bought_by_product.get(sku.product_id, 0)
        most = sku.product.limit.most(stock=sku.stock, bought=bought)
        units = min(max(units_by_sku.get(sku.pk, held), 1), MOST_UNITS)
        if units != held and units > most and is_offered(sku):
            units = max(most, 1)
            notes.append(f"{sku.product.name} {_too_many(sku, bought)}")
        if units != held:
            wanted[sku.pk] = units
    _put(owner, wanted, now)
    recount(owner)
    return notes


def _put(owner: Owner, units_by_sku: Mapping[int, int], now: datetime, **also: bool) -> None:
    if owner.member is None:
        kept = {**guest_units(owner.session), **units_by_sku}
        owner.session[GUEST_CART] = {str(sku_id): units for sku_id, units in kept.items()}
        return
    for sku_id, units in sorted(units_by_sku.items()):
        CartItem.objects.update_or_create(
            member=owner.member,
            sku_id=sku_id,
            defaults={"units": units, **also},
            create_defaults={"units": units, "added_at": now},
        )


def remove(owner: Owner, *, sku_ids: Iterable[int]) -> dict[int, int]:
    """Take SKUs out of the cart and return `{sku_id: units}` of what was in it."""
    gone = set(sku_ids)
    removed = {sku_id: units for sku_id, (units, _) in _held(owner).items() if sku_id in gone}
    if owner.member:
        CartItem.objects.filter(member=owner.member, sku__in=gone).delete()
    else:
        kept = guest_units(owner.session)
        owner.session[GUEST_CART] = {str(pk): units for pk, units in kept.items() if pk not in gone}
    recount(owner)
    return removed


def restore(owner: Owner, *, units_by_sku: Mapping[int, int], now: datetime) -> list[str]:
    """Put back what `remove` returned; return a sentence for each that can no longer be had."""
    notes = []
    for sku_id, units in reversed(list(units_by_sku.items())):  # what is added last stands first
        try:
            add(owner, sku_id=sku_id, units=units, now=now)
        except CartRefused as refusal:
            notes.append(refusal.message)
    return notes


def select(owner: Owner, *, sku_ids: Iterable[int], among: Iterable[int]) -> None:
    """Of `among`, select exactly `sku_ids` in a member's cart; a guest's is always selected whole."""
    if owner.member:
        chosen, shown = set(sku_ids), set(among)
        items = CartItem.objects.filter(member=owner.member)
        items.filter(sku__in=shown & chosen, is_selected=False).update(is_selected=True)
        items.filter(sku__in=shown - chosen, is_selected=True).update(is_selected=False)


def recount(owner: Owner) -> int:
    """Write the number of units into the session, for the badge in the tab bar, and return it."""
    if owner.member:
        counted = CartItem.objects.filter(member=owner.member).aggregate(units=Sum("units"))
        count = counted["units"] or 0
    else:
        count = sum(guest_units(owner.session).values())
    if owner.session.get(COUNT, 0) != count:
        owner.session[COUNT] = count
    return int(count)


def guest_units(session: Mapping[str, Any]) -> dict[int, int]:
    """Read a guest's cart: {sku_id: units}, oldest first; what makes no sense is left out."""
    kept = session.get(GUEST_CART)
    if not isinstance(kept, dict):
        return {}
    pairs = [(str(key), units) for key, units in kept.items() if isinstance(units, int)]
    return {int(key): min(units, MOST_UNITS) for key, units in pairs if key.isdecimal() and units > 0}


@transaction.atomic
def merge_guest_cart(*, member: Member, session: MutableMapping[str, Any], now: datetime) -> list[str]:
    """Move what a guest collected into the cart of the member they turned out to be; return what was lowered.

    Units of the same SKU are added up, but never beyond what may be bought now. Goods that are gone stay in
    the cart, where the page says so.
    """
    guest = guest_units(session)
    owner = Owner(member=member, session=session)
    held = {sku.pk: units for sku, units, _ in _entries(owner)} if guest else {}
    notes, wanted, skus = [], {}, Sku.objects.select_related("product").in_bulk(list(guest))
    bought_by_product = _bought(member, skus.values())
    for sku_id, sku in sorted(skus.items()):
        bought, total = bought_by_product.get(sku.product_id, 0), held.get(sku_id, 0) + guest[sku_id]
        most = sku.product.limit.most(stock=sku.stock, bought=bought)
        wanted[sku_id] = max(min(total, most), held.get(sku_id, 0), 1)
        if wanted[sku_id] < total and is_offered(sku):
            notes.append(f"{sku.product.name} {_too_many(sku, bought)}，数量已调整")
    _put(owner, wanted, now)
    session.pop(GUEST_CART, None)
    recount(owner)
    return notes
