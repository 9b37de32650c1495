"""The shop itself: its switches, and its stores with their pickup slots."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from members.selectors import stores_of_staff
from shop.backoffice.base import StaffAdmin, staff_of
from shop.backoffice.permissions import is_owner
from shop.backoffice.words import word
from shop.models import PickupSlot, ShopSettings, Store


@admin.register(ShopSettings)
class SettingsAdmin(StaffAdmin):
    """One row: the list leads straight to its form."""

    fieldsets = [
        ("店铺", {"fields": ["shop_name", "service_phone", "announcement", "hot_words", "licence", "icp_number"]}),
        ("配送", {"fields": ["express_enabled", "freight_amount", "freight_free_over", "pickup_enabled"]}),
        ("订单", {"fields": ["auto_accept", "pay_timeout_minutes", "auto_receive_days", "after_sale_days"]}),
        ("自提", {"fields": ["pickup_days", "pay_at_store_enabled", "pay_at_store_days"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:shop_shopsettings_change", ShopSettings.load().pk)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        super().response_change(request, obj)
        return redirect("admin:shop_shopsettings_change", obj.pk)


class SlotForm(forms.ModelForm):  # type: ignore[type-arg]
    """A slot ends after it starts."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", "结束时间要晚于开始时间")
        return cleaned

    def validate_constraints(self) -> None:
        """Leave it to `clean`, whose sentence a person understands."""


class SlotInline(TabularInline):
    """The times at which a store hands orders over."""

    model = PickupSlot
    form = SlotForm
    extra = 0
    ordering = ["starts", "pk"]
    fields = ["weekdays", "starts", "ends", "capacity"]


class StoreForm(forms.ModelForm):  # type: ignore[type-arg]
    """One store is the headquarters."""

    def clean_is_headquarters(self) -> bool:
        wanted = bool(self.cleaned_data["is_headquarters"])
        if wanted and Store.objects.headquarters().exclude(pk=self.instance.pk).exists():
            raise ValidationError("已经有一家总店了，请先取消那一家")
        return wanted

    def validate_constraints(self) -> None:
        """Leave it to `clean_is_headquarters`, whose sentence a person understands."""


@admin.register(Store)
class StoreAdmin(StaffAdmin):
    form = StoreForm
    list_display = ["name", "is_hq", "phone", "hours", "slot_count", "pickup", "state", "sort_order"]
    list_display_links = ["name"]
    ordering = ["sort_order", "pk"]
    inlines = [SlotInline]
    fieldsets = [
        (None, {"fields": ["name", "is_headquarters", "is_active", "pickup_enabled", "sort_order"]}),
        ("联系", {"fields": ["contact", "phone", "hours", "image"]}),
        ("地址", {"fields": ["region_path", "region_code", "address", "longitude", "latitude"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return stores_of_staff(staff_of(request)).annotate(slots_made=Count("slots"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Which store is the headquarters decides who sees all orders: that is for owners to say."""
        return [] if is_owner(staff_of(request)) else ["is_headquarters"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A store has orders and a past: it is closed, never deleted."""
        return False

    @admin.display(description="总店", boolean=True)
    def is_hq(self, store: Store) -> bool:
        return store.is_headquarters

    @admin.display(description="自提时段")
    def slot_count(self, store: Any) -> str:
        return f"{store.slots_made} 个" if store.slots_made else "不分时段"

    @admin.display(description="自提")
    def pickup(self, store: Store) -> SafeString:
        return word("", "可自提", "done") if store.pickup_enabled else word("", "不可自提", "quiet")

    @admin.display(description="状态")
    def state(self, store: Store) -> SafeString:
        return word("", "营业中", "done") if store.is_active else word("", "停业", "quiet")
