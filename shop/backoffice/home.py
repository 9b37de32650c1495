"""Arranging the home page with a thumb: blocks one below the other, each with its pictures or its picked goods."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget

from catalog import selectors as catalog
from catalog.models import (
    MOST_BLOCKS,
    MOST_GOODS,
    MOST_PICTURES,
    BlockKind,
    Category,
    GoodsSource,
    HomeBlock,
    HomePick,
    HomePicture,
    Product,
    ProductImage,
)
from catalog.services import home as arranging
from shop.backoffice.base import StaffAdmin, now, staff_of
from shop.backoffice.wording import WordingMixin
from shop.lib.http import typed_text
from shop.lib.uploads import thumbnail_url

FOUND_AT_ONCE = 20
KINDS = {  # what a block of each kind is made of, and what it shows
    BlockKind.BANNERS: (["title", "is_visible"], "可以左右滑动的大图，一般放在最上面"),
    BlockKind.CATEGORIES: (["is_visible"], "一级分类的图标，最多十个"),
    BlockKind.COUPONS: (["title", "note", "is_visible"], "正在发放、人人可领的优惠券，点一下就领"),
    BlockKind.GOODS: (
        ["title", "note", "source", "category", "layout", "units", "is_visible"],
        "一排或两列商品：自己挑选，或者最新、畅销、某个分类",
    ),
    BlockKind.PICTURES: (["title", "note", "is_visible"], "一张或几张能点开的图片"),
    BlockKind.PROMISES: (["is_visible"], "包邮门槛、自提门店数，按店铺设置自动写"),
    BlockKind.STORES: (["title", "note", "is_visible"], "前三家门店的地址和营业时间"),
}
ELSEWHERE = "elsewhere"


class BlockForm(WordingMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A block; goods of a category need the category."""

    wording_fields = ["title", "note"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.kind == BlockKind.GOODS and not cleaned.get("title"):
            self.add_error("title", "请给这排商品起个标题，例如“今早到店”")
        if cleaned.get("source") == GoodsSource.CATEGORY and not cleaned.get("category"):
            self.add_error("category", "请选择要展示的分类")
        if self.instance.pk is None and HomeBlock.objects.count() >= MOST_BLOCKS:
            self.add_error(None, f"首页最多 {MOST_BLOCKS} 栏，请先删掉一栏")
        return cleaned


class PictureForm(WordingMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A picture; where a tap leads is chosen from a list, or typed."""

    wording_fields = ["title", "note"]

    target = forms.ChoiceField(label="点图打开", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = targets()
        cast(forms.ChoiceField, self.fields["target"]).choices = [*offered, (ELSEWHERE, "其他店内地址（填在下面）")]
        if "link" in self.fields:
            self.fields["link"].label = "其他店内地址"
            self.fields["link"].required = False
            self.fields["link"].help_text = "上面选“其他店内地址”时才填，以 / 开头，例如 /goods/12/。"
        if self.instance.link in {address for address, _ in offered}:
            self.initial.update(target=self.instance.link, link="")
        else:
            self.initial["target"] = ELSEWHERE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        target = cleaned.get("target")
        if target and target != ELSEWHERE:
            cleaned["link"] = target
            self.errors.pop("link", None)
        elif "link" not in self.errors and not cleaned.get("link"):
            self.add_error("link", "请填写店内地址，以 / 开头，例如 /goods/12/")
        if self.instance.pk is None and self.instance.block.pictures.count() >= MOST_PICTURES:
            self.add_error(None, f"一栏最多 {MOST_PICTURES} 张图片，请先删掉一张")
        return cleaned


def targets() -> list[tuple[str, str]]:
    """List where a picture may lead: `(address, words)`."""
    names = Category.objects.filter(is_visible=True).order_by("parent__sort_order", "sort_order", "pk")
    categories = [(f"/goods/?category={pk}", f"分类：{name}") for pk, name in names.values_list("pk", "name")]
    return [("/goods/", "全部商品"), ("/goods/?sort=new", "最新上架"), ("/goods/?sort=sales", "卖得最好"),
            ("/categories/", "分类页"), ("/stores/", "门店页"), *categories]  # fmt: skip


class HomeAdmin(StaffAdmin):
    """What blocks and their pictures share: the rights are those on blocks, and services write and log."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Offer one way to save."""
        one_way = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, {**one_way, **(extra_context or {})})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(staff_of(request).has_perm("catalog.view_homeblock"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(staff_of(request).has_perm("catalog.add_homeblock"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(staff_of(request).has_perm("catalog.change_homeblock"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(staff_of(request).has_perm("catalog.delete_homeblock"))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        arranging.remove_piece(piece=obj, by=staff_of(request), now=now())

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """The service has logged it."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """The service has logged it."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """The service has logged it."""


@admin.register(HomeBlock)
class HomeBlockAdmin(HomeAdmin):
    form = BlockForm
    change_form_outer_after_template = "admin/home/contents.html"
    radio_fields = {"layout": admin.VERTICAL}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return KINDS[BlockKind(obj.kind if obj else kind_in(request))][0]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Let a new block know its kind before it is checked."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj:
            return form
        return type("NewBlockForm", (form,), {"instance_kind": kind_in(request), "__init__": _with_kind})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "category" and field:
            field.queryset = Category.objects.order_by("parent__sort_order", "sort_order", "pk")
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_view_related = field.widget.can_delete_related = False
        return field

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the blocks in their order, as they stand on the page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        arranging.lay_out_home()
        blocks = HomeBlock.objects.annotate(
            picture_count=Count("pictures", distinct=True), pick_count=Count("picks", distinct=True)
        )
        kinds = [(kind.value, kind.label, hint) for kind, (_, hint) in KINDS.items()]
        context = {
            "title": "首页布置",
            "blocks": blocks.select_related("category").order_by("sort_order", "pk"),
            "kinds": kinds,
            "can_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/home/index.html", {**self.admin_site.each_context(request), **context})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        label = BlockKind(kind_in(request)).label
        return super().add_view(request, form_url, {"title": f"添加{label}", **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        block = HomeBlock.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        facts = contents_of(block) | {"title": f"{block.get_kind_display()}：{block}"} if block else {}
        return super().change_view(request, object_id, form_url, {**facts, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: HomeBlock, form: Any, change: bool) -> None:
        arranging.save_block(block=obj, by=staff_of(request), now=now())

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponseRedirect:
        return self._after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._after_saving(request, obj)

    def _after_saving(self, request: HttpRequest, block: HomeBlock) -> HttpResponseRedirect:
        """Go on where something is still missing: pictures or goods."""
        messages.success(request, f"已保存「{block}」，首页马上更新")
        if has_pictures(block) and not block.pictures.exists():
            return redirect(f"{reverse('admin:catalog_homepicture_add')}?block={block.pk}")
        if block.source == GoodsSource.PICKED and not block.picks.exists():
            return redirect("admin:catalog_homeblock_goods", block.pk)
        return redirect("admin:catalog_homeblock_changelist")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        messages.success(request, f"已删除「{obj_display}」")
        return redirect("admin:catalog_homeblock_changelist")

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<int:pk>/move/", require_POST(self.move), "move"),
            ("<int:pk>/show/", require_POST(self.show), "show"),
            ("<int:pk>/goods/", self.goods, "goods"),
        ]
        gate = self.admin_site.admin_view
        own = [path(route, gate(view), name=f"catalog_homeblock_{name}") for route, view, name in pages]
        return own + super().get_urls()

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move a block, or one of its pictures, up or down."""
        block = self._block(request, pk)
        picture = request.POST.get("picture", "")
        piece = get_object_or_404(block.pictures, pk=int(picture)) if picture.isdecimal() else block
        arranging.move_piece(piece=piece, up="up" in request.POST, by=staff_of(request), now=now())
        if piece is block:
            return redirect(f"{reverse('admin:catalog_homeblock_changelist')}#block-{pk}")
        return redirect(f"{reverse('admin:catalog_homeblock_change', args=[pk])}#pictures")

    def show(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a block or hide it."""
        block = self._block(request, pk)
        arranging.show_block(block=block, visible=not block.is_visible, by=staff_of(request), now=now())
        return redirect(f"{reverse('admin:catalog_homeblock_changelist')}#block-{pk}")

    def goods(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pick goods for a block: those in it with their order, and those that a search finds."""
        block = self._block(request, pk)
        text = typed_text(request, "q", longest=50)
        if request.method == "POST":
            change_picks(request, block)
            query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
            return redirect(f"{reverse('admin:catalog_homeblock_goods', args=[pk])}{query}")
        picks = picks_of(block)
        context = {
            "title": f"挑选商品：{block}",
            "block": block,
            "picks": [(pick, picture_of(pick.product)) for pick in picks],
            "text": text,
            "found": [
                (product, picture_of(product))
                for product in goods_to_pick(text, leaving_out=[pick.product_id for pick in picks])
            ],
            "most": MOST_GOODS,
        }
        return TemplateResponse(request, "admin/home/goods.html", {**self.admin_site.each_context(request), **context})

    def _block(self, request: HttpRequest, pk: int) -> HomeBlock:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(HomeBlock, pk=pk)


@admin.register(HomePicture)
class HomePictureAdmin(HomeAdmin):
    form = PictureForm
    fields = ["image", "title", "note", "shows_title", "target", "link"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj:
            return form
        return type("NewPictureForm", (form,), {"block": self._block(request), "__init__": _with_block})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:catalog_homeblock_changelist")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        block = self._block(request)
        if not block:  # the address without one is what the theme offers
            return redirect("admin:catalog_homeblock_changelist")
        title = {"title": f"给「{block}」添加图片"}
        return super().add_view(request, form_url, {**title, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: HomePicture, form: Any, change: bool) -> None:
        obj.link = form.cleaned_data["link"]
        arranging.save_picture(picture=obj, by=staff_of(request), now=now())

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponseRedirect:
        return self._after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._after_saving(request, obj)

    def _after_saving(self, request: HttpRequest, picture: HomePicture) -> HttpResponseRedirect:
        messages.success(request, f"已保存图片「{picture}」，首页马上更新")
        return redirect(f"{reverse('admin:catalog_homeblock_change', args=[picture.block_id])}#pictures")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        messages.success(request, f"已删除图片「{obj_display}」")
        return redirect("admin:catalog_homeblock_changelist")

    def _block(self, request: HttpRequest) -> HomeBlock | None:
        """Return the block that the address of a new picture names."""
        pk = request.GET.get("block", "")
        return HomeBlock.objects.filter(pk=int(pk) if pk.isdecimal() and len(pk) < 18 else 0).first()


def _with_kind(form: Any, *args: Any, **kwargs: Any) -> None:
    BlockForm.__init__(form, *args, **kwargs)
    form.instance.kind = form.instance_kind


def _with_block(form: Any, *args: Any, **kwargs: Any) -> None:
    PictureForm.__init__(form, *args, **kwargs)
    form.instance.block = form.block


def kind_in(request: HttpRequest) -> str:
    """Return the kind that the address of a new block names; goods when it names none."""
    kind = request.GET.get("kind", "")
    return kind if kind in BlockKind.values else BlockKind.GOODS.value


def has_pictures(block: HomeBlock) -> bool:
    return block.kind in {BlockKind.BANNERS, BlockKind.PICTURES}


def contents_of(block: HomeBlock) -> dict[str, Any]:
    """Return what stands in a block besides its own words."""
    pictures = list(block.pictures.order_by("sort_order", "pk")) if has_pictures(block) else []
    return {
        "with_pictures": has_pictures(block),
        "pictures": [(picture, thumbnail_url(str(picture.image.name or ""), "slide")) for picture in pictures],
        "with_picks": block.kind == BlockKind.GOODS and block.source == GoodsSource.PICKED,
        "picks": picks_of(block),
    }


def picks_of(block: HomeBlock) -> list[Any]:
    pictures = Prefetch("product__images", ProductImage.objects.order_by("sort_order", "pk"))
    return list(block.picks.select_related("product").prefetch_related(pictures).order_by("sort_order", "pk"))


def picture_of(product: Product) -> str:
    """Return the address of the first of the prefetched pictures, in its small size."""
    return catalog.picture_url(next((str(each.image.name) for each in product.images.all()), ""), "small")


def goods_to_pick(text: str, *, leaving_out: Sequence[int]) -> QuerySet[Product]:
    """Find goods by what the merchant typed, the newest for nothing."""
    pictures = Prefetch("images", ProductImage.objects.order_by("sort_order", "pk"))
    goods = Product.objects.on_sale().exclude(pk__in=leaving_out).prefetch_related(pictures)
    for word in catalog.words_of(text):
        goods = goods.filter(Q(search_text__contains=word) | Q(code__icontains=word))
    return goods.order_by("-created_at", "-pk")[:FOUND_AT_ONCE]


def change_picks(request: HttpRequest, block: HomeBlock) -> None:
    """Do what one button of the page of picks says: put goods in, take one out, move one."""
    who: dict[str, Any] = {"by": staff_of(request), "now": now()}
    pick = request.POST.get("pick", "")
    if pick.isdecimal():
        piece = get_object_or_404(HomePick, block=block, pk=int(pick))
        if "remove" in request.POST:
            arranging.remove_piece(piece=piece, **who)
        else:
            arranging.move_piece(piece=piece, up="up" in request.POST, **who)
        return
    ids = [int(pk) for pk in request.POST.getlist("product") if pk.isdecimal() and len(pk) < 18]
    try:
        count = arranging.pick_goods(block=block, product_ids=ids, **who)
    except arranging.HomeFull as full:
        messages.error(request, str(full))
    else:
        messages.success(request, f"已放入 {count} 件商品") if count else messages.warning(request, "请先勾选商品")
