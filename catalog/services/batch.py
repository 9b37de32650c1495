"""Edits of many goods at once: categories, prices, stock and its floor. All chosen goods change, or none does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction

from catalog.models import Product, Sku, StockMoveKind
from catalog.services.drafts import MOST_STOCK
from catalog.services.products import bump_catalogue
from catalog.services.shelf import Refusal, lock_products, log_batch, refuse
from catalog.services.stock import lock_stock, move_stock
from members.models import Member
from shop.lib.money import MAX_FEN, yuan

BATCH = 500


@dataclass(frozen=True)
class PriceChange:
    """A new price from an old one: `percent` of it (105 raises by five), then `fen` more; half a fen rounds up."""

    percent: Decimal = Decimal(100)
    fen: int = 0

    def of(self, price: int) -> int:
        """Return the new price in fen."""
        return int((price * self.percent / 100).to_integral_value(ROUND_HALF_UP)) + self.fen

    def __str__(self) -> str:
        rate = f"×{self.percent.normalize():f}%" if self.percent != 100 else ""
        return f"{rate}{'+' if self.fen > 0 else ''}{yuan(self.fen)} 元" if self.fen else rate


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
        skus = _skus_of(products)
        refuse([_bad_price(sku, change) for sku in skus if not 1 <= change.of(sku.price) <= MAX_FEN])
        for sku in skus:
            sku.price = change.of(sku.price)
        Sku.objects.bulk_update(skus, ["price"], batch_size=BATCH)
        _keep_prices(products, skus)
        _finish(products, words=f"批量改价 {change}", by=by, now=now)
    return len(skus)


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
        skus = _skus_of(products)
        held = lock_stock([sku.pk for sku in skus])
        target: Callable[[int], int] = lambda units: units + delta if wanted is None else wanted  # noqa: E731
        refuse([_bad_stock(sku) for sku in skus if not 0 <= target(held[sku.pk]) <= MOST_STOCK])
        deltas = sorted((sku_id, target(units) - units) for sku_id, units in held.items() if target(units) != units)
        for at in range(0, len(deltas), BATCH):
            part = dict(deltas[at : at + BATCH])
            move_stock(part, kind=StockMoveKind.EDIT, source_by_sku=dict.fromkeys(part, source), by=by, now=now)
        _finish(products, words="批量改库存", by=by, now=now)
    return len(skus)


def change_floor(*, product_ids: Sequence[int], floor: int, by: Member | None, now: datetime) -> int:
    """Set the alert floor of every offered SKU of the goods; return how many SKUs."""
    with transaction.atomic():
        products = lock_products(product_ids)
        skus = _skus_of(products)
        changed = Sku.objects.filter(pk__in=[sku.pk for sku in skus]).update(stock_floor=floor)
        _finish(products, words=f"批量改库存下限为 {floor}", by=by, now=now)
    return changed


def _skus_of(products: Sequence[Product]) -> list[Sku]:
    """Lock the offered SKUs in pk order, as orders do: an UPDATE of several rows locks them in no particular one."""
    skus = Sku.objects.active().filter(product__in=products).select_related("product").order_by("pk")
    return list(skus.select_for_update(of=("self",), no_key=True))


def _keep_prices(products: Sequence[Product], skus: Sequence[Sku]) -> None:
    """Write the lowest and highest price that lists read."""
    by_product: dict[int, list[Sku]] = {}
    for sku in skus:
        by_product.setdefault(sku.product_id, []).append(sku)
    priced = [product for product in products if product.pk in by_product]
    for product in priced:
        offered = by_product[product.pk]
        cheapest = min(offered, key=lambda sku: (sku.price, sku.sort_order, sku.pk))
        product.price_min, product.market_price = cheapest.price, cheapest.market_price
        product.price_max = max(sku.price for sku in offered)
    Product.objects.bulk_update(priced, ["price_min", "price_max", "market_price"], batch_size=BATCH)


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
