"""Picking what an activity is for: goods found by what the merchant types, categories, levels, single SKUs.

Everything works with buttons that send the whole form: nothing is lost, and no script is needed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict

from catalog import selectors as catalog
from catalog.models import Product, ProductStatus, Sku
from members.models import Level
from shop.lib.money import yuan

FOUND_AT_ONCE = 20
NAMED_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Pick:
    """Something to tick: its id, what it is called, what else helps to know it."""

    id: int
    name: str
    note: str
    is_chosen: bool


def numbers(post: QueryDict, name: str) -> list[int]:
    """Return the ids that were sent under `name`, each once; nonsense is left out."""
    return list(dict.fromkeys(int(text) for text in post.getlist(name) if text.isdecimal() and len(text) < 18))


def levels() -> list[tuple[int, str]]:
    """Return every level to choose from, the lowest first."""
    return list(Level.objects.order_by("min_value", "pk").values_list("pk", "name"))


def goods(text: str, *, chosen: Sequence[int], search: bool) -> list[Pick]:
    """Return the chosen goods, and after them those that `text` finds when the merchant asked for it."""
    mine = Product.objects.filter(pk__in=chosen).order_by("name", "pk")
    found = _matching(Product.objects.kept(), text).exclude(pk__in=chosen).order_by("-created_at", "-pk")
    rows = [*mine, *(found[:FOUND_AT_ONCE] if search else [])]
    return [Pick(row.pk, row.name, f"{row.code} · ¥{yuan(row.price_min)}", row.pk in chosen) for row in rows]


def skus(text: str, *, leaving_out: Collection[int]) -> list[Pick]:
    """Return SKUs on sale that `text` finds, the newest goods first."""
    goods = _matching(Product.objects.on_sale(), text)
    rows = Sku.objects.active().filter(product__in=goods).exclude(pk__in=leaving_out).select_related("product")
    found = rows.order_by("-product__created_at", "-product_id", "sort_order", "pk")[:FOUND_AT_ONCE]
    return [Pick(row.pk, sku_name(row), f"¥{yuan(row.price)} · 库存 {row.stock}", False) for row in found]


def sku_named(text: str) -> Sku:
    """Return the one SKU on sale that `text` names: #id, a code, or words of the name. Raises ValidationError."""
    rows = Sku.objects.active().filter(product__status=ProductStatus.ON_SALE).select_related("product")
    found = list(_by_text(rows, text)[: NAMED_AT_ONCE + 1])
    if not found:
        raise ValidationError(f"没有找到在售的“{text}”，请填写名称、商品编码或 SKU 编码")
    if len(found) > 1:
        names = "、".join(f"{sku_name(row)}（#{row.pk}）" for row in found[:NAMED_AT_ONCE])
        more = "…" if len(found) > NAMED_AT_ONCE else ""
        raise ValidationError(f"有几件商品都符合，请写括号里的编号：{names}{more}")
    return found[0]


def _by_text(rows: QuerySet[Sku], text: str) -> QuerySet[Sku]:
    number = text.rpartition("#")[2].strip(" ）)")
    if "#" in text and number.isdecimal() and len(number) < 18:
        return rows.filter(pk=int(number))
    exact = rows.filter(Q(code=text) | Q(product__code=text) | Q(product__name=text)).order_by("sort_order", "pk")
    if exact.exists():
        return exact
    return rows.filter(product__in=_matching(Product.objects.on_sale(), text)).order_by("product__name", "pk")


def sku_name(sku: Sku) -> str:
    """Name a SKU whose product is loaded."""
    return f"{sku.product.name} {sku.spec_text}".strip()


def _matching(goods: QuerySet[Product], text: str) -> QuerySet[Product]:
    for word in catalog.words_of(text):
        goods = goods.filter(Q(search_text__contains=word) | Q(code__icontains=word))
    return goods
