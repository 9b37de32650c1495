"""Goods written as a whole: products with their SKUs, categories and pictures, one or thousands at a time.

The number of statements does not grow with the goods. Locks: product rows in pk order, then SKU rows in pk order,
both before anything is written.
"""

import base64
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Product, ProductImage, ProductStatus
from catalog.selectors import forget_version
from catalog.services.drafts import DraftRefused, Problem, ProductDraft, problems_of, tidy
from catalog.services.kept import Kept, draft_of, read_kept
from catalog.services.searching import search_text_of
from catalog.services.skus import write_skus
from catalog.services.stock import lock_stock
from members import services as members
from members.models import Member
from shop.models import ShopSettings, new_version

BATCH = 500
PRODUCT_FIELDS = [
    "code", "name", "brand", "selling_point", "keywords", "unit", "on_sale_at", "spec_names", "attributes",
    "detail_html", "sort_order", "virtual_sold", "limit_kind", "limit_units", "min_units", "member_price_enabled",
    "points_usable", "gives_points", "price_min", "price_max", "market_price", "search_text",
]  # fmt: skip
LONG_TEXTS = {"detail_html", "attributes"}

Pair = tuple[Product, ProductDraft]


@dataclass(frozen=True)
class Saved:
    """What saving did: the products in the order of their drafts, and the ids of the new and of the changed ones."""

    products: list[Product]
    created: set[int]
    changed: set[int]


def add_product(*, draft: ProductDraft, by: Member | None, now: datetime, source: str) -> Product:
    """Make a new product, never touching one there is; without a code it gets one that `source` decides.

    `source` names the submission. Raises DraftRefused, also when the same submission or another person was faster.
    """
    draft = replace(draft, id=None, code=draft.code.strip() or code_for(source, now))
    try:
        return save_product(draft=draft, by=by, now=now, source=source, is_new=True)
    except IntegrityError:  # both looked before either wrote
        _refuse(conflicts_of(draft, read_kept([draft]), is_new=True))
        raise


def save_product(
    *, draft: ProductDraft, by: Member | None, now: datetime, source: str = "", is_new: bool = False
) -> Product:
    """Make the product, or make the one with the draft's id or code what the draft says.

    `source` names the submission: stock edits of the same submission are made once. SKUs that the draft does not
    name are withdrawn. Raises DraftRefused and StockTooLow; nothing is left behind.
    """
    with transaction.atomic():
        kept = read_kept([draft])
        old = kept.product_for(draft)
        before = draft_of(old, kept=kept) if old else None
        product = save_products(drafts=[draft], by=by, now=now, source=source, is_new=is_new).products[0]
        if by:
            _log(product, before, tidy(draft), by=by, now=now)
    return Product.objects.get(pk=product.pk)


def code_for(source: str, now: datetime) -> str:
    """Return a code for goods that were given none: the day, and letters that `source` decides."""
    letters = base64.b32encode(hashlib.sha256(source.encode()).digest()).decode()[:5]
    return f"G{timezone.localdate(now):%y%m%d}{letters}"


def save_products(
    *,
    drafts: Sequence[ProductDraft],
    by: Member | None,
    now: datetime,
    source: str = "",
    stock_kind: str = "edit",
    is_new: bool = False,
) -> Saved:
    """Save many products at once, as `save_product` does one, all or nothing; `is_new` refuses codes that are taken.

    Writes no operation log. Raises DraftRefused for the first draft that cannot be saved.
    """
    tidied = [tidy(draft) for draft in drafts]
    for draft in tidied:
        _refuse(problems_of(draft))
    with transaction.atomic():
        kept = read_kept(tidied, lock=True)
        for draft in tidied:
            _refuse(conflicts_of(draft, kept, is_new=is_new))
        lock_stock([sku.pk for skus in kept.skus.values() for sku in skus])
        pairs, created, changed = _write_products(tidied, kept, now)
        changed |= _write_categories(pairs, kept) | _write_images(pairs, kept)
        source = source or uuid.uuid4().hex
        changed |= write_skus(pairs=pairs, kept=kept, by=by, now=now, source=source, stock_kind=stock_kind)
        if created or changed:
            Product.objects.filter(pk__in=changed).update(updated_at=now)
            transaction.on_commit(bump_catalogue)
    return Saved([product for product, _ in pairs], created, changed - created)


def conflicts_of(draft: ProductDraft, kept: Kept, *, is_new: bool = False) -> list[Problem]:
    """Name what in the shop's other goods, or in its recycle bin, forbids a draft."""
    product = kept.product_for(draft)
    found = []
    if product and product.status == ProductStatus.TRASHED:
        found.append(Problem("code", f"商品“{draft.code}”在回收站里，请先恢复"))
    elif (is_new and product) or (draft.id and kept.by_code.get(draft.code, product) != product):
        found.append(Problem("code", f"商品编码“{draft.code}”已被其他商品使用"))
    for index, sku in enumerate(draft.skus):
        owner = kept.code_owners.get(sku.code)
        if owner and (product is None or owner[0] != product.pk):
            found.append(Problem("code", f"SKU 编码“{sku.code}”已被商品“{owner[1]}”使用", index))
    return found


def bump_catalogue() -> None:
    """Make every cached piece of the catalogue stale. Call it after commit, by edits only, never by an order."""
    if not ShopSettings.objects.update(catalogue_version=new_version()):
        ShopSettings.load()  # a new shop gets its row, and with it a version
    forget_version()


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise DraftRefused(problems)


def _write_products(drafts: Sequence[ProductDraft], kept: Kept, now: datetime) -> tuple[list[Pair], set[int], set[int]]:
    """Insert the new products and update the changed ones; return pairs, new ids and changed ids."""
    pairs: list[Pair] = []
    new, changed = [], []
    for draft in drafts:
        product = kept.product_for(draft)
        if product is None:
            product = Product(status=draft.status, **_values_of(draft))
            new.append(product)
        elif _differs(product, _values_of(draft)):
            changed.append(product)
        pairs.append((product, draft))
    Product.objects.bulk_create(new, batch_size=BATCH)
    Product.objects.bulk_create(
        changed, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=PRODUCT_FIELDS
    )
    moved = _write_statuses(pairs)
    return pairs, {product.pk for product in new}, {product.pk for product in changed} | moved


def _values_of(draft: ProductDraft) -> dict[str, Any]:
    """Return the columns of a product as the draft wants them, those computed from its SKUs included."""
    plain = ["code", "name", "brand", "selling_point", "keywords", "unit", "detail_html", "sort_order"]
    plain += ["virtual_sold", "limit_kind", "limit_units", "min_units"]
    plain += ["member_price_enabled", "points_usable", "gives_points"]
    cheapest = min(draft.skus, key=lambda sku: sku.price)
    values = {name: getattr(draft, name) for name in plain} | {
        "on_sale_at": None if draft.status == ProductStatus.ON_SALE else draft.on_sale_at,
        "spec_names": list(draft.spec_names),
        "attributes": [list(pair) for pair in draft.attributes],
        "price_min": cheapest.price,
        "price_max": max(sku.price for sku in draft.skus),
        "market_price": cheapest.market_price,
    }
    return values | {"search_text": search_text_of(Product(**values))}


def _differs(product: Product, values: Mapping[str, Any]) -> bool:
    """Give `product` the values; say whether that changed anything."""
    different = {name: value for name, value in values.items() if getattr(product, name) != value}
    for name, value in different.items():
        setattr(product, name, value)
    return bool(different)


def _write_statuses(pairs: Sequence[Pair]) -> set[int]:
    """Put goods on the shelf or take them off, as their drafts say. Their rows are locked."""
    moved: dict[str, set[int]] = {}
    for product, draft in pairs:
        if product.status != draft.status:
            moved.setdefault(draft.status, set()).add(product.pk)
    for status, ids in moved.items():
        Product.objects.kept().filter(pk__in=ids).update(status=status)
    return {pk for ids in moved.values() for pk in ids}


def _write_categories(pairs: Sequence[Pair], kept: Kept) -> set[int]:
    links = Product.categories.through
    wanted = {(product.pk, category) for product, draft in pairs for category in draft.category_ids}
    present = {(product.pk, pk) for product, _ in pairs for pk in kept.category_ids.get(product.pk, set())}
    gone = {product_id for product_id, _ in present - wanted}
    if gone:  # rewritten whole: a pair list is no condition both databases take
        links.objects.filter(product_id__in=gone).delete()
    added = [pair for pair in wanted if pair not in present or pair[0] in gone]
    links.objects.bulk_create(
        [links(product_id=product_id, category_id=category_id) for product_id, category_id in sorted(added)],
        batch_size=BATCH,
    )
    return {product_id for product_id, _ in wanted ^ present}


def _write_images(pairs: Sequence[Pair], kept: Kept) -> set[int]:
    changed = {product.pk: draft.images for product, draft in pairs if kept.image_names(product) != draft.images}
    ProductImage.objects.filter(product__in=changed).delete()
    rows = [
        ProductImage(product_id=product_id, image=name, sort_order=order)
        for product_id, names in changed.items()
        for order, name in enumerate(names)
    ]
    ProductImage.objects.bulk_create(rows, batch_size=BATCH)
    return set(changed)


def _log(product: Product, before: ProductDraft | None, after: ProductDraft, *, by: Member, now: datetime) -> None:
    names = [name for name in vars(after) if before is None or getattr(before, name) != getattr(after, name)]
    members.log_operation(
        actor=by,
        action="save_product",
        target=product,
        summary=f"{'修改' if before else '新建'}商品 {product.code}",
        before={name: _for_log(before, name) for name in names} if before else {},
        after={name: _for_log(after, name) for name in names if before},
        now=now,
    )


def _for_log(draft: ProductDraft, name: str) -> Any:
    value = getattr(draft, name)
    return f"{len(value)} 字" if name in LONG_TEXTS else str(value)[:500]
