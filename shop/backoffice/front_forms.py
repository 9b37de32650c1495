"""The forms of the shop itself: its switches in a clerk's words, its stores, their pickup slots."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from shop.backoffice.wording import WordingMixin
from shop.lib import regions
from shop.models import PickupSlot, Store

WEEKDAYS = [(str(number), f"周{name}") for number, name in enumerate("一二三四五六日", start=1)]
LONGEST = {  # beyond these no merchant means what was typed
    "pay_timeout_minutes": 7 * 24 * 60, "auto_receive_days": 365, "after_sale_days": 365, "pickup_days": 365,
    "pay_at_store_days": 365, "points_per_yuan": 1000, "points_value": 10_000, "points_min_use": 1_000_000,
    "points_profile": 100_000, "points_review": 100_000, "vip_birthday_points": 1_000_000, "points_share": 1000,
}  # fmt: skip


class SettingsForm(WordingMixin, forms.ModelForm):  # type: ignore[type-arg]
    """The switches of the shop, each with what it does; a shop delivers in at least one way."""

    wording_fields = ["shop_name", "announcement"]

    class Meta:
        help_texts = {
            "shop_name": "显示在每一页的顶部、浏览器标题和消息里。",
            "service_phone": "顾客在“我的”和订单页点一下就能拨打；不填就不显示。",
            "announcement": "显示在首页顶部的一句话，例如放假安排；不填就不显示。",
            "icp_number": "显示在页面底部，网站备案后填写。",
            "express_enabled": "关闭后结算时不能选快递，已下的快递订单照常发货。",
            "pickup_enabled": "关闭后结算时不能选自提，已下的自提订单照常提货。",
            "flash_earns_points": "打开后限时抢购的订单也送消费积分。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, longest in LONGEST.items():
            if name in self.fields:
                self.fields[name].widget.attrs["max"] = longest

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, longest in LONGEST.items():
            if (cleaned.get(name) or 0) > longest:
                self.add_error(name, f"最多 {longest}")
        if not cleaned.get("express_enabled") and not cleaned.get("pickup_enabled"):
            self.add_error("pickup_enabled", "快递和自提至少开通一种，否则顾客不能下单")
        return cleaned


class WeekdaysField(forms.MultipleChoiceField):
    """Days of the week as ticks; the value is their digits, 12345."""

    def __init__(self, **kwargs: Any) -> None:
        ticks = forms.CheckboxSelectMultiple
        super().__init__(choices=WEEKDAYS, widget=ticks, initial="1234567", **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return list(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return "".join(sorted(super().clean(value)))


class SlotForm(forms.ModelForm):  # type: ignore[type-arg]
    """A slot ends after it starts."""

    weekdays = WeekdaysField(label="星期", error_messages={"required": "请至少选一天"})

    class Meta:
        model = PickupSlot
        fields = ["weekdays", "starts", "ends", "capacity"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", "结束时间要晚于开始时间")
        return cleaned

    def validate_constraints(self) -> None:
        """Leave it to `clean`, whose sentence a person understands."""


class StoreForm(forms.ModelForm):  # type: ignore[type-arg]
    """One store is the headquarters; a region is one that exists, and a place on the map has both numbers."""

    class Meta:
        labels = {"region_path": "地区"}
        help_texts = {
            "is_active": "关闭后顾客看不到这家门店，已下的订单照常处理。",
            "pickup_enabled": "关闭后顾客不能选这家门店自提。",
            "phone": "显示在门店页，顾客点一下就能拨打。",
            "contact": "只有员工能看到。",
            "hours": "例如：周一至周五 9:00–18:00，周末 10:00–16:00。",
            "region_path": "省、市、区用斜线隔开，例如：浙江省/杭州市/西湖区。",
            "address": "街道和门牌号。",
            "longitude": "地图上的位置，例如 120.130600。在地图网站的“坐标拾取”里查到后填写，可以不填。",
            "latitude": "例如 30.259200。经度和纬度要一起填。",
        }

    def clean_is_headquarters(self) -> bool:
        wanted = bool(self.cleaned_data["is_headquarters"])
        if wanted and Store.objects.headquarters().exclude(pk=self.instance.pk).exists():
            raise ValidationError("已经有一家总店了，请先取消那一家")
        return wanted

    def clean_region_path(self) -> str:
        """Find the region that was typed; its code goes along."""
        typed = "/".join(part.strip() for part in str(self.cleaned_data["region_path"]).split("/") if part.strip())
        if not typed:
            self.instance.region_code = ""
            return ""
        known = (region for region in regions.all_regions().values() if region.path == typed)
        found = next(known, None)
        if found is None:
            raise ValidationError("没有这个地区，请写成“浙江省/杭州市/西湖区”这样")
        self.instance.region_code = found.code
        return found.path

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        place = [cleaned.get(name) is not None for name in ("longitude", "latitude")]
        if any(place) and not all(place) and not self.errors:
            self.add_error("latitude" if place[0] else "longitude", "经度和纬度要一起填")
        return cleaned

    def validate_constraints(self) -> None:
        """Leave it to `clean_is_headquarters`, whose sentence a person understands."""
