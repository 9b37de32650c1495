"""The form that sends a parcel elsewhere: the shopper's own address form, in the clothes of the back office.

It shows nobody in clear: what is left empty stays as the order has it.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from members.forms import AddressForm, PasteForm, PhoneFormField
from members.models import Address, Member
from orders import services as orders
from orders.models import Order
from shop.backoffice.base import dress

COLUMNS = ("receiver_name", "receiver_phone", "region_path", "address_detail")


class AddressEditForm(AddressForm):
    """Name, phone, region and street of an order.

    Data of a button that only asks for the next level (`pick`), or to read a pasted text, fills the form in and
    is no answer yet.
    """

    receiver_name = forms.CharField(label="收货人", max_length=20, required=False)
    receiver_phone = PhoneFormField(required=False)
    detail = forms.CharField(label="详细地址", min_length=2, max_length=100, required=False,
                             error_messages={"min_length": "请把地址写详细一些"})  # fmt: skip

    class Meta(AddressForm.Meta):
        fields = ["receiver_name", "receiver_phone", "province", "city", "district", "detail"]

    def __init__(self, data: Any = None, *, order: Order) -> None:
        self.order = order
        pick = data.get("pick", "") if data else ""
        self.paste = PasteForm(data if pick == "paste" else None, label_suffix="")
        self.paste.fields["paste"].required = False  # beside a form that does without it
        typed = data.dict() if pick else {}
        if self.paste.is_bound and self.paste.is_valid():
            typed |= self.paste.recognised()
        kept = Address(region_code=order.region_code)
        super().__init__(None if pick else data, instance=kept, initial=typed, label_suffix="")
        self._clothe()

    def _clothe(self) -> None:
        del self.fields["is_default"]
        hints = {
            "receiver_name": f"现在是 {self.order.receiver_name_masked}，不改就留空。",
            "receiver_phone": f"现在是 {self.order.receiver_phone_masked}，不改就留空。",
            "detail": "街道、小区、楼栋、门牌号，不改就留空。",
        }
        for name, field in [*self.fields.items(), *self.paste.fields.items()]:
            field.widget.attrs["autocomplete"] = "off"  # browsers offer the clerk's own
            field.help_text = hints.get(name, "")
            dress(field)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        chosen = self.steps[-1].chosen
        cleaned["region_code"] = chosen.code if chosen else ""
        written = any(cleaned.get(name) for name in ("receiver_name", "receiver_phone", "detail"))
        if not self.errors and not written and cleaned["region_code"] == self.order.region_code:
            raise ValidationError("还没有填写要修改的内容")
        return cleaned


def edit_address(order: Order, facts: dict[str, Any], by: Member, at: datetime) -> str:
    """Send the parcel where the form says. Raises AddressFixed."""
    to = orders.Destination(
        receiver_name=facts["receiver_name"],
        receiver_phone=facts["receiver_phone"],
        region_code=facts["region_code"],
        address_detail=facts["detail"],
    )
    orders.edit_address(order=order, to=to, by=by, now=at)
    return "收货信息已修改，顾客会收到通知"
