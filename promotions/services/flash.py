"""Flash sales: pieces locked from the stock when a session is saved, taken by orders, returned when it is over.

Locks: session, then flash items by pk, then SKU rows by pk, last. An order takes from its item alone, by a conditional
UPDATE at the end of its transaction, so that a hot piece is locked for a moment only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from catalog import services as catalog
from catalog.models import StockMoveKind
from members.models import Member
from promotions.models import FlashBought, FlashGivenBack, FlashItem, FlashSale
from promotions.services.flash_saving import save_flash_sale, stop_flash_sale

__all__ = ["FlashRefused", "give_back_flash", "return_flash_quota", "save_flash_sale", "stop_flash_sale", "take_flash"]


class FlashRefused(Exception):
    """A piece of a flash sale cannot be had; the message is the sentence the buyer sees."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def take_flash(*, member: Member, units_by_item: Mapping[int, int], now: datetime) -> None:
    """Take `{item_id: units}` for an order of `member`, all or nothing.

    Each is taken by two statements that look and write at once: what the member holds, within their limit; then the
    quota. Raises FlashRefused.
    """
    items = FlashItem.objects.select_related("sale", "sku__product").in_bulk(list(units_by_item))
    for item_id in units_by_item:
        item = items.get(item_id)
        if item is None or not item.sale.is_open(now=now, is_vip=member.is_vip):
            raise FlashRefused("这场抢购不在进行中")
    for item_id, units in sorted(units_by_item.items()):
        _hold(items[item_id], member, units)
    for item_id, units in sorted(units_by_item.items()):
        _take(items[item_id], units)


def _hold(item: FlashItem, member: Member, units: int) -> None:
    """Count the pieces for the member, never beyond the limit."""
    FlashBought.objects.bulk_create([FlashBought(item=item, member=member)], ignore_conflicts=True)
    mine = FlashBought.objects.filter(item=item, member=member)
    if not mine.filter(units__lte=item.per_member - units).update(units=F("units") + units):
        held, unit = mine.get().units, item.sku.product.unit
        bought = f"，您已经买了 {held} {unit}" if held else ""
        raise FlashRefused(f"每人限购 {item.per_member} {unit}{bought}")


def _take(item: FlashItem, units: int) -> None:
    rows = FlashItem.objects.filter(pk=item.pk, quota__gte=F("taken") + F("returned") + units)
    if rows.update(taken=F("taken") + units):
        return
    item.refresh_from_db(fields=["quota", "taken", "returned"])
    left = f"只剩 {item.left} {item.sku.product.unit}了" if item.left > 0 else "已经抢光了"
    raise FlashRefused(f"「{item.sku.product.name}」{left}")


@transaction.atomic
def give_back_flash(*, member: Member, units_by_item: Mapping[int, int], source: str, now: datetime) -> None:
    """Give back `{item_id: units}` that `member` holds: to the item, or to the SKU's stock once the rest went there.

    Once per item and `source`; a repeat changes nothing. The member may buy that many again.
    """
    back: dict[FlashItem, tuple[int, str]] = {}
    for item in _locked(list(units_by_item)):
        units = units_by_item[item.pk]
        facts = {"units": units, "at": now}
        note, is_new = FlashGivenBack.objects.get_or_create(item=item, source=source, defaults=facts)
        if is_new:
            _let_go(item, member, units)
            back[item] = (units, f"back:{note.pk}")
    _to_stock({item: told for item, told in back.items() if item.sale.returned_at}, now)


def _let_go(item: FlashItem, member: Member, units: int) -> None:
    """Count the pieces for nobody; they may be bought again, unless the session is over and the rest has gone."""
    FlashBought.objects.filter(item=item, member=member, units__gte=units).update(units=F("units") - units)
    gone = units if item.sale.returned_at else 0
    FlashItem.objects.filter(pk=item.pk).update(taken=F("taken") - units, returned=F("returned") + gone)


def return_flash_quota(*, now: datetime, limit: int = 50) -> int:
    """Give what is left of sessions that ended or were stopped back to the stock, each once; return how many."""
    over = FlashSale.objects.filter(returned_at__isnull=True)
    due = over.filter(is_stopped=True) | over.filter(ends_at__lte=now)
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_return_session(pk, now) for pk in ids)


@transaction.atomic
def _return_session(sale_id: int, now: datetime) -> bool:
    claimed = FlashSale.objects.select_for_update().filter(pk=sale_id, returned_at__isnull=True)
    sale = claimed.first()
    if sale is None or not (sale.is_stopped or (sale.ends_at and sale.ends_at <= now)):
        return False
    items = _locked(list(sale.items.values_list("pk", flat=True)))
    left = {item: (item.left, "rest") for item in items if item.left}
    FlashItem.objects.filter(sale=sale).update(returned=F("quota") - F("taken"))
    FlashSale.objects.filter(pk=sale_id).update(returned_at=now)
    _to_stock(left, now)
    return True


def _locked(item_ids: Sequence[int]) -> list[FlashItem]:
    """Lock items in pk order, then read their sessions: one that was over when the locks came is known to be so."""
    rows = FlashItem.objects.select_for_update(no_key=True).filter(pk__in=item_ids).order_by("pk")
    items = list(rows)
    sales = FlashSale.objects.in_bulk({item.sale_id for item in items})
    for item in items:
        item.sale = sales[item.sale_id]
    return items


def _to_stock(units_by_item: Mapping[FlashItem, tuple[int, str]], now: datetime) -> None:
    """Put `{item: (units, why)}` into the stock of the items' SKUs, once per item and why."""
    if units_by_item:
        catalog.move_stock(
            {item.sku_id: units for item, (units, _) in units_by_item.items()},
            kind=StockMoveKind.FLASH_BACK,
            source_by_sku={item.sku_id: f"flash-item:{item.pk}:{why}" for item, (_, why) in units_by_item.items()},
            by=None,
            now=now,
        )
