"""The forms behind the buttons of an order."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from orders.models import Order, OrderLine
from shop.backoffice.base import BackofficeForm, dress
from shop.lib.money import YuanFormField

COMPANIES = [
    "顺丰速运",
    "中通快递",
    "圆通速递",
    "申通快递",
    "韵达快递",
    "极兔速递",
    "邮政 EMS",
    "京东快递",
    "德邦快递",
    "商家自送",
]


class OrderForm(BackofficeForm):
    """A form about one order."""

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        self.order = order
        super().__init__(*args, **kwargs)


class ConfirmForm(OrderForm):
    """Nothing to fill in: the button is the answer."""


class PurgeForm(OrderForm):
    """The number of the order, typed once more: there is no way back."""

    no = forms.CharField(
        label="再输入一次订单号", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="确认删除的就是这一单。",
    )  # fmt: skip

    def clean_no(self) -> str:
        typed = str(self.cleaned_data["no"])
        if typed != self.order.no:
            raise ValidationError("和这个订单的订单号不一样")
        return typed


class CancelForm(OrderForm):
    """Why the merchant cancels."""

    note = forms.CharField(label="取消原因", max_length=80, help_text="顾客会看到这句话。")


class ShipForm(OrderForm):
    """The parcel: who carries it under which number."""

    company = forms.CharField(
        label="快递公司", max_length=30, widget=forms.TextInput(attrs={"list": "companies", "autocomplete": "off"})
    )
    tracking_no = forms.CharField(
        label="快递单号", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    companies = COMPANIES


class RemarkForm(OrderForm):
    """The merchant's remark, which no shopper sees."""

    text = forms.CharField(
        label="商家备注", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="只有员工能看到；留空就是删除备注。",
    )  # fmt: skip

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, order=order, **({"initial": {"text": order.merchant_remark}} | kwargs))


class PriceForm(OrderForm):
    """What the goods and the delivery of an unpaid order are to cost."""

    goods = YuanFormField(label="商品应付（元）", help_text="扣掉优惠以后，全部商品一共收多少元；0 就是不收。")
    freight = YuanFormField(label="运费（元）", help_text="自提订单填 0。")

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        now = {"goods": order.goods_paid, "freight": order.freight_amount}
        super().__init__(*args, order=order, **({"initial": now} | kwargs))


class RefundForm(OrderForm):
    """How many units of each line go back. No amount is typed: the shop works it out."""

    reason = forms.CharField(label="退款原因", max_length=80, help_text="顾客会看到这句话。")
    restock = forms.BooleanField(
        label="已交出的商品退回库存", required=False,
        help_text="还没有交给顾客的商品总会退回库存；已经发货或提走的，收到退货后才勾选。",
    )  # fmt: skip

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, order=order, **kwargs)
        self.lines: list[OrderLine] = [line for line in order.lines.all() if line.units_refundable]
        for line in self.lines:
            field = forms.IntegerField(
                label=f"{line.name} {line.spec_text}".strip(), min_value=0, max_value=line.units_refundable,
                required=False, widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                error_messages={"max_value": f"最多还能退 {line.units_refundable} 件", "min_value": "不能小于 0"},
            )  # fmt: skip
            dress(field)
            self.fields[self.field_of(line)] = field

    @staticmethod
    def field_of(line: OrderLine) -> str:
        return f"units_{line.pk}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["units_by_line"] = {line.pk: cleaned.get(self.field_of(line)) or 0 for line in self.lines}
        if "whole" in self.data:
            cleaned["units_by_line"] = {line.pk: line.units_refundable for line in self.lines}
        elif not any(cleaned["units_by_line"].values()) and not self.errors:
            raise ValidationError("请填写要退款的数量，或者点“整单退款”")
        return cleaned

    @property
    def rows(self) -> list[tuple[OrderLine, forms.BoundField]]:
        """Pair every line that can be refunded with its field."""
        return [(line, self[self.field_of(line)]) for line in self.lines]
