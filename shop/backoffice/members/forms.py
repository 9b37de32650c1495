"""The small forms of what the staff do with one member."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from members.models import Level, Member
from shop.backoffice.base import BackofficeForm, ReasonForm
from shop.backoffice.members.batch import TagsForm


class StepForm(BackofficeForm):
    """A form about one member."""

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        self.member = member
        super().__init__(*args, **kwargs)


class NoteForm(StepForm):
    """What the merchant notes about a member."""

    note = forms.CharField(
        label="备注", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="只有员工能看到。会员下载自己的数据时会包含备注，请写得体。",
    )  # fmt: skip

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, member=member, **{"initial": {"note": member.note}, **kwargs})


class OwnTagsForm(StepForm, TagsForm):
    """All tags of a member: what is not ticked comes off."""

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        hung = list(member.tags.order_by("name").values_list("name", flat=True))
        super().__init__(*args, member=member, **{"initial": {"tags": hung}, **kwargs})

    def clean(self) -> dict[str, Any]:
        """Take none for an answer: a member may have no tag."""
        cleaned = BackofficeForm.clean(self) or self.cleaned_data
        cleaned["names"] = list(dict.fromkeys([*cleaned.get("tags", []), *cleaned.get("more", [])]))
        return cleaned


class StepReasonForm(StepForm, ReasonForm):
    """Why it is done."""


class PointsForm(StepForm):
    """Points to give or to take, and why; `key` lets a repeated POST change nothing."""

    way = forms.ChoiceField(label="调整", choices=[("give", "增加"), ("take", "扣减")])
    points = forms.IntegerField(
        label="积分", min_value=1, max_value=1_000_000, error_messages={"min_value": "请填写大于 0 的数"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    reason = forms.CharField(label="原因", max_length=80, help_text="会员在积分明细里会看到。")
    key = forms.CharField(max_length=32, widget=forms.HiddenInput)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, member=member, **{"initial": {"key": uuid.uuid4().hex}, **kwargs})
        self.fields["points"].help_text = f"现有 {member.points_balance} 积分。"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        points = cleaned.get("points") or 0
        if cleaned.get("way") == "take" and points > self.member.points_balance:
            self.add_error("points", f"最多能扣 {self.member.points_balance} 积分")
        return cleaned


class LevelForm(StepForm):
    """A level by hand, until a day; or back to what the shop computes."""

    level = forms.ChoiceField(label="等级", help_text="选“按消费自动计算”就取消锁定。")
    until = forms.DateField(
        label="锁定到", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text="在这一天之前，等级不随消费变化。",
    )  # fmt: skip
    reason = forms.CharField(label="原因", max_length=80)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, member=member, **kwargs)
        levels = [(str(pk), name) for pk, name in Level.objects.order_by("min_value").values_list("pk", "name")]
        self.fields["level"].choices = [("auto", "按消费自动计算"), *levels]  # type: ignore[attr-defined]
        self.fields["level"].initial = str(member.level_id) if member.level_locked_until else "auto"
        self.fields["until"].initial = member.level_locked_until

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("level") not in {"auto", None} and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", "手动指定等级要填写锁定到哪一天")
        return cleaned


class EraseForm(StepForm):
    """Why a member is erased, and their number once more, so that nobody is erased by a slip."""

    no = forms.CharField(label="会员编号", max_length=12, help_text="请再输入一遍会员编号，确认没有选错人。")
    reason = forms.CharField(label="原因", max_length=80, help_text="例如：会员打电话要求注销，已核对手机号。")

    def clean_no(self) -> str:
        if self.cleaned_data["no"].strip() != self.member.no:
            raise ValidationError("和这位会员的编号不一样")
        return self.member.no
