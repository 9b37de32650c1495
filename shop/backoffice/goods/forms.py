"""The forms of a product: its facts, one row per SKU, one row per picture."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.forms import BaseFormSet, formset_factory

from catalog.models import LimitKind, ProductStatus
from shop.backoffice.base import BackofficeForm
from shop.lib.money import YuanFormField
from shop.lib.uploads import UploadRefused, check_picture

BLANK_ROWS = 3
MOST_NUMBER = 99_999_999
PICTURES_FOLDER = "products/"


class ProductForm(BackofficeForm):
    """What is true of all SKUs of a product."""

    name = forms.CharField(label="商品名称", max_length=100)
    code = forms.CharField(label="商品编码", max_length=40, help_text="全店唯一，导入时按它识别商品。")
    status = forms.ChoiceField(label="状态", choices=[(one.value, one.label) for one in list(ProductStatus)[:2]])
    on_sale_at = forms.DateTimeField(
        label="定时上架", required=False, help_text="下架的商品到这个时间自动上架；不需要就留空。",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    categories = forms.TypedMultipleChoiceField(
        label="分类", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    brand = forms.CharField(label="品牌", max_length=40, required=False)
    selling_point = forms.CharField(label="卖点", max_length=200, required=False, help_text="一句话，显示在名称下面。")
    keywords = forms.CharField(label="关键词", max_length=200, required=False, help_text="搜索用，空格隔开。")
    unit = forms.CharField(label="单位", max_length=10, initial="件")
    sort_order = forms.IntegerField(label="排序号", initial=100, help_text="数字越小越靠前。")
    virtual_sold = forms.IntegerField(
        label="虚拟销量", initial=0, min_value=0, max_value=MOST_NUMBER, help_text="加在顾客看到的销量上，不计入报表。"
    )
    min_units = forms.IntegerField(label="起购数量", initial=1, min_value=1, max_value=MOST_NUMBER)
    limit_kind = forms.ChoiceField(label="限购", choices=LimitKind.choices, initial=LimitKind.NONE)
    limit_units = forms.IntegerField(label="限购数量", initial=0, min_value=0, max_value=MOST_NUMBER)
    spec_names = forms.CharField(
        label="规格名", max_length=130, required=False,
        help_text="例如：颜色 / 尺寸。用斜线隔开，最多 3 个；单规格商品留空。",
    )  # fmt: skip
    attributes = forms.CharField(
        label="参数", required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="一行一个，例如：产地：云南"
    )
    detail_html = forms.CharField(
        label="商品详情", required=False, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="可以用 p、h2、ul、b、img 等标签，其他标签会被去掉。",
    )  # fmt: skip
    submission = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, categories: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["categories"].choices = categories  # type: ignore[attr-defined]

    @property
    def basic(self) -> list[forms.BoundField]:
        """What stands at the head of the page."""
        names = ["name", "code", "status", "on_sale_at", "brand", "unit", "selling_point", "keywords"]
        return [self[name] for name in names]

    @property
    def selling(self) -> list[forms.BoundField]:
        """How it is sold."""
        return [self[name] for name in ("sort_order", "virtual_sold", "min_units", "limit_kind", "limit_units")]

    def clean_attributes(self) -> tuple[tuple[str, str], ...]:
        pairs = []
        for line in self.cleaned_data["attributes"].splitlines():
            if line.strip():
                name, mark, value = line.replace(":", "：", 1).partition("：")
                if not mark:
                    raise ValidationError(f"“{line.strip()[:20]}”要写成“名称：内容”")
                pairs.append((name.strip(), value.strip()))
        return tuple(pairs)

    def clean_spec_names(self) -> tuple[str, ...]:
        return parts_of(self.cleaned_data["spec_names"])


class SkuForm(BackofficeForm):
    """One combination of specs; a row without a price is left out."""

    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    shown_stock = forms.IntegerField(widget=forms.HiddenInput, required=False)
    specs = forms.CharField(label="规格", max_length=130, required=False)
    price = YuanFormField(label="本站价", min_fen=1)
    market_price = YuanFormField(label="市场价", required=False)
    cost_price = YuanFormField(label="成本价", required=False)
    stock = forms.IntegerField(label="库存", min_value=0, max_value=MOST_NUMBER)
    stock_floor = forms.IntegerField(label="库存下限", min_value=0, max_value=MOST_NUMBER, required=False)
    daily_stock = forms.IntegerField(label="每日库存", min_value=0, max_value=MOST_NUMBER, required=False)
    code = forms.CharField(label="SKU 编码", max_length=60, required=False)
    barcode = forms.CharField(label="条码", max_length=40, required=False)
    weight = forms.IntegerField(label="重量（克）", min_value=0, max_value=MOST_NUMBER, required=False)

    def clean_specs(self) -> tuple[str, ...]:
        return parts_of(self.cleaned_data["specs"])


class PictureForm(BackofficeForm):
    """A picture that is stored already: its place, and whether it goes."""

    name = forms.CharField(widget=forms.HiddenInput, max_length=200)
    sort_order = forms.IntegerField(label="顺序", required=False)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not name.startswith(PICTURES_FOLDER) or ".." in name or not default_storage.exists(name):
            raise ValidationError("图片不存在，请重新上传")
        return name


class ManyFilesInput(forms.FileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several pictures at once, each checked before anything is decoded."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = [super(PicturesField, self).clean(one, initial) for one in data or []]
        for file in files:
            try:
                check_picture(file)
            except UploadRefused as refusal:
                raise ValidationError(f"{file.name}：{refusal}") from None
        return files


class UploadForm(BackofficeForm):
    """New pictures, added after those there are."""

    pictures = PicturesField(
        label="添加图片", required=False,
        help_text="可以一次选多张；JPG、PNG、WebP 或 GIF，每张最大 6 MB。第一张是主图。",
        widget=ManyFilesInput(attrs={"accept": "image/*"}),
    )  # fmt: skip


class RowsFormSet(BaseFormSet):  # type: ignore[type-arg]
    """Rows with a tick to delete each; the last ones are blank."""

    deletion_widget = forms.CheckboxInput

    def rows(self) -> list[Any]:
        """Return the forms that were filled in and are to stay."""
        deleted = self.deleted_forms
        return [form for form in self.forms if form not in deleted and (form.has_changed() or form.initial)]


SkuFormSet = formset_factory(SkuForm, formset=RowsFormSet, extra=BLANK_ROWS, can_delete=True, max_num=200)
PictureFormSet = formset_factory(PictureForm, formset=RowsFormSet, extra=0, can_delete=True, max_num=40)


def parts_of(typed: str) -> tuple[str, ...]:
    """Split "红 / L" at its slashes."""
    return tuple(part.strip() for part in typed.replace("／", "/").split("/")) if typed.strip() else ()
