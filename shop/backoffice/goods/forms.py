"""The forms of a product: its facts, one row per SKU, new pictures."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.html import linebreaks

from catalog.models import LimitKind, ProductStatus
from shop.backoffice.base import BackofficeForm
from shop.backoffice.goods.matrix import MOST_ROWS, read_specs
from shop.backoffice.wording import WordingMixin
from shop.lib.money import YuanFormField
from shop.lib.uploads import UploadRefused, check_picture

MOST_NUMBER = 99_999_999


class ProductForm(WordingMixin, BackofficeForm):
    """What is true of all SKUs of a product."""

    wording_fields = ["name", "selling_point", "attributes", "detail_html"]

    name = forms.CharField(label="商品名称", max_length=100)
    code = forms.CharField(
        label="商品编码", max_length=40, required=False, help_text="全店唯一，导入时按它识别商品。留空会自动生成。"
    )
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
    member_price_enabled = forms.BooleanField(
        label="会员价", required=False, initial=True, help_text="有折扣的会员等级买这件商品按等级打折。"
    )
    points_usable = forms.BooleanField(
        label="积分抵扣", required=False, initial=True, help_text="结算时可以用积分抵这件商品的金额。"
    )
    gives_points = forms.BooleanField(
        label="赠送积分", required=False, initial=True, help_text="买这件商品送消费积分。"
    )
    attributes = forms.CharField(
        label="参数", required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="一行一个，例如：产地：云南"
    )
    detail_html = forms.CharField(
        label="商品详情", required=False, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="介绍一下：产地、做法、怎么保存。",
    )  # fmt: skip
    submission = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, categories: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["categories"].choices = categories  # type: ignore[attr-defined]

    @property
    def basic(self) -> list[forms.BoundField]:
        """What else stands on the first tab, below name, categories and pictures."""
        return [self[name] for name in ("selling_point", "unit", "brand", "keywords", "code")]

    @property
    def selling(self) -> list[forms.BoundField]:
        """How it is sold."""
        names = ["status", "on_sale_at", "limit_kind", "limit_units", "min_units", "sort_order", "virtual_sold"]
        names += ["member_price_enabled", "points_usable", "gives_points"]
        return [self[name] for name in names]

    def clean_detail_html(self) -> str:
        """Make paragraphs of what was typed without any tags."""
        text = str(self.cleaned_data["detail_html"])
        return text if "<" in text else linebreaks(text, autoescape=True) if text.strip() else ""

    def clean_attributes(self) -> tuple[tuple[str, str], ...]:
        pairs = []
        for line in self.cleaned_data["attributes"].splitlines():
            if line.strip():
                name, mark, value = line.replace(":", "：", 1).partition("：")
                if not mark:
                    raise ValidationError(f"“{line.strip()[:20]}”要写成“名称：内容”")
                pairs.append((name.strip(), value.strip()))
        return tuple(pairs)


class SpecsField(forms.JSONField):
    """The combination of a row, which nobody types; nonsense is none."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        return read_specs(str(value or ""))


class SkuForm(BackofficeForm):
    """One combination of specs."""

    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    shown_stock = forms.IntegerField(widget=forms.HiddenInput, required=False)
    specs = SpecsField(required=False)
    price = YuanFormField(label="本站价", min_fen=1)
    market_price = YuanFormField(label="市场价", required=False)
    cost_price = YuanFormField(label="成本价", required=False)
    stock = forms.IntegerField(label="库存", min_value=0, max_value=MOST_NUMBER)
    stock_floor = forms.IntegerField(label="库存下限", min_value=0, max_value=MOST_NUMBER, required=False)
    daily_stock = forms.IntegerField(label="每日库存", min_value=0, max_value=MOST_NUMBER, required=False)
    code = forms.CharField(label="SKU 编码", max_length=60, required=False)
    barcode = forms.CharField(label="条码", max_length=40, required=False)
    weight = forms.IntegerField(label="重量（克）", min_value=0, max_value=MOST_NUMBER, required=False)

    @property
    def name(self) -> str:
        """The combination as the page shows it."""
        return " · ".join(str(value) for value in self["specs"].initial or self.bound_specs)

    @property
    def bound_specs(self) -> tuple[str, ...]:
        """The combination that was sent with a bound row."""
        return read_specs(str(self["specs"].data or "")) if self.is_bound else ()

    @property
    def plain(self) -> list[forms.BoundField]:
        """The cells that are always shown."""
        return [self[name] for name in ("price", "market_price", "stock", "code")]

    @property
    def further(self) -> list[forms.BoundField]:
        """The cells that are shown on request."""
        return [self[name] for name in ("cost_price", "stock_floor", "daily_stock", "barcode", "weight")]


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
        label="添加图片", required=False, help_text="可以一次选多张，每张最大 6 MB。第一张是主图。",
        widget=ManyFilesInput(attrs={"accept": "image/*"}),
    )  # fmt: skip


class RowsFormSet(BaseFormSet):  # type: ignore[type-arg]
    """Rows with a tick for those that are not sold."""

    deletion_widget = forms.CheckboxInput

    def rows(self) -> list[Any]:
        """Return the forms that are to stay."""
        deleted = self.deleted_forms
        return [form for form in self.forms if form not in deleted]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = "不卖"


SkuFormSet = formset_factory(SkuForm, formset=RowsFormSet, extra=0, can_delete=True, max_num=MOST_ROWS)
