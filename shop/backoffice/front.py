"""The shop itself: its switches, and its stores with their pickup slots."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from unfold.admin import StackedInline

from catalog import services as catalog
from members.selectors import stores_of_staff
from shop.backoffice.base import StaffAdmin, staff_of
from shop.backoffice.front_forms import SettingsForm, SlotForm, StoreForm
from shop.backoffice.permissions import is_owner, role_of
from shop.backoffice.words import word
from shop.models import PickupSlot, ShopSettings, Store


@admin.register(ShopSettings)
class SettingsAdmin(StaffAdmin):
    """One row: the list leads straight to its form."""

    form = SettingsForm
    fieldsets = [
        ("店铺", {
            "fields": ["shop_name", "service_phone", "announcement", "hot_words", "licence", "icp_number"],
            "description": "顾客在每一页都会看到的内容。",
        }),
        ("配送", {
            "fields": ["express_enabled", "pickup_enabled", "freight_amount", "freight_free_over"],
            "description": "顾客可以怎样收货，运费怎么收。改了以后只影响新订单。",
        }),
        ("订单", {
            "fields": ["auto_accept", "pay_timeout_minutes", "auto_receive_days", "after_sale_days"],
            "description": "订单到了时间会自动做什么。",
        }),
        ("自提", {
            "fields": ["pickup_days", "pay_at_store_enabled", "pay_at_store_days"],
            "description": "自提订单怎样付款、保留多久。时段在“门店与自提时段”里设置。",
        }),
        ("积分", {
            "fields": ["points_per_yuan", "active_points_rate", "points_expire_months", "points_spend_enabled",
                       "points_value", "points_max_percent", "points_min_use", "points_for_flash",
                       "flash_earns_points"],
            "description": "积分怎么来、值多少、什么时候过期。改了以后只影响新订单；有效期只影响以后生效的积分。",
        }),
        ("积分奖励", {
            "fields": ["points_profile", "points_review", "vip_birthday_points", "points_share"],
            "description": "购物以外的积分，每项都有次数限制。各等级的生日积分在“会员等级”里设。",
        }),
        ("等级", {
            "fields": ["level_metric", "level_window_months"],
            "description": "各级的范围取决于这两项，所以在菜单“会员”→“会员等级”里和范围一起修改。",
        }),
    ]  # fmt: skip

    readonly_fields = ["level_metric", "level_window_months"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ShopSettings, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(catalog.settings_changed)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:shop_shopsettings_change", ShopSettings.load().pk)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        super().response_change(request, obj)
        return redirect("admin:shop_shopsettings_change", obj.pk)


class SlotInline(StackedInline):
    """The times at which a store hands orders over."""

    model = PickupSlot
    form = SlotForm
    extra = 0
    ordering = ["starts", "pk"]
    fields = ["weekdays", "starts", "ends", "capacity"]


@admin.register(Store)
class StoreAdmin(StaffAdmin):
    form = StoreForm
    change_form_before_template = "admin/store_poster.html"
    list_display = ["name", "is_hq", "phone", "hours", "slot_count", "pickup", "state", "sort_order"]
    list_display_links = ["name"]
    ordering = ["sort_order", "pk"]
    inlines = [SlotInline]
    fieldsets = [
        (None, {"fields": ["name", "is_headquarters", "is_active", "pickup_enabled", "sort_order"]}),
        ("联系", {"fields": ["contact", "phone", "hours", "image"]}),
        ("地址", {"fields": ["region_path", "address", "longitude", "latitude"]}),
        ("员工", {"fields": ["workers"], "description": "谁能处理这家门店的订单。总店的员工能处理所有门店的订单。"}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return stores_of_staff(staff_of(request)).annotate(slots_made=Count("slots"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Which store is the headquarters decides who sees all orders: that is for owners to say."""
        return ["workers"] if is_owner(staff_of(request)) else ["workers", "is_headquarters"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A store has orders and a past: it is closed, never deleted."""
        return False

    @admin.display(description="员工")
    def workers(self, store: Store) -> str:
        if not store.pk:
            return "保存门店后，在“员工与权限”里给员工选门店。"
        people = store.staff.filter(is_active=True).order_by("username", "pk")
        names = [f"{one}（{role_of(one)}）" for one in people.prefetch_related("groups")]
        return "、".join(names) or "还没有员工。在“员工与权限”里给员工选门店。"

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
