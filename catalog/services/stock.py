"""Stock: taken, given back, set and refilled. Every change is one StockMove, and a replay of its cause does nothing.

Locks: SKU rows in pk order, last of all (DESIGN §3). Stock equals the sum of its moves at every commit.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, F, IntegerField, Sum, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from catalog.models import Product, Sku, StockMove, StockMoveKind
from members import services as members
from members.models import Member

# What a daily refill leaves as it is: what orders and flash sales have taken and given back since midnight.
TAKEN_KINDS = (
    StockMoveKind.ORDER, StockMoveKind.CANCEL, StockMoveKind.REFUND, StockMoveKind.FLASH, StockMoveKind.FLASH_BACK,
)  # fmt: skip
NAMES_IN_ALERT = 5


class OutOfStock(Exception):
    """A SKU has fewer units than were wanted; the message is the sentence the buyer sees."""

    def __init__(self, sku_id: int, sentence: str = "库存不足") -> None:
        super().__init__(sentence)
        self.sku_id = sku_id


class StockTooLow(Exception):
    """A correction would leave less than nothing, because units were sold meanwhile. The message is the sentence."""

    def __init__(self, sku_id: int, sentence: str) -> None:
        super().__init__(sentence)
        self.sku_id = sku_id


def take_stock(
    units_by_sku: Mapping[int, int], *, source_by_sku: Mapping[int, str], by: Member | None, now: datetime
) -> None:
    """Take `{sku_id: units}` for order lines, all or nothing; taking twice for the same sources takes once.

    One INSERT and one conditional UPDATE, after a lock in pk order when there are several SKUs.
    Raises OutOfStock for the first SKU that is short; nothing is left behind.
    """
    deltas = {sku_id: -units for sku_id, units in units_by_sku.items()}
    moves = _moves(deltas, kind=StockMoveKind.ORDER, source_by_sku=source_by_sku, by=by, now=now)
    try:
        with transaction.atomic():
            StockMove.objects.bulk_create(moves)
            if not _change_stock(deltas):
                raise _shortage(units_by_sku)
    except IntegrityError:
        if len(_known(moves)) < len(moves):
            raise


def give_back_stock(
    units_by_sku: Mapping[int, int],
    *,
    kind: str,
    source_by_sku: Mapping[int, str],
    by: Member | None,
    now: datetime,
) -> None:
    """Give back `{sku_id: units}` once per source, for a cancelled order or refunded units that were not shipped."""
    move_stock(units_by_sku, kind=kind, source_by_sku=source_by_sku, by=by, now=now)


def set_stock(*, sku: Sku, shown: int, wanted: int, source: str, by: Member | None, now: datetime) -> None:
    """Change the stock by what a person changed it by: `wanted` minus the number they were shown.

    `source` names the submission, so that sending the form twice changes once. Raises StockTooLow.
    """
    move_stock({sku.pk: wanted - shown}, kind=StockMoveKind.EDIT, source_by_sku={sku.pk: source}, by=by, now=now)


@transaction.atomic
def move_stock(
    delta_by_sku: Mapping[int, int],
    *,
    kind: str,
    source_by_sku: Mapping[int, str],
    by: Member | None,
    now: datetime,
) -> None:
    """Change stock by `{sku_id: delta}`, each once per (kind, source), under locks in pk order.

    Raises StockTooLow when a SKU would fall below zero; nothing is left behind.
    """
    lock_stock(list(delta_by_sku))
    moves = _moves(delta_by_sku, kind=kind, source_by_sku=source_by_sku, by=by, now=now)
    known = _known(moves)
    fresh = [move for move in moves if (move.sku_id, move.source) not in known]
    if not fresh:
        return
    if not _change_stock({move.sku_id: move.delta for move in fresh}):
        raise _too_low(delta_by_sku)
    StockMove.objects.bulk_create(fresh)


def lock_stock(sku_ids: list[int]) -> dict[int, int]:
    """Lock SKU rows in pk order and return their stock, `{sku_id: units}`. Within a transaction only."""
    rows = Sku.objects.select_for_update(no_key=True).filter(pk__in=sku_ids).order_by("pk")
    return dict(rows.values_list("pk", "stock").iterator())


def refill_daily_stock(*, now: datetime, limit: int = 500) -> int:
    """Put SKUs with a daily stock back to it, once per Shanghai day; return how many were looked at.

    A refill that comes late counts what was sold and given back since midnight, so that no day sells more than its
    stock (I9).
    """
    today = timezone.localdate(now)
    due = Sku.objects.filter(daily_stock__isnull=False).exclude(daily_filled_on=today).order_by("pk")
    with transaction.atomic():
        stock = lock_stock(list(due.values_list("pk", flat=True)[:limit]))
        wanted = _daily_targets(list(stock), today)
        deltas = {sku_id: wanted[sku_id] - stock[sku_id] for sku_id in stock if sku_id in wanted}
        _write(deltas, kind=StockMoveKind.DAILY, source=today.isoformat(), now=now)
        Sku.objects.filter(pk__in=list(stock)).update(daily_filled_on=today)
    return len(stock)


def tell_low_stock(*, now: datetime, limit: int = 500) -> int:
    """Tell the staff in one message which SKUs fell below their floor, each once per Shanghai day; return how many."""
    today = timezone.localdate(now)
    low = Sku.objects.below_floor().exclude(low_told_on=today).select_related("product").order_by("pk")
    with transaction.atomic():
        skus = list(low.select_for_update(of=("self",), no_key=True)[:limit])
        if not skus:
            return 0
        Sku.objects.filter(pk__in=[sku.pk for sku in skus]).update(low_told_on=today)
        members.notify_staff(
            store_id=None,
            scene="low_stock",
            key=f"low_stock:{today.isoformat()}:{skus[0].pk}",
            title="库存预警",
            body=_low_words(skus),
            link="/admin/catalog/sku/",
            now=now,
        )
    return len(skus)


def count_sold(units_by_product: Mapping[int, int]) -> None:
    """Add `{product_id: units}` to the goods' sales; negative units take away, never below zero."""
    if not units_by_product:
        return
    ids = sorted(units_by_product)
    with transaction.atomic(savepoint=False):
        if len(ids) > 1:
            list(Product.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        sold = Greatest(F("sold") + _by_pk(units_by_product), Value(0))
        Product.objects.filter(pk__in=ids).update(sold=sold)


def _moves(
    deltas: Mapping[int, int], *, kind: str, source_by_sku: Mapping[int, str], by: Member | None, now: datetime
) -> list[StockMove]:
    return [
        StockMove(sku_id=sku_id, delta=delta, kind=kind, source=source_by_sku[sku_id], actor=by, at=now)
        for sku_id, delta in sorted(deltas.items())
        if delta
    ]


def _known(moves: list[StockMove]) -> set[tuple[int, str]]:
    """Return which of `moves`, all of one kind, are in the books already."""
    rows = StockMove.objects.filter(
        sku__in=[move.sku_id for move in moves],
        kind__in={move.kind for move in moves},
        source__in={move.source for move in moves},
    ).values_list("sku_id", "source")
    wanted = {(move.sku_id, move.source) for move in moves}
    return wanted & set(rows)


def _change_stock(deltas: Mapping[int, int]) -> bool:
    """Apply all deltas by one conditional UPDATE; say whether every SKU had enough."""
    changes = {sku_id: delta for sku_id, delta in deltas.items() if delta}
    if len(changes) > 1:
        lock_stock(list(changes))  # an UPDATE locks in no particular order
    needed = _by_pk({sku_id: -delta for sku_id, delta in changes.items()})
    rows = Sku.objects.filter(pk__in=list(changes), stock__gte=needed)
    return rows.update(stock=F("stock") + _by_pk(changes)) == len(changes)


def _by_pk(numbers: Mapping[int, int]) -> Case:
    cases = [When(pk=pk, then=Value(number)) for pk, number in sorted(numbers.items())]
    return Case(*cases, default=Value(0), output_field=IntegerField())


def _shortage(units_by_sku: Mapping[int, int]) -> OutOfStock:
    for sku in Sku.objects.filter(pk__in=list(units_by_sku)).select_related("product").order_by("pk"):
        if sku.stock < units_by_sku[sku.pk]:
            left = f"只剩 {sku.stock} {sku.product.unit}" if sku.stock else "已售罄"
            return OutOfStock(sku.pk, f"「{_named(sku)}」{left}")
    return OutOfStock(min(units_by_sku))


def _too_low(deltas: Mapping[int, int]) -> StockTooLow:
    for sku in Sku.objects.filter(pk__in=list(deltas)).select_related("product").order_by("pk"):
        if sku.stock + deltas[sku.pk] < 0:
            sentence = f"「{_named(sku)}」期间又卖出了，现在库存 {sku.stock}，不能再减 {-deltas[sku.pk]}，请刷新后再改"
            return StockTooLow(sku.pk, sentence)
    return StockTooLow(min(deltas), "库存已经变化，请刷新后再改")


def _named(sku: Sku) -> str:
    return f"{sku.product.name} {sku.spec_text}".strip()


def _daily_targets(sku_ids: list[int], today: date) -> dict[int, int]:
    """Return what each SKU should hold now: its daily stock and what was taken and given back since midnight."""
    midnight = datetime.combine(today, time.min, tzinfo=timezone.get_default_timezone())
    moved = dict(
        StockMove.objects.filter(
            sku__in=sku_ids, kind__in=TAKEN_KINDS, at__gte=midnight, at__lt=midnight + timedelta(days=1)
        )
        .values_list("sku_id")
        .annotate(units=Sum("delta"))
    )
    daily = Sku.objects.filter(pk__in=sku_ids, daily_stock__isnull=False).values_list("pk", "daily_stock")
    return {sku_id: max((units or 0) + moved.get(sku_id, 0), 0) for sku_id, units in daily}


def _write(deltas: Mapping[int, int], *, kind: str, source: str, now: datetime) -> None:
    move_stock(deltas, kind=kind, source_by_sku=dict.fromkeys(deltas, source), by=None, now=now)


def _low_words(skus: list[Sku]) -> str:
    names = "、".join(f"{_named(sku)}（剩 {sku.stock}）" for sku in skus[:NAMES_IN_ALERT])
    more = f"等 {len(skus)} 个规格" if len(skus) > NAMES_IN_ALERT else ""
    return f"{names}{more}低于库存下限，请及时补货。"[:300]
