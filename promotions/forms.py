"""What shoppers type into the marketing tools."""

from django import forms


class CodeForm(forms.Form):
    """A printed code, typed with or without its spaces."""

    code = forms.CharField(
        label="兑换码",
        max_length=40,
        help_text="12 位字母和数字，不分大小写，空格和横线可以不填。",
        error_messages={"required": "请填写兑换码", "max_length": "兑换码没有这么长，请核对后再试"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
