"""The blocks of the home page, ready to print."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from catalog.models import BlockKind, GoodsLayout, GoodsSource, HomeBlock, Product
from catalog.selectors.cards import Card, cards_of, rows_of
from catalog.selectors.categories import CategoryNode, category_named
from catalog.selectors.finding import SORTS
from shop.lib.uploads import thumbnail_url

# What a shop shows that has arranged nothing yet.
DEFAULT_BLOCKS: Sequence[Mapping[str, Any]] = (
    {"kind": BlockKind.BANNERS},
    {"kind": BlockKind.CATEGORIES},
    {"kind": BlockKind.PROMISES},
    {"kind": BlockKind.COUPONS, "title": "领券更划算"},
    {
        "kind": BlockKind.GOODS,
        "title": "新鲜上架",
        "source": GoodsSource.NEWEST,
        "layout": GoodsLayout.SHELF,
        "units": 6,
    },
    {
        "kind": BlockKind.GOODS,
        "title": "店长推荐",
        "source": GoodsSource.SORTED,
        "layout": GoodsLayout.GRID,
        "units": 12,
    },
    {"kind": BlockKind.STORES, "title": "我们的门店"},
)
Row = Mapping[str, Any]
Key = Callable[[Row], Any]
# A source's order, in SQL to choose the goods and in Python to set them out again.
ORDERS: dict[str, tuple[str, Key]] = {
    GoodsSource.SORTED: ("", lambda row: (row["sort_order"], -row["pk"])),
    GoodsSource.CATEGORY: ("", lambda row: (row["sort_order"], -row["pk"])),
    GoodsSource.NEWEST: ("new", lambda row: (-row["created_at"].timestamp(), -row["pk"])),
    GoodsSource.SELLING: ("sales", lambda row: (-(row["sold"] + row["virtual_sold"]), -row["pk"])),
}


@dataclass(frozen=True, slots=True)
class Slide:
    """A picture with a link; `label` and `note` are the words upon it, empty where the picture speaks for itself."""

    picture: str
    wide: str
    title: str
    label: str
    note: str
    link: str


@dataclass(slots=True)
class Block:
    """One block of the home page; what its kind does not have is empty."""

    kind: str
    title: str
    note: str
    layout: str
    source: str
    category: int | None
    units: int
    slides: list[Slide] = field(default_factory=list)
    picks: list[int] = field(default_factory=list)  # ids of products
    cards: list[Card] = field(default_factory=list)

    @property
    def more(self) -> str:
        """The query of the goods list that goes on where the block ends; None of a block of picked goods."""
        if self.source == GoodsSource.CATEGORY:
            return f"category={self.category}"
        return {GoodsSource.NEWEST: "sort=new", GoodsSource.SELLING: "sort=sales"}.get(GoodsSource(self.source), "")


def home_blocks(tree: Sequence[CategoryNode]) -> list[Block]:
    """Return what the merchant shows on the home page, in two statements: blocks, goods.

    Goods stand once on the page: a block that chooses by itself leaves out what a block above it shows.
    """
    blocks = _read_blocks()
    shelves = [block for block in blocks if block.kind == BlockKind.GOODS]
    if shelves:
        _fill(shelves, tree)
    return [block for block in blocks if _has_something(block)]


def _has_something(block: Block) -> bool:
    if block.kind == BlockKind.GOODS:
        return bool(block.cards)
    return block.kind not in {BlockKind.BANNERS, BlockKind.PICTURES} or bool(block.slides)


def _read_blocks() -> list[Block]:
    """Read all blocks with their pictures and picks; a block has one or the other, so no row stands twice."""
    rows = HomeBlock.objects.order_by(
        "sort_order", "id", "pictures__sort_order", "pictures__id", "picks__sort_order", "picks__id"
    ).values(
        "id", "kind", "title", "note", "layout", "source", "category_id", "units", "is_visible", "picks__product_id",
        "pictures__title", "pictures__note", "pictures__image", "pictures__link", "pictures__shows_title",
    )  # fmt: skip
    found: dict[int, Block] = {}
    hidden = 0
    for row in rows:
        if not row["is_visible"]:
            hidden += 1
            continue
        block = found.setdefault(row["id"], _block(row))
        if row["picks__product_id"]:
            block.picks.append(row["picks__product_id"])
        if row["pictures__image"]:
            block.slides.append(_slide(row))
    return list(found.values()) if found or hidden else [_block(vars(HomeBlock(**facts))) for facts in DEFAULT_BLOCKS]


def _block(row: Row) -> Block:
    names = ["kind", "title", "note", "layout", "source", "units"]
    return Block(category=row["category_id"], **{name: row[name] for name in names})


def _slide(row: Row) -> Slide:
    shown = row["pictures__shows_title"]
    return Slide(
        picture=thumbnail_url(row["pictures__image"], "slide"),
        wide=thumbnail_url(row["pictures__image"], "wide"),
        title=row["pictures__title"],
        label=row["pictures__title"] if shown else "",
        note=row["pictures__note"] if shown else "",
        link=row["pictures__link"],
    )


# --- Goods ---------------------------------------------------------------------------------------------------------
def _fill(shelves: Sequence[Block], tree: Sequence[CategoryNode]) -> None:
    """Set the cards of every shelf, read in one statement."""
    chosen = {f"on_shelf_{at}": Q(pk__in=_wanted(shelves, at, tree)) for at in range(len(shelves))}
    anywhere = Q(pk__in=[])
    for on_shelf in chosen.values():
        anywhere |= on_shelf
    marks = {name: ExpressionWrapper(on_shelf, output_field=BooleanField()) for name, on_shelf in chosen.items()}
    rows = list(rows_of(Product.objects.on_sale().filter(anywhere)).annotate(**marks))
    shown: set[int] = set()
    for name, shelf in zip(chosen, shelves, strict=True):
        fitting = _in_order(shelf, [row for row in rows if row[name]])
        if shelf.source != GoodsSource.PICKED:
            fitting = [row for row in fitting if row["pk"] not in shown]
        fitting = fitting[: shelf.units]
        shown.update(row["pk"] for row in fitting)
        shelf.cards = cards_of(fitting)


def _wanted(shelves: Sequence[Block], at: int, tree: Sequence[CategoryNode]) -> QuerySet[Product, Any] | list[int]:
    """Name the goods that may stand on the shelf `at`: as many more than it holds as those above it may take away."""
    shelf = shelves[at]
    if shelf.source == GoodsSource.PICKED:
        return shelf.picks
    goods = Product.objects.on_sale()
    if shelf.source == GoodsSource.CATEGORY:
        path = category_named(tree, shelf.category) if shelf.category else []
        ids = path[-1].ids if path else []
        linked = Product.categories.through.objects.filter(product_id=OuterRef("pk"), category_id__in=ids)
        goods = goods.filter(Exists(linked))
    above = sum(block.units for block in shelves[:at])
    return goods.order_by(*SORTS[ORDERS[shelf.source][0]]).values("pk")[: shelf.units + above]


def _in_order(shelf: Block, rows: list[Row]) -> list[Row]:
    if shelf.source == GoodsSource.PICKED:
        return sorted(rows, key=lambda row: shelf.picks.index(row["pk"]))
    return sorted(rows, key=ORDERS[shelf.source][1])
