"""The category tree as the shop front shows it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from catalog.models import Category, Product
from shop.lib import fragments
from shop.lib.uploads import thumbnail_url


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A visible category with its visible children; `ids` are its own and all below it, `picture` may be ""."""

    id: int
    name: str
    picture: str
    children: list["CategoryNode"]
    ids: list[int]


def category_tree(version: str) -> list[CategoryNode]:
    """Return the top categories with everything below them, one query at most."""
    return fragments.fresh("category-tree", version, _read_tree)


def category_named(tree: Sequence[CategoryNode], category_id: int) -> list[CategoryNode]:
    """Return the path from a top category down to `category_id`; empty when there is none."""
    for node in tree:
        if node.id == category_id:
            return [node]
        if below := category_named(node.children, category_id):
            return [node, *below]
    return []


def category_ids_of(product_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Return `{product_id: ids of its categories and of all above them}`, hidden ones too, in one query."""
    of_product = Product.categories.through.objects.filter(product__in=product_ids)
    rows = of_product.values_list("product_id", "category_id", "category__parent_id", "category__parent__parent_id")
    found: dict[int, set[int]] = {}
    for product_id, *ids in rows:
        found.setdefault(product_id, set()).update(pk for pk in ids if pk)
    return {product_id: frozenset(ids) for product_id, ids in found.items()}


def _read_tree() -> list[CategoryNode]:
    rows: dict[int | None, list[Category]] = {}
    for category in Category.objects.filter(is_visible=True).order_by("sort_order", "id"):
        rows.setdefault(category.parent_id, []).append(category)

    def nodes_under(parent_id: int | None) -> list[CategoryNode]:
        return [node_of(category) for category in rows.get(parent_id, [])]

    def node_of(category: Category) -> CategoryNode:
        children = nodes_under(category.pk)
        ids = [category.pk, *(pk for child in children for pk in child.ids)]
        return CategoryNode(
            category.pk, category.name, thumbnail_url(category.image.name or "", "small"), children, ids
        )

    return nodes_under(None)
