"""The operation log: who did what, when, from where. Read-only, for owners."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from members.models import Member, OperationLog
from shop.backoffice.arranging import stretches_of
from shop.backoffice.base import ReadOnlyAdmin
from shop.backoffice.differences import differences
from shop.backoffice.filters import ChosenFilter, chosen_filter, days_filter, typed_filter
from shop.backoffice.words import lines_of, moment

ACTIONS = {
    "add": "新增",
    "change": "修改",
    "delete": "删除",
    "order_accept": "接单",
    "order_ship": "发货",
    "order_edit_address": "修改地址",
    "order_receive": "确认收货",
    "order_refund": "退款",
    "order_cancel": "取消订单",
    "order_remark": "备注订单",
    "order_trash": "移入回收站",
    "order_restore": "恢复订单",
    "order_purge": "彻底删除订单",
    "export_orders": "导出订单",
    "export_redemptions": "导出核销记录",
    "reveal_order": "查看订单明文",
    "reveal_member": "查看会员明文",
    "export_members": "导出会员",
    "download_export": "下载导出文件",
    "note_member": "备注会员",
    "tag_member": "给会员打标签",
    "batch_tag": "批量打标签",
    "batch_untag": "批量去标签",
    "batch_switch_off": "批量停用会员",
    "batch_switch_on": "批量启用会员",
    "switch_member": "停用或启用会员",
    "member_data": "会员下载数据",
    "erase_member": "注销会员",
    "switch_campaign": "停止或启动活动",
    "approve_referral": "邀请核查通过",
    "refuse_referral": "邀请不予奖励",
    "retry_refund": "重试退款",
    "redeem": "核销",
    "redeem_without_code": "无码核销",
    "save_category": "保存分类",
    "undo_redemption": "撤销核销",
    "save_product": "保存商品",
    "batch_products": "批量修改商品",
    "import_products": "导入商品",
    "export_products": "导出商品",
    "set_stock": "改库存",
    "save_staff": "保存员工",
    "switch_staff": "停用或启用员工",
    "change_password": "修改密码",
    "reset_totp": "重置两步验证",
    "enrol_totp": "开启两步验证",
    "save_ladder": "保存会员等级",
    "stop_coupon": "停发优惠券",
    "resume_coupon": "恢复发放优惠券",
    "revoke_coupons": "作废优惠券",
    "push_coupon": "发放优惠券",
    "stop_push": "停止发放",
    "make_codes": "生成兑换码",
    "export_codes": "导出兑换码",
}


KINDS = [
    (label, str(apps.get_model(label)._meta.verbose_name))
    for label in [
        "orders.order", "orders.refund", "orders.redemption", "catalog.product", "catalog.sku", "catalog.category",
        "catalog.homeblock", "members.member", "promotions.coupontemplate", "promotions.coupon",
        "promotions.exchangeitem", "promotions.referralcampaign", "promotions.referral",
        "shop.shopsettings", "shop.store", "shop.pickupslot",
    ]
]  # fmt: skip


@admin.register(OperationLog)
class OperationLogAdmin(ReadOnlyAdmin):
    list_display = ["did", "when", "what", "changes", "ip"]
    list_before_template = "admin/days_head.html"
    list_display_links = None
    list_select_related = ["actor"]
    ordering = ["-pk"]
    search_fields = ["summary"]
    search_help_text = "说明里的文字，例如订单号"

    class ActorFilter(ChosenFilter):
        """One of the staff."""

        title = "操作人"
        parameter_name = "actor"

        def options(self) -> list[tuple[Any, str]]:
            if not hasattr(self, "people"):
                staff = Member.objects.filter(is_staff=True).order_by("username", "pk")
                self.people = [(one.pk, str(one)) for one in staff]
            return self.people

    class ActionFilter(ChosenFilter):
        """One kind of act."""

        title = "动作"
        parameter_name = "did"

        def options(self) -> list[tuple[Any, str]]:
            return list(ACTIONS.items())

        def condition(self, typed: str) -> Q:
            return Q(action=typed)

    list_filter = [
        days_filter("at", "日期", "at"),
        ActorFilter,
        ActionFilter,
        chosen_filter("target", "对象", KINDS, lambda typed: Q(target_type=typed)),
        typed_filter("number", "对象编号", lambda typed: Q(target_id=typed)),
        typed_filter("ip", "IP", lambda typed: Q(ip=typed) if is_address(typed) else Q(pk__isnull=True)),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", None)
        if found and "cl" in found:
            found["stretches"] = stretches_of(found["cl"], "at")
        return response

    @admin.display(description="时间", ordering="pk")
    def when(self, row: OperationLog) -> str:
        return moment(row.at)

    @admin.display(description="动作")
    def did(self, row: OperationLog) -> SafeString:
        done = format_html('<span class="bo-strong">{}</span>', ACTIONS.get(row.action, row.action))
        return lines_of(done, str(row.actor or "系统"))

    @admin.display(description="说明")
    def what(self, row: OperationLog) -> str:
        return row.summary or kind_of(row.target_type, row.target_id)

    @admin.display(description="变化")
    def changes(self, row: OperationLog) -> SafeString:
        return format_html(
            '<span class="bo-changes">{}</span>',
            format_html_join("", "<span><b>{}</b> {}</span>", differences(row)[:12]),
        )


def kind_of(label: str, number: str) -> str:
    """Name a row by what it is: 订单 17."""
    try:
        return f"{apps.get_model(label)._meta.verbose_name} {number}"
    except (LookupError, ValueError):
        return f"{label} {number}"


def is_address(typed: str) -> bool:
    try:
        validate_ipv46_address(typed)
    except ValidationError:
        return False
    return True
