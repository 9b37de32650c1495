"""What a goods table wants of the shop: a draft per product, merged into what the shop holds, and every objection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.models import Category, ProductStatus, Sku, spec_text_of
from catalog.services.changes import changes_of
from catalog.services.columns import LABELS
from catalog.services.drafts import Problem, ProductDraft, SkuDraft, problems_of, tidy
from catalog.services.kept import Kept, draft_of, read_goods
from catalog.services.pictures import Pictures
from catalog.services.products import conflicts_of
from catalog.services.rows import GoodsGroup, GoodsRow, Note, group_of

PLAIN_KEYS = [
    "name", "brand", "unit", "selling_point", "keywords", "on_sale_at", "sort_order", "virtual_sold", "limit_kind",
    "limit_units", "min_units", "attributes", "detail_html",
]  # fmt: skip
SKU_KEYS = ["price", "market_price", "cost_price", "stock_floor", "daily_stock", "barcode", "weight"]

Path = tuple[str, ...]


class RowRefused(Exception):
    """One line cannot be brought in; the other lines of its product may be."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.notes = [Note(line, sentence)]


class GroupRefused(Exception):
    """A product cannot be saved whatever is left out of it."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.notes = [Note(line, sentence)]


@dataclass(frozen=True)
class Outcome:
    """What becomes of one product: `kind` is "new", "changed" or "same"; `changes` say of what from what to what."""

    code: str
    name: str
    kind: str
    skus: int
    new_skus: int
    changes: tuple[str, ...] = ()


@dataclass
class Plan:
    """The drafts to save, the groups of rows they come from, and the lines that are wrong."""

    drafts: list[ProductDraft] = field(default_factory=list)
    groups: list[GoodsGroup] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    errors: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    """What rows are merged into."""

    kept: Kept
    category_ids: Mapping[Path, int]
    pictures: Pictures
    set_stock: bool

    def present_skus(self, row: GoodsRow) -> Sequence[Sku]:
        """Return the SKUs of a row's product, withdrawn ones too."""
        product = self.kept.by_code.get(row.code)
        return self.kept.skus.get(product.pk, []) if product else []

    def stock_of(self, row: GoodsRow, draft: SkuDraft) -> int | None:
        """Return the stock that the shop holds of a drafted SKU."""
        return next((sku.stock for sku in self.present_skus(row) if sku.pk == draft.id), None)


def make_plan(
    *, groups: Sequence[GoodsGroup], pictures: Pictures, category_ids: Mapping[Path, int], set_stock: bool, lock: bool
) -> Plan:
    """Draft every product; with `lock` under a lock on those that exist."""
    sku_codes = [str(row.values.get("sku_code") or "") for group in groups for row in group.rows]
    kept = read_goods(codes=[group.code for group in groups], sku_codes=[code for code in sku_codes if code], lock=lock)
    world = World(kept, category_ids, pictures, set_stock)
    plan = Plan()
    for group in groups:
        _add(plan, group, world)
    return plan


def category_ids_of(groups: Sequence[GoodsGroup], *, create: bool) -> dict[Path, int]:
    """Return the category of every path the groups name; one that is not there is created, or stands as -1."""
    by_place = {(category.parent_id, category.name): category.pk for category in Category.objects.all()}
    found: dict[Path, int] = {}
    for path in {path: None for group in groups for path in group.values.get("category_path") or []}:
        parent: int | None = None
        for name in path:
            place = (parent, name)
            if place not in by_place:
                made = Category.objects.create(parent_id=parent, name=name).pk if create else -1 - len(by_place)
                by_place[place] = made
            parent = by_place[place]
        found[path] = parent or 0
    return found


def _add(plan: Plan, group: GoodsGroup, world: World) -> None:
    """Draft one product, leaving out its bad lines; note what was wrong with them."""
    old = world.kept.by_code.get(group.code)
    base = draft_of(old, kept=world.kept) if old else None
    rows = group.rows
    while rows:
        try:
            draft = _checked_draft(group, base, world)
        except (RowRefused, GroupRefused) as refused:
            plan.errors += refused.notes
            bad = {note.line for note in refused.notes}
            rows = [row for row in rows if row.line not in bad] if isinstance(refused, RowRefused) else []
            group = group_of(rows) if rows else group
            continue
        plan.drafts.append(draft)
        plan.groups.append(group)
        plan.outcomes.append(_outcome(draft, base, world))
        return


def _outcome(draft: ProductDraft, base: ProductDraft | None, world: World) -> Outcome:
    kind = "new" if base is None else "same" if draft == base else "changed"
    new_skus = sum(sku.id is None for sku in draft.skus)
    changes = changes_of(base, draft, world.kept) if base else []
    return Outcome(draft.code, draft.name, kind, len(draft.skus), new_skus, tuple(changes))


def _checked_draft(group: GoodsGroup, base: ProductDraft | None, world: World) -> ProductDraft:
    """Return a draft that can be saved. Raises RowRefused and GroupRefused."""
    draft, line_of = _draft(group, base, world)
    problems = [*problems_of(draft), *conflicts_of(draft, world.kept)]
    of_rows = [problem for problem in problems if problem.sku in line_of]
    if len(of_rows) < len(problems):
        _refuse_group(group, next(problem for problem in problems if problem.sku not in line_of))
    if of_rows:
        refused = RowRefused(group.line, of_rows[0].sentence)
        refused.notes = [Note(line_of[problem.sku or 0], problem.sentence) for problem in of_rows]
        raise refused
    return draft


def _refuse_group(group: GoodsGroup, problem: Problem) -> None:
    raise GroupRefused(group.lines.get(problem.field, group.line), problem.sentence)


def _draft(group: GoodsGroup, base: ProductDraft | None, world: World) -> tuple[ProductDraft, dict[int | None, int]]:
    """Merge a group into `base`; return the draft and {index of its SKU: line}. Raises RowRefused."""
    names = _spec_names(group, base)
    skus = list(base.skus) if base else []
    renamed = base is not None and base.spec_names != names  # one row then, and one SKU: see _spec_names
    line_of: dict[int | None, int] = {}
    for row in group.rows:
        at = 0 if renamed and skus else _place(row, skus, names)
        if at is None:
            skus.append(_new_sku(row, names, world))
            at = len(skus) - 1
        else:
            skus[at] = _merged_sku(row, skus[at], names, world)
        line_of[at] = row.line
    values = _product_values(group, base, world, skus)
    if base:
        return tidy(replace(base, spec_names=names, skus=tuple(skus), **values)), line_of
    return tidy(ProductDraft(code=group.code, spec_names=names, skus=tuple(skus), **values)), line_of


def _spec_names(group: GoodsGroup, base: ProductDraft | None) -> Path:
    """Return the names of the dimensions; all rows, and the product as it is, must agree on them."""
    told = [row for row in group.rows if row.specs is not None]
    if not told:
        return base.spec_names if base else ()
    first = told[0]
    names = tuple(name for name, _ in first.specs or ())
    for row in told[1:]:
        if {name for name, _ in row.specs or ()} != set(names):
            raise RowRefused(row.line, f"规格名与第 {first.line} 行不同，应为：{'、'.join(names) or '无规格'}")
    if base is None or base.spec_names == names:
        return names
    if set(base.spec_names) == set(names):
        return base.spec_names
    if len(base.skus) > 1 or len(group.rows) > 1:
        raise GroupRefused(first.line, f"规格名与已有商品不同，应为：{'、'.join(base.spec_names) or '无规格'}")
    return names


def _place(row: GoodsRow, skus: Sequence[SkuDraft], names: Path) -> int | None:
    """Return which of `skus` a row is about: by SKU code, else by combination. Raises RowRefused."""
    code = row.values.get("sku_code") or ""
    by_code = [at for at, sku in enumerate(skus) if code and sku.code == code]
    if by_code:
        return by_code[0]
    specs = _specs(row, names)
    if specs is None:
        return _only_one(row, skus)
    text = spec_text_of(specs)
    found = next((at for at, sku in enumerate(skus) if sku.spec_text == text), None)
    if found is not None and code and skus[found].code and skus[found].code != code:
        raise RowRefused(row.line, f"规格“{text or '无'}”已有 SKU 编码“{skus[found].code}”，与“{code}”不同")
    return found


def _only_one(row: GoodsRow, skus: Sequence[SkuDraft]) -> int | None:
    """Return the SKU of a row that names no combination: the only one there is."""
    if len(skus) > 1:
        raise RowRefused(row.line, "商品有多个规格，请填写规格或 SKU 编码")
    return 0 if skus else None


def _specs(row: GoodsRow, names: Path) -> Path | None:
    if row.specs is None:
        return None
    values = dict(row.specs)
    return tuple(values.get(name, "") for name in names)


def _new_sku(row: GoodsRow, names: Path, world: World) -> SkuDraft:
    if row.values.get("price") is None:
        raise RowRefused(row.line, "缺少本站价")
    values = {key: row.values[key] for key in SKU_KEYS if key in row.values}
    withdrawn = _withdrawn(row, names, world)
    stock = row.values.get("stock", 0) if row.cells.get("stock", "").strip() or not values.get("daily_stock") else None
    if withdrawn:
        stock = stock if world.set_stock else None
    return SkuDraft(
        **values,
        code=row.values.get("sku_code") or "",
        specs=_specs(row, names) or (),
        stock=stock,
        image=_picture(row, "", world),
    )


def _withdrawn(row: GoodsRow, names: Path, world: World) -> bool:
    """Say whether the shop still holds this combination, withdrawn: its stock is then that of an existing SKU."""
    text = spec_text_of(_specs(row, names) or ())
    code = row.values.get("sku_code")
    return any(sku.spec_text == text or (code and sku.code == code) for sku in world.present_skus(row))


def _merged_sku(row: GoodsRow, old: SkuDraft, names: Path, world: World) -> SkuDraft:
    if "price" in row.values and row.values["price"] is None:
        raise RowRefused(row.line, "缺少本站价")
    values: dict[str, Any] = {key: row.values[key] for key in SKU_KEYS if key in row.values}
    specs = _specs(row, names)
    if specs is not None:
        values["specs"] = specs
    if row.values.get("sku_code"):
        values["code"] = row.values["sku_code"]
    if world.set_stock and row.cells.get("stock", "").strip() and row.values["stock"] != world.stock_of(row, old):
        values["stock"] = row.values["stock"]
    return replace(old, **values, image=_picture(row, old.image, world))


def _picture(row: GoodsRow, old: str, world: World) -> str:
    """Return the stored picture a row names; `old` when it names one that did not come in, or the file has none."""
    names = row.values.get("sku_image")
    if names is None:
        return old
    return next(iter(world.pictures.of(names)), old if names else "")


def _product_values(
    group: GoodsGroup, base: ProductDraft | None, world: World, skus: Sequence[SkuDraft]
) -> dict[str, Any]:
    values = {key: group.values[key] for key in PLAIN_KEYS if key in group.values}
    if "category_path" in group.values:
        values["category_ids"] = tuple(sorted(world.category_ids[path] for path in group.values["category_path"]))
    status = group.values.get("status")
    if status or base is None:
        values["status"] = status or (ProductStatus.OFF_SHELF if values.get("on_sale_at") else ProductStatus.ON_SALE)
    if base is None and not values.get("name"):
        raise GroupRefused(group.line, f"缺少{LABELS['name']}")
    return values | _images(group, base, world, skus)


def _images(
    group: GoodsGroup, base: ProductDraft | None, world: World, skus: Sequence[SkuDraft]
) -> dict[str, tuple[str, ...]]:
    """Return the product's pictures; those it has stay when none of the named ones came in."""
    if "images" in group.values:
        names = group.values["images"]
        found = tuple(dict.fromkeys(world.pictures.of(names)))
        return {"images": found} if found or not names else {}
    if base and base.images:
        return {}
    return {"images": tuple(dict.fromkeys(sku.image for sku in skus if sku.image))}
