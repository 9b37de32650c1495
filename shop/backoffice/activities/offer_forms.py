"""The forms of a threshold offer: its terms, one row per tier."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory

from promotions.models import OfferBasis, OfferKind, ScopeKind
from promotions.services.drafts import MOST_TIERS
from shop.backoffice.activities import picks
from shop.backoffice.base import BackofficeForm
from shop.backoffice.wording import WordingMixin
from shop.lib.money import YuanFormField, parse_yuan

MOST_NUMBER = 9_999_999
MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A date with a time, picked by the browser's own field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT), **kwargs)


class OfferForm(WordingMixin, BackofficeForm):
    """What is true of all tiers."""

    wording_fields = ["name", "rules_text"]

    name = forms.CharField(label="活动名称", max_length=30, help_text="顾客看得到，例如“春茶满减”。")
    kind = forms.ChoiceField(
        label="方式", choices=OfferKind.choices, initial=OfferKind.AMOUNT_OFF, widget=forms.RadioSelect,
        help_text="满减：减几元。满折：打几折。满赠：送一件。满包邮：免运费。",
    )  # fmt: skip
    basis = forms.ChoiceField(
        label="门槛", choices=OfferBasis.choices, initial=OfferBasis.AMOUNT, widget=forms.RadioSelect,
        help_text="按适用商品的金额（会员价之后、优惠券之前），或按件数。",
    )  # fmt: skip
    repeats = forms.BooleanField(
        label="每满都算",
        required=False,
        help_text="例如每满 100 减 10：买 300 减 30。只用于满减和满赠，按最高一档重复。",
    )
    starts_at = MomentField(label="开始时间")
    ends_at = MomentField(label="结束时间", required=False, help_text="不填就一直有效，直到您停止它。")
    level_ids = forms.TypedMultipleChoiceField(
        label="适用等级", coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="都不选就是所有顾客；选了就是“满立减”，只有这些等级的会员能用。",
    )  # fmt: skip
    scope_kind = forms.ChoiceField(
        label="适用商品", choices=ScopeKind.choices, initial=ScopeKind.ALL, widget=forms.RadioSelect
    )
    priority = forms.IntegerField(
        label="优先级", initial=100, min_value=0, max_value=MOST_NUMBER,
        help_text="同一件商品有几个同类活动时，数字小的先用；一样时用优惠最多的。",
    )  # fmt: skip
    rules_text = forms.CharField(
        label="活动说明", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="显示在活动页上，例如“赠品送完为止”。",
    )  # fmt: skip

    def __init__(self, *args: Any, levels: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level_ids"].choices = levels  # type: ignore[attr-defined]

    @property
    def times(self) -> list[forms.BoundField]:
        """When it runs."""
        return [self["starts_at"], self["ends_at"]]

    @property
    def others(self) -> list[forms.BoundField]:
        """What is seldom touched."""
        return [self["rules_text"], self["priority"]]


class TierForm(BackofficeForm):
    """One tier; a row in which nothing is typed is none. What its kind does not use is not looked at."""

    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    shown_stock = forms.IntegerField(widget=forms.HiddenInput, required=False)
    threshold = forms.CharField(label="满", max_length=12, required=False, widget=forms.TextInput(
        attrs={"inputmode": "decimal", "autocomplete": "off"}
    ))  # fmt: skip
    off = YuanFormField(label="减（元）", required=False)
    percent = forms.IntegerField(label="折扣（%）", required=False, help_text="85 就是 8.5 折")
    gift = forms.CharField(label="赠品", max_length=120, required=False, help_text="名称、商品编码或 SKU 编码")
    gift_units = forms.IntegerField(label="送几件", initial=1, required=False, min_value=1, max_value=MOST_NUMBER)
    gift_stock = forms.IntegerField(
        label="赠品库存", required=False, min_value=0, max_value=MOST_NUMBER, help_text="还能送几件，和商品库存分开算"
    )

    def __init__(self, *args: Any, kind: str = "", basis: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.basis = kind, basis

    @property
    def is_blank(self) -> bool:
        """Say whether nothing was typed."""
        return not any(str(self[name].data or "").strip() for name in ("threshold", "off", "percent", "gift"))

    def clean_threshold(self) -> int:
        text = str(self.cleaned_data["threshold"]).strip()
        if self.is_blank:
            return 0
        if not text:
            raise ValidationError("请填写满多少")
        if self.basis == OfferBasis.PIECES:
            if not (text.isdecimal() and text.isascii() and int(text) <= MOST_NUMBER):
                raise ValidationError("件数要填整数，例如 3")
            return int(text)
        try:
            return parse_yuan(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def clean_gift(self) -> Any:
        text = str(self.cleaned_data["gift"]).strip()
        return picks.sku_named(text) if text and self.kind == OfferKind.GIFT else None


TierFormSet = formset_factory(TierForm, extra=0, max_num=MOST_TIERS, absolute_max=MOST_TIERS, validate_max=True)
