"""Sessions of the flash sale: written and changed, with the pieces that they lock from the stock, and stopped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from catalog import services as catalog
from catalog.models import ProductStatus, Sku, StockMoveKind
from catalog.services.stock import lock_stock
from members import services as members
from members.models import Member
from promotions.models import FlashItem, FlashSale, RunState
from promotions.selectors.flash import MOST_EARLY
from promotions.services.drafts import DraftRefused, FlashDraft, FlashItemDraft, Problem, problems_of_flash
from promotions.services.offers import refuse

PLAIN = ["name", "starts_at", "ends_at", "vip_early_minutes", "rules_text"]
RUNNING_ONLY = "抢购进行中，只能改名称、说明、结束时间、数量和限购；要改别的，请先停止，再复制一场"


def save_flash_sale(
    *, draft: FlashDraft, sale: FlashSale | None = None, submission: str, by: Member, now: datetime
) -> FlashSale:
    """Make a session of `draft`, or change one; quotas are locked from the stock, changes of them by the difference.

    `submission` names the form, so that sending it twice locks once. Raises DraftRefused, also when the stock is
    short or a SKU is in another session at that time; nothing is changed.
    """
    refuse(problems_of_flash(draft))
    with transaction.atomic():
        row = sale and FlashSale.objects.select_for_update().get(pk=sale.pk)
        items = list(FlashItem.objects.select_for_update().filter(sale=row).order_by("pk")) if row else []
        kept = {item.sku_id: item for item in items}
        stock = lock_stock(sorted({*kept, *(wanted.sku_id for wanted in draft.items)}))
        refuse(_too_late(draft, row, now) or _kept_problems(draft, row, kept, now))
        refuse(_goods_problems(draft, row, kept, stock))
        before = facts_of(row) if row else {}
        row = row or FlashSale()
        for name in PLAIN:
            setattr(row, name, getattr(draft, name))
        row.save()
        _write_items(row, draft, kept, submission, by, now)
        _log(row, "修改场次" if before else "新增场次", before, facts_of(row), by=by, now=now)
    return row


def stop_flash_sale(*, sale: FlashSale, by: Member, now: datetime) -> bool:
    """Stop a session at once; the sweep returns what is left. Return False when it was over already."""
    with transaction.atomic():
        alive = FlashSale.objects.filter(pk=sale.pk, is_stopped=False, ends_at__gt=now)
        if not alive.update(is_stopped=True):
            return False
        _log(sale, "停止场次", {}, {}, by=by, now=now)
    return True


def _too_late(draft: FlashDraft, row: FlashSale | None, now: datetime) -> list[Problem]:
    """Return what the time forbids."""
    if draft.ends_at <= now:
        return [Problem("ends_at", "结束时间已经过去，请往后选；要马上结束，请用“停止”")]
    if not 0 <= draft.vip_early_minutes <= MOST_EARLY:
        return [Problem("vip_early_minutes", f"最多提前 {MOST_EARLY} 分钟")]
    state = row.state_at(now) if row else RunState.SCHEDULED
    if state in {RunState.ENDED, RunState.STOPPED} or (row and row.returned_at):
        return [Problem("name", f"这一场{RunState(state).label}，不能再改；可以复制一场新的")]
    if row and _has_opened(row, now):
        for name in ("starts_at", "vip_early_minutes"):
            if getattr(row, name) != getattr(draft, name):
                return [Problem(name, RUNNING_ONLY)]
    return []


def _has_opened(row: FlashSale, now: datetime) -> bool:
    return row.is_open(now=now, is_vip=True)


def _kept_problems(
    draft: FlashDraft, row: FlashSale | None, kept: Mapping[int, FlashItem], now: datetime
) -> list[Problem]:
    """Return what orders that hold pieces forbid: to take an item away, to cut its quota below, to change its price."""
    named = {wanted.sku_id for wanted in draft.items}
    for sku_id, item in kept.items():
        if sku_id not in named and item.buyers.exists():
            name = item.sku.product.name
            return [Problem("items", f"已有顾客抢过「{name}」，不能移出；可以把数量改成已抢的 {item.taken} 件")]
    found = []
    is_open = bool(row and _has_opened(row, now))
    for number, wanted in enumerate(draft.items):
        old = kept.get(wanted.sku_id)
        if old and wanted.quota < old.taken:
            found.append(Problem("quota", f"已经抢走 {old.taken} 件，数量不能比这少", number))
        if old and is_open and wanted.price != old.price:
            found.append(Problem("price", RUNNING_ONLY, number))
    return found


def _goods_problems(
    draft: FlashDraft, row: FlashSale | None, kept: Mapping[int, FlashItem], stock: Mapping[int, int]
) -> list[Problem]:
    """Return what the goods forbid: gone, dearer than usual, short of stock, or in another session at that time."""
    skus = Sku.objects.select_related("product").in_bulk([wanted.sku_id for wanted in draft.items])
    busy = _busy(draft, row)
    found = []
    for number, wanted in enumerate(draft.items):
        old = kept.get(wanted.sku_id)
        problem = _goods_problem(wanted, skus.get(wanted.sku_id), old, stock, busy)
        if problem:
            found.append(Problem(*problem, row=number))
    return found


def _goods_problem(
    wanted: FlashItemDraft, sku: Sku | None, old: FlashItem | None, stock: Mapping[int, int], busy: Mapping[int, str]
) -> tuple[str, str] | None:
    if sku is None or (old is None and (not sku.is_active or sku.product.status != ProductStatus.ON_SALE)):
        return "price", "这件商品已下架或不存在，请移出"
    if (old is None or wanted.price != old.price) and wanted.price >= sku.price:
        return "price", f"抢购价要低于本站价 {sku.price / 100:.2f} 元"
    if sku.pk in busy:
        return "price", f"这件商品同一时间在「{busy[sku.pk]}」里，请换个时间或移出"
    more = wanted.quota - (old.quota if old else 0)
    if more > stock[sku.pk]:
        return "quota", f"库存只有 {stock[sku.pk]} {sku.product.unit}，不够锁定 {more} {sku.product.unit}"
    return None


def _busy(draft: FlashDraft, row: FlashSale | None) -> dict[int, str]:
    """Return {sku_id: name of the other session} of SKUs that are wanted twice at a time. The SKUs are locked."""
    others = FlashItem.objects.filter(
        sku__in=[wanted.sku_id for wanted in draft.items], sale__is_stopped=False,
        sale__starts_at__lt=draft.ends_at, sale__ends_at__gt=draft.starts_at,
    )  # fmt: skip
    return dict(others.exclude(Q(sale=row) if row else Q(pk=None)).values_list("sku_id", "sale__name"))


def _write_items(
    row: FlashSale, draft: FlashDraft, kept: Mapping[int, FlashItem], submission: str, by: Member, now: datetime
) -> None:
    """Write the items and move what their quotas changed by; those that are no longer named give all back first."""
    named = {wanted.sku_id for wanted in draft.items}
    for sku_id, item in kept.items():
        if sku_id not in named:
            _move(item, item.quota, submission, by, now)
            item.delete()
    for wanted in sorted(draft.items, key=lambda wanted: wanted.sku_id):
        item = kept.get(wanted.sku_id) or FlashItem(sale=row, sku_id=wanted.sku_id, quota=0)
        change = item.quota - wanted.quota
        item.price, item.per_member = wanted.price, wanted.per_member
        if item.pk is None:
            item.quota = wanted.quota
            item.save()
        else:  # `taken` belongs to the orders
            FlashItem.objects.filter(pk=item.pk).update(
                price=wanted.price, per_member=wanted.per_member, quota=F("quota") - change
            )
        _move(item, change, submission, by, now)


def _move(item: FlashItem, delta: int, submission: str, by: Member, now: datetime) -> None:
    """Take pieces out of the SKU's stock for the item (below zero), or give them back. Raises DraftRefused."""
    if not delta:
        return
    source = f"flash-item:{item.pk}:{submission[:32]}"
    try:
        catalog.move_stock(
            {item.sku_id: delta}, kind=StockMoveKind.FLASH, source_by_sku={item.sku_id: source}, by=by, now=now
        )
    except catalog.StockTooLow as short:
        raise DraftRefused([Problem("items", str(short))]) from short


def facts_of(row: FlashSale) -> dict[str, Any]:
    """Return the terms of a session as the operation log keeps them."""
    items = [
        f"SKU {item.sku_id}: {item.price} 分 × {item.quota}，每人 {item.per_member}"
        for item in row.items.order_by("pk")
    ]
    facts = {name: getattr(row, name) for name in PLAIN}
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}
    return plain | {"items": items}


def _log(
    row: FlashSale, what: str, before: Mapping[str, Any], after: Mapping[str, Any], *, by: Member, now: datetime
) -> None:
    changed = {name for name in after if before.get(name) != after[name]}
    members.log_operation(
        actor=by, action="save_flash_sale" if after else "stop_flash_sale", target=row, summary=f"{what}「{row.name}」",
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed}, now=now,
    )  # fmt: skip
    transaction.on_commit(catalog.bump_catalogue)
