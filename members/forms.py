"""What people type about themselves; every refusal is a sentence at its field."""

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError

from members.models import PHONE, Address, Member
from shop.lib import addressing, regions

if TYPE_CHECKING:
    AddressModelForm = forms.ModelForm[Address]
else:
    AddressModelForm = forms.ModelForm

LEVELS = {"province": "省份", "city": "城市", "district": "区县"}
EARLIEST_BIRTHDAY = date(1900, 1, 1)


class PhoneFormField(forms.CharField):
    """A mobile number as people type it: with blanks, hyphens, full-width digits or +86."""

    default_validators = [PHONE]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "手机号")
        kwargs.setdefault("error_messages", {"required": "请填写手机号"})
        super().__init__(max_length=30, **kwargs)

    def to_python(self, value: Any) -> str:
        digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", super().to_python(value) or ""))
        return re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", digits)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"inputmode": "tel", "autocomplete": "tel-national"}


class SignInForm(forms.Form):
    """The phone that a code is sent to, and the consent without which nobody becomes a member."""

    phone = PhoneFormField()
    consent = forms.BooleanField(label="我已阅读并同意隐私政策", error_messages={"required": "请先阅读并同意隐私政策"})


class CodeForm(forms.Form):
    """The six digits of the text message."""

    code = forms.CharField(
        label="验证码",
        max_length=12,
        error_messages={"required": "请填写短信里的 6 位验证码"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )

    def clean_code(self) -> str:
        code = re.sub(r"\s", "", unicodedata.normalize("NFKC", self.cleaned_data["code"]))
        if not re.fullmatch(r"[0-9]{6}", code):
            raise ValidationError("验证码是 6 位数字")
        return code


class ProofForm(CodeForm):
    """The six digits that prove that it is the member who asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["code"].widget.attrs["autofocus"]


class LeaveForm(ProofForm):
    """The proof, and that the member has read what it means to leave."""

    is_sure = forms.BooleanField(
        label="我知道注销后不能恢复", error_messages={"required": "请先确认您知道注销后不能恢复"}
    )


class ProfileForm(forms.Form):
    """What members may say about themselves; `today` is the day in the shop's time zone.

    The birthday rests until `free_on`: it brings a coupon, so it changes once a year.
    """

    nickname = forms.CharField(
        label="昵称", max_length=Member._meta.get_field("nickname").max_length, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )  # fmt: skip
    birthday = forms.DateField(
        label="生日", required=False, error_messages={"invalid": "请填写日期，例如 1990-01-31"},
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, free_on: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        rests = bool(free_on and today < free_on)
        self.fields["birthday"].disabled = rests
        self.fields["birthday"].help_text = (
            f"生日每年只能改一次，{free_on:%Y-%m-%d} 起可以再改" if rests else "每年只能改一次，请核对后再保存"
        )
        self.fields["birthday"].widget.attrs |= {"min": f"{EARLIEST_BIRTHDAY}", "max": f"{today}"}

    def clean_birthday(self) -> date | None:
        birthday: date | None = self.cleaned_data["birthday"]
        if birthday and not EARLIEST_BIRTHDAY <= birthday <= self.today:
            raise ValidationError("生日应该是过去的一天")
        return birthday


class AddressForm(AddressModelForm):
    """An address with its region picked level by level.

    Only the levels that can be chosen from are fields: a province, below it its cities, and so on until a
    region that has nothing below it. What was picked comes from the data, else from `initial`, else from the instance.
    """

    receiver_name = forms.CharField(
        label="收货人", max_length=20, error_messages={"required": "请填写收货人"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    receiver_phone = PhoneFormField()
    province = forms.ChoiceField(label=LEVELS["province"], error_messages={"required": "请选择省份"})
    city = forms.ChoiceField(label=LEVELS["city"], error_messages={"required": "请选择城市"})
    district = forms.ChoiceField(label=LEVELS["district"], error_messages={"required": "请选择区县"})
    detail = forms.CharField(
        label="详细地址", min_length=2, max_length=100,
        error_messages={"required": "请填写街道、门牌号", "min_length": "请把地址写详细一些"},
        widget=forms.TextInput(attrs={"autocomplete": "street-address", "placeholder": "街道、小区、楼栋、门牌号"}),
    )  # fmt: skip
    is_default = forms.BooleanField(label="设为默认地址", required=False)

    class Meta:
        model = Address
        fields = ["receiver_name", "receiver_phone", "province", "city", "district", "detail", "is_default"]

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        picked = _picked(data, kwargs.get("initial") or {}, kwargs.get("instance"))
        self.steps = regions.steps(picked)
        chosen = {
            level: step.chosen.code if step.chosen else "" for level, step in zip(LEVELS, self.steps, strict=False)
        }
        if data is None:
            kwargs["initial"] = (kwargs.get("initial") or {}) | chosen
        else:
            data = dict(data.items()) | dict.fromkeys(LEVELS, "") | chosen
        super().__init__(data, **kwargs)
        self._offer_levels()

    def _offer_levels(self) -> None:
        for level, step in zip(LEVELS, self.steps, strict=False):
            options = [(option.code, option.name) for option in step.options]
            field = cast(forms.ChoiceField, self.fields[level])
            field.choices = [("", f"请选择{LEVELS[level]}"), *options]
        for level in list(LEVELS)[len(self.steps) :]:
            del self.fields[level]

    @property
    def region_fields(self) -> list[forms.BoundField]:
        """The levels that can be chosen from, in order."""
        return [self[level] for level in LEVELS if level in self.fields]

    @property
    def next_level(self) -> str:
        """What can only be offered once the last of `region_fields` is chosen; "" when nothing or unknown."""
        is_open = self.steps[-1].chosen is None and len(self.steps) < len(LEVELS)
        return list(LEVELS.values())[len(self.steps)] if is_open else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if chosen := self.steps[-1].chosen:
            self.instance.region_code = chosen.code
        return cleaned


class PasteForm(forms.Form):
    """A whole address in one text, as people copy it from a chat."""

    paste = forms.CharField(
        label="姓名、电话和地址", max_length=addressing.LONGEST_TEXT,
        error_messages={"required": "请先粘贴一段包含姓名、电话和地址的文字", "max_length": "太长了，请只粘贴一个地址"},
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "placeholder": "例如：王小明 13800000000 浙江省杭州市西湖区文三路 90 号",
                "autocomplete": "off",
            }
        ),
    )  # fmt: skip

    def recognised(self) -> dict[str, str]:
        """Return the fields of an AddressForm that the text told, and a mistake when it told none."""
        found = addressing.recognise(self.cleaned_data["paste"])
        if found.is_nothing:
            self.add_error("paste", "没有认出电话和地区，请直接在下面填写")
            return {}
        told = {"receiver_name": found.name, "receiver_phone": found.phone, "detail": found.detail}
        return {name: text for name, text in told.items() if text} | dict(zip(LEVELS, found.region, strict=False))


def _picked(data: Any, initial: dict[str, Any], instance: Address | None) -> list[str]:
    for source in (data, initial):
        if source and "province" in source:
            return [source.get(level) or "" for level in LEVELS]
    return regions.ancestry(instance.region_code) if instance else []
