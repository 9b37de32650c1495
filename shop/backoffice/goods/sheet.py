"""What stands on the page of one product: its forms, the dimensions of its specs, its pictures, which tab is open."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.core.files.storage import default_storage
from django.http import HttpRequest, QueryDict

from catalog.models import Category, Product, Sku
from catalog.services.drafts import MOST_IMAGES
from shop.backoffice.base import WORDING_REASON
from shop.backoffice.goods import matrix
from shop.backoffice.goods.forms import ProductForm, SkuFormSet, UploadForm
from shop.lib.uploads import UploadRefused, store_image

PLAIN_FIELDS = [
    "name", "code", "status", "on_sale_at", "brand", "selling_point", "keywords", "unit", "sort_order",
    "virtual_sold", "min_units", "limit_kind", "limit_units", "member_price_enabled", "points_usable", "gives_points",
    "detail_html",
]  # fmt: skip
TABS = {"basic": "基础", "stock": "价格库存", "detail": "商品详情", "selling": "销售设置"}
DETAIL_FIELDS = {"detail_html", "attributes"}
SELLING_FIELDS = {
    "status", "on_sale_at", "limit_kind", "limit_units", "min_units", "sort_order", "virtual_sold",
    "member_price_enabled", "points_usable", "gives_points",
}  # fmt: skip
PICTURES_FOLDER = "products/"
OUT_OF_STEP = "规格有变化，下面的表格已重新生成，请核对价格和库存后再保存。"


class Sheet:
    """The page as it was opened, or as it was sent and one of its buttons has changed it.

    `step` names the button: "" saves, the others only change the page.
    """

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        self.post: QueryDict | None = request.POST if request.method == "POST" else None
        self.product = product
        self.notes: list[str] = []  # what went wrong with the specs
        self.picture_errors: list[str] = []
        self.more_columns = bool(self.post and "more_columns" in self.post)
        if self.post is None:
            self._open()
        else:
            self._read(self.post, request)

    @property
    def is_sent(self) -> bool:
        """Whether the page was sent to be saved."""
        return self.post is not None and not self.step

    def are_valid(self) -> bool:
        """Judge all parts, so that every mistake shows at once."""
        return all([self.fact.is_valid(), self.skus.is_valid(), not self.picture_errors, not self.notes])

    @property
    def tab(self) -> str:
        """The tab to open: the first one with a mistake, else the one that was open."""
        wrong = [name for name in TABS if self.faults[name]]
        typed = self.post.get("tab", "") if self.post else ""
        return wrong[0] if wrong else typed if typed in TABS else "basic"

    @property
    def tabs(self) -> list[tuple[str, str, int]]:
        """List `(name, label, mistakes)` of every tab."""
        return [(name, label, self.faults[name]) for name, label in TABS.items()]

    @property
    def faults(self) -> dict[str, int]:
        """Count the mistakes on each tab."""
        wrong = set(self.fact.errors) - {"__all__"} if self.fact.is_bound else set()
        detail, selling = wrong & DETAIL_FIELDS, wrong & SELLING_FIELDS
        rows = self.skus.total_error_count() if self.skus.is_bound else 0
        return {
            "basic": len(wrong - detail - selling) + len(self.picture_errors),
            "stock": rows + len(self.notes),
            "detail": len(detail),
            "selling": len(selling),
        }

    @property
    def blank_axes(self) -> list[tuple[int, matrix.Axis | None]]:
        """Number the dimensions for the page, with one more to fill in while there may be more; two at least."""
        shown: list[matrix.Axis | None] = [*self.axes, None]
        return list(enumerate([*shown, None][: min(max(len(shown), 2), matrix.MOST_AXES)]))

    @property
    def fill_choices(self) -> list[tuple[str, str]]:
        """What a bulk fill may be for: all rows, or those of one value."""
        each = [
            (f"{at}:{value}", f"{axis.name}：{value}") for at, axis in enumerate(self.axes) for value in axis.values
        ]
        return [("", "全部规格"), *each]

    @property
    def chosen(self) -> set[int]:
        """The ids of the categories that are ticked."""
        return {int(value) for value in self.fact["categories"].value() or [] if str(value).isdecimal()}

    @property
    def chosen_words(self) -> str:
        """The names of the categories that are ticked."""
        names = dict(self.fact.fields["categories"].choices)  # type: ignore[attr-defined]
        return "、".join(names[pk] for pk in names if pk in self.chosen)

    def _open(self) -> None:
        """Show the product as it is, or a new one."""
        self.step = ""
        self.pictures = pictures_of(self.product)
        rows = rows_of(self.product)
        self.axes = matrix.axes_of(self.product.spec_names if self.product else [], rows)
        self.fact = ProductForm(categories=category_names(), initial=facts_of(self.product))
        self.skus: Any = SkuFormSet(prefix="skus", initial=rows)
        self.upload = UploadForm()

    def _read(self, post: QueryDict, request: HttpRequest) -> None:
        """Show what was sent, changed by the button that was pressed; forms are bound only when it is to be saved."""
        self.step = post.get("step", "")
        self._read_pictures(post, request)
        rows = matrix.read_rows(post)
        self.axes = matrix.read_axes(post, rows)
        changed = self._changed_rows(post, rows)
        if self.step:
            self.fact = ProductForm(categories=category_names(), initial=typed_facts(post))
        else:
            self.fact = ProductForm(post, categories=category_names())
        is_bound = not self.step and changed == rows
        self.skus = SkuFormSet(post, prefix="skus") if is_bound else SkuFormSet(prefix="skus", initial=changed)

    def _changed_rows(self, post: QueryDict, rows: list[matrix.Row]) -> list[matrix.Row]:
        """Make the rows anew where the button or new specs ask for it, and fill them."""
        try:
            if self.step == "make":
                return matrix.combine(rows, self.axes)
            if not self.step and rows and not matrix.are_in_step(rows, self.axes):
                changed = matrix.combine(rows, self.axes)
                self.notes.append(OUT_OF_STEP)
                return changed
        except matrix.TooManyRows as refusal:
            self.notes.append(str(refusal))
        if self.step == "fill":
            typed = {name: post.get(f"fill-{name}", "") for name in matrix.CELLS}
            return matrix.fill(rows, post.get("fill-which", ""), typed)
        return rows

    def _read_pictures(self, post: QueryDict, request: HttpRequest) -> None:
        """Keep the stored pictures in their order and store the new ones at once, so that no mistake loses them."""
        self.pictures = [name for name in dict.fromkeys(post.getlist("picture")) if is_stored(name)]
        if len(self.pictures) < len(set(post.getlist("picture"))):
            self.picture_errors.append("有图片不存在，请重新上传")
        self.upload = UploadForm(post, request.FILES)
        if not self.upload.is_valid():
            self.picture_errors += [str(error) for errors in self.upload.errors.values() for error in errors]
            return
        self._store(self.upload.cleaned_data["pictures"])
        word, _, name = self.step.partition(":")
        at = self.pictures.index(name) if name in self.pictures else 0
        if word == "drop" and name in self.pictures:
            self.pictures.remove(name)
        if word == "lift" and at:
            self.pictures.insert(at - 1, self.pictures.pop(at))

    def _store(self, files: Sequence[Any]) -> None:
        room = MOST_IMAGES - len(self.pictures)
        if len(files) > room:
            self.picture_errors.append(f"图片最多 {MOST_IMAGES} 张，多出的没有上传")
        for file in files[: max(room, 0)]:
            try:
                self.pictures.append(store_image(file))
            except UploadRefused as refusal:
                self.picture_errors.append(f"{file.name}：{refusal}")


def is_stored(name: str) -> bool:
    """Say whether `name` is a picture of goods that was uploaded."""
    return name.startswith(PICTURES_FOLDER) and ".." not in name and "\0" not in name and default_storage.exists(name)


def facts_of(product: Product | None) -> dict[str, Any]:
    """Return what the page shows of a product at first."""
    fresh = {"submission": uuid4().hex}
    if product is None:
        return fresh
    return (
        fresh
        | {name: getattr(product, name) for name in PLAIN_FIELDS}
        | {
            "categories": list(product.categories.values_list("pk", flat=True)),
            "attributes": "\n".join(f"{name}：{value}" for name, value in product.attributes),
        }
    )


def typed_facts(post: QueryDict) -> dict[str, Any]:
    """Return what was typed, to be shown again without judging it."""
    names = [*PLAIN_FIELDS, "attributes", "submission", WORDING_REASON]
    chosen = [int(value) for value in post.getlist("categories") if value.isdecimal() and len(value) < 18]
    return {name: post.get(name, "") for name in names} | {"categories": chosen}


def rows_of(product: Product | None) -> list[matrix.Row]:
    """Return one row per SKU that is offered, with the stock as it is shown; a new product has one."""
    if product is None:
        return [{"specs": ()}]
    skus = Sku.objects.active().filter(product=product).order_by("sort_order", "pk")
    names = ["id", "price", "market_price", "cost_price", "stock", "stock_floor", "daily_stock", "barcode", "weight"]
    rows = [
        {name: getattr(sku, name) for name in names}
        | {"specs": tuple(str(value) for value in sku.specs), "shown_stock": sku.stock, "code": sku.code or ""}
        for sku in skus
    ]
    return [{name: "" if name in UNSET and not value else value for name, value in row.items()} for row in rows]


UNSET = {"market_price", "cost_price", "stock_floor", "weight"}  # nothing is easier to read than 0


def pictures_of(product: Product | None) -> list[str]:
    if product is None:
        return []
    return [str(image.image.name) for image in product.images.order_by("sort_order", "pk")]


def category_names() -> list[tuple[int, str]]:
    """Return every category to choose from."""
    return list(Category.objects.order_by("sort_order", "pk").values_list("pk", "name"))
