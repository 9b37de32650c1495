"""Edits of many goods at once: categories, prices, stock and its floor. All chosen goods change, or none does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import BigIntegerField, Exists, Expression, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast

from catalog.models import Product, Sku, StockMove, StockMoveKind
from catalog.services.drafts import MOST_STOCK
from catalog.services.products import bump_catalogue
from catalog.services.shelf import Refusal, lock_products, log_batch, refuse
from catalog.services.stock import lock_stock
from members.models import Member
from shop.lib.money import MAX_FEN, yuan

BATCH = 500
WHOLE = 10_000  # parts of a percentage with two places


@dataclass(frozen=True)
class PriceChange:
    """A new price from an old one: `percent` of it (105 raises by five), then `fen` more; half a fen rounds up."""

    percent: Decimal = Decimal(100)  # to two places
    fen: int = 0

    def of(self, price: int) -> int:
        """Return the new price in fen."""
        return (price * self._parts + WHOLE // 2) // WHOLE + self.fen

    def of_column(self) -> Expression:
        """Return the new price of a row as the database computes it; it cuts where `of` rounds down."""
        price = Cast(F("price"), BigIntegerField())
        return Cast((price * self._parts + WHOLE // 2) / WHOLE + self.fen, BigIntegerField())

    @property
    def _parts(self) -> int:
        return int(self.percent * 100)

    def __str__(self) -> str:
        rate = f"×{self.percent.normalize():f}%" if self.percent != 100 else ""
        return f"{rate}{'+' if self.fen > 0 else ''}{yuan(self.fen)} 元" if self.fen else rate


@dataclass(frozen=True)
class NewPrice:
    """What a change would make of the price of one SKU, in fen; `refusal` says why it cannot be."""

    name: str
    spec: str
    old: int
    new: int
    refusal: str = ""


def new_prices(*, product_ids: Sequence[int], change: PriceChange) -> list[NewPrice]:
    """Return what `change` would make of every offered SKU of the goods, in one query; nothing is written."""
    skus = Sku.objects.active().filter(product__in=product_ids).select_related("product")
    return [_new_price(sku, change) for sku in skus.order_by("product", "sort_order", "pk")]


def _new_price(sku: Sku, change: PriceChange) -> NewPrice:
    new = change.of(sku.price)
    refusal = "" if 1 <= new <= MAX_FEN else "至少 0.01 元" if new < 1 else "太大了"
    return NewPrice(sku.product.name, sku.spec_text, sku.price, new, refusal)


def change_categories(
    *, product_ids: Sequence[int], category_ids: Sequence[int], how: str, by: Member | None, now: datetime
) -> int:
    """Put goods into exactly these categories (`how` "set"), also into them ("add") or out of them ("remove")."""
    links = Product.categories.through.objects
    with transaction.atomic():
        products = lock_products(product_ids)
        ids = [product.pk for product in products]
        if how != "add":
            gone = links.filter(product__in=ids)
            (gone if how == "set" else gone.filter(category__in=category_ids)).delete()
        if how != "remove":
            rows = [links.model(product_id=pk, category_id=category) for pk in ids for category in category_ids]
            links.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
        _finish(products, words="批量改分类", by=by, now=now)
    return len(products)


def change_prices(*, product_ids: Sequence[int], change: PriceChange, by: Member | None, now: datetime) -> int:
    """Change the price of every offered SKU of the goods, each rounded by itself; return how many SKUs.

    Raises BatchRefused when a price would fall below one fen or grow beyond what the shop can hold.
    """
    with transaction.atomic():
        products = lock_products(product_ids)
        skus = Sku.objects.filter(pk__in=_lock_skus(products))
        bad = skus.annotate(after=change.of_column()).exclude(after__range=(1, MAX_FEN)).select_related("product")
        refuse([_bad_price(sku, change) for sku in bad.order_by("pk")])
        changed = skus.update(price=change.of_column())
        _keep_prices(products)
        _finish(products, words=f"批量改价 {change}", by=by, now=now)
    return changed


def change_stock(
    *,
    product_ids: Sequence[int],
    wanted: int | None = None,
    delta: int = 0,
    source: str,
    by: Member | None,
    now: datetime,
) -> int:
    """Set the stock of every offered SKU of the goods to `wanted`, or change it by `delta`; return how many SKUs.

    `source` names the submission, so that sending it twice changes once. Raises BatchRefused.
    """
    with transaction.atomic():
        products = lock_products(product_ids)
        held = lock_stock(_lock_skus(products))
        after = {sku_id: units + delta if wanted is None else wanted for sku_id, units in held.items()}
        bad = [sku_id for sku_id, units in after.items() if not 0 <= units <= MOST_STOCK]
        named = Sku.objects.filter(pk__in=bad).select_related("product").order_by("pk")
        refuse([_bad_stock(sku) for sku in named] if bad else [])
        _move({sku_id: after[sku_id] - units for sku_id, units in held.items()}, wanted, source, by=by, now=now)
        _finish(products, words="批量改库存", by=by, now=now)
    return len(held)


def change_floor(*, product_ids: Sequence[int], floor: int, by: Member | None, now: datetime) -> int:
    """Set the alert floor of every offered SKU of the goods; return how many SKUs."""
    with transaction.atomic():
        products = lock_products(product_ids)
        changed = Sku.objects.filter(pk__in=_lock_skus(products)).update(stock_floor=floor)
        _finish(products, words=f"批量改库存下限为 {floor}", by=by, now=now)
    return changed


def arrange(*, sort_orders: Mapping[int, int], by: Member | None, now: datetime) -> int:
    """Give goods `{product id: sort number}`; return how many had another one."""
    with transaction.atomic():
        products = [
            product for product in lock_products(list(sort_orders)) if product.sort_order != sort_orders[product.pk]
        ]
        for product in products:
            product.sort_order = sort_orders[product.pk]
        Product.objects.bulk_update(products, ["sort_order"], batch_size=BATCH)
        if products:
            _finish(products, words="修改排序号", by=by, now=now)
    return len(products)


def _lock_skus(products: Sequence[Product]) -> list[int]:
    """Lock the offered SKUs in pk order, as orders do: an UPDATE of several rows locks them in no particular one."""
    skus = Sku.objects.active().filter(product__in=products).order_by("pk")
    return list(skus.select_for_update(no_key=True).values_list("pk", flat=True))


def _move(deltas: Mapping[int, int], wanted: int | None, source: str, *, by: Member | None, now: datetime) -> None:
    """Change the stock of locked SKUs in one UPDATE, with a move for each; what `source` has moved before stays."""
    facts = {"kind": StockMoveKind.EDIT, "source": source}
    done = set(StockMove.objects.filter(sku__in=list(deltas), **facts).values_list("sku_id", flat=True))
    fresh = {sku_id: units for sku_id, units in deltas.items() if units and sku_id not in done}
    StockMove.objects.bulk_create(
        [StockMove(sku_id=sku_id, delta=units, actor=by, at=now, **facts) for sku_id, units in fresh.items()],
        batch_size=BATCH,
    )
    after = F("stock") + next(iter(fresh.values()), 0) if wanted is None else Value(wanted)
    Sku.objects.filter(pk__in=list(fresh)).update(stock=after)


def _keep_prices(products: Sequence[Product]) -> None:
    """Write the lowest and highest price that lists read."""
    skus = Sku.objects.active().filter(product=OuterRef("pk"))
    cheapest = skus.order_by("price", "sort_order", "pk")[:1]
    priced = Product.objects.filter(Exists(skus), pk__in=[product.pk for product in products])
    priced.update(
        price_min=Subquery(cheapest.values("price")),
        price_max=Subquery(skus.order_by("-price").values("price")[:1]),
        market_price=Subquery(cheapest.values("market_price")),
    )


def _bad_price(sku: Sku, change: PriceChange) -> Refusal:
    name = f"{sku.product.name} {sku.spec_text}".strip()
    return Refusal(sku.product_id, f"「{name}」会变成 {yuan(change.of(sku.price))} 元，价格至少 0.01 元")


def _bad_stock(sku: Sku) -> Refusal:
    name = f"{sku.product.name} {sku.spec_text}".strip()
    return Refusal(sku.product_id, f"「{name}」的库存要在 0 到 {MOST_STOCK} 之间")


def _finish(products: Sequence[Product], *, words: str, by: Member | None, now: datetime) -> None:
    Product.objects.filter(pk__in=[product.pk for product in products]).update(updated_at=now)
    log_batch(products, words=words, by=by, now=now)
    transaction.on_commit(bump_catalogue)
