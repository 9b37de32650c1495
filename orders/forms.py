"""What a shopper chooses at the checkout, and what a clerk types at the counter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from members.models import PHONE, Address
from orders.models import Channel, DeliveryMethod, RedemptionWay
from orders.services import photos, pickup_codes
from orders.services.quoting import Delivery, Express, Pickup
from orders.services.slot_choices import SlotDayChoices, read_value
from shop.models import ShopSettings, Store

LONGEST_REMARK = 200
STALE = "页面已过期，请再提交一次"


@dataclass(frozen=True, slots=True)
class Options:
    """What may be chosen, and what the basket is; the form knows no more than this."""

    shop: ShopSettings
    addresses: Sequence[Address]
    stores: Sequence[Store]
    days: Sequence[SlotDayChoices]
    phone: str

    @property
    def methods(self) -> list[tuple[str, str]]:
        """The ways of delivery that the merchant has switched on."""
        ways = [
            (DeliveryMethod.EXPRESS, self.shop.express_enabled),
            (DeliveryMethod.PICKUP, self.shop.pickup_enabled and bool(self.stores)),
        ]
        return [(way.value, str(way.label)) for way, is_on in ways if is_on]


class CheckoutForm(forms.Form):
    """How, where and for whom. Prices are none of its business: `expected` only says what the page showed."""

    delivery = forms.ChoiceField(label="收货方式", choices=DeliveryMethod)
    address = forms.TypedChoiceField(label="收货地址", coerce=int, required=False, empty_value=None)
    store = forms.TypedChoiceField(label="自提门店", coerce=int, required=False, empty_value=None)
    slot = forms.CharField(label="自提时间", required=False)
    phone = forms.CharField(label="提货人手机", required=False, max_length=11)
    remark = forms.CharField(
        label="留言",
        required=False,
        max_length=LONGEST_REMARK,
        widget=forms.TextInput(attrs={"placeholder": "想对商家说的话，最多 200 字"}),
        error_messages={"max_length": "留言最多 200 字，现在有 %(show_value)d 字"},
    )
    coupon = forms.CharField(label="优惠券", required=False)
    points = forms.CharField(label="积分", required=False)
    pay = forms.ChoiceField(label="付款方式", choices=Channel, initial=Channel.WECHAT)
    key = forms.RegexField(r"^[0-9a-f]{32}$", error_messages={"invalid": STALE, "required": STALE})
    expected = forms.IntegerField(error_messages={"invalid": STALE, "required": STALE})

    def __init__(self, *args: Any, options: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options
        self._choices("delivery", options.methods)
        self._choices("address", [(address.pk, str(address)) for address in options.addresses])
        self._choices("pay", Channel.choices)
        self._choices("store", [(store.pk, store.name) for store in options.stores])
        self.fields["phone"].widget.attrs.update(type="tel", inputmode="tel", autocomplete="tel")

    def _choices(self, name: str, choices: Sequence[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  told to mypy, true by the class above
        field.choices = choices
        field.error_messages |= {"invalid_choice": f"请重新选择{field.label}"}

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen way needs, each at its own field."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("delivery") == DeliveryMethod.EXPRESS:
            self._clean_express(cleaned)
        elif cleaned.get("delivery") == DeliveryMethod.PICKUP:
            self._clean_pickup(cleaned)
        return cleaned

    def _clean_express(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("address") and "address" not in self.errors:
            self.add_error("address", "请选择收货地址")
        if cleaned.get("pay") == Channel.OFFLINE:
            self.add_error("pay", "快递订单请用微信支付")

    def _clean_pickup(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("store") and "store" not in self.errors:
            self.add_error("store", "请选择自提门店")
        if not PHONE.regex.match(cleaned.get("phone", "")):  # type: ignore[union-attr]  # a RegexValidator compiles it
            self.add_error("phone", "请填写 11 位手机号，到店时用来核对")
        if self.options.days and not read_value(cleaned.get("slot", "")):
            self.add_error("slot", "请选择自提的日期和时段")

    @property
    def stale_errors(self) -> list[str]:
        """What is wrong with the fields that nobody sees."""
        return [STALE] if {"key", "expected"} & set(self.errors) else []

    @property
    def places_to_mend(self) -> list[forms.BoundField]:
        """The fields with mistakes, in the order of the page: it stands far above some of them."""
        return [field for field in self.visible_fields() if field.errors and field.name not in {"key", "expected"}]

    def delivery_choice(self) -> Delivery:
        """Return what was chosen, once the form is valid."""
        cleaned = self.cleaned_data
        if cleaned["delivery"] == DeliveryMethod.EXPRESS:
            return Express(address_id=cleaned["address"])
        slot = read_value(cleaned["slot"]) if self.options.days else None
        slot_id, day = slot or (None, None)
        return Pickup(store_id=cleaned["store"], slot_id=slot_id, day=day, phone=cleaned["phone"])


class ScanForm(forms.Form):
    """One field for whatever a clerk types, pastes or scans, or a photo of the QR picture instead.

    Its answer is a `code`, or that the open card is confirmed: by its button, or by CONFIRM_WORD, which no code is,
    in the field. A code in the field always wins, so that a scan never confirms what was scanned before.
    """

    text = forms.CharField(required=False, max_length=500, strip=True)
    photo = forms.FileField(required=False)
    way = forms.ChoiceField(choices=[(way, way) for way in (RedemptionWay.CODE, RedemptionWay.SCAN)], required=False)
    confirm = forms.BooleanField(required=False)

    code = ""
    confirms = False

    def clean(self) -> dict[str, Any]:
        """Find the code; `way` says whether it was read by a camera."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("photo"):
            cleaned["way"] = RedemptionWay.SCAN
            cleaned["text"] = self._read(cleaned["photo"])
        text = cleaned.get("text", "")
        self.confirms = pickup_codes.is_confirmation(text) or (cleaned.get("confirm", False) and not text)
        if not self.confirms:
            self._find_code(text)
        cleaned["way"] = cleaned.get("way") or RedemptionWay.CODE
        return cleaned

    @property
    def is_blank(self) -> bool:
        """Say whether nothing was typed, photographed or pressed: Enter in an empty field."""
        return not (self.data.get("text", "").strip() or self.files or self.confirms)

    def _find_code(self, text: str) -> None:
        try:
            self.code = pickup_codes.parse(text)
        except pickup_codes.Mistyped as error:  # no try at guessing: nothing is looked up
            raise forms.ValidationError(error.message) from error
        if not self.code and not self.errors:
            raise forms.ValidationError("没有看到 12 位提货码，请核对后再输一次")

    def _read(self, photo: Any) -> str:
        try:
            return photos.text_in(photo)
        except photos.NothingRead as error:
            self.add_error("photo", str(error))
            return ""


class HandoverForm(forms.Form):
    """What the open card says: how many of each line, that the money is in, and why there was no code."""

    prefix = "card"

    way = forms.ChoiceField(choices=RedemptionWay)
    code = forms.CharField(required=False, max_length=12)
    order_no = forms.CharField(required=False, max_length=20)
    submission = forms.RegexField(r"^[0-9a-f]{32}$")
    takes_payment = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=80, strip=True)

    @property
    def is_open(self) -> bool:
        """Say whether a card was open when the form was sent."""
        return self.add_prefix("submission") in self.data

    def units_by_line(self) -> dict[int, int]:
        """Read the fields units-<line>; what is no number counts as none."""
        posted = {name.removeprefix("units-"): str(self.data[name]) for name in self.data if name.startswith("units-")}
        return {
            int(line): int(units) if units.isdecimal() and len(units) < 6 else 0
            for line, units in posted.items()
            if line.isdecimal() and len(line) < 18
        }


class UndoForm(forms.Form):
    """Why a redemption is taken back."""

    reason = forms.CharField(
        label="撤销原因", max_length=80, error_messages={"required": "请写明撤销的原因"},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )  # fmt: skip


class WithoutCodeForm(forms.Form):
    """An order by its number, for a buyer who cannot show a code."""

    order_no = forms.RegexField(
        r"^\d{6,20}$", label="订单号", error_messages={"invalid": "订单号是一串数字，请核对"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}),
    )  # fmt: skip
    reason = forms.CharField(
        label="原因", max_length=80, help_text="例如：顾客手机没电，已核对姓名和手机号。原因会写进操作日志。",
        error_messages={"required": "无码核销要写明原因"},
    )  # fmt: skip
