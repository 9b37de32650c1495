"""积分兑换: what points can buy, an entry each."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Sku
from promotions.models import CouponTemplate, ExchangeItem, IssueMode
from promotions.selectors.exchanges import coupon_words
from shop.backoffice.base import StaffAdmin
from shop.backoffice.filters import chosen_filter
from shop.backoffice.words import amount, lines_of, word

MOST = 1_000_000


class ExchangeForm(forms.ModelForm):  # type: ignore[type-arg]
    """An entry: a coupon, or goods by their code, which people know and which does not change."""

    code = forms.CharField(
        label="商品编码", required=False, max_length=60,
        help_text="兑换商品时填：商品或规格的编码，在商品列表里能看到。兑换优惠券时留空。",
    )  # fmt: skip

    class Meta:
        model = ExchangeItem
        fields = ["name", "coupon", "code", "points", "price", "total", "per_member", "is_active", "sort_order"]
        help_texts = {
            "name": "顾客看到的名称，例如“5 元无门槛券”。",
            "coupon": "兑换优惠券时选；只能选发放方式是“奖励券”或“定向发放”的券。兑换商品时留空。",
            "points": "换一份要多少积分。",
            "total": "一共可以换多少份，不能少于已经兑出的。",
            "per_member": "每位会员最多换几份；0 表示不限。",
            "is_active": "关闭后顾客看不到，也不能再换；已经兑换的不受影响。",
            "sort_order": "数字越小越靠前。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "coupon" in self.fields:
            rewards = CouponTemplate.objects.filter(issue_mode__in=[IssueMode.REWARD, IssueMode.PUSH])
            self.fields["coupon"].queryset = rewards.order_by("-pk")  # type: ignore[attr-defined]
        if self.instance.sku:
            self.initial["code"] = self.instance.sku.code or self.instance.sku.product.code

    def clean_code(self) -> str:
        typed = str(self.cleaned_data.get("code") or "").strip()
        self.instance.sku = sku_of(typed) if typed else None
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        coupon, code = cleaned.get("coupon"), cleaned.get("code")
        if "code" not in self.errors and bool(coupon) == bool(code):
            self.add_error("code", "优惠券和商品编码请填一个" + ("，不能都填" if coupon else ""))
        if coupon and cleaned.get("price"):
            self.add_error("price", "兑换优惠券不能另外付钱，请填 0")
        if cleaned.get("points") == 0:
            self.add_error("points", "至少 1 积分")
        for name in ("points", "total", "per_member"):
            if (cleaned.get(name) or 0) > MOST:
                self.add_error(name, f"最多 {MOST}")
        if (cleaned.get("total") or 0) < self.instance.taken:
            self.add_error("total", f"已经兑出 {self.instance.taken} 份，不能比这少")
        if coupon and coupon.per_member and not 0 < (cleaned.get("per_member") or 0) <= coupon.per_member:
            self.add_error("per_member", f"这张券每人限领 {coupon.per_member} 张，这里不能比它多")
        return cleaned

    def validate_constraints(self) -> None:
        """Leave it to `clean`, whose sentences a person understands."""


def sku_of(code: str) -> Sku:
    """Find the SKU that a code means: a SKU's own, or that of a product with one SKU. Raises ValidationError."""
    skus = list(Sku.objects.active().filter(code=code).select_related("product")[:2])
    skus = skus or list(Sku.objects.active().filter(product__code=code).select_related("product")[:2])
    if not skus:
        raise forms.ValidationError("没有这个编码的商品")
    if len(skus) > 1:
        raise forms.ValidationError("这个商品有多个规格，请填规格的编码")
    return skus[0]


@admin.register(ExchangeItem)
class ExchangeAdmin(StaffAdmin):
    form = ExchangeForm
    list_display = ["title", "costs", "gone", "limit", "state", "sort_order"]
    list_display_links = ["title"]
    list_select_related = ["coupon", "sku__product"]
    list_filter = [chosen_filter("is_active", "状态", [("True", "启用"), ("False", "关闭")])]
    search_fields = ["name"]
    ordering = ["sort_order", "pk"]
    fieldsets = [
        ("换什么", {"fields": ["name", "coupon", "code"], "description": "优惠券和商品填一个。"}),
        ("怎么换", {"fields": ["points", "price", "total", "per_member"]}),
        ("显示", {"fields": ["is_active", "sort_order"]}),
    ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "coupon" and field:
            for right in ("add", "change", "view", "delete"):
                setattr(field.widget, f"can_{right}_related", False)
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What somebody took stays in the books: it is switched off, never deleted."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.taken == 0)

    @admin.display(description="名称", ordering="name")
    def title(self, entry: ExchangeItem) -> SafeString:
        what = f"优惠券：{coupon_words(entry.coupon)}" if entry.coupon else f"商品：{entry.sku}"
        return lines_of(format_html('<span class="bo-strong">{}</span>', entry.name), what)

    @admin.display(description="积分 + 另付（元）", ordering="points")
    def costs(self, entry: ExchangeItem) -> SafeString:
        points = f"{entry.points} 积分"
        return lines_of(points, format_html("+ {}", amount(entry.price))) if entry.price else lines_of(points)

    @admin.display(description="已兑 / 总数")
    def gone(self, entry: ExchangeItem) -> str:
        return f"{entry.taken} / {entry.total}"

    @admin.display(description="每人限兑")
    def limit(self, entry: ExchangeItem) -> str:
        return f"{entry.per_member} 份" if entry.per_member else "不限"

    @admin.display(description="状态")
    def state(self, entry: ExchangeItem) -> SafeString:
        if not entry.is_active:
            return word("", "关闭", "quiet")
        return word("", "已兑完", "wait") if entry.taken >= entry.total else word("", "启用", "done")
