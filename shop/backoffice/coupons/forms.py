"""The forms about coupons, with an explanation at each field."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from members.models import Level, Tag
from promotions import selectors
from promotions import services as promotions
from promotions.models import CouponKind, CouponTemplate, ScopeKind, ValidityKind
from shop.backoffice.base import WORDING_REASON, BackofficeForm
from shop.backoffice.goods.editing import category_choices
from shop.backoffice.wording import WordingMixin
from shop.lib import tables
from shop.lib.money import YuanFormField

MOST_PEOPLE = 50_000
MOST_BYTES = 5 * 1024 * 1024
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
MOMENT = "%Y-%m-%dT%H:%M"
KINDS = [(CouponKind.AMOUNT.value, "满减券：减固定金额"), (CouponKind.PERCENT.value, "折扣券：打几折")]
VALIDITIES = [(ValidityKind.DAYS.value, "领取后若干天"), (ValidityKind.FIXED.value, "固定日期")]


def ticks(**kwargs: Any) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, **kwargs
    )  # fmt: skip


def number(label: str, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, max_value=2_000_000_000, **kwargs)


def moment(label: str, **kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(label=label, required=False, widget=widget, **kwargs)


def day(label: str, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, **kwargs)


class TemplateForm(WordingMixin, BackofficeForm):
    """The terms of a coupon. Those that members hold already are shown but cannot be changed."""

    wording_fields = ("name", "remark")

    name = forms.CharField(label="名称", max_length=30, help_text="顾客看到的名字，例如“进店礼”。")
    kind = forms.ChoiceField(label="优惠方式", choices=KINDS, initial=CouponKind.AMOUNT, widget=forms.RadioSelect)
    amount = YuanFormField(label="面额（元）", required=False, help_text="例如 5 就是减 5 元；不能大于使用门槛。")
    percent = number("折扣", min_value=0, help_text="按百分之几付款：85 就是 8.5 折，可以填 1 到 99。")
    max_discount = YuanFormField(label="最多减多少元", required=False, initial=0, help_text="0 表示不封顶。")
    threshold = YuanFormField(
        label="使用门槛（元）", required=False, initial=0,
        help_text="适用商品满多少元可用，按满减之后、不含运费的金额算；0 表示无门槛。",
    )  # fmt: skip
    scope_kind = forms.ChoiceField(
        label="适用商品", choices=ScopeKind.choices, initial=ScopeKind.ALL, widget=forms.RadioSelect
    )
    scope_ids = ticks(label="哪些分类", help_text="勾上一级分类，下面的分类都算。")
    total = number("发放总量", min_value=0, initial=0, help_text="一共发多少张；0 表示不限。发放以后只能加，不能减。")
    per_member = number("每人限领", min_value=0, initial=1, help_text="每位会员一共最多几张；0 表示不限。")
    level_ids = ticks(label="只发给这些等级", help_text="都不勾就是人人可领。")
    vip_only = forms.BooleanField(label="只发给 VIP", required=False, help_text="近一年消费最多的那部分会员。")
    claim_from = moment("开始发放", help_text="不填就是马上开始。")
    claim_to = moment("停止发放", help_text="不填就一直发，直到发完或您停发。")
    validity_kind = forms.ChoiceField(
        label="有效期", choices=VALIDITIES, initial=ValidityKind.DAYS, widget=forms.RadioSelect
    )
    valid_days = number(
        "有效天数", min_value=0, initial=30, help_text="生效那天算第一天，最后一天 23:59:59 到期；例如 1 就是当天有效。"
    )
    from_next_day = forms.BooleanField(label="次日生效", required=False, help_text="领取后第二天零点起才能用。")
    valid_from = day("生效日期", help_text="这一天零点起可以用。")
    valid_to = day("失效日期", help_text="这一天 23:59:59 之前可以用。")
    remark = forms.CharField(
        label="使用说明", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="写给顾客看的一两句话，可以不填。",
    )  # fmt: skip

    def __init__(self, *args: Any, frozen: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope_ids"].choices = category_choices()  # type: ignore[attr-defined]
        levels = Level.objects.order_by("min_value").values_list("pk", "name")
        self.fields["level_ids"].choices = list(levels)  # type: ignore[attr-defined]
        for name in promotions.FROZEN if frozen else ():
            self.fields[name].disabled = True

    def write_into(self, template: CouponTemplate) -> CouponTemplate:
        """Return `template` with what was typed; goods that were picked stay while they make sense."""
        facts = {name: value for name, value in self.cleaned_data.items() if name != WORDING_REASON}
        picked, had = facts.pop("scope_ids", []), template.scope_kind
        for name, value in facts.items():
            empty = 0 if isinstance(self.fields[name], forms.IntegerField | YuanFormField) else value
            setattr(template, name, empty if value is None else value)
        if template.scope_kind == ScopeKind.CATEGORY:
            template.scope_ids = sorted(picked)
        elif had not in {ScopeKind.PRODUCT, ScopeKind.EXCLUDE}:
            template.scope_ids = []
        return template

    def place(self, problems: list[promotions.CouponProblem]) -> None:
        """Put each sentence at its field, unless something is said there already."""
        for problem in problems:
            if problem.field in self.errors:
                continue
            self.add_error(problem.field if problem.field in self.fields else None, problem.sentence)

    @classmethod
    def initial_of(cls, template: CouponTemplate) -> dict[str, Any]:
        """Return what the form shows of `template`."""
        shown = {name: getattr(template, name) for name in cls.base_fields if name != WORDING_REASON}
        if template.pk is None:
            shown |= {"amount": None, "percent": None}  # for the merchant to fill in
        return shown | {"scope_ids": template.scope_ids if template.scope_kind == ScopeKind.CATEGORY else []}


AUDIENCES = [
    ("everybody", "全部会员"), ("levels", "按等级"), ("tags", "按标签"), ("segments", "按分组"),
    ("numbers", "指定会员编号"), ("file", "手机号文件"),
]  # fmt: skip
NOTHING_CHOSEN = {"levels": "请至少选一个等级", "tags": "请至少选一个标签", "segments": "请至少选一个分组"}


class AudienceForm(BackofficeForm):
    """To whom a coupon is sent."""

    whom = forms.ChoiceField(label="发给谁", choices=AUDIENCES, initial="everybody", widget=forms.RadioSelect)
    levels = ticks(label="哪些等级")
    tags = ticks(label="哪些标签")
    segments = forms.MultipleChoiceField(
        label="哪些分组", choices=selectors.SEGMENTS, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="分组每天夜里按来访和消费自动更新。",
    )  # fmt: skip
    numbers = forms.CharField(
        label="会员编号", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="在会员列表里能看到，12 位数字；几个就用空格、逗号或换行隔开。",
    )  # fmt: skip
    file = forms.FileField(
        label="手机号文件", required=False, widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text="xlsx、csv 或 txt，一行一个手机号，最多 5 万个、5 MB。文件只用来找会员，不会保存。",
    )  # fmt: skip
    tells = forms.BooleanField(
        label="同时发站内消息", required=False, initial=True, help_text="会员在“消息”里看到收到了一张券。"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels, tags = Level.objects.order_by("min_value"), Tag.objects.order_by("name", "pk")
        self.fields["levels"].choices = list(levels.values_list("pk", "name"))  # type: ignore[attr-defined]
        self.fields["tags"].choices = list(tags.values_list("pk", "name"))  # type: ignore[attr-defined]
        self.unknown: list[str] = []  # member numbers that nobody has
        self.phones = 0  # how many were in the file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        whom = cleaned.get("whom", "")
        if whom in self.errors or not whom:
            return cleaned
        try:
            cleaned["audience"] = self._audience(whom, cleaned)
        except ValidationError as error:
            self.add_error(whom, error)
        return cleaned

    def _audience(self, whom: str, cleaned: dict[str, Any]) -> dict[str, Any]:
        if whom == "everybody":
            return {"everybody": True}
        if whom == "numbers":
            return {"members": self._by_number(str(cleaned.get("numbers") or ""))}
        if whom == "file":
            return {"members": self._by_phone(cleaned.get("file"))}
        if not cleaned.get(whom):
            raise ValidationError(NOTHING_CHOSEN[whom])
        return {whom: cleaned[whom]}

    def _by_number(self, typed: str) -> list[int]:
        numbers = list(dict.fromkeys(re.findall(r"\w+", typed)))
        if not numbers:
            raise ValidationError("请填写会员编号")
        found = selectors.members_by_no(numbers[:MOST_PEOPLE])
        self.unknown = [no for no in numbers if no not in found]
        if not found:
            raise ValidationError("没有找到这些会员编号，请核对")
        return sorted(found.values())

    def _by_phone(self, file: Any) -> list[int]:
        if not file:
            raise ValidationError("请选择文件")
        if file.size > MOST_BYTES:
            raise ValidationError("文件太大了，最多 5 MB")
        phones = read_phones(file.read())
        self.phones = len(phones)
        if not phones:
            raise ValidationError("文件里没有手机号，请检查是不是 11 位数字")
        if len(phones) > MOST_PEOPLE:
            raise ValidationError(f"一次最多 {MOST_PEOPLE} 个手机号，请分成几个文件")
        found = selectors.members_by_phone(phones)
        if not found:
            raise ValidationError(f"文件里的 {len(phones)} 个手机号都还不是会员")
        return sorted(found.values())


def read_phones(content: bytes) -> list[str]:
    """Return the phones that stand in a file, each once. Raises ValidationError for a file that cannot be read."""
    try:
        is_xlsx = content.startswith(b"PK\x03\x04")
        records = tables.xlsx_records(content) if is_xlsx else tables.csv_records(content)
    except tables.TableRefused as refused:
        raise ValidationError(str(refused)) from None
    cells = (cell.replace(" ", "").replace("-", "") for _, row in records for cell in row)
    return list(dict.fromkeys(phone for cell in cells for phone in PHONE.findall(cell)))


class CodesForm(BackofficeForm):
    """How many codes to make."""

    units = forms.IntegerField(
        label="生成多少个", min_value=1, max_value=10_000, initial=100,
        help_text="一次最多 10000 个。每个码只能用一次，印好以后可以随时再导出。",
        error_messages={"min_value": "至少生成 1 个", "max_value": "一次最多生成 10000 个"},
    )  # fmt: skip
