"""On the shelf, off it, into the recycle bin and back: by hand for many goods, by the clock for timed ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from catalog.models import Product, ProductStatus, Sku
from catalog.services.products import bump_catalogue
from members import services as members
from members.models import Member

NAMES_IN_SENTENCE = 5


@dataclass(frozen=True)
class Refusal:
    """Why one product keeps a batch from being done."""

    product_id: int
    sentence: str


class BatchRefused(Exception):
    """A batch cannot be done to every chosen product, so it was done to none."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        first = "；".join(refusal.sentence for refusal in refusals[:NAMES_IN_SENTENCE])
        more = f" 等 {len(refusals)} 处" if len(refusals) > NAMES_IN_SENTENCE else ""
        super().__init__(f"{first}{more}。没有修改任何商品。")
        self.refusals = list(refusals)


def put_on_shelf(*, product_ids: Sequence[int], by: Member | None, now: datetime) -> int:
    """Put goods on sale; return how many were not yet. Raises BatchRefused for trashed goods and goods without SKU."""
    with transaction.atomic():
        products = lock_products(product_ids)
        sellable = set(Sku.objects.active().filter(product__in=products).values_list("product_id", flat=True))
        refuse([Refusal(each.pk, f"「{each.name}」在回收站里，请先恢复") for each in products if _is_trashed(each)])
        refuse([Refusal(each.pk, f"「{each.name}」没有可卖的规格") for each in products if each.pk not in sellable])
        moved = [product for product in products if product.status != ProductStatus.ON_SALE]
        _write(moved, ProductStatus.ON_SALE, by=by, now=now, words="上架")
        Product.objects.filter(pk__in=[product.pk for product in moved]).update(on_sale_at=None)
    return len(moved)


def take_off_shelf(*, product_ids: Sequence[int], by: Member | None, now: datetime) -> int:
    """Take goods off sale, timed ones for good; return how many were on it."""
    with transaction.atomic():
        products = [product for product in lock_products(product_ids) if not _is_trashed(product)]
        Product.objects.filter(pk__in=[product.pk for product in products]).update(on_sale_at=None)
        moved = [product for product in products if product.status == ProductStatus.ON_SALE]
        _write(moved, ProductStatus.OFF_SHELF, by=by, now=now, words="下架")
    return len(moved)


def trash(*, product_ids: Sequence[int], by: Member | None, now: datetime) -> int:
    """Move goods into the recycle bin, off the shelf with them; return how many were not in it."""
    with transaction.atomic():
        moved = [product for product in lock_products(product_ids) if not _is_trashed(product)]
        _write(moved, ProductStatus.TRASHED, by=by, now=now, words="放入回收站")
    return len(moved)


def restore(*, product_ids: Sequence[int], by: Member | None, now: datetime) -> int:
    """Take goods out of the recycle bin, off the shelf; return how many were in it."""
    with transaction.atomic():
        moved = [product for product in lock_products(product_ids) if _is_trashed(product)]
        _write(moved, ProductStatus.OFF_SHELF, by=by, now=now, words="恢复")
        Product.objects.filter(pk__in=[product.pk for product in moved]).update(on_sale_at=None)
    return len(moved)


def publish_due(*, now: datetime, limit: int = 500) -> int:
    """Put timed goods on sale whose time has come; return how many."""
    due = Product.objects.filter(status=ProductStatus.OFF_SHELF, on_sale_at__lte=now, skus__is_active=True)
    ids = list(due.order_by("on_sale_at", "pk").values_list("pk", flat=True).distinct()[:limit])
    if not ids:
        return 0
    with transaction.atomic():
        still_due = Product.objects.filter(pk__in=ids, status=ProductStatus.OFF_SHELF, on_sale_at__lte=now)
        published = still_due.update(status=ProductStatus.ON_SALE, on_sale_at=None, updated_at=now)
        transaction.on_commit(bump_catalogue)
    return published


def lock_products(product_ids: Sequence[int]) -> list[Product]:
    """Lock products in pk order and return them. Within a transaction only."""
    return list(Product.objects.select_for_update(no_key=True).filter(pk__in=product_ids).order_by("pk"))


def refuse(refusals: Sequence[Refusal]) -> None:
    """Raise BatchRefused when there is a reason to."""
    if refusals:
        raise BatchRefused(refusals)


def log_batch(products: Sequence[Product], *, words: str, by: Member | None, now: datetime) -> None:
    """Enter what the staff did to several goods into the operation log, one entry for the act."""
    if not by or not products:
        return
    members.log_operation(
        actor=by,
        action="batch_products",
        target=products[0],
        summary=f"{words}：{len(products)} 个商品",
        after={"products": [product.code for product in products]},
        now=now,
    )


def _is_trashed(product: Product) -> bool:
    return product.status == ProductStatus.TRASHED


def _write(products: Sequence[Product], status: str, *, by: Member | None, now: datetime, words: str) -> None:
    """Move locked products along the edges of `Product.MOVES`."""
    if not products:
        return
    Product.objects.filter(pk__in=[product.pk for product in products]).update(status=status, updated_at=now)
    log_batch(products, words=words, by=by, now=now)
    transaction.on_commit(bump_catalogue)
