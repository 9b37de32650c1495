"""A product as somebody wants it to be, and every reason why it cannot be so."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models

from catalog.models import LimitKind, Product, ProductStatus, Sku, spec_text_of
from shop.lib.money import MAX_FEN
from shop.lib.richtext import sanitise

MOST_STOCK = 99_999_999
MOST_SKUS = 200
MOST_DIMENSIONS = 3
LONGEST_SPEC = 40
LONGEST_DETAIL = 30_000  # a spreadsheet's cell ends at 32,767 characters
LONGEST_ATTRIBUTE = 300
MOST_ATTRIBUTES = 50
MOST_IMAGES = 30
PRODUCT_TEXTS = ("code", "name", "brand", "selling_point", "keywords", "unit")
SKU_TEXTS = ("code", "barcode")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class SkuDraft:
    """One combination. `stock` None leaves the stock alone; otherwise it changes by `stock` - `shown_stock`.

    `shown_stock` None means whatever the stock is when it is set. `image` is the name of a stored picture.
    """

    price: int  # fen
    specs: tuple[str, ...] = ()
    market_price: int = 0
    cost_price: int = 0
    code: str = ""
    stock: int | None = None
    shown_stock: int | None = None
    stock_floor: int = 0
    daily_stock: int | None = None
    barcode: str = ""
    weight: int = 0
    image: str = ""
    id: int | None = None

    @property
    def spec_text(self) -> str:
        """How the combination is written and compared."""
        return spec_text_of(self.specs)


@dataclass(frozen=True, kw_only=True)
class ProductDraft:
    """A whole product; `id` says which one when its code may change. SKUs that are not named are withdrawn."""

    code: str
    name: str
    skus: tuple[SkuDraft, ...]
    category_ids: tuple[int, ...] = ()
    brand: str = ""
    selling_point: str = ""
    keywords: str = ""
    unit: str = "件"
    status: str = ProductStatus.OFF_SHELF
    on_sale_at: datetime | None = None
    spec_names: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    detail_html: str = ""
    sort_order: int = 100
    virtual_sold: int = 0
    limit_kind: str = LimitKind.NONE
    limit_units: int = 0
    min_units: int = 1
    member_price_enabled: bool = True
    points_usable: bool = True
    gives_points: bool = True
    images: tuple[str, ...] = ()  # names of stored pictures, the first for lists
    id: int | None = None


@dataclass(frozen=True)
class Problem:
    """Why a draft cannot be saved: the field, the sentence, and which SKU of the draft (its index) if it is one."""

    field: str
    sentence: str
    sku: int | None = None


class DraftRefused(Exception):
    """A product cannot be saved as drafted; `problems` names every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("；".join(problem.sentence for problem in problems))
        self.problems = list(problems)


def tidy(draft: ProductDraft) -> ProductDraft:
    """Trim the texts, drop control characters and everything in the description that is not allowed."""
    texts: dict[str, Any] = {name: one_line(getattr(draft, name)) for name in PRODUCT_TEXTS}
    return replace(
        draft,
        **texts,
        spec_names=tuple(one_line(name) for name in draft.spec_names),
        attributes=tuple((one_line(name), one_line(value)) for name, value in draft.attributes),
        detail_html=sanitise(without_controls(draft.detail_html)),
        skus=tuple(_tidy_sku(sku) for sku in draft.skus),
    )


def one_line(text: str) -> str:
    """Return `text` without control characters, its white space reduced to single spaces."""
    return " ".join(without_controls(text).split())


def without_controls(text: str) -> str:
    """Return `text` with plain line ends and without characters that no spreadsheet may hold."""
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def problems_of(draft: ProductDraft) -> list[Problem]:
    """Name everything that keeps a tidy draft from being saved."""
    return [
        *_required(draft),
        *_too_long(draft, Product, PRODUCT_TEXTS, None),
        *_numbers_of_product(draft),
        *_detail_problems(draft),
        *_matrix_problems(draft),
        *(problem for index in range(len(draft.skus)) for problem in _sku_problems(draft, index)),
    ]


def _tidy_sku(sku: SkuDraft) -> SkuDraft:
    specs = tuple(one_line(value) for value in sku.specs)
    return replace(sku, specs=specs, code=one_line(sku.code), barcode=one_line(sku.barcode))


def _required(draft: ProductDraft) -> Iterator[Problem]:
    if not draft.code:
        yield Problem("code", "请填写商品编码")
    if not draft.name:
        yield Problem("name", "请填写商品名称")
    if not draft.unit:
        yield Problem("unit", "请填写单位")
    if not draft.skus:
        yield Problem("skus", "至少要有一个规格")
    if draft.status not in (ProductStatus.ON_SALE, ProductStatus.OFF_SHELF):
        yield Problem("status", "状态只能是出售中或已下架")


def _too_long(
    draft: ProductDraft | SkuDraft, model: type[Product | Sku], names: Sequence[str], sku: int | None
) -> Iterator[Problem]:
    for name in names:
        field: models.Field[Any, Any] = getattr(model, name).field
        if len(getattr(draft, name)) > (field.max_length or 0):
            yield Problem(name, f"{field.verbose_name}最多 {field.max_length} 个字", sku)


def _numbers_of_product(draft: ProductDraft) -> Iterator[Problem]:
    if draft.limit_kind not in LimitKind.values:
        yield Problem("limit_kind", "限购方式不对")
    if draft.min_units < 1:
        yield Problem("min_units", "起购数量至少是 1")
    if draft.limit_kind != LimitKind.NONE and draft.limit_units < max(draft.min_units, 1):
        yield Problem("limit_units", "限购数量不能小于起购数量")
    ranges = {"min_units": "起购数量", "limit_units": "限购数量", "virtual_sold": "虚拟销量"}
    for name, label in ranges.items():
        if not 0 <= getattr(draft, name) <= MOST_STOCK:
            yield Problem(name, f"{label}要在 0 到 {MOST_STOCK} 之间")
    if abs(draft.sort_order) > MOST_STOCK:
        yield Problem("sort_order", f"排序号要在 -{MOST_STOCK} 到 {MOST_STOCK} 之间")


def _detail_problems(draft: ProductDraft) -> Iterator[Problem]:
    if len(draft.detail_html) > LONGEST_DETAIL:
        yield Problem("detail_html", f"商品详情最多 {LONGEST_DETAIL} 个字符")
    if len(draft.attributes) > MOST_ATTRIBUTES:
        yield Problem("attributes", f"参数最多 {MOST_ATTRIBUTES} 项")
    if len(draft.images) > MOST_IMAGES:
        yield Problem("images", f"图片最多 {MOST_IMAGES} 张")
    for name, value in draft.attributes:
        if not name or not value:
            yield Problem("attributes", f"参数“{name or value}”要同时填写名称和内容")
        elif len(name) + len(value) > LONGEST_ATTRIBUTE:
            yield Problem("attributes", f"参数“{name[:20]}”太长，最多 {LONGEST_ATTRIBUTE} 个字")


def _matrix_problems(draft: ProductDraft) -> Iterator[Problem]:
    """Judge the SKUs as a whole: how many dimensions and combinations there are."""
    names = draft.spec_names
    if len(names) > MOST_DIMENSIONS:
        yield Problem("spec_names", f"规格名最多 {MOST_DIMENSIONS} 个")
    if len(set(names)) < len(names) or any(not name or len(name) > LONGEST_SPEC for name in names):
        yield Problem("spec_names", f"规格名不能为空、重复或超过 {LONGEST_SPEC} 个字")
    if not names and len(draft.skus) > 1:
        yield Problem("skus", "没有规格名的商品只能有一个规格")
    if len(draft.skus) > MOST_SKUS:
        yield Problem("skus", f"规格组合最多 {MOST_SKUS} 个")


def _sku_problems(draft: ProductDraft, index: int) -> Iterator[Problem]:
    sku = draft.skus[index]
    yield from _too_long(sku, Sku, SKU_TEXTS, index)
    yield from _spec_problems(draft, index)
    if not 1 <= sku.price <= MAX_FEN:
        yield Problem("price", "本站价至少 0.01 元" if sku.price < 1 else "本站价太大了", index)
    for name, label in {"market_price": "市场价", "cost_price": "成本价"}.items():
        if not 0 <= getattr(sku, name) <= MAX_FEN:
            yield Problem(name, f"{label}不能是负数，也不能太大", index)
    counts = {"stock": "库存", "stock_floor": "库存下限", "daily_stock": "每日库存", "weight": "重量"}
    for name, label in counts.items():
        if not 0 <= (getattr(sku, name) or 0) <= MOST_STOCK:
            yield Problem(name, f"{label}要在 0 到 {MOST_STOCK} 之间", index)


def _spec_problems(draft: ProductDraft, index: int) -> Iterator[Problem]:
    sku, earlier = draft.skus[index], draft.skus[:index]
    if len(sku.specs) != len(draft.spec_names):
        yield Problem("specs", f"规格要填写 {len(draft.spec_names)} 项：{'、'.join(draft.spec_names) or '无'}", index)
    elif any(not value or len(value) > LONGEST_SPEC for value in sku.specs) or len(sku.spec_text) > 120:
        yield Problem("specs", f"规格“{sku.spec_text[:20]}”不能有空项，每项最多 {LONGEST_SPEC} 个字", index)
    if sku.spec_text in [other.spec_text for other in earlier]:
        yield Problem("specs", f"规格“{sku.spec_text}”重复了", index)
    if sku.code and sku.code in [other.code for other in earlier]:
        yield Problem("code", f"SKU 编码“{sku.code}”重复了", index)
