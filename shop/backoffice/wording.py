"""The lint of absolute words (绝对化用语) in the forms of the back office.

A form names its texts in `wording_fields`. The statutory words are refused at their field until a reason is given; the
others are warned of once the form is saved: `base.settle_wording` says so and logs the reason.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from shop.backoffice.base import WORDING_REASON, dress
from shop.lib import wording

ASKS_FOR_REASON = "；确实合法的，请在“坚持使用的理由”里写明依据再保存"


class WordingMixin(forms.Form):
    """For forms whose texts shoppers read. Put before the form's own class."""

    wording_fields: ClassVar[Sequence[str]] = ()

    wording_reason = forms.CharField(
        label="坚持使用的理由", max_length=120, required=False, widget=forms.HiddenInput,
        help_text="例如“最佳”是奖项名称的一部分。理由会记入操作日志。",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        reason = cleaned.get(WORDING_REASON, "")
        self.wording_doubts: list[str] = []
        self.wording_overridden: list[str] = []
        for name in self.wording_fields:
            if name in cleaned:
                self._judge_field(name, str(cleaned.get(name) or ""), reason)
        if self.wording_overridden:
            self._show_reason()
        return cleaned

    def _judge_field(self, name: str, text: str, reason: str) -> None:
        found = wording.judge(text)
        if found.forbidden and not reason:
            self.add_error(name, found.refusal + ASKS_FOR_REASON)
            self._show_reason()
        elif found.forbidden:
            self.wording_overridden += found.forbidden
        if found.doubtful:
            self.wording_doubts.append(f"{self.fields[name].label}：{found.warning}")

    def _show_reason(self) -> None:
        field = self.fields[WORDING_REASON]
        field.widget = forms.TextInput(attrs={"autocomplete": "off", "maxlength": 120})
        dress(field)

    @property
    def asks_wording_reason(self) -> bool:
        """Say whether the field for the reason is to be seen."""
        return not self.fields[WORDING_REASON].widget.is_hidden
