"""Money: an integer of fen everywhere, yuan only where a person reads or types."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    IntegerColumn = models.IntegerField[int | Combinable, int]
else:
    IntegerColumn = models.IntegerField

FEN_PER_YUAN = 100
MAX_FEN = 1_000_000_000  # ¥10,000,000: above any order a mini-shop sees, far below the integer column's end

AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` fen in proportion to `weights`, so that the parts sum to `total` exactly.

    The fen left over by rounding down go to the largest remainders, first come first served.
    """
    if total == 0:
        return [0] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def share(total: int, part: int, whole: int) -> int:
    """Return `total` fen × part ÷ whole, rounded half up to the fen."""
    return (2 * total * part + whole) // (2 * whole)


def yuan(fen: int) -> str:
    """Format `fen` as yuan with two decimals: 123456 -> "1234.56"."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN_PER_YUAN}.{abs(fen) % FEN_PER_YUAN:02d}"


def parse_yuan(text: str) -> int:
    """Read yuan as a person types them ("¥1,234.5", "12元") into fen.

    Raises ValueError, with the Chinese sentence to show, for anything else and for a third decimal.
    """
    cleaned = text.strip().replace(",", "").replace("，", "").lstrip("¥￥").removesuffix("元").strip()
    if not AMOUNT.fullmatch(cleaned):
        raise ValueError("请填写金额，例如 12.50")
    amount = Decimal(cleaned)
    if abs(amount) * FEN_PER_YUAN > MAX_FEN:
        raise ValueError("金额太大了")
    cents = amount.quantize(Decimal("0.01"))
    if cents != amount:
        raise ValueError("金额最多两位小数")
    return int(cents * FEN_PER_YUAN)


class YuanFormField(forms.CharField):
    """A form field that shows and reads yuan and yields fen."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        self.min_fen = kwargs.pop("min_fen", 0)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return yuan(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, int):  # the initial value of a field that is disabled
            return value
        text = super().to_python(value)
        if not text:
            return None
        try:
            fen = parse_yuan(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if fen < self.min_fen:
            raise ValidationError(f"金额不能低于 {yuan(self.min_fen)} 元")
        return fen

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}


class FenField(IntegerColumn):
    """An amount in fen: an integer column that forms and the admin show in yuan."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", 0)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.pop("widget", None)  # the admin proposes its number input; yuan are typed as text
        return YuanFormField(
            required=not self.blank,
            label=self.verbose_name,
            help_text=self.help_text,
            initial=self.default if self.has_default() else None,
        )

    default_validators = [MinValueValidator(-MAX_FEN), MaxValueValidator(MAX_FEN)]
