"""What saving a draft would change of a product, in words: for the preview of an import."""

from collections.abc import Iterator
from typing import Any

from catalog.models import LimitKind, ProductStatus
from catalog.services.columns import LABELS
from catalog.services.drafts import ProductDraft, SkuDraft
from catalog.services.kept import Kept
from shop.lib.money import yuan

PLAIN = [
    "name", "brand", "unit", "selling_point", "keywords", "sort_order", "virtual_sold", "limit_units", "min_units",
]  # fmt: skip
UNTOLD = {
    "category_ids": "分类",
    "images": "图片",
    "attributes": "参数",
    "detail_html": "商品详情",
    "on_sale_at": "定时上架",
}
PRICES = ["price", "market_price", "cost_price"]
NUMBERS = ["stock_floor", "daily_stock", "weight", "barcode"]
LONGEST = 20


def changes_of(before: ProductDraft, after: ProductDraft, kept: Kept) -> list[str]:
    """Say what `after` changes, as "本站价 12.00 → 13.00"; of long things only that they change."""
    stock = {sku.pk: sku.stock for sku in kept.skus.get(before.id or 0, [])}
    old = {sku.id: sku for sku in before.skus}
    told = [*_product_changes(before, after)]
    for sku in after.skus:
        label = f"{sku.spec_text} " if sku.spec_text else ""
        if sku.id is None:
            told.append(f"新增规格 {sku.spec_text}")
        elif sku.id in old:
            told += [f"{label}{words}" for words in _sku_changes(old[sku.id], sku, stock.get(sku.id, 0))]
    return told


def _product_changes(before: ProductDraft, after: ProductDraft) -> Iterator[str]:
    for name in PLAIN:
        yield from _told(LABELS[name], getattr(before, name), getattr(after, name))
    yield from _told("状态", ProductStatus(before.status).label, ProductStatus(after.status).label)
    yield from _told("限购", LimitKind(before.limit_kind).label, LimitKind(after.limit_kind).label)
    for name, label in UNTOLD.items():
        if getattr(before, name) != getattr(after, name):
            yield f"{label}有变化"


def _sku_changes(before: SkuDraft, after: SkuDraft, stock: int) -> Iterator[str]:
    for name in PRICES:
        yield from _told(LABELS[name], yuan(getattr(before, name)), yuan(getattr(after, name)))
    if after.stock is not None:
        yield from _told("库存", stock, after.stock)
    for name in NUMBERS:
        yield from _told(LABELS[name], getattr(before, name), getattr(after, name))
    yield from _told("SKU 编码", before.code, after.code)
    yield from _told("规格", before.spec_text, after.spec_text)
    if before.image != after.image:
        yield "规格图有变化"


def _told(label: str, before: Any, after: Any) -> Iterator[str]:
    if before != after:
        yield f"{label} {_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    text = "无" if value is None or value == "" else str(value)
    return f"{text[:LONGEST]}…" if len(text) > LONGEST else text
