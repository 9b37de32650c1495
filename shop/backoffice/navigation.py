"""The menu at the left: the groups of the merchant's work, each entry shown to those who may open it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from catalog import selectors as catalog
from shop.backoffice.base import staff_of
from shop.backoffice.permissions import is_owner

Entry = dict[str, Any]


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu as unfold wants it."""
    return [
        {
            "items": [
                entry("首页", "home", "admin:index"),
                entry("通知", "notifications", "admin:inbox"),
                page("核销台", "qr_code_scanner", "/counter/", "orders.redeem_order"),
            ]
        },
        {
            "title": "订单",
            "items": [
                table("全部订单", "receipt_long", "orders.order"),
                table("退款单", "currency_exchange", "orders.refund"),
                table("核销记录", "task_alt", "orders.redemption"),
            ],
        },
        {
            "title": "商品",
            "items": [
                table("商品", "inventory_2", "catalog.product"),
                table("库存预警", "notification_important", "catalog.sku"),
                table("库存流水", "swap_vert", "catalog.stockmove"),
                table("分类", "category", "catalog.category"),
            ],
        },
        {"title": "会员", "items": people()},
        {"title": "营销", "items": marketing()},
        {
            "title": "资金",
            "items": [table("支付单", "payments", "orders.payment"), table("对账单", "balance", "orders.billline")],
        },
        {
            "title": "设置",
            "items": [
                table("店铺设置", "settings", "shop.shopsettings"),
                table("门店与自提时段", "storefront", "shop.store"),
                table("首页布置", "view_carousel", "catalog.homeblock"),
                entry("员工与权限", "badge", "admin:staff", lambda request: is_owner(staff_of(request))),
                table("操作日志", "history", "members.operationlog"),
            ],
        },
    ]


def people() -> list[Entry]:
    """List what is known of members."""
    return [
        table("会员", "group", "members.member"),
        table("会员等级", "military_tech", "members.level"),
        table("积分明细", "savings", "members.pointsentry"),
        table("消息", "mail", "members.message"),
    ]


def marketing() -> list[Entry]:
    """List the tools that bring people back."""
    return [
        table("优惠券", "confirmation_number", "promotions.coupontemplate"),
        table("领取记录", "contract", "promotions.coupon"),
        table("满减满赠", "sell", "promotions.promotion"),
        table("限时抢购", "bolt", "promotions.flashsale"),
        table("积分兑换", "redeem", "promotions.exchangeitem"),
        table("邀请有礼", "group_add", "promotions.referralcampaign"),
        table("邀请记录", "handshake", "promotions.referral"),
    ]


def entry(title: str, icon: str, name: str, allowed: Callable[[HttpRequest], bool] | None = None) -> Entry:
    """Lead to the page `name`."""
    return {"title": title, "icon": icon, "link": reverse(name), "permission": allowed}


def page(title: str, icon: str, address: str, permission: str) -> Entry:
    """Lead to a page outside the back office, for those who hold `permission`."""
    return {
        "title": title,
        "icon": icon,
        "link": address,
        "permission": lambda request: staff_of(request).has_perm(permission),
    }


def table(title: str, icon: str, label: str) -> Entry:
    """Lead to the list of the model `label`, for those who may view it."""
    app, model = label.split(".")
    permission = f"{app}.view_{model}"
    return page(title, icon, reverse(f"admin:{app}_{model}_changelist"), permission)


def site_title(request: HttpRequest) -> str:
    """Return what ends the titles of the back office: the name of the shop."""
    return catalog.shop_name() or "商家后台"


def site_header(request: HttpRequest) -> str:
    """Return what stands above the menu."""
    return f"{catalog.shop_name()}后台"


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the links below the person's name."""
    return [
        {"title": "修改密码", "link": reverse("admin:password_change")},
        {"title": "两步验证", "link": reverse("admin:second_factor_enrol")},
    ]
