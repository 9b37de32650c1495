"""The SKUs of goods that are being saved: matched with what is there, written in bulk, their stock moved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from catalog.models import Product, Sku, StockMove, StockMoveKind
from catalog.services.drafts import ProductDraft, SkuDraft
from catalog.services.kept import Kept
from catalog.services.stock import lock_stock, move_stock
from members.models import Member

BATCH = 500
PLAIN_FIELDS = [
    "specs", "price", "market_price", "cost_price", "stock_floor", "daily_stock", "daily_filled_on", "barcode",
    "weight", "image", "is_active", "sort_order",
]  # fmt: skip
KEY_FIELDS = ["code", "spec_text"]  # unique: an UPDATE that names them keeps even carts from pointing at the row

Match = tuple[SkuDraft, Sku | None]


def write_skus(
    *,
    pairs: Sequence[tuple[Product, ProductDraft]],
    kept: Kept,
    by: Member | None,
    now: datetime,
    source: str,
    stock_kind: str,
) -> set[int]:
    """Make the SKUs of each product what its draft says, withdraw the others; return the products that changed.

    Stock of new SKUs is an initial move; that of existing ones moves where the draft gives a stock. The caller has
    locked the SKUs that are there.
    """
    today = timezone.localdate(now)
    new: list[Sku] = []
    changed: list[tuple[Sku, set[str]]] = []
    wanted: list[tuple[Sku, SkuDraft]] = []
    withdrawn: list[Sku] = []
    for product, draft in pairs:
        present = kept.skus.get(product.pk, [])
        matches = match_skus(draft.skus, present)
        _free_names(matches, present)
        for order, (sku_draft, sku) in enumerate(matches):
            values = _values_of(sku_draft, sku, order, today)
            if sku is None:
                new.append(Sku(product=product, stock=_first_stock(sku_draft), **values))
            elif names := _changes(sku, values):
                changed.append((sku, names))
            if sku is not None and sku_draft.stock is not None:
                wanted.append((sku, sku_draft))
        taken = {sku.pk for _, sku in matches if sku}
        withdrawn += [sku for sku in present if sku.is_active and sku.pk not in taken]
    Sku.objects.filter(pk__in=[sku.pk for sku in withdrawn]).update(is_active=False)
    _update([sku for sku, names in changed if not names & set(KEY_FIELDS)], PLAIN_FIELDS)
    _update([sku for sku, names in changed if names & set(KEY_FIELDS)], [*KEY_FIELDS, *PLAIN_FIELDS])
    _create(new, by=by, now=now)
    _move(wanted, by=by, now=now, source=source, kind=stock_kind)
    return {sku.product_id for sku in [*new, *(sku for sku, _ in changed), *withdrawn]}


def match_skus(drafts: Sequence[SkuDraft], present: Sequence[Sku]) -> list[Match]:
    """Find for each draft the SKU it is about: by id, else by code, else by its combination. None is taken twice."""
    free = list(present)
    found: dict[int, Sku] = {}
    for is_it in (_by_id, _by_code, _by_spec):
        for index, draft in enumerate(drafts):
            sku = next((sku for sku in free if index not in found and is_it(draft, sku)), None)
            if sku:
                found[index] = sku
                free.remove(sku)
    return [(draft, found.get(index)) for index, draft in enumerate(drafts)]


def _by_id(draft: SkuDraft, sku: Sku) -> bool:
    return draft.id == sku.pk


def _by_code(draft: SkuDraft, sku: Sku) -> bool:
    return draft.id is None and bool(draft.code) and draft.code == sku.code


def _by_spec(draft: SkuDraft, sku: Sku) -> bool:
    return draft.id is None and draft.spec_text == sku.spec_text


def _free_names(matches: Sequence[Match], present: Sequence[Sku]) -> None:
    """Take combination and code from SKUs whose names others are about to get, so that names may be swapped."""
    texts = {draft.spec_text: sku for draft, sku in matches}
    codes = {draft.code: sku for draft, sku in matches if draft.code}
    for sku in present:
        if texts.get(sku.spec_text, sku) is not sku or codes.get(sku.code or "", sku) is not sku:
            sku.spec_text, sku.code = f"~{sku.pk}", None
            sku.save(update_fields=["spec_text", "code"])


def _values_of(draft: SkuDraft, sku: Sku | None, order: int, today: date) -> dict[str, Any]:
    plain = ["price", "market_price", "cost_price", "stock_floor", "daily_stock", "barcode", "weight", "image"]
    starts_daily = draft.daily_stock is not None and (sku is None or sku.daily_stock is None)
    return {name: getattr(draft, name) for name in plain} | {
        "code": draft.code or None,
        "specs": list(draft.specs),
        "spec_text": draft.spec_text,
        "is_active": True,
        "sort_order": order,
        # A daily stock that begins today is refilled from the next midnight on.
        "daily_filled_on": today if starts_daily or sku is None else sku.daily_filled_on,
    }


def _changes(sku: Sku, values: Mapping[str, Any]) -> set[str]:
    """Give `sku` the values; return the names of those that it did not have."""
    different = {name for name, value in values.items() if getattr(sku, name) != value}
    for name in different:
        setattr(sku, name, values[name])
    return different


def _update(skus: Sequence[Sku], fields: Sequence[str]) -> None:
    Sku.objects.bulk_create(
        skus, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
    )


def _first_stock(draft: SkuDraft) -> int:
    return (draft.daily_stock or 0) if draft.stock is None else draft.stock


def _create(skus: Sequence[Sku], *, by: Member | None, now: datetime) -> None:
    created = Sku.objects.bulk_create(skus, batch_size=BATCH)
    moves = [
        StockMove(sku=sku, delta=sku.stock, kind=StockMoveKind.INITIAL, source="initial", actor=by, at=now)
        for sku in created
        if sku.stock
    ]
    StockMove.objects.bulk_create(moves, batch_size=BATCH)


def _move(wanted: Sequence[tuple[Sku, SkuDraft]], *, by: Member | None, now: datetime, source: str, kind: str) -> None:
    """Change the stock of existing SKUs by what was asked for minus what was shown, or minus what is there."""
    held = lock_stock([sku.pk for sku, _ in wanted])
    deltas = {
        sku.pk: (draft.stock or 0) - (held[sku.pk] if draft.shown_stock is None else draft.shown_stock)
        for sku, draft in wanted
    }
    moved = sorted((sku_id, delta) for sku_id, delta in deltas.items() if delta)
    for at in range(0, len(moved), BATCH):
        part = dict(moved[at : at + BATCH])
        move_stock(part, kind=kind, source_by_sku=dict.fromkeys(part, source), by=by, now=now)
